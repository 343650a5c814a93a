//! A key that is revoked, and is good again.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/services.rs"]
mod services;

use std::time::Duration;

use common::rig::{Rig, until};
use services::{SECRETS, Services};
use tokio::time::Instant;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_key_that_is_revoked_pauses_its_own_integration_says_so_once_and_loses_nothing() {
    let services = Services::start().await;
    let rig = Rig::new(&services.config());
    let agent = rig.start();
    let alerts = || services.opsgenie.alerts();
    let open = || alerts().iter().filter(|alert| alert.is_open()).count();
    let pages = || services.pagerduty.alerts().iter().filter(|alert| alert.is_open()).count();
    rig.fill("/a", 0.85).await;
    until("told of /a", || open() == 1 && pages() == 1).await;

    services.opsgenie.set_key_good(false);
    let asked = || services.opsgenie.requests().len();
    let before = asked();
    rig.fill("/b", 0.85).await;
    // The others are told of it, and of the one that is paused.
    until("told of /b and of the pause", || pages() == 3).await;
    until("refused", || asked() > before).await;
    rig.fill("/a", 0.10).await;
    until("told that /a is over", || pages() == 2).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(asked() - before <= 2, "{:?}", services.opsgenie.requests());
    assert_eq!(open(), 1, "{:?}", alerts());

    services.opsgenie.set_key_good(true);
    let good = Instant::now();
    until("told of /b, and that /a is over", || alerts().len() == 2 && open() == 1).await;
    assert!(good.elapsed() < Duration::from_secs(61), "{:?}", good.elapsed());
    until("told that the pause is over", || pages() == 1).await;
    for complaints in [services.opsgenie.complaints(), services.pagerduty.complaints(), services.receiver.complaints()]
    {
        assert_eq!(complaints, [""; 0]);
    }

    let words = agent.stop().await;
    let errors: Vec<_> = words.lines().filter(|line| line.contains("ERROR")).collect();
    let [error] = errors.as_slice() else { panic!("{words}") };
    for part in ["the integration is paused; nothing is lost", "integration=og", "401", "`api_key`"] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    assert!(words.lines().any(|line| line.contains("delivers again") && line.contains("og")), "{words}");
    for secret in SECRETS {
        assert!(!words.contains(secret), "{secret} is in {words}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_routing_key_and_a_signing_secret_that_are_revoked_pause_their_own_and_are_found_good_again_within_a_minute()
{
    let services = Services::start().await;
    let rig = Rig::new(&services.config());
    let agent = rig.start();
    let open = || services.opsgenie.alerts().iter().filter(|alert| alert.is_open()).count();
    let pages = || services.pagerduty.alerts().iter().filter(|alert| alert.is_open()).count();
    let told = |part: &str| {
        services.receiver.messages().iter().filter(|message| message.data.to_string().contains(part)).count()
    };
    rig.fill("/a", 0.85).await;
    until("told of /a", || open() == 1 && pages() == 1 && told("\"/a\"") == 1).await;

    services.pagerduty.set_key_good(false);
    services.receiver.set_secrets(["whsec_YW5vdGhlci1zZWNyZXQtYW5vdGhlci1zZWNyZXQ="]);
    rig.fill("/b", 0.85).await;
    until("told of /b and of both pauses", || open() == 4).await;
    rig.fill("/a", 0.10).await;
    until("told that /a is over", || open() == 3).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!((pages(), told("\"/b\"")), (1, 0));

    services.pagerduty.set_key_good(true);
    services.receiver.set_secrets([services::SECRET]);
    let good = Instant::now();
    until("told of /b, and that /a is over", || pages() == 1 && told("\"/b\"") == 1 && told("\"/a\"") == 2).await;
    assert!(good.elapsed() < Duration::from_secs(61), "{:?}", good.elapsed());
    until("told that the pauses are over", || open() == 1).await;
    let words = agent.stop().await;
    for (name, hint) in [("pd", "routing"), ("hook", "compare `secret`")] {
        let paused = |line: &&str| line.contains("ERROR") && line.contains(&format!("integration={name}"));
        let lines: Vec<&str> = words.lines().filter(paused).collect();
        assert!(matches!(lines.as_slice(), [line] if line.contains(hint)), "{lines:?} of {words}");
    }
    for secret in SECRETS {
        assert!(!words.contains(secret), "{secret} is in {words}");
    }
}
