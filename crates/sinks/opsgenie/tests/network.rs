//! The sink over the network, against an Opsgenie in this process that fails at every point.

use std::time::Duration;

use bytes::Bytes;
use common::{KEY, deliver, is_accepted, kind, tell, tell_whole};
use http::Request;
use tidegate_base::{Random, Secret};
use tidegate_event::Event;
use tidegate_sink::SinkErrorKind::{Misconfigured, Throttled, Unauthorized, Unconfirmed};
use tidegate_sink::{Outcome, Sink, SinkErrorKind};
use tidegate_sink_opsgenie::{Opsgenie, OpsgenieSink};
use tidegate_testkit::model::OpsgenieService;
use tidegate_testkit::sample::{self, Episode};
use tidegate_testkit::server::{Fault, Point, RandomServerFaults, RetryAfter, Server, ServerFaults, text};

mod common;
#[path = "../../../http/tests/guest/network.rs"]
mod network;

async fn service(model: &OpsgenieService) -> Server {
    let inner = model.clone();
    Server::start(move |request| inner.answer(request)).await
}

fn sink(url: &str, key: Secret) -> OpsgenieSink {
    let builder = Opsgenie::builder(key).with_endpoint(url).with_polls([Duration::ZERO; 3]);
    builder.with_timeout(Duration::from_secs(5)).build_sink().expect("a sink")
}

#[tokio::test]
async fn each_fault_is_told_as_what_it_is() {
    let server = service(&OpsgenieService::new(KEY)).await;
    let sink = sink(&server.url(), Secret::literal(KEY));
    let nowhere = self::sink("http://127.0.0.1:1", Secret::literal(KEY));
    let own = [
        (Fault::throttled(RetryAfter::None), Some(Throttled), None),
        (Fault::Instead(text(403, "<html>a proxy</html>")), Some(Unauthorized), None),
        (Fault::status(302), Some(Misconfigured), None),
        (Fault::After(text(200, "not what Opsgenie says")), Some(Unconfirmed), None),
    ];
    network::assert_told(&sink, &server, own, &nowhere).await;
}

#[tokio::test]
async fn a_question_that_fails_for_now_is_asked_again_and_another_leaves_the_delivery_in_doubt() {
    let table = [
        (Fault::status(500), true),
        (Fault::throttled(RetryAfter::None), false),
        (Fault::throttled(RetryAfter::Seconds(600)), false),
        (Fault::Close(Point::Request), false),
        (Fault::status(401), false),
    ];
    for (fault, accepted) in table {
        let server = service(&OpsgenieService::new(KEY)).await;
        let sink = sink(&server.url(), Secret::literal(KEY));
        server.script([Fault::None, fault.clone()]);
        let outcome = deliver(&sink, &sample::delivery(sample::issue())).await;
        assert_eq!(is_accepted(&outcome), accepted, "{fault:?}: {outcome:?}");
        let in_doubt = kind(&outcome).is_some_and(SinkErrorKind::may_have_applied);
        assert!(accepted || in_doubt, "{fault:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn after_any_faults_each_issue_is_one_closed_alert() {
    for seed in 0..20 {
        let model = OpsgenieService::new(KEY);
        let mut faults = RandomServerFaults::new(Random::seeded(seed), 5);
        let server = service(&model).await.with_faults(move |request: &Request<Bytes>| match faults.next(request) {
            // A question waits as long as it is told to, and here nothing waits.
            Fault::Throttle(_) => Fault::throttled(RetryAfter::Seconds(0)),
            fault => fault,
        });
        let sink = sink(&server.url(), Secret::literal(KEY));
        for number in 0..3 {
            let disk = Episode::numbered("disk-usage", number);
            tell_whole(&sink, &disk).await;
            let alerts = model.alerts_of(disk.key());
            assert_eq!((alerts.len(), alerts[0].is_open(), alerts[0].count), (1, false, 1), "seed {seed}: {alerts:?}");
        }
        assert_eq!(model.complaints(), [""; 0], "seed {seed}");
    }
}

#[tokio::test]
async fn a_bad_key_is_one_clear_line_and_shows_nowhere() {
    let server = service(&OpsgenieService::new(KEY)).await;
    let sink = sink(&server.url(), Secret::literal("another-s3cret"));
    let Outcome::Failed(error) = deliver(&sink, &sample::delivery(sample::issue())).await else { panic!("taken") };
    assert_eq!(error.kind(), Unauthorized);
    let probed = sink.probe().await.expect_err("a bad key");
    assert_eq!((probed.kind(), probed.to_string()), (error.kind(), error.to_string()));
    assert!(!format!("{error:?} {probed:?} {sink:?}").contains("s3cret"));
    let unset = self::sink(&server.url(), Secret::from_env("TIDEGATE_NOT_SET"));
    let unset = unset.probe().await.expect_err("no key");
    assert_eq!(unset.to_string(), "the `api_key` of Opsgenie cannot be read: unauthorized");
}

#[tokio::test]
async fn a_key_that_is_rotated_in_its_file_is_taken_up() {
    let path = std::env::temp_dir().join(format!("tidegate-opsgenie-key-{}", std::process::id()));
    std::fs::write(&path, KEY).expect("written");
    let model = OpsgenieService::new(KEY);
    let server = service(&model).await;
    let sink = sink(&server.url(), Secret::from_file(&path));
    let disk = Episode::new("disk-usage");
    let receipt = tell(&sink, disk.open(), None).await;
    model.set_key("another-s3cret");
    let close = receipt.into_iter().fold(sample::delivery(disk.close()), tidegate_sink::Delivery::with_prior);
    assert_eq!(kind(&deliver(&sink, &close).await), Some(Unauthorized));
    std::fs::write(&path, "another-s3cret\n").expect("written");
    let closed = deliver(&sink, &close).await;
    std::fs::remove_file(&path).expect("removed");
    assert!(is_accepted(&closed), "{closed:?}");
    assert!(!model.alerts()[0].is_open());
}

#[tokio::test]
async fn logs_and_notifications_are_not_for_it() {
    let server = service(&OpsgenieService::new(KEY)).await;
    let sink = sink(&server.url(), Secret::literal(KEY));
    for event in [Event::from(sample::log("a line")), sample::notification("n-1").into()] {
        assert!(matches!(deliver(&sink, &sample::delivery(event)).await, Outcome::Rejected(_)));
    }
    assert_eq!(server.received().len(), 0);
}
