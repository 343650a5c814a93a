mod alert;
mod limits;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, Request, Response};
use serde_json::{Map, Value, json};
use tidegate_base::{Clock, SystemClock};
use tidegate_event::IssueEvent;

pub use self::alert::PagerDutyAlert;
use crate::conformance::Shown;
use crate::server::json as answer;

/// So many events of a key within a minute, where they are counted: *Events API v2: Rate Limits*.
const RATE: usize = 120;
/// The largest body in bytes. PagerDuty says 512 KB; the smaller reading counts.
const LARGEST: usize = 512_000;

/// PagerDuty's Events API v2, as far as it is spoken to: one integration, its alerts, and what PagerDuty minds.
///
/// It answers requests, so that a real sink speaks to it: behind a [`Server`](crate::server::Server), or straight from a
/// transport of the test's own. Whatever stands before `/v2/enqueue` in the path is not looked at.
///
/// | `event_action` | |
/// |---|---|
/// | `trigger` | opens an alert where none of its `dedup_key` is open, and is one more of the open one otherwise |
/// | `acknowledge` | of the open alert; dropped where none is |
/// | `resolve` | closes the open alert; dropped where none is. A later trigger opens a new one |
///
/// All three are answered with 202, what is dropped too. What is malformed is answered with 400 and the reasons, another
/// routing key with 400 and *Invalid routing key*, what is over 512,000 bytes with 413.
///
/// | setting | default |
/// |---|---|
/// | [`routing key`](Self::set_key_good) | good |
/// | [`clock`](Self::with_clock), which the log of requests is by | the machine's |
/// | [`rates`](Self::with_rates) | not counted |
/// | [`largest`](Self::with_largest) body | 512,000 bytes |
///
/// Clones are the same PagerDuty, and every setting is one of all of them.
///
/// ```
/// use tidegate_testkit::model::PagerDutyService;
/// use tidegate_testkit::server::Server;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let pager = PagerDutyService::new("0123456789abcdef0123456789abcdef");
/// let behind = pager.clone();
/// let server = Server::start(move |request| behind.answer(request)).await;
/// // … a sink with `server.url()` as its endpoint tells an issue, and its close …
/// # drop(server);
/// assert!(pager.alerts().iter().all(|alert| !alert.is_open()));
/// assert_eq!(pager.complaints(), [""; 0]);
/// # });
/// ```
#[derive(Clone)]
pub struct PagerDutyService {
    inner: Arc<Mutex<Inner>>,
}

/// A request that PagerDuty got.
#[derive(Debug, Clone, PartialEq)]
pub struct PagerDutyRequest {
    /// When it came.
    pub at: DateTime<Utc>,
    /// What it asked for, less the routing key; `null` where it was no JSON.
    pub body: Value,
    /// The status of the answer.
    pub status: u16,
}

struct Inner {
    clock: Box<dyn Clock>,
    routing_key: String,
    key_good: bool,
    alerts: Vec<PagerDutyAlert>,
    requests: Vec<PagerDutyRequest>,
    /// What PagerDuty would have minded.
    complaints: Vec<String>,
    /// A text that is never taken.
    refused: Option<String>,
    counts_rates: bool,
    largest: usize,
    /// How many `dedup_key`s it has made itself.
    made: u32,
}

