//! What the service does with a request.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderValue, Method, Request, Response};
use serde_json::{Value, json};
use tidegate_base::{Clock, SystemClock};

use super::OpsgenieRequest;
use super::alert::{OpsgenieAlert, OpsgenieState};
use super::limits;
use super::queue::Queue;
use crate::server::json as answer;

const ALERTS: &str = "/v2/alerts";
/// What Jira Service Management documents for the key of an integration.
const OF_JSM: [&str; 4] = ["create", "close", "acknowledge", "notes"];

pub(super) struct Inner {
    pub(super) clock: Box<dyn Clock>,
    pub(super) key: String,
    pub(super) key_good: bool,
    pub(super) may_read: bool,
    pub(super) refused: Option<String>,
    pub(super) filter: Option<String>,
    pub(super) rate: Option<(usize, Duration)>,
    pub(super) queue: Queue,
    pub(super) requests: Vec<OpsgenieRequest>,
    pub(super) complaints: Vec<String>,
    jsm: bool,
}

impl Inner {
    pub(super) fn new(key: String, jsm: bool) -> Self {
        Self {
            clock: Box::new(SystemClock::new()),
            key,
            key_good: true,
            may_read: true,
            refused: None,
            filter: None,
            rate: None,
            queue: Queue::default(),
            requests: Vec::new(),
            complaints: Vec::new(),
            jsm,
        }
    }

    /// The alerts, as far as the queue is worked off by now.
    pub(super) fn settled(&mut self) -> &mut Vec<OpsgenieAlert> {
        let now = self.clock.now();
        self.queue.settle(Some(now), self.filter.as_deref());
        &mut self.queue.alerts
    }

    pub(super) fn settle_all(&mut self) {
        self.queue.settle(None, self.filter.as_deref());
    }

    pub(super) fn by_hand(&mut self, id: &str, state: OpsgenieState) -> bool {
        let alert = self.settled().iter_mut().find(|alert| alert.id == id);
        let may = |alert: &&mut OpsgenieAlert| match state {
            OpsgenieState::Deleted => alert.state != OpsgenieState::Deleted,
            _ => alert.is_open(),
        };
        alert.filter(may).map(|alert| (alert.state, alert.by_hand) = (state, true)).is_some()
    }

    pub(super) fn answer(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let now = self.clock.now();
        self.settled();
        let (operation, subject) = operation(request);
        let answered = self.take(&operation, &subject, request, now);
        self.requests.push(OpsgenieRequest { operation, at: now, status: answered.status().as_u16() });
        answered
    }

    fn take(
        &mut self,
        operation: &str,
        subject: &str,
        request: &Request<Bytes>,
        now: DateTime<Utc>,
    ) -> Response<Bytes> {
        let key = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        if !self.key_good || key.and_then(|value| value.strip_prefix("GenieKey ")) != Some(&self.key) {
            return refusal(401, "Could not authenticate");
        }
        if let Some(answer) = self.too_much(now) {
            return answer;
        }
        if self.jsm && !OF_JSM.contains(&operation) {
            self.complaints.push(format!("{operation} is not documented for the key of an integration"));
            return refusal(404, "No such operation");
        }
        if !["create", "status", "count"].contains(&operation) && !by_alias(request) {
            self.complaints.push(format!("{operation} without identifierType=alias"));
        }
        if *request.method() == Method::GET {
            return self.look(operation, subject);
        }
        self.change(operation, subject, request, now)
    }

    fn too_much(&self, now: DateTime<Utc>) -> Option<Response<Bytes>> {
        let (most, per) = self.rate?;
        let since = now - TimeDelta::from_std(per).unwrap_or_default();
        let counts = |request: &&OpsgenieRequest| request.at > since && request.status != 429;
        if self.requests.iter().rev().filter(counts).count() < most {
            return None;
        }
        let mut answer = refusal(429, "You are making too many requests!");
        let headers = answer.headers_mut();
        headers.insert("x-ratelimit-state", HeaderValue::from_static("THROTTLED"));
        headers.insert("x-ratelimit-period-in-sec", per.as_secs().max(1).into());
        Some(answer)
    }

    fn look(&mut self, operation: &str, subject: &str) -> Response<Bytes> {
        if !self.may_read {
            return refusal(403, "You are not authorized to perform this action");
        }
        let found = match operation {
            "count" => Some(json!({ "count": self.queue.alerts.iter().filter(|alert| alert.is_open()).count() })),
            "status" => self.queue.status(subject),
            "get" => self.queue.find(subject).map(|alert| alert.shown()),
            _ => None,
        };
        match (found, operation) {
            (Some(data), _) => answer(200, &json!({ "data": data, "took": 0.01, "requestId": "r" })),
            (None, "status") => refusal(404, "Request not found. It might not be processed, yet."),
            (None, _) => refusal(404, "Alert does not exist"),
        }
    }

    fn change(
        &mut self,
        operation: &str,
        subject: &str,
        request: &Request<Bytes>,
        now: DateTime<Utc>,
    ) -> Response<Bytes> {
        let kind = request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/json") {
            self.complaints.push(format!("{operation} with the content type {kind:?}"));
        }
        let Ok(body) = serde_json::from_slice::<Value>(request.body()) else {
            self.complaints.push(format!("{operation} with a body that is no JSON"));
            return refusal(400, "Could not parse request body");
        };
        let is_refused = |part: &String| body["message"].as_str().is_some_and(|text| text.contains(part));
        if self.refused.as_ref().is_some_and(is_refused) {
            return unprocessable("message", "is not wanted");
        }
        if let Err((field, what)) = limits::check(operation, &body) {
            self.complaints.push(format!("{operation}: {field} {what}"));
            return unprocessable(field, &what);
        }
        let alias = if operation == "create" { body["alias"].as_str().unwrap_or_default() } else { subject }.to_owned();
        let id = self.queue.take(operation, alias, body, now);
        self.settled();
        answer(202, &json!({ "result": "Request will be processed", "took": 0.02, "requestId": id }))
    }
}

/// What is asked, and of which alert or request.
fn operation(request: &Request<Bytes>) -> (String, String) {
    let path = request.uri().path();
    let rest = path.rfind(ALERTS).map_or("?", |at| path[at + ALERTS.len()..].trim_matches('/'));
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    let named = |operation: &str, subject: &str| (operation.to_owned(), subject.to_owned());
    match (request.method().as_str(), parts.as_slice()) {
        ("POST", []) => named("create", ""),
        ("GET", ["count"]) => named("count", ""),
        ("GET", ["requests", id]) => named("status", id),
        ("GET", [alias]) => named("get", alias),
        ("PUT", [alias, operation @ ("message" | "description" | "priority")])
        | ("POST", [alias, operation @ ("notes" | "close" | "acknowledge")]) => named(operation, alias),
        (method, _) => (format!("{method} {path}"), String::new()),
    }
}

fn by_alias(request: &Request<Bytes>) -> bool {
    request.uri().query().is_some_and(|query| query.split('&').any(|part| part == "identifierType=alias"))
}

fn refusal(status: u16, message: &str) -> Response<Bytes> {
    answer(status, &json!({ "message": message, "took": 0.01, "requestId": "r" }))
}

fn unprocessable(field: &str, what: &str) -> Response<Bytes> {
    let message = "Request body is not processable. Please check the errors.";
    answer(422, &json!({ "message": message, "errors": { field: what }, "took": 0.01, "requestId": "r" }))
}
