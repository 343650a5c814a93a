//! What each answer of CloudWatch Logs means to the lane: recorded ones, and what the sink does about them.

use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use common::{Direct, GROUP, deliver, error, is_accepted, kind, line, lines, over, rejected, said, told};
use http::Response;
use serde_json::Value;
use tidegate_sink::SinkErrorKind::{Misconfigured, Throttled, Unauthorized, Unavailable, Unconfirmed};
use tidegate_sink::{Delivery, Outcome, Sink, SinkErrorKind};
use tidegate_testkit::model::LogsService;
use tidegate_testkit::sample;

mod common;
#[path = "../../../http/tests/guest/recorded.rs"]
mod recorded;

const NOT_FOUND: &str = "ResourceNotFoundException";

async fn outcomes(batch: &[Delivery], answers: impl IntoIterator<Item = Response<Bytes>>) -> Vec<Outcome> {
    told(answers).0.build().expect("a sink").deliver(batch).await.expect("outcomes")
}

/// The same with the id that each answer of AWS has, and recorded ones may lack.
fn with_id(answer: &Response<Bytes>) -> Response<Bytes> {
    let mut answer = answer.clone();
    answer.headers_mut().insert("x-amzn-requestid", http::HeaderValue::from_static("6a0f1c52"));
    answer
}

/// Whether `kind` is how a delivery of the class fails.
fn fails_as(class: &str, kind: Option<SinkErrorKind>) -> bool {
    match class {
        "retry" => kind == Some(Unavailable),
        "throttled" => kind == Some(Throttled),
        "pause" => matches!(kind, Some(Unauthorized | Misconfigured)),
        _ => false,
    }
}

#[tokio::test]
async fn each_recorded_answer_to_a_put_is_of_its_class() {
    let text = include_str!("answers/logs.json");
    let rows: Vec<Value> = serde_json::from_str(text).expect("recorded answers");
    let mut seen = 0;
    for (row, recorded) in rows.iter().zip(recorded::recorded(text)) {
        if row["operation"] != "PutLogEvents" {
            continue;
        }
        seen += 1;
        let name = &recorded.name;
        if recorded.class == "reject" {
            // Refused whatever is in it: looked at one by one, until it is clear that it is none of them.
            let sink = told([recorded.answer.clone()]).0.build().expect("a sink");
            let error = sink.deliver(&lines(5)).await.expect_err("all of it failed");
            assert_eq!(error.kind(), Misconfigured, "{name}");
            continue;
        }
        let outcomes = outcomes(&lines(5), [with_id(&recorded.answer)]).await;
        match recorded.class.as_str() {
            "delivered" => assert!(outcomes.iter().all(is_accepted), "{name}: {outcomes:?}"),
            "partial" => {
                let places: Vec<usize> = serde_json::from_value(row["rejected"].clone()).expect("places");
                assert_eq!(rejected(&outcomes), places, "{name}");
                let taken = outcomes.iter().filter(|outcome| is_accepted(outcome)).count();
                assert_eq!(taken + places.len(), 5, "{name}: {outcomes:?}");
            }
            "create_group" | "create_stream" => assert_eq!(kind(&outcomes[0]), Some(Misconfigured), "{name}"),
            class => assert!(fails_as(class, kind(&outcomes[0])), "{name}: {outcomes:?}"),
        }
    }
    assert_eq!(seen, 24);
}

#[tokio::test]
async fn each_recorded_answer_to_a_creation_is_of_its_class() {
    let text = include_str!("answers/logs.json");
    let rows: Vec<Value> = serde_json::from_str(text).expect("recorded answers");
    let mut seen = 0;
    for (row, recorded) in rows.iter().zip(recorded::recorded(text)) {
        let put = said(200, "{}");
        let answers = match row["operation"].as_str() {
            Some("CreateLogStream") => vec![error(NOT_FOUND), recorded.answer.clone(), put],
            Some("CreateLogGroup") => {
                vec![error(NOT_FOUND), error(NOT_FOUND), recorded.answer.clone(), said(200, ""), put]
            }
            _ => continue,
        };
        seen += 1;
        let (builder, client) = told(answers);
        let outcome = deliver(&builder.with_create_group().build().expect("a sink"), &lines(1)[0]).await;
        match recorded.class.as_str() {
            "delivered" => {
                assert!(is_accepted(&outcome), "{}: {outcome:?}", recorded.name);
                assert_eq!(client.operations().last().map(String::as_str), Some("PutLogEvents"));
            }
            class => assert!(fails_as(class, kind(&outcome)), "{}: {outcome:?}", recorded.name),
        }
    }
    assert_eq!(seen, 8);
}

