mod alert;
mod inner;
mod limits;
mod queue;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use tidegate_base::{Clock, Random};
use tidegate_event::{IssueEvent, IssueKey};

pub use self::alert::{OpsgenieAlert, OpsgenieState};
use self::inner::Inner;
use crate::conformance::Shown;

/// Opsgenie, or Jira Service Management, as far as it is spoken to: its alerts, its queue, and what it minds.
///
/// It answers requests, so that a real sink speaks to it: behind a [`Server`](crate::server::Server), or straight from a
/// transport of the test's own. Whatever stands before `/v2/alerts` in the path is not looked at.
///
/// | | |
/// |---|---|
/// | `POST /v2/alerts` | a new alert; where one of its alias is open, that one's count, and nothing that it says |
/// | `PUT …/{alias}/message`, `description`, `priority` | changes an open alert |
/// | `POST …/{alias}/notes`, `close`, `acknowledge` | the same |
/// | `GET …/requests/{id}` | what became of a request: 404 while it is in the queue |
/// | `GET …/{alias}`, `…/count` | an alert, and how many are open |
///
/// Each change is answered with 202 and worked off [later](Self::with_lag), those of one alias in the order of their
/// coming, unless they may [overtake](Self::with_overtaking) each other. Whether Opsgenie keeps that order, and that it
/// refuses a change of a closed alert, is not documented.
///
/// | setting | default |
/// |---|---|
/// | [`key`](Self::set_key_good) | good, and may [read](Self::set_may_read) |
/// | [`clock`](Self::with_clock), which the queue and the rates are by | the machine's |
/// | [`lag`](Self::with_lag) of the queue | none: worked off at once |
/// | [`overtaking`](Self::with_overtaking) in the queue | none |
/// | [`rate`](Self::with_rate) | not counted |
///
/// Clones are the same service, and every setting is one of all of them.
///
/// ```
/// use tidegate_testkit::model::OpsgenieService;
/// use tidegate_testkit::server::Server;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let opsgenie = OpsgenieService::new("a-key");
/// let behind = opsgenie.clone();
/// let server = Server::start(move |request| behind.answer(request)).await;
/// // … a sink with `server.url()` as its endpoint tells an issue, and its close …
/// # drop(server);
/// assert!(opsgenie.alerts().iter().all(|alert| !alert.is_open()));
/// assert_eq!(opsgenie.complaints(), [""; 0]);
/// # });
/// ```
#[derive(Clone)]
pub struct OpsgenieService {
    inner: Arc<Mutex<Inner>>,
}

/// A request that the service got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpsgenieRequest {
    /// What was asked: `create`, `message`, `description`, `priority`, `notes`, `close`, `acknowledge`, `status`, `get`,
    /// `count`; or method and path of what is none of these.
    pub operation: String,
    /// When it came.
    pub at: DateTime<Utc>,
    /// The status of the answer.
    pub status: u16,
}

impl OpsgenieService {
    /// An account without alerts, with an integration whose key is `key`.
    pub fn new(key: impl Into<String>) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner::new(key.into(), false))) }
    }

    /// Jira Service Management: an integration's key may create, close, acknowledge and note, and nothing else.
    pub fn jsm(key: impl Into<String>) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner::new(key.into(), true))) }
    }

    /// The same by another clock.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        self.lock().clock = Box::new(clock);
        self
    }

    /// The same, in which a change is in the queue for up to `longest`, mostly for an eighth of that at most.
    pub fn with_lag(self, random: Random, longest: Duration) -> Self {
        self.lock().queue.set_lag(random, longest);
        self
    }

    /// The same, in whose queue changes of one alias overtake each other, unless they are of one sort: a new message its
    /// alert's creation, say, and no older message.
    pub fn with_overtaking(self) -> Self {
        self.lock().queue.set_overtaking();
        self
    }

    /// The same, which never takes a message with `part` in it: 422, with a word about the field.
    pub fn with_refused(self, part: impl Into<String>) -> Self {
        self.lock().refused = Some(part.into());
        self
    }

    /// The same with a filter of the integration: an alert with `part` in its message is taken, and then ignored.
    pub fn with_filter(self, part: impl Into<String>) -> Self {
        self.lock().filter = Some(part.into());
        self
    }

    /// The same, which counts: past so many requests within `per` it answers 429, and names `per` as the period.
    pub fn with_rate(self, requests: usize, per: Duration) -> Self {
        self.lock().rate = Some((requests, per));
        self
    }

    /// Whether the key is good from now on: else it is answered with 401.
    pub fn set_key_good(&self, good: bool) {
        self.lock().key_good = good;
    }

    /// From now on another key is the right one, and the one before is unknown.
    pub fn set_key(&self, key: impl Into<String>) {
        self.lock().key = key.into();
    }

    /// Whether the key may read from now on: else a look is answered with 403.
    pub fn set_may_read(&self, may: bool) {
        self.lock().may_read = may;
    }

    /// All alerts that ever were, those that people deleted too, in the order of their creation; as far as the queue is
    /// worked off.
    pub fn alerts(&self) -> Vec<OpsgenieAlert> {
        self.lock().settled().clone()
    }

    /// The alerts of the issue `key`, in the order of their creation.
    pub fn alerts_of(&self, key: &IssueKey) -> Vec<OpsgenieAlert> {
        let alias = key.id();
        self.alerts().into_iter().filter(|alert| alert.alias == alias).collect()
    }

    /// Works the queue off, whatever the time.
    pub fn settle(&self) {
        self.lock().settle_all();
    }

    /// Somebody deletes the alert. Whether it was there.
    pub fn delete(&self, id: &str) -> bool {
        self.lock().by_hand(id, OpsgenieState::Deleted)
    }

    /// Somebody closes the alert. Whether it was open.
    pub fn close(&self, id: &str) -> bool {
        self.lock().by_hand(id, OpsgenieState::Closed)
    }

    /// What was asked, in order.
    pub fn requests(&self) -> Vec<OpsgenieRequest> {
        self.lock().requests.clone()
    }

    /// What was asked that a careful client does not ask, a sentence each: texts past the documented limits, fields
    /// that are none or of another type, what is not documented.
    pub fn complaints(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }

    /// What people see of the episode of `issue`: each alert that was created for it and not deleted is a copy.
    pub fn shown(&self, issue: &IssueEvent) -> Shown {
        let episode = issue.episode.to_string();
        let alerts = self.alerts();
        let about = || {
            let there = alerts.iter().filter(|alert| alert.state != OpsgenieState::Deleted);
            there.filter(|alert| alert.episode() == Some(&episode))
        };
        Shown { open: about().any(OpsgenieAlert::is_open), copies: about().count() }
    }

    /// Does what `request` asks for, or queues it, and says what the service says.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.lock().answer(request)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for OpsgenieService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("OpsgenieService")
            .field("key_good", &inner.key_good)
            .field("may_read", &inner.may_read)
            .field("requests", &inner.requests.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