impl PagerDutyService {
    /// An integration with `routing_key`, 32 letters and digits.
    pub fn new(routing_key: impl Into<String>) -> Self {
        let inner = Inner {
            clock: Box::new(SystemClock::new()),
            routing_key: routing_key.into(),
            key_good: true,
            alerts: Vec::new(),
            requests: Vec::new(),
            complaints: Vec::new(),
            refused: None,
            counts_rates: false,
            largest: LARGEST,
            made: 0,
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The same by another clock.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        self.lock().clock = Box::new(clock);
        self
    }

    /// The same, which never takes an event with `part` in its summary.
    pub fn with_refused(self, part: impl Into<String>) -> Self {
        self.lock().refused = Some(part.into());
        self
    }

    /// The same, which counts: past 120 events within a minute it says 429, without a `Retry-After`.
    pub fn with_rates(self) -> Self {
        self.lock().counts_rates = true;
        self
    }

    /// The same behind something that takes bodies of at most `bytes`, which is no complaint.
    pub fn with_largest(self, bytes: usize) -> Self {
        self.lock().largest = bytes;
        self
    }

    /// Whether the routing key is good from now on. Of an integration that was deleted it is not.
    pub fn set_key_good(&self, good: bool) {
        self.lock().key_good = good;
    }

    /// All alerts that ever were, in the order in which they opened.
    pub fn alerts(&self) -> Vec<PagerDutyAlert> {
        self.lock().alerts.clone()
    }

    /// The alerts known by `dedup_key`, in the order in which they opened.
    pub fn alerts_by(&self, dedup_key: &str) -> Vec<PagerDutyAlert> {
        self.alerts().into_iter().filter(|alert| alert.dedup_key == dedup_key).collect()
    }

    /// Somebody resolves the open alert of `dedup_key`. Whether there was one.
    pub fn resolve_by_hand(&self, dedup_key: &str) -> bool {
        self.lock().open(dedup_key).map(|alert| alert.resolve(true)).is_some()
    }

    /// Somebody acknowledges the open alert of `dedup_key`. Whether there was one.
    pub fn acknowledge_by_hand(&self, dedup_key: &str) -> bool {
        self.lock().open(dedup_key).map(PagerDutyAlert::acknowledge).is_some()
    }

    /// What was asked, in order.
    pub fn requests(&self) -> Vec<PagerDutyRequest> {
        self.lock().requests.clone()
    }

    /// What was asked that a careful client does not ask, a sentence each: fields that are missing, of another type or too
    /// long, events that are too large, another address, method or content type.
    pub fn complaints(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }

    /// What people see of the episode of `issue`: whether its last alert is open, and how many there are that nobody
    /// resolved by hand.
    pub fn shown(&self, issue: &IssueEvent) -> Shown {
        let episode = issue.episode.to_string();
        let alerts = self.alerts_by(&issue.key.id());
        let about: Vec<_> = alerts.iter().filter(|alert| alert.episode() == Some(&episode) && !alert.by_hand).collect();
        Shown { open: about.last().is_some_and(|alert| alert.is_open()), copies: about.len() }
    }

    /// Does what `request` asks for, and says what PagerDuty says.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut inner = self.lock();
        let now = inner.clock.now();
        let said = inner.take(request, now);
        let body = match serde_json::from_slice(request.body()) {
            Ok(Value::Object(body)) => without_key(body).1,
            other => other.unwrap_or_default(),
        };
        inner.requests.push(PagerDutyRequest { at: now, body, status: said.status().as_u16() });
        said
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn take(&mut self, request: &Request<Bytes>, now: DateTime<Utc>) -> Response<Bytes> {
        if !request.uri().path().ends_with("/v2/enqueue") || request.method() != Method::POST {
            self.complaints.push(format!("{} of another address", request.method()));
            return answer(404, &json!({ "status": "not found", "message": "Not Found" }));
        }
        let size = request.body().len();
        if size > self.largest {
            if size > LARGEST {
                self.complaints.push(format!("{size} bytes"));
            }
            return answer(413, &json!({ "status": "error", "message": "Request Entity Too Large" }));
        }
        let kind = request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("application/json") {
            self.complaints.push(format!("the content type {kind:?}"));
        }
        let Ok(Value::Object(body)) = serde_json::from_slice(request.body()) else {
            self.complaints.push("a body that is no JSON object".to_owned());
            let (status, message) = ("Unrecognized object", "Event object format is unrecognized");
            return answer(400, &json!({ "status": status, "message": message, "errors": ["JSON parse error"] }));
        };
        let (key, body) = without_key(body);
        let wrong = limits::key(&key);
        if !wrong.is_empty() {
            return invalid(&wrong);
        }
        if key != *self.routing_key || !self.key_good {
            return invalid(&["Invalid routing key".to_owned()]);
        }
        if self.counts_rates && !self.has_room(now) {
            let message = "Requests for this service are arriving too quickly.  Please retry later.";
            return answer(429, &json!({ "status": "throttle exceeded", "message": message }));
        }
        let wrong = limits::event(&body);
        if !wrong.is_empty() {
            self.complaints.push(format!("{}: {body}", wrong.join("; ")));
            return invalid(&wrong);
        }
        let summary = body["payload"]["summary"].as_str().unwrap_or_default();
        if self.refused.as_deref().is_some_and(|refused| summary.contains(refused)) {
            return invalid(&["'payload.summary' is not to our taste".to_owned()]);
        }
        self.apply(&body)
    }

    /// Whether fewer were taken within the last minute than may be.
    fn has_room(&self, now: DateTime<Utc>) -> bool {
        let lately = self.requests.iter().rev().take_while(|request| now - request.at < TimeDelta::minutes(1));
        lately.filter(|request| request.status == 202).take(RATE).count() < RATE
    }

    fn apply(&mut self, body: &Value) -> Response<Bytes> {
        let dedup_key = if let Some(key) = body["dedup_key"].as_str() {
            key.to_owned()
        } else {
            self.made += 1;
            format!("made-by-pagerduty-{}", self.made)
        };
        let open = self.open(&dedup_key);
        match (body["event_action"].as_str().unwrap_or_default(), open) {
            ("trigger", Some(alert)) => alert.triggers.push(body.clone()),
            ("trigger", None) => self.alerts.push(PagerDutyAlert::new(dedup_key.clone(), body.clone())),
            ("acknowledge", Some(alert)) => alert.acknowledge(),
            ("resolve", Some(alert)) => alert.resolve(false),
            _ => {}
        }
        answer(202, &json!({ "status": "success", "message": "Event processed", "dedup_key": dedup_key }))
    }

    fn open(&mut self, dedup_key: &str) -> Option<&mut PagerDutyAlert> {
        self.alerts.iter_mut().rfind(|alert| alert.dedup_key == dedup_key && alert.is_open())
    }
}

/// The routing key, and all the rest, which anybody may see.
fn without_key(mut body: Map<String, Value>) -> (Value, Value) {
    (body.remove("routing_key").unwrap_or_default(), body.into())
}

fn invalid(errors: &[String]) -> Response<Bytes> {
    answer(400, &json!({ "status": "invalid event", "message": "Event object is invalid", "errors": errors }))
}

impl fmt::Debug for PagerDutyService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("PagerDutyService")
            .field("key_good", &inner.key_good)
            .field("alerts", &inner.alerts.len())
            .field("requests", &inner.requests.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
