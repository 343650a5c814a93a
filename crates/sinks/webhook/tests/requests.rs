//! What is sent, to the letter. `TIDEGATE_GOLDEN=write cargo test` writes the files anew.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use common::{OLD, Recorded, SECRET, URL, lines, over, said, to};
use golden::Golden;
use http::Request;
use serde_json::json;
use tidegate_base::Secret;
use tidegate_event::{Event, IssueEvent, IssueState, LogLevel, Notification, Resource, Severity};
use tidegate_sink::{Delivery, Receipt, Sink};
use tidegate_sink_webhook::WebhookSink;
use tidegate_testkit::{ManualClock, sample};

mod common;
#[path = "../../../http/tests/guest/golden.rs"]
mod golden;

const GOLDEN: Golden = Golden { sensitive: Some("webhook-signature"), masks: &[] };

fn disk() -> IssueEvent {
    golden::disk("412.3 GiB of 500.0 GiB used (82.5 %, limit 80 %); \"a\" < b.\nTwice.")
}

fn told(event: impl Into<Event>) -> Delivery {
    sample::delivery(event).with_prior(Receipt::new(&json!({ "told": true })).expect("JSON"))
}

/// The requests that `batch` goes in.
async fn requests(batch: &[Delivery]) -> Vec<Request<Bytes>> {
    let recorded = Recorded::new([said(204, "")]);
    over(&recorded).deliver(batch).await.expect("outcomes");
    recorded.requests()
}

async fn check(name: &str, batch: &[Delivery]) {
    let requests = requests(batch).await;
    assert_eq!(requests.len(), 1);
    GOLDEN.check(name, &requests[0]);
}

#[tokio::test]
async fn each_kind_of_message_is_as_the_files_say() {
    let worse = IssueEvent { severity: Severity::Critical, stale: true, sequence: 2, ..disk() };
    let closed =
        IssueEvent { state: IssueState::Closed, sequence: 3, at: sample::at() + TimeDelta::minutes(125), ..disk() };
    let notification = Notification::new("n-1", "instances-provision-failed", "No instance.\nTwice.", sample::at())
        .with_severity(Severity::Error)
        .with_resource(Resource::new().with_cluster("orders"));
    check("issue_opened", &[sample::delivery(disk())]).await;
    check("issue_updated", &[told(worse)]).await;
    check("issue_closed", &[told(closed)]).await;
    check("notification_created", &[sample::delivery(notification.clone())]).await;
    check("notification_updated", &[told(notification.with_revision(2))]).await;
    let bad = sample::log("Disk is slow: 3 s").with_level(LogLevel::Warning).with_exception("at Write()\nat Main()");
    check("log_batch", &[sample::delivery(sample::log("Started.")), sample::delivery(bad)]).await;
    let load = |value| sample::delivery(sample::metric("system.load.1m", value));
    check("metric_batch", &[load(0.5), load(9.25)]).await;
}

#[tokio::test]
async fn an_attempt_is_signed_when_it_is_made_and_says_the_same() {
    let webhook = to(URL).build().expect("a webhook");
    let clock = ManualClock::starting_at(DateTime::from_timestamp(1_795_489_300, 0).expect("a time"));
    let recorded = Recorded::new([said(500, "")]);
    let sink = WebhookSink::new(webhook, recorded.clone()).with_clock(clock.clone());
    for batch in [lines(3), vec![sample::delivery(disk())]] {
        let before = recorded.requests().len();
        sink.deliver(&batch).await.expect("outcomes");
        clock.advance(std::time::Duration::from_mins(9));
        let again: Vec<Delivery> = batch.into_iter().map(Delivery::with_maybe_applied).collect();
        sink.deliver(&again).await.expect("outcomes");
        let [first, second] = &recorded.requests()[before..] else { panic!("not two") };
        assert_eq!(
            (first.headers()["webhook-id"].clone(), first.body()),
            (second.headers()["webhook-id"].clone(), second.body())
        );
        let seconds = |request: &Request<Bytes>| {
            request.headers()["webhook-timestamp"].to_str().expect("a text").parse::<i64>().expect("seconds")
        };
        assert_eq!(seconds(second) - seconds(first), 540);
        assert_ne!(first.headers()["webhook-signature"], second.headers()["webhook-signature"]);
    }
}

#[tokio::test]
async fn each_secret_signs_and_is_read_at_each_attempt() {
    let folder = std::env::temp_dir().join(format!("tidegate-webhook-{}", std::process::id()));
    std::fs::write(&folder, SECRET).expect("written");
    let webhook = to(URL).with_secret(Secret::from_file(&folder)).build().expect("a webhook");
    let recorded = Recorded::new([said(204, "")]);
    let sink = WebhookSink::new(webhook, recorded.clone()).with_clock(common::clock());
    for secret in [SECRET, OLD] {
        std::fs::write(&folder, format!("{secret}\n")).expect("written");
        sink.deliver(&[sample::delivery(disk())]).await.expect("outcomes");
    }
    std::fs::remove_file(&folder).expect("removed");
    let outcomes = sink.deliver(&[sample::delivery(disk())]).await.expect("outcomes");
    assert_eq!(common::kind(&outcomes[0]), Some(tidegate_sink::SinkErrorKind::Unauthorized));

    let requests = recorded.requests();
    assert_eq!(requests.len(), 2, "nothing is sent without all of them");
    let signatures: Vec<Vec<&str>> = requests
        .iter()
        .map(|request| request.headers()["webhook-signature"].to_str().expect("a text").split(' ').collect())
        .collect();
    assert!(signatures[0][0] == signatures[0][1] && signatures[1][0] == signatures[0][0]);
    assert_ne!(signatures[1][0], signatures[1][1]);
}
