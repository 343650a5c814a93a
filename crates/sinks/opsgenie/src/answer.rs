//! What they say.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Response, StatusCode};
use serde::Deserialize;
use tidegate_http::{Verdict, excerpt, failure, retry_after};
use tidegate_sink::{Reason, SinkError, SinkErrorKind};

use crate::place::Flavor;

/// The longest wait that the name of a bucket may mean.
const LONGEST_PERIOD: u64 = 3_600;
/// A key that is good for something else than alerts.
const WRONG_KEY: u64 = 40_301;

/// Who speaks, and what may not be repeated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Speaker<'a> {
    pub(crate) flavor: Flavor,
    pub(crate) key: &'a str,
    pub(crate) now: DateTime<Utc>,
}

/// What the answer to a change means.
#[derive(Debug)]
pub(crate) enum Said {
    /// It is queued, under this id where it has one.
    Queued(Option<String>),
    /// There is no such alert.
    Absent,
    /// It will never be taken.
    Rejected(Reason),
    /// It may go through later.
    Failed(SinkError),
}

/// What became of a change that was queued.
#[derive(Debug)]
pub(crate) enum Became {
    /// It is in the queue still, or the service does not know yet.
    Pending,
    Applied,
    /// There is no such alert.
    Absent,
    /// The alert is closed already.
    Closed,
    /// It will never be done.
    Refused(Reason),
    /// It was not done, for a reason that nobody knows to be final.
    Undone(SinkError),
    /// The key may not ask.
    Untold,
    /// It is not known: the question failed.
    Failed(SinkError),
}

/// What was found where an alert may be.
#[derive(Debug)]
pub(crate) enum Found {
    Open,
    /// None, or a closed one.
    None,
    /// The key may not look.
    Untold,
    Failed(SinkError),
}

/// The parts of the answers that are read. Jira Service Management leaves the wrapper `data` out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reply {
    request_id: Option<String>,
    message: Option<String>,
    code: Option<u64>,
    errors: Option<serde_json::Map<String, serde_json::Value>>,
    data: Option<Data>,
    #[serde(flatten)]
    bare: Data,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Data {
    is_success: Option<bool>,
    success: Option<bool>,
    status: Option<String>,
    count: Option<u64>,
}

impl Reply {
    fn of(answer: &Response<Bytes>) -> Option<Self> {
        serde_json::from_slice(answer.body()).ok()
    }

    fn into_data(self) -> Data {
        self.data.unwrap_or(self.bare)
    }

    /// Whether the service itself says so, and no proxy or wrong address. Every answer of the service names the request;
    /// a `message` is what gateways have as well.
    fn is_own(&self) -> bool {
        self.request_id.is_some()
    }
}

