mod check;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Request, Response};
use serde_json::Value;
use tidegate_base::{Clock, SystemClock};
use tidegate_event::IssueEvent;

use self::check::{Signed, Unsound};
use crate::conformance::Shown;
use crate::server::text;

/// A receiver of signed webhooks, as strict as [Standard Webhooks] 1.0.0 lets one be.
///
/// It answers requests, so that a real sink posts to it: behind a [`Server`](crate::server::Server), or straight from a
/// transport of the test's own. It verifies each signature by itself, with no code of any sink.
///
/// | | |
/// |---|---|
/// | a signature by one of its secrets, within five minutes of its clock | 204; what it had under the same id is dropped |
/// | another signature | 401 |
/// | no `POST` | 405 |
/// | too long a body, where it has a [limit](Self::with_limit) | 413 |
/// | what it is told to [refuse](Self::with_refused) | 422 |
/// | after [`set_gone`](Self::set_gone) | 410 |
/// | what the specification does not allow, an older signature too | 400, and a [complaint](Self::complaints) |
///
/// Clones are the same receiver.
///
/// ```
/// use tidegate_testkit::model::WebhookReceiver;
/// use tidegate_testkit::server::Server;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let receiver = WebhookReceiver::new(["whsec_dGlkZWdhdGUtYWNjZXB0YW5jZS1zZWNyZXQtMDE="]);
/// let behind = receiver.clone();
/// let server = Server::start(move |request| behind.answer(request)).await;
/// // … a sink posts to `server.url()` …
/// # drop(server);
/// assert_eq!(receiver.messages().len(), 0);
/// assert_eq!(receiver.complaints(), [""; 0]);
/// # });
/// ```
///
/// [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
#[derive(Clone)]
pub struct WebhookReceiver {
    inner: Arc<Mutex<Inner>>,
}

/// A message that a receiver took, when it came first.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookMessage {
    /// Its `webhook-id`.
    pub id: String,
    /// What sort it is, such as `issue.opened`.
    pub r#type: String,
    /// The time that it is of, as it is written.
    pub timestamp: String,
    /// What it says.
    pub data: Value,
}

/// A request that a receiver got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRequest {
    /// Its `webhook-id`; empty where it has none.
    pub id: String,
    /// When it came.
    pub at: DateTime<Utc>,
    /// What it was answered.
    pub status: u16,
    /// How long its body is.
    pub bytes: usize,
}

struct Inner {
    clock: Box<dyn Clock>,
    secrets: Vec<String>,
    gone: bool,
    limit: Option<usize>,
    refused: Option<String>,
    messages: Vec<WebhookMessage>,
    known: BTreeMap<String, usize>,
    /// The items of batches, each when it came first.
    items: Vec<Value>,
    known_items: BTreeSet<String>,
    repeated: usize,
    requests: Vec<WebhookRequest>,
    complaints: Vec<String>,
}

