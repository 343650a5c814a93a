//! Dialects, answers, and a Slack in memory.
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]

#[path = "../../../../http/tests/guest/lane.rs"]
mod lane;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tidegate_base::Secret;
use tidegate_event::Event;
use tidegate_http::{Harmless, Step};
use tidegate_sink::{Delivery, Receipt};
use tidegate_sink_slack::Slack;
use tidegate_testkit::model::SlackService;
use tidegate_testkit::sample;

pub(crate) use self::lane::{deliver, kind, now, outcome, said, step, tell, tell_whole};

pub(crate) const TOKEN: &str = "xoxb-s3cret-t0ken";
pub(crate) const HOOK: &str = "https://hooks.slack.com/services/T000/B000/s3cretHook";
pub(crate) const CHANNEL: &str = "C0TIDE00001";

pub(crate) fn bot() -> Slack {
    Slack::bot(CHANNEL, Secret::literal(TOKEN)).build().expect("a dialect")
}

pub(crate) fn webhook() -> Slack {
    Slack::webhook(Secret::literal(HOOK)).build().expect("a dialect")
}

/// A Slack with the channel, in which a look needs many pages.
pub(crate) fn service() -> SlackService {
    SlackService::new(CHANNEL, TOKEN).with_page(2)
}

pub(crate) fn told(event: impl Into<Event>) -> Delivery {
    let receipt = Receipt::new(&json!({ "channel": CHANNEL, "ts": "1767225600.000247" })).expect("JSON");
    sample::delivery(event).with_prior(receipt)
}

pub(crate) fn ok(ts: &str) -> Response<Bytes> {
    said(200, &json!({ "ok": true, "channel": CHANNEL, "ts": ts }))
}

pub(crate) fn error(code: &str) -> Response<Bytes> {
    said(200, &json!({ "ok": false, "error": code }))
}

/// The request that follows after `answers`: its method's name and its body.
#[track_caller]
pub(crate) fn asked(dialect: &Slack, delivery: &Delivery, answers: &[Response<Bytes>]) -> (String, Value) {
    let (path, body) = path_and_body(&request(dialect, delivery, answers));
    (path.trim_start_matches("/api/").to_owned(), body)
}

#[track_caller]
pub(crate) fn request(dialect: &Slack, delivery: &Delivery, answers: &[Response<Bytes>]) -> Request<Bytes> {
    match step(dialect, delivery, answers) {
        Ok(Step::Send { after, request }) => {
            assert!(after.is_zero());
            assert!(request.extensions().get::<Harmless>().is_some(), "what Slack says of it is the whole truth");
            request
        }
        other => panic!("no request: {other:?}"),
    }
}

/// A form is shown as an object of texts.
pub(crate) fn path_and_body(request: &Request<Bytes>) -> (String, Value) {
    let is_form = request.headers()["content-type"] == "application/x-www-form-urlencoded";
    let body = if is_form { form(request.body()) } else { serde_json::from_slice(request.body()).expect("JSON") };
    (request.uri().path().to_owned(), body)
}

fn form(body: &[u8]) -> Value {
    let text = std::str::from_utf8(body).expect("a text");
    let fields = text.split('&').map(|field| {
        let (name, value) = field.split_once('=').expect("a name and a value");
        (name.to_owned(), value.replace("%3D", "=").into())
    });
    Value::Object(fields.collect())
}
