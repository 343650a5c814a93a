//! What is sent, as it travels.

use chrono::TimeDelta;
use common::{GROUP, STREAM, line, said, told};
use serde_json::{Value, json};
use tidegate_event::{LogFlag, LogLevel, LogRecord, Resource};
use tidegate_sink::{Delivery, Sink};
use tidegate_testkit::sample::{self, Episode};

mod common;

async fn body(batch: &[Delivery]) -> Value {
    let (builder, client) = told([said(200, "{}")]);
    builder.build().expect("a sink").deliver(batch).await.expect("outcomes");
    let request = client.requests().remove(0);
    let header = |name: &str| request.headers()[name].to_str().expect("a text");
    assert_eq!(
        (request.method().as_str(), request.uri().to_string().as_str()),
        ("POST", "https://logs.eu-west-1.amazonaws.com/")
    );
    assert_eq!(header("content-type"), "application/x-amz-json-1.1");
    assert_eq!(header("x-amz-target"), "Logs_20140328.PutLogEvents");
    assert!(
        header("authorization")
            .starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/eu-west-1/logs/aws4_request")
    );
    assert!(header("x-amz-user-agent").contains("app/tidegate"), "{}", header("x-amz-user-agent"));
    serde_json::from_slice(request.body()).expect("JSON")
}

/// The events, their messages as objects.
async fn events(batch: &[Delivery]) -> Vec<Value> {
    let body = body(batch).await;
    let messages =
        body["logEvents"].as_array().expect("events").iter().map(|event| event["message"].as_str().expect("a text"));
    messages.map(|message| serde_json::from_str(message).expect("JSON")).collect()
}

#[tokio::test]
async fn a_line_is_an_object_whose_message_is_the_original_one() {
    let fields = json!({ "ThreadId": 17, "queue": { "name": "StorageWriter" } });
    let record = LogRecord::new(sample::node().with_part("/var"), "Slow \"write\"\nof 95 s", sample::at())
        .with_level(LogLevel::Warning)
        .with_exception("System.IO.IOException: disk full\r\n   at Write()")
        .with_fields(fields.as_object().expect("an object").clone())
        .with_flag(LogFlag::Truncated);
    let delivery = sample::delivery(record);
    let body = body(std::slice::from_ref(&delivery)).await;
    assert_eq!((&body["logGroupName"], &body["logStreamName"]), (&GROUP.into(), &STREAM.into()));
    assert_eq!(body["logEvents"][0]["timestamp"], sample::at().timestamp_millis());
    let message = body["logEvents"][0]["message"].as_str().expect("a text");
    let want = format!(
        concat!(
            r#"{{"message":"Slow \"write\"\nof 95 s","level":"warning","time":"2026-11-24T03:00:00.000Z","#,
            r#""exception":"System.IO.IOException: disk full\r\n   at Write()","#,
            r#""properties":{{"ThreadId":17,"queue":{{"name":"StorageWriter"}}}},"flags":["truncated"],"#,
            r#""cluster":"orders","node":"10.0.0.2:2113","part":"/var","id":"{}"}}"#
        ),
        delivery.id
    );
    assert_eq!(message, want);
}

#[tokio::test]
async fn what_is_not_there_is_left_out() {
    let record = LogRecord::new(Resource::new(), "", sample::at());
    let delivery = sample::delivery(record);
    let event = events(std::slice::from_ref(&delivery)).await.remove(0);
    let want = json!({ "message": "", "time": "2026-11-24T03:00:00.000Z", "id": delivery.id.to_string() });
    assert_eq!(event, want);
}

#[tokio::test]
async fn issues_and_notifications_are_events_too() {
    let issue = Episode::new("disk-usage").open();
    let (issue_delivery, notification) =
        (sample::delivery(issue.clone()), sample::delivery(sample::notification("n-1")));
    let mut events = events(&[issue_delivery.clone(), notification.clone()]).await;
    let told = events.remove(1);
    assert_eq!(
        told,
        json!({
            "message": "No instance could be had in eu-west-1a.", "level": "warning", "type": "notification",
            "kind": "instances-provision-failed", "time": "2026-11-24T03:00:00.000Z", "notification": "n-1", "revision": 0,
            "cluster": "orders", "node": "10.0.0.2:2113", "id": notification.id.to_string(),
        })
    );
    let opened = events.remove(0);
    assert_eq!((&opened["message"], &opened["cause"]), (&issue.summary.clone().into(), &issue.cause.clone().into()));
    let rest =
        ["level", "type", "state", "kind", "sequence", "stale", "cluster", "node"].map(|name| opened[name].clone());
    let want = json!(["warning", "issue", "open", "disk-usage", 1, false, "orders", "10.0.0.2:2113"]);
    assert_eq!(Value::from(rest.to_vec()), want);
    assert_eq!((&opened["issue"], &opened["episode"]), (&issue.key.id().into(), &issue.episode.to_string().into()));
    assert_eq!(opened["evidence"], serde_json::to_value(&issue.evidence).expect("JSON"));
    assert_eq!(opened["id"], issue_delivery.id.to_string());
}

#[tokio::test]
async fn an_item_is_known_by_its_id_at_each_attempt() {
    let delivery = sample::delivery(line(1, TimeDelta::zero()));
    let first = body(std::slice::from_ref(&delivery)).await;
    assert_eq!(first, body(&[delivery.with_maybe_applied()]).await);
}
