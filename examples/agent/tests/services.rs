//! The program with Opsgenie, PagerDuty and a webhook.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/services.rs"]
mod services;

use std::io::Write as _;

use common::tidegate;
use services::{SECRETS, Services, integrations};
use tempfile::NamedTempFile;
use tidegate_testkit::server::Server;

/// How a command on a file with `config` ended, and all that it said, in as many words as it has.
fn said(command: &[&str], config: &str) -> (Option<i32>, String) {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(config.as_bytes()).expect("written");
    let mut args = command.to_vec();
    args.extend(["--config", file.path().to_str().expect("UTF-8")]);
    let output = tidegate(&args).env("TIDEGATE_LOG", "trace").output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let said = text(output.stdout) + &text(output.stderr);
    for secret in SECRETS {
        assert!(!said.contains(secret), "{secret} is in {said}");
    }
    (output.status.code(), said)
}

/// What of it is no line of the program's log.
fn words(said: &str) -> String {
    let is_log = |line: &str| [" TRACE ", " DEBUG ", " INFO ", " WARN ", " ERROR "].iter().any(|it| line.contains(it));
    said.lines().filter(|line| !is_log(line)).collect::<Vec<_>>().join("\n") + "\n"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_test_says_what_was_checked_what_was_not_and_what_was_sent() {
    let services = Services::start().await;
    let (code, said) = said(&["test"], &services.config());
    let words = words(&said);
    assert_eq!(code, Some(0), "{said}");
    println!("{words}");
    assert!(words.ends_with("All took it.\n"), "{words}");
    for name in ["og (", "pd (", "hook ("] {
        let (_, of_it) = words.split_once(name).expect(name);
        let of_it = of_it.split("\nAll took it").next().unwrap_or_default();
        for part in ["  proven      ", "  not proven  ", "  sent        a test "] {
            assert!(of_it.contains(part), "{name} {part} is not in {words}");
        }
    }
    // A test wakes nobody for longer than a moment.
    assert!(services.opsgenie.alerts().iter().all(|alert| !alert.is_open()), "{:?}", services.opsgenie.alerts());
    assert!(services.pagerduty.alerts().iter().all(|alert| !alert.is_open()), "{:?}", services.pagerduty.alerts());
    assert_eq!(services.receiver.complaints(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn with_a_key_that_is_not_good_it_says_so_and_what_to_do() {
    let services = Services::start().await;
    services.opsgenie.set_key_good(false);
    services.pagerduty.set_key_good(false);
    services.receiver.set_secrets(["whsec_b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMDA="]);
    let (code, said) = said(&["test"], &services.config());
    let words = words(&said);
    println!("{words}");
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(words.matches("  FAILED      ").count(), 3, "{words}");
    assert!(words.ends_with("tidegate: 3 of 3 tests failed\n"), "{words}");
    for part in ["`api_key`", "`routing_key`", "`secret`"] {
        assert!(words.lines().any(|line| line.contains("FAILED") && line.contains(part)), "{part} is not in {words}");
    }
    assert!(services.opsgenie.alerts().is_empty() && services.pagerduty.alerts().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn at_a_wrong_address_it_says_so() {
    // Nobody listens there; and somebody else does.
    let other = Server::start(|_| tidegate_testkit::server::text(404, "<html>no such page</html>")).await;
    let nobody = ("http://127.0.0.1:9".to_owned(), "no connection to 127.0.0.1:9", "check the address in the file");
    for (address, why, what_to_do) in [nobody, (other.url(), "404", "check `")] {
        let (code, said) = said(&["test"], &integrations(&address, &address, &address));
        let words = words(&said);
        println!("{words}");
        assert_eq!(code, Some(1), "{said}");
        let failed: Vec<&str> = words.lines().filter(|line| line.contains("FAILED")).collect();
        assert!(failed.len() == 3 && failed.iter().all(|line| line.contains(why)), "{words}");
        assert_eq!(words.matches(what_to_do).count(), 3, "{words}");
        assert!(words.matches("not proven").count() >= 3, "{words}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_test_alert_that_cannot_be_closed_is_tried_once_more_and_then_told_of() {
    for (failures, closed) in [(1, true), (2, false)] {
        let model = tidegate_testkit::model::PagerDutyService::new("s3cret0123456789abcdefghijklmnop");
        let (inner, left) = (model.clone(), std::sync::atomic::AtomicUsize::new(failures));
        let server = Server::start(move |request| {
            // The probe resolves as well, and has no such key.
            let closes = String::from_utf8_lossy(request.body()).contains("\"resolve\"")
                && inner.alerts().iter().any(tidegate_testkit::model::PagerDutyAlert::is_open);
            let take = |left: usize| left.checked_sub(1).filter(|_| closes);
            match left.fetch_update(std::sync::atomic::Ordering::SeqCst, std::sync::atomic::Ordering::SeqCst, take) {
                Ok(_) => tidegate_testkit::server::text(500, "not now"),
                Err(_) => inner.answer(request),
            }
        })
        .await;
        let config = format!(
            "[[source]]\ntype = \"host\"\n[[integration]]\nname = \"pd\"\nsink = \"pagerduty\"\nsource = \"issues\"\n\
             endpoint = \"{}\"\nrouting_key = \"s3cret0123456789abcdefghijklmnop\"\n",
            server.url()
        );
        let (code, said) = said(&["test"], &config);
        let words = words(&said);
        assert_eq!(code, Some(i32::from(!closed)), "{words}");
        assert_eq!(words.contains("close it by hand"), !closed, "{words}");
        assert_eq!(model.alerts().iter().all(|alert| !alert.is_open()), closed, "{words}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_played_cluster_leaves_nothing_open_at_any_of_them() {
    let services = Services::start().await;
    let (code, said) = said(&["simulate", "--speed", "60"], &services.config());
    assert_eq!(code, Some(0), "{}", words(&said));
    let (alerts, pages) = (services.opsgenie.alerts(), services.pagerduty.alerts());
    assert!(alerts.len() == 4 && alerts.iter().all(|alert| !alert.is_open()), "{alerts:?}");
    assert!(pages.len() == 4 && pages.iter().all(|alert| !alert.is_open()), "{pages:?}");
    let count = |kind: &str| services.receiver.messages().iter().filter(|message| message.r#type == kind).count();
    assert_eq!((count("issue.opened"), count("issue.closed")), (4, 4));
    for complaints in [services.opsgenie.complaints(), services.pagerduty.complaints(), services.receiver.complaints()]
    {
        assert_eq!(complaints, [""; 0]);
    }
}