impl Speaker<'_> {
    fn failed(&self, kind: SinkErrorKind, answer: &Response<Bytes>) -> SinkError {
        failure(kind, self.flavor.service(), answer, &[self.key], self.now)
    }

    fn advised(&self, kind: SinkErrorKind, answer: &Response<Bytes>, advice: &str) -> SinkError {
        let error = self.failed(kind, answer);
        let advised = SinkError::new(kind, format!("{}; {advice}", error.context()));
        error.retry_after().into_iter().fold(advised, SinkError::with_retry_after)
    }

    /// An answer that says well and nothing else that is known. A page to log in, say.
    fn unknown(&self, answer: &Response<Bytes>) -> SinkError {
        let advice = format!("{} gives no such answer: check `endpoint`", self.flavor.service());
        self.advised(SinkErrorKind::Unconfirmed, answer, &advice)
    }

    fn reason(&self, message: String, answer: &Response<Bytes>) -> Reason {
        match excerpt(answer, &[self.key]) {
            said if said.is_empty() => Reason::new(message),
            said => Reason::new(message).with_answer(said),
        }
    }

    /// What the answer to a change means.
    pub(crate) fn change(&self, answer: &Response<Bytes>) -> Said {
        let reply = Reply::of(answer);
        match (answer.status(), reply) {
            (status, Some(reply)) if status.is_success() && reply.request_id.is_some() => {
                Said::Queued(reply.request_id.filter(|id| is_id(id)))
            }
            (status, _) if status.is_success() => Said::Failed(self.unknown(answer)),
            (StatusCode::NOT_FOUND, Some(reply)) if reply.is_own() => Said::Absent,
            (status, reply) => match self.refusal(answer, reply) {
                Some(error) => Said::Failed(error),
                None => Said::Rejected(self.reason(format!("{} answered {status}", self.flavor.service()), answer)),
            },
        }
    }

    /// What the answer to a question after a queued change means. `creates`: the change creates an alert.
    pub(crate) fn became(&self, creates: bool, answer: &Response<Bytes>) -> Became {
        let reply = Reply::of(answer);
        let is_own = reply.as_ref().is_some_and(Reply::is_own);
        match answer.status() {
            StatusCode::NOT_FOUND if is_own => Became::Pending,
            StatusCode::FORBIDDEN | StatusCode::PAYMENT_REQUIRED if is_own => Became::Untold,
            status if status.is_success() => self.processed(creates, reply, answer),
            _ => Became::Failed(self.unfit(answer, reply)),
        }
    }

    fn processed(&self, creates: bool, reply: Option<Reply>, answer: &Response<Bytes>) -> Became {
        let data = reply.map(Reply::into_data).unwrap_or_default();
        match data.is_success.or(data.success) {
            Some(true) => return Became::Applied,
            Some(false) => {}
            None => return Became::Failed(self.unknown(answer)),
        }
        // There is no code for it, only words. What they do not say to be final may be a failure inside the service, and an
        // opening or a close is not given up for words that changed.
        let status = data.status.unwrap_or_default().to_lowercase();
        let service = self.flavor.service();
        if status.contains("ignored") || status.contains("filter") {
            let message = format!("{service} took the request and then refused it; see the rules of its integration");
            Became::Refused(self.reason(message, answer))
        } else if !creates && status.contains("already closed") {
            Became::Closed
        } else if !creates && status.contains("does not exist") {
            Became::Absent
        } else {
            let said = excerpt(answer, &[self.key]);
            let context = format!("{service} took the request and could not do it ({said}); it is tried again");
            // Whatever it is, other alerts need not wait for it.
            Became::Undone(SinkError::new(SinkErrorKind::Unavailable, context).of_item())
        }
    }

    /// What the answer to a look means.
    pub(crate) fn found(&self, answer: &Response<Bytes>) -> Found {
        let reply = Reply::of(answer);
        let is_own = reply.as_ref().is_some_and(Reply::is_own);
        match answer.status() {
            StatusCode::NOT_FOUND if is_own => Found::None,
            StatusCode::FORBIDDEN | StatusCode::PAYMENT_REQUIRED if is_own => Found::Untold,
            status if status.is_success() => {
                match reply.map(Reply::into_data).and_then(|data| data.status).as_deref() {
                    Some("open") => Found::Open,
                    Some("closed") => Found::None,
                    _ => Found::Failed(self.unknown(answer)),
                }
            }
            _ => Found::Failed(self.unfit(answer, reply)),
        }
    }

    /// How many alerts there are. `None`: the key may not know.
    pub(crate) fn counted(&self, answer: &Response<Bytes>) -> Result<Option<u64>, SinkError> {
        let reply = Reply::of(answer);
        match answer.status() {
            StatusCode::FORBIDDEN
                if reply.as_ref().is_some_and(|reply| reply.is_own() && reply.code != Some(WRONG_KEY)) =>
            {
                Ok(None)
            }
            status if status.is_success() => match reply.map(Reply::into_data).and_then(|data| data.count) {
                Some(count) => Ok(Some(count)),
                None => Err(self.nobody(answer)),
            },
            _ => Err(self.unfit(answer, reply)),
        }
    }

    /// What answers is something else.
    pub(crate) fn nobody(&self, answer: &Response<Bytes>) -> SinkError {
        let context = format!("what answered {} is not {}; check `endpoint`", answer.status(), self.flavor.service());
        SinkError::new(SinkErrorKind::Misconfigured, context)
    }

    /// An answer that refuses, to a request that has nothing to be refused.
    pub(crate) fn unfit_for_probe(&self, answer: &Response<Bytes>) -> SinkError {
        self.unfit(answer, Reply::of(answer))
    }

    fn unfit(&self, answer: &Response<Bytes>, reply: Option<Reply>) -> SinkError {
        let advice = "a question that is always the same is refused: check `endpoint` and `flavor`";
        self.refusal(answer, reply).unwrap_or_else(|| self.advised(SinkErrorKind::Misconfigured, answer, advice))
    }

    /// The failure that `answer` means. `None`: it is the item that is refused.
    fn refusal(&self, answer: &Response<Bytes>, reply: Option<Reply>) -> Option<SinkError> {
        let reply = reply.unwrap_or_default();
        let kind = match (Verdict::of(answer.status()), answer.status()) {
            // A proxy or a wrong address knows nothing of the item.
            (Verdict::Rejected, _) if !reply.is_own() => SinkErrorKind::Misconfigured,
            // What is wrong with an item is said field by field: without a word of that, it is the key.
            (_, StatusCode::UNPROCESSABLE_ENTITY) if reply.errors.is_none() => SinkErrorKind::Unauthorized,
            (Verdict::Rejected, _) => return None,
            // The service does not end like this: it is a proxy's or a wrong address's word.
            (Verdict::Failed(SinkErrorKind::Gone), _) => SinkErrorKind::Misconfigured,
            (Verdict::Failed(kind), _) => kind,
            (Verdict::Accepted, _) => SinkErrorKind::Unconfirmed,
        };
        let wait =
            retry_after(answer, self.now).or_else(|| period(answer).filter(|_| kind == SinkErrorKind::Throttled));
        let error = match self.advice(kind, answer.status(), reply.code) {
            Some(advice) => self.advised(kind, answer, advice),
            None => self.failed(kind, answer),
        };
        Some(wait.into_iter().fold(error, SinkError::with_retry_after))
    }

    /// What the operator should do.
    fn advice(&self, kind: SinkErrorKind, status: StatusCode, code: Option<u64>) -> Option<&'static str> {
        match (kind, status, self.flavor) {
            (SinkErrorKind::Misconfigured, ..) => Some("check `endpoint`"),
            (SinkErrorKind::Unauthorized, StatusCode::PAYMENT_REQUIRED, _) => Some("the plan does not include it"),
            (SinkErrorKind::Unauthorized, StatusCode::FORBIDDEN, _) if code == Some(WRONG_KEY) => {
                Some("`api_key` must be the key of an API integration, not one of API key management")
            }
            (SinkErrorKind::Unauthorized, StatusCode::FORBIDDEN, _) => {
                Some("the integration of `api_key` may not do this: give it the right to create and update")
            }
            (SinkErrorKind::Unauthorized, _, Flavor::Opsgenie) => Some(
                "the key is not good here: copy the API integration's key anew into `api_key`, see that the integration \
                 is on, and check `region`",
            ),
            (SinkErrorKind::Unauthorized, _, Flavor::Jsm) => Some(
                "the key is not good here: copy the API integration's key anew into `api_key`, and see that the \
                 integration is on; a key of Opsgenie does not carry over",
            ),
            _ => None,
        }
    }
}

/// What may stand in a path.
fn is_id(id: &str) -> bool {
    (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The bucket that overflowed is filled anew after so long: 1 s or a minute.
fn period(answer: &Response<Bytes>) -> Option<Duration> {
    let seconds: u64 = answer.headers().get("x-ratelimit-period-in-sec")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(LONGEST_PERIOD)))
}