#[tokio::test]
async fn what_was_accepted_before_is_delivered_and_a_sequence_token_is_asked_for_once() {
    let (builder, client) = told([error("InvalidSequenceTokenException"), said(200, "{}")]);
    assert!(is_accepted(&deliver(&builder.build().expect("a sink"), &lines(1)[0]).await));
    assert_eq!(client.operations(), ["PutLogEvents"; 2]);

    let (builder, client) = told([error("InvalidSequenceTokenException")]);
    let outcome = deliver(&builder.build().expect("a sink"), &lines(1)[0]).await;
    assert_eq!((kind(&outcome), client.requests().len()), (Some(Unavailable), 2));
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_passed_on_and_a_quota_is_no_throttle() {
    let outcome = outcomes(&lines(1), [LogsService::throttled(Some(1_500))]).await.remove(0);
    let Outcome::Failed(error) = &outcome else { panic!("{outcome:?}") };
    assert_eq!((error.kind(), error.retry_after()), (Throttled, Some(Duration::from_millis(1_500))));
    let full = outcomes(&lines(1), [common::error("LimitExceededException")]).await.remove(0);
    assert_eq!(kind(&full), Some(Misconfigured), "{full:?}");
}

#[tokio::test]
async fn after_a_failure_nothing_more_is_sent_and_what_follows_stays_behind() {
    // One stream with three calls, of which the second fails; and another one.
    let mut batch: Vec<Delivery> = (0..3)
        .map(|number| sample::delivery(line(number, TimeDelta::days(i64::try_from(number).expect("small") * 2 - 4))))
        .collect();
    let mut other = line(9, TimeDelta::zero());
    other.resource = common::node(9);
    batch.push(sample::delivery(other));
    for (answer, want) in [
        (said(500, ""), [None, Some(Unavailable), Some(SinkErrorKind::Unreachable)]),
        (LogsService::throttled(None), [None, Some(Throttled), None]),
    ] {
        let (builder, client) = told([said(200, "{}"), answer]);
        let outcomes = builder.with_streams(1).build().expect("a sink").deliver(&batch).await.expect("outcomes");
        assert!(is_accepted(&outcomes[0]), "{outcomes:?}");
        assert_eq!(outcomes[..3].iter().map(kind).collect::<Vec<_>>(), want);
        assert!(matches!(outcomes[3], Outcome::Untouched), "{outcomes:?}");
        assert_eq!(client.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_lost_answer_is_unconfirmed_and_a_lost_creation_is_not() {
    let lost = over(Direct::new(|_| None)).build().expect("a sink");
    assert_eq!(kind(&deliver(&lost, &lines(1)[0]).await), Some(Unconfirmed));
    let creation = over(Direct::new(|request| {
        let creates = request.headers()["x-amz-target"] != "Logs_20140328.PutLogEvents";
        (!creates).then(|| error(NOT_FOUND))
    }));
    let outcome = deliver(&creation.build().expect("a sink"), &lines(1)[0]).await;
    assert_eq!(kind(&outcome), Some(SinkErrorKind::Unreachable), "{outcome:?}");
}

#[tokio::test]
async fn a_group_that_is_missing_is_named_with_what_to_do() {
    let outcome = outcomes(&lines(1), [error(NOT_FOUND)]).await.remove(0);
    let Outcome::Failed(error) = &outcome else { panic!("{outcome:?}") };
    let words = error.words();
    for part in [GROUP, "eu-west-1", "`create_group = true`", "logs:CreateLogGroup"] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
}
