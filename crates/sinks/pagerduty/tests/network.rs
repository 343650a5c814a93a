//! The sink over the network, against a PagerDuty in this process that fails at every point.

use std::time::Duration;

use common::{KEY, deliver, kind, service, tell, tell_whole};
use tidegate_base::{Random, Secret};
use tidegate_event::IssueEvent;
use tidegate_sink::SinkErrorKind::{Misconfigured, Throttled, Unauthorized, Unconfirmed};
use tidegate_sink::{Outcome, Sink};
use tidegate_sink_pagerduty::{PagerDuty, PagerDutySink};
use tidegate_testkit::model::PagerDutyService;
use tidegate_testkit::sample::{self, Episode};
use tidegate_testkit::server::{Fault, Point, RandomServerFaults, RetryAfter, Server, text};

mod common;
#[path = "../../../http/tests/guest/network.rs"]
mod network;

async fn pager(model: &PagerDutyService) -> (PagerDutySink, Server) {
    let inner = model.clone();
    let server = Server::start(move |request| inner.answer(request)).await;
    (sink(&server.url(), KEY), server)
}

fn sink(url: &str, key: &str) -> PagerDutySink {
    let builder = PagerDuty::builder(Secret::literal(key)).with_endpoint(url);
    builder.with_timeout(Duration::from_secs(5)).build_sink().expect("a sink")
}

#[tokio::test]
async fn an_issue_is_one_alert_and_three_requests() {
    let model = service();
    let (sink, server) = pager(&model).await;
    let disk = Episode::new("disk-usage");
    for event in [disk.open(), disk.update(), disk.close()] {
        tell(&sink, event, None).await;
    }
    let paths: Vec<String> = server.received().iter().map(|one| one.request.uri().path().to_owned()).collect();
    assert_eq!(paths, ["/v2/enqueue"; 3]);
    let alerts = model.alerts();
    assert_eq!((alerts.len(), alerts[0].triggers.len(), alerts[0].is_open()), (1, 2, false));
}

#[tokio::test]
async fn each_fault_is_told_as_what_it_is() {
    let (sink, server) = pager(&service()).await;
    let nowhere = self::sink("http://127.0.0.1:1", KEY);
    let own = [
        (Fault::throttled(RetryAfter::None), Some(Throttled), Some(30)),
        (Fault::Instead(text(403, "<html>a proxy</html>")), Some(Unauthorized), None),
        (Fault::status(302), Some(Misconfigured), None),
        (Fault::Close(Point::HalfBody), Some(Unconfirmed), None),
        (Fault::After(text(200, "not what PagerDuty says")), Some(Unconfirmed), None),
    ];
    network::assert_told(&sink, &server, own, &nowhere).await;
}

#[tokio::test]
async fn after_any_faults_each_issue_was_one_alert_that_is_resolved() {
    for seed in 0..30 {
        let model = service();
        let inner = model.clone();
        let server = Server::start(move |request| inner.answer(request))
            .await
            .with_faults(RandomServerFaults::new(Random::seeded(seed), 3));
        let sink = sink(&server.url(), KEY);
        for number in 0..4 {
            let disk = Episode::numbered("disk-usage", number);
            let closed = tell_whole(&sink, &disk).await;
            let shown = model.shown(&closed);
            assert_eq!((shown.open, shown.copies), (false, 1), "seed {seed}, issue {number}");
        }
        assert_eq!(model.complaints(), [""; 0], "seed {seed}");
    }
}

#[tokio::test]
async fn a_bad_key_is_one_clear_line_and_shows_nowhere() {
    let (_, server) = pager(&service()).await;
    let sink = sink(&server.url(), "another0s3cret0key00000000000000");
    let Outcome::Failed(error) = deliver(&sink, &sample::delivery(sample::issue())).await else { panic!("taken") };
    assert_eq!(error.kind(), Unauthorized);
    let probed = sink.probe().await.expect_err("a bad key");
    assert_eq!((probed.kind(), probed.to_string()), (error.kind(), error.to_string()));
    assert!(!format!("{error:?} {probed:?} {sink:?} {:?}", sink.dialect()).contains("s3cret"));
    let unset = PagerDuty::builder(Secret::from_env("TIDEGATE_NOT_SET")).with_endpoint(server.url());
    let unset = unset.build_sink().expect("a sink").probe().await.expect_err("no key");
    assert_eq!(
        unset.words(),
        "PagerDuty's `routing_key` cannot be read: cannot read the secret from the environment variable \
         TIDEGATE_NOT_SET: it is not there (unauthorized)"
    );
}

#[tokio::test]
async fn a_key_that_is_good_again_is_taken_from_its_file() {
    let (_, server) = pager(&service()).await;
    let path = std::env::temp_dir().join(format!("tidegate-pagerduty-{}", std::process::id()));
    std::fs::write(&path, "old").expect("written");
    let sink = PagerDuty::builder(Secret::from_file(&path)).with_endpoint(server.url()).build_sink().expect("a sink");
    let delivery = sample::delivery(sample::issue());
    assert_eq!(kind(&deliver(&sink, &delivery).await), Some(Unauthorized));
    std::fs::write(&path, format!("{KEY}\n")).expect("written");
    let outcome = deliver(&sink, &delivery).await;
    std::fs::remove_file(&path).expect("removed");
    assert!(matches!(outcome, Outcome::Accepted(None)), "{outcome:?}");
}

#[tokio::test]
async fn what_stands_between_and_takes_less_gets_the_least() {
    let model = service().with_largest(1_000);
    let (sink, server) = pager(&model).await;
    let long = IssueEvent { cause: "x".repeat(5_000), ..sample::issue() };
    tell(&sink, long, None).await;
    let statuses: Vec<u16> = model.requests().iter().map(|request| request.status).collect();
    assert_eq!((statuses, server.received().len()), (vec![413, 202], 2));
    assert_eq!((model.alerts().len(), model.complaints()), (1, Vec::new()));
}
