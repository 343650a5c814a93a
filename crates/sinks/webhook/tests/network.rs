//! The sink over the network, against a receiver in this process that fails at every point.

use std::collections::BTreeSet;
use std::time::Duration;

use common::{OLD, SECRET, clock, deliver, kind, tell_whole, to};
use tidegate_base::{Random, Secret};
use tidegate_event::EventKind;
use tidegate_sink::SinkErrorKind::{Gone, Throttled, Unauthorized, Unavailable, Unconfirmed, Unreachable};
use tidegate_sink::{Delivery, Outcome, Sink};
use tidegate_sink_webhook::{Webhook, WebhookSink};
use tidegate_testkit::model::WebhookReceiver;
use tidegate_testkit::sample::{self, Episode};
use tidegate_testkit::server::{Fault, Point, RandomServerFaults, RetryAfter, Server};

mod common;
#[path = "../../../http/tests/guest/network.rs"]
mod network;

async fn receiver() -> (WebhookReceiver, Server) {
    let model = WebhookReceiver::new([SECRET]).with_clock(clock());
    let inner = model.clone();
    (model, Server::start(move |request| inner.answer(request)).await)
}

fn sink(url: &str, secret: &str) -> WebhookSink {
    let builder = Webhook::to(format!("{url}/hook"), Secret::literal(secret)).with_timeout(Duration::from_secs(5));
    builder.build_sink().expect("a sink").with_clock(clock())
}

#[tokio::test]
async fn an_issue_is_opened_updated_and_closed() {
    let (model, server) = receiver().await;
    let sink = sink(&server.url(), SECRET);
    tell_whole(&sink, &Episode::new("disk-usage")).await;
    let types: Vec<String> = model.messages().into_iter().map(|message| message.r#type).collect();
    assert_eq!(types, ["issue.opened", "issue.updated", "issue.closed"]);
    let agent = server.received()[0].request.headers()["user-agent"].clone();
    assert!(agent.to_str().expect("a text").starts_with("tidegate/"), "{agent:?}");
}

#[tokio::test]
async fn each_fault_is_told_as_what_it_is() {
    let (_, server) = receiver().await;
    let sink = sink(&server.url(), SECRET);
    let nowhere = self::sink("http://127.0.0.1:1", SECRET);
    let own = [
        (Fault::throttled(RetryAfter::None), Some(Throttled), None),
        (Fault::status(302), Some(Unavailable), None),
        (Fault::status(410), Some(Gone), None),
        (Fault::Garbage, Some(Unconfirmed), None),
    ];
    network::assert_told(&sink, &server, own, &nowhere).await;
}

#[tokio::test]
async fn after_any_faults_each_issue_was_told_once_in_order_and_is_closed() {
    for seed in 0..30 {
        let (model, server) = receiver().await;
        let server = server.with_faults(RandomServerFaults::new(Random::seeded(seed), 3));
        let sink = sink(&server.url(), SECRET);
        for number in 0..4 {
            let disk = Episode::numbered("disk-usage", number);
            let closed = tell_whole(&sink, &disk).await;
            assert!(!model.shown(&closed).open, "seed {seed}, issue {number}");
        }
        let types: Vec<String> = model.messages().into_iter().map(|message| message.r#type).collect();
        assert_eq!(types, ["issue.opened", "issue.updated", "issue.closed"].repeat(4), "seed {seed}");
        assert_eq!(model.complaints(), [""; 0], "seed {seed}");
    }
}

#[tokio::test]
async fn a_secret_is_changed_without_a_message_that_is_refused() {
    let (model, server) = receiver().await;
    let issue = || sample::delivery(sample::issue());
    let only_old = sink(&server.url(), OLD);
    let both = to(&server.url()).with_secret(Secret::literal(OLD)).build_sink().expect("a sink").with_clock(clock());
    let only_new = sink(&server.url(), SECRET);
    model.set_secrets([OLD]);
    assert_eq!(kind(&deliver(&only_old, &issue()).await), None);
    assert_eq!(kind(&deliver(&both, &issue()).await), None);
    model.set_secrets([OLD, SECRET]);
    assert_eq!(kind(&deliver(&both, &issue()).await), None);
    model.set_secrets([SECRET]);
    assert_eq!(kind(&deliver(&both, &issue()).await), None);
    assert_eq!(kind(&deliver(&only_new, &issue()).await), None);
    assert_eq!(kind(&deliver(&only_old, &issue()).await), Some(Unauthorized));
}

#[tokio::test]
async fn a_secret_that_is_revoked_holds_everything_and_rejects_nothing() {
    let (model, server) = receiver().await;
    let sink = sink(&server.url(), SECRET);
    let all: Vec<Delivery> = EventKind::ALL.map(|kind| sample::delivery(sample::event(kind, 1))).into();
    model.set_secrets([OLD]);
    for delivery in &all {
        assert_eq!(kind(&deliver(&sink, delivery).await), Some(Unauthorized));
    }
    let together = sink.deliver(&all).await.expect("outcomes");
    assert_eq!(kind(&together[0]), Some(Unauthorized));
    assert!(together[1..].iter().all(|outcome| matches!(outcome, Outcome::Untouched)), "{together:?}");
    model.set_secrets([SECRET]);
    let taken = sink.deliver(&all).await.expect("outcomes");
    assert!(taken.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))), "{taken:?}");
    assert_eq!(model.messages().len(), 4);
}

