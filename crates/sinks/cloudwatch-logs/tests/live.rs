//! Against a running moto, whose address is in `TIDEGATE_MOTO`; only with the feature `live-tests`. It checks few limits,
//! so that the model of the testkit does that.
#![cfg(feature = "live-tests")]

use aws_sdk_cloudwatchlogs::Client;
use chrono::{TimeDelta, Utc};
use tidegate_aws::{AwsBuilder, AwsConnection};
use tidegate_base::{Clock, Secret, SystemClock};
use tidegate_event::LogRecord;
use tidegate_sink::{Delivery, Outcome, Sink, SinkErrorKind};
use tidegate_sink_cloudwatch_logs::CloudWatchLogs;
use tidegate_testkit::sample;

fn aws() -> AwsBuilder {
    let url = std::env::var("TIDEGATE_MOTO").expect("TIDEGATE_MOTO must be the address of a running moto");
    let keys = (Secret::literal("testing"), Secret::literal("testing"));
    AwsConnection::builder().with_region("eu-west-1").with_endpoint(url).with_keys(keys.0, keys.1)
}

/// A group of this run's own.
fn group(name: &str) -> String {
    format!("/tidegate/live/{name}/{}", SystemClock::new().now().timestamp_micros())
}

fn lines(count: usize) -> Vec<Delivery> {
    let now: chrono::DateTime<Utc> = SystemClock::new().now();
    let line = |number: usize| {
        let at = now - TimeDelta::milliseconds(i64::try_from(count - number).expect("a small number"));
        LogRecord::new(sample::node(), format!("line {number} 語"), at)
    };
    (0..count).map(|number| sample::delivery(line(number))).collect()
}

async fn messages(group: &str) -> Vec<String> {
    let aws = aws().build().expect("a connection");
    let client = Client::new(aws.config().await.expect("a configuration"));
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let page = client.get_log_events().log_group_name(group).log_stream_name("orders/10.0.0.2_2113");
        let page = page.start_from_head(true).set_next_token(token.clone()).send().await.expect("events");
        let events = page.events().iter().filter_map(|event| event.message().map(str::to_owned));
        all.extend(events);
        let next = page.next_forward_token().map(str::to_owned);
        if next == token {
            return all;
        }
        token = next;
    }
}

#[tokio::test]
async fn lines_stand_in_a_group_and_a_stream_that_are_made() {
    let group = group("made");
    let sink = CloudWatchLogs::builder(aws().build().expect("a connection"), &group)
        .with_create_group()
        .build()
        .expect("a sink");
    assert_eq!(sink.probe().await.expect("a probe").proven().len(), 1, "no group yet");
    let batch = lines(2_500);
    let outcomes = sink.deliver(&batch).await.expect("outcomes");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))), "{outcomes:?}");
    assert_eq!(sink.probe().await.expect("a probe").proven().len(), 2);
    let messages = messages(&group).await;
    assert_eq!(messages.len(), 2_500);
    for (message, delivery) in messages.iter().zip(&batch) {
        assert!(message.contains(&delivery.id.to_string()), "{message}");
    }
}

#[tokio::test]
async fn a_group_that_is_missing_is_told() {
    let sink = CloudWatchLogs::builder(aws().build().expect("a connection"), group("missing")).build().expect("a sink");
    let error = sink.probe().await.expect_err("no group");
    assert_eq!(error.kind(), SinkErrorKind::Misconfigured, "{error}");
    let outcomes = sink.deliver(&lines(1)).await.expect("outcomes");
    assert!(
        matches!(&outcomes[0], Outcome::Failed(error) if error.kind() == SinkErrorKind::Misconfigured),
        "{outcomes:?}"
    );
}