impl WebhookReceiver {
    /// A receiver that takes what is signed with any of `secrets`, `whsec_…` each.
    pub fn new<T: Into<String>>(secrets: impl IntoIterator<Item = T>) -> Self {
        let inner = Inner {
            clock: Box::new(SystemClock::new()),
            secrets: secrets.into_iter().map(Into::into).collect(),
            gone: false,
            limit: None,
            refused: None,
            messages: Vec::new(),
            known: BTreeMap::new(),
            items: Vec::new(),
            known_items: BTreeSet::new(),
            repeated: 0,
            requests: Vec::new(),
            complaints: Vec::new(),
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The same by another clock.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        self.lock().clock = Box::new(clock);
        self
    }

    /// The same, which takes no body of more than `bytes`.
    pub fn with_limit(self, bytes: usize) -> Self {
        self.lock().limit = Some(bytes);
        self
    }

    /// The same, which never takes a body with `part` in it.
    pub fn with_refused(self, part: impl Into<String>) -> Self {
        self.lock().refused = Some(part.into());
        self
    }

    /// From now on it knows these secrets and no others.
    pub fn set_secrets<T: Into<String>>(&self, secrets: impl IntoIterator<Item = T>) {
        self.lock().secrets = secrets.into_iter().map(Into::into).collect();
    }

    /// Whether it wants no more from now on.
    pub fn set_gone(&self, gone: bool) {
        self.lock().gone = gone;
    }

    /// What it took, in the order in which it came first.
    pub fn messages(&self) -> Vec<WebhookMessage> {
        self.lock().messages.clone()
    }

    /// The items of all batches, each when it came first: what has an id that was there before is dropped.
    pub fn items(&self) -> Vec<Value> {
        self.lock().items.clone()
    }

    /// How many [items](Self::items) there are.
    pub fn item_count(&self) -> usize {
        self.lock().items.len()
    }

    /// How many messages and items were dropped, because they were there before.
    pub fn repeated(&self) -> usize {
        self.lock().repeated
    }

    /// What was asked, in order.
    pub fn requests(&self) -> Vec<WebhookRequest> {
        self.lock().requests.clone()
    }

    /// What the specification does not allow and was done all the same, a sentence each.
    pub fn complaints(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }

    /// What it knows of the episode of `issue`, which is there once, however often it is told.
    pub fn shown(&self, issue: &IssueEvent) -> Shown {
        let inner = self.lock();
        let episode = issue.episode.to_string();
        let about = inner.messages.iter().filter(|message| message.data["episode"] == *episode);
        let last = about.max_by_key(|message| message.data["sequence"].as_u64());
        Shown { open: last.is_some_and(|last| last.r#type != "issue.closed"), copies: usize::from(last.is_some()) }
    }

    /// Takes what `request` brings, or not, and says so.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut inner = self.lock();
        let at = inner.clock.now();
        let status = inner.take(request, at);
        let id = request.headers().get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
        inner.requests.push(WebhookRequest { id, at, status, bytes: request.body().len() });
        let mut answer = text(status, "");
        if let Ok(date) = at.format("%a, %d %b %Y %H:%M:%S GMT").to_string().parse() {
            answer.headers_mut().insert("date", date);
        }
        answer
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The status that is answered.
    fn take(&mut self, request: &Request<Bytes>, now: DateTime<Utc>) -> u16 {
        if self.gone {
            return 410;
        }
        if request.method() != Method::POST {
            return 405;
        }
        if self.limit.is_some_and(|limit| request.body().len() > limit) {
            return 413;
        }
        let read = Signed::read(request).and_then(|signed| {
            // Nothing is read of who is not known.
            if !signed.is_by(&self.secrets) {
                return Ok(None);
            }
            signed.is_of(now)?;
            check::message(&signed).map(Some)
        });
        match read {
            Ok(None) => 401,
            Ok(Some(_)) if self.refuses(request.body()) => 422,
            Ok(Some(message)) => {
                self.keep(message);
                204
            }
            Err(Unsound(what)) => {
                self.complaints.push(what);
                400
            }
        }
    }

    fn refuses(&self, body: &[u8]) -> bool {
        let refused = self.refused.as_deref();
        refused.is_some_and(|part| String::from_utf8_lossy(body).contains(part))
    }

    fn keep(&mut self, message: WebhookMessage) {
        if let Some(known) = self.known.get(&message.id) {
            let known = &self.messages[*known];
            self.repeated += 1;
            if known.data != message.data || known.timestamp != message.timestamp {
                let (first, then) = (&known.data, &message.data);
                self.complaints.push(format!("{} says {first}, and then {then}", message.id));
            }
            return;
        }
        if message.r#type == "issue.updated" && !self.is_known(&message.data["episode"]) {
            self.complaints.push(format!("an update of an episode that was never opened: {}", message.data));
        }
        for item in check::items(&message.data) {
            let id = item["id"].as_str().unwrap_or_default().to_owned();
            if self.known_items.insert(id) {
                self.items.push(item.clone());
            } else {
                self.repeated += 1;
            }
        }
        self.known.insert(message.id.clone(), self.messages.len());
        self.messages.push(message);
    }

    fn is_known(&self, episode: &Value) -> bool {
        self.messages.iter().any(|message| message.data["episode"] == *episode)
    }
}

impl fmt::Debug for WebhookReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("WebhookReceiver")
            .field("messages", &inner.messages.len())
            .field("requests", &inner.requests.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