#[tokio::test]
async fn a_good_secret_a_bad_one_and_a_wrong_address_read_well() {
    let (_, server) = receiver().await;
    let good = sink(&server.url(), SECRET);
    let probe = good.probe().await.expect("a probe");
    assert_eq!((probe.proven().len(), probe.unproven().len()), (3, 1), "{probe:?}");
    let bad = sink(&server.url(), OLD);
    assert!(bad.probe().await.is_ok(), "a probe signs nothing");
    let Outcome::Failed(error) = deliver(&bad, &sample::delivery(sample::issue())).await else { panic!("taken") };
    let host = server.address();
    assert_eq!(
        error.to_string(),
        format!("the receiver at {host} answered 401 Unauthorized; compare `secret` with the receiver's: unauthorized")
    );
    let nowhere = sink("http://127.0.0.1:1", SECRET);
    let error = nowhere.probe().await.expect_err("nobody");
    assert_eq!((error.kind(), error.context()), (Unreachable, "no connection to 127.0.0.1:1"));
    let unset = Webhook::to(server.url(), Secret::from_env("TIDEGATE_NOT_SET"));
    let error = unset.build_sink().expect("a sink").probe().await.expect_err("no secret");
    assert_eq!(error.to_string(), "the webhook's `secret` cannot be read: unauthorized");
}

#[tokio::test]
async fn items_in_batches_that_are_cut_otherwise_are_known_by_their_ids() {
    let (model, server) = receiver().await;
    let sink = sink(&server.url(), SECRET);
    let lines = common::lines(30);
    server.script([Fault::Reset(Point::Applied)]);
    let lost = sink.deliver(&lines[..20]).await.expect("outcomes");
    assert!(lost.iter().all(|outcome| kind(outcome) == Some(Unconfirmed)), "{lost:?}");
    // A paused lane tries one, and then what has come in the meantime as well.
    for batch in [&lines[..1], &lines[1..]] {
        let outcomes = sink.deliver(batch).await.expect("outcomes");
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(None))), "{outcomes:?}");
    }
    let ids: BTreeSet<String> = model.messages().into_iter().map(|message| message.id).collect();
    assert_eq!((ids.len(), model.items().len(), model.repeated()), (3, 30, 20));
    let said: Vec<String> =
        model.items().iter().map(|item| item["message"].as_str().expect("a text").to_owned()).collect();
    assert_eq!(said, (0..30).map(|number| format!("line {number}")).collect::<Vec<_>>());
}
