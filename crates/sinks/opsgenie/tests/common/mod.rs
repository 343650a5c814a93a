//! Dialects, answers, and a service in memory.
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]

pub(crate) mod direct;
#[path = "../../../../http/tests/guest/lane.rs"]
mod lane;

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tidegate_base::Secret;
use tidegate_event::{Event, IssueEvent};
use tidegate_http::Step;
use tidegate_sink::{Delivery, Outcome, Receipt};
use tidegate_sink_opsgenie::{Flavor, Opsgenie};
use tidegate_testkit::sample;

pub(crate) use self::lane::{deliver, kind, now, outcome, said, step, tell, tell_whole};

pub(crate) const KEY: &str = "s3cret-0f-the-integration";
pub(crate) const ID: &str = "5d2f6b1e-0c3a-4b7e-9a51-2e8f4c6d7a90";

pub(crate) fn opsgenie() -> Opsgenie {
    Opsgenie::builder(Secret::literal(KEY)).build().expect("a dialect")
}

pub(crate) fn jsm() -> Opsgenie {
    Opsgenie::builder(Secret::literal(KEY)).with_flavor(Flavor::Jsm).build().expect("a dialect")
}

/// A delivery about an issue that was told.
pub(crate) fn told(issue: IssueEvent) -> Delivery {
    let receipt = Receipt::new(&json!({ "alias": issue.key.id() })).expect("JSON");
    sample::delivery(issue).with_prior(receipt)
}

/// It is queued.
pub(crate) fn queued() -> Response<Bytes> {
    said(202, &json!({ "result": "Request will be processed", "took": 0.02, "requestId": ID }))
}

/// It is in the queue still.
pub(crate) fn pending() -> Response<Bytes> {
    said(404, &json!({ "message": "Request not found. It might not be processed, yet.", "requestId": "r" }))
}

/// It was worked off.
pub(crate) fn done() -> Response<Bytes> {
    became(true, "Done", "an-alert")
}

pub(crate) fn absent() -> Response<Bytes> {
    became(false, "Alert does not exist", "")
}

pub(crate) fn became(success: bool, status: &str, alert: &str) -> Response<Bytes> {
    said(200, &json!({ "data": { "isSuccess": success, "status": status, "alertId": alert, "alias": "" } }))
}

/// The request that follows after `answers`, and after how long.
#[track_caller]
pub(crate) fn request(
    dialect: &Opsgenie,
    delivery: &Delivery,
    answers: &[Response<Bytes>],
) -> (Duration, Request<Bytes>) {
    match step(dialect, delivery, answers) {
        Ok(Step::Send { after, request }) => (after, request),
        other => panic!("no request: {other:?}"),
    }
}

/// What is asked after `answers`: the method and what follows `/v2/alerts`, less the alias.
#[track_caller]
pub(crate) fn asked(dialect: &Opsgenie, delivery: &Delivery, answers: &[Response<Bytes>]) -> String {
    let (_, request) = request(dialect, delivery, answers);
    let Event::Issue(issue) = &*delivery.event else { panic!("no issue") };
    let path = request.uri().path().split("/v2/alerts").last().unwrap_or_default();
    let path = path.replace(&issue.key.id(), "alias").replace(ID, "id");
    format!("{} {path}", request.method())
}

pub(crate) fn body(request: &Request<Bytes>) -> Value {
    serde_json::from_slice(request.body()).expect("JSON")
}

#[track_caller]
pub(crate) fn is_accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted(Some(_)))
}
