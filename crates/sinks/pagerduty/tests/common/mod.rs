//! A dialect, answers, and a PagerDuty in memory.
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};
use serde_json::{Value, json};
use tidegate_base::Secret;
use tidegate_event::Event;
use tidegate_http::{Dialect, Step};
use tidegate_sink::{Delivery, Outcome, SinkError, SinkErrorKind};
use tidegate_sink_pagerduty::{Link, PagerDuty};
use tidegate_testkit::model::PagerDutyService;
use tidegate_testkit::sample;

pub(crate) const KEY: &str = "s3cret0key9abcdef0123456789abcde";

pub(crate) fn dialect() -> PagerDuty {
    let runbook = Link::new("https://wiki.example.com/runbooks/{kind}").with_text("Runbook");
    let dashboard = Link::new("https://grafana.example.com/d/node?var-node={node}");
    let builder = PagerDuty::builder(Secret::literal(KEY));
    builder.with_link(runbook).with_link(dashboard).build().expect("a dialect")
}

pub(crate) fn service() -> PagerDutyService {
    PagerDutyService::new(KEY)
}

/// Two minutes after the samples begin.
pub(crate) fn now() -> DateTime<Utc> {
    sample::at() + TimeDelta::minutes(2)
}

pub(crate) fn said(status: u16, body: &Value) -> Response<Bytes> {
    let body = match body {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    Response::builder().status(status).body(body.into()).expect("an answer")
}

pub(crate) fn ok() -> Response<Bytes> {
    said(202, &json!({ "status": "success", "message": "Event processed", "dedup_key": "x" }))
}

/// A refusal in PagerDuty's form.
pub(crate) fn invalid(errors: &[&str]) -> Response<Bytes> {
    said(400, &json!({ "status": "invalid event", "message": "Event object is invalid", "errors": errors }))
}

/// What follows after `answers`.
pub(crate) fn step(dialect: &PagerDuty, delivery: &Delivery, answers: &[Response<Bytes>]) -> Result<Step, SinkError> {
    dialect.step(delivery, answers, now())
}

/// The request that follows after `answers`.
#[track_caller]
pub(crate) fn request(dialect: &PagerDuty, delivery: &Delivery, answers: &[Response<Bytes>]) -> Request<Bytes> {
    match step(dialect, delivery, answers) {
        Ok(Step::Send { after, request }) => {
            assert!(after.is_zero());
            assert_eq!(request.uri().path(), "/v2/enqueue");
            request
        }
        other => panic!("no request: {other:?}"),
    }
}

/// Its body, less the routing key, which is the right one.
#[track_caller]
pub(crate) fn asked(dialect: &PagerDuty, delivery: &Delivery, answers: &[Response<Bytes>]) -> Value {
    let mut body: Value = serde_json::from_slice(request(dialect, delivery, answers).body()).expect("JSON");
    assert_eq!(body.as_object_mut().expect("an object").remove("routing_key"), Some(KEY.into()));
    body
}

/// What is asked first about `event`.
#[track_caller]
pub(crate) fn first(event: impl Into<Event>) -> Value {
    asked(&dialect(), &sample::delivery(event), &[])
}

/// How it ended after `answers`; an error is the same as an outcome that failed.
#[track_caller]
pub(crate) fn outcome(delivery: &Delivery, answers: &[Response<Bytes>]) -> Outcome {
    match step(&dialect(), delivery, answers) {
        Ok(Step::Done(outcome)) => outcome,
        Err(error) => Outcome::Failed(error),
        Ok(other) => panic!("not done: {other:?}"),
    }
}

pub(crate) fn kind(outcome: &Outcome) -> Option<SinkErrorKind> {
    match outcome {
        Outcome::Failed(error) => Some(error.kind()),
        _ => None,
    }
}
