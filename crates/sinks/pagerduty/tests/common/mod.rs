//! A dialect, answers, and a PagerDuty in memory.
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]

#[path = "../../../../http/tests/guest/lane.rs"]
mod lane;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tidegate_base::Secret;
use tidegate_event::Event;
use tidegate_http::Step;
use tidegate_sink::{Delivery, Outcome};
use tidegate_sink_pagerduty::{Link, PagerDuty};
use tidegate_testkit::model::PagerDutyService;
use tidegate_testkit::sample;

pub(crate) use self::lane::{deliver, kind, now, said, step, tell, tell_whole};

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

pub(crate) fn ok() -> Response<Bytes> {
    said(202, &json!({ "status": "success", "message": "Event processed", "dedup_key": "x" }))
}

/// A refusal in PagerDuty's form.
pub(crate) fn invalid(errors: &[&str]) -> Response<Bytes> {
    said(400, &json!({ "status": "invalid event", "message": "Event object is invalid", "errors": errors }))
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

/// How it ended after `answers`.
#[track_caller]
pub(crate) fn outcome(delivery: &Delivery, answers: &[Response<Bytes>]) -> Outcome {
    lane::outcome(&dialect(), delivery, answers)
}
