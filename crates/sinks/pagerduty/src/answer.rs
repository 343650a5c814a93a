//! What they say.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Response, StatusCode};
use serde_json::Value;
use tidegate_http::{Verdict, excerpt, failure, retry_after};
use tidegate_sink::{Reason, SinkError, SinkErrorKind};

/// How long to wait after a 429 that does not say: what PagerDuty's page on rate limits suggests.
const WAIT: Duration = Duration::from_secs(30);

/// What an answer means.
#[derive(Debug)]
pub(crate) enum Said {
    /// It is taken.
    Done,
    /// It is too large for what stands between.
    TooLarge(Reason),
    /// It will never be taken.
    Rejected(Reason),
    /// It may go through later.
    Failed(SinkError),
}

/// The parts of PagerDuty's answers that are read.
#[derive(Debug, Default)]
struct Reply {
    status: String,
    /// What is said in sentences.
    said: Vec<String>,
}

impl Reply {
    fn of(answer: &Response<Bytes>) -> Self {
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let errors = match &body["errors"] {
            Value::Array(errors) => errors.as_slice(),
            error => std::slice::from_ref(error),
        };
        let said = std::iter::once(&body["message"]).chain(errors).filter_map(Value::as_str);
        let said = said.filter(|sentence| !sentence.is_empty()).map(str::to_owned).collect();
        Self { status: body["status"].as_str().unwrap_or_default().to_owned(), said }
    }

    /// Whether it is the key that does not please. There are no codes to tell by: what is wrong stands in sentences.
    fn is_about_key(&self) -> bool {
        self.said.iter().any(|sentence| {
            let sentence = sentence.to_ascii_lowercase();
            sentence.contains("routing_key") || sentence.contains("routing key")
        })
    }

    /// What PagerDuty says in words for people; the whole answer where it is none of PagerDuty's.
    fn words(&self, answer: &Response<Bytes>, key: &str) -> String {
        match self.said.join("; ") {
            said if said.is_empty() => excerpt(answer, &[key]),
            said => excerpt(&Response::new(said.into()), &[key]),
        }
    }
}

/// What `answer` means. The routing key is masked where PagerDuty repeats it.
pub(crate) fn read(answer: &Response<Bytes>, key: &str, now: DateTime<Utc>) -> Said {
    let (status, reply) = (answer.status(), Reply::of(answer));
    let failed = |kind| failure(kind, "PagerDuty", answer, &[key], now);
    match Verdict::of(status) {
        Verdict::Accepted if reply.status == "success" => Said::Done,
        Verdict::Accepted => {
            Said::Failed(failure(SinkErrorKind::Unconfirmed, "what speaks for PagerDuty", answer, &[key], now))
        }
        Verdict::Rejected if status == StatusCode::PAYLOAD_TOO_LARGE => Said::TooLarge(refusal(&reply, answer, key)),
        Verdict::Rejected if reply.is_about_key() => Said::Failed(unauthorized(&reply, answer, key, now)),
        Verdict::Rejected => Said::Rejected(refusal(&reply, answer, key)),
        Verdict::Failed(SinkErrorKind::Throttled) => {
            let error = failed(SinkErrorKind::Throttled);
            Said::Failed(if retry_after(answer, now).is_some() { error } else { error.with_retry_after(WAIT) })
        }
        Verdict::Failed(SinkErrorKind::Unauthorized) => Said::Failed(unauthorized(&reply, answer, key, now)),
        // PagerDuty itself does not end like this: it is a proxy's or a wrong address's word.
        Verdict::Failed(SinkErrorKind::Misconfigured | SinkErrorKind::Gone) => {
            Said::Failed(advised(&failed(SinkErrorKind::Misconfigured), "check `region` or `endpoint`, and the proxy"))
        }
        Verdict::Failed(kind) => Said::Failed(failed(kind)),
    }
}

fn refusal(reply: &Reply, answer: &Response<Bytes>, key: &str) -> Reason {
    let reason = Reason::new(format!("PagerDuty refuses the event: {}", answer.status()));
    match reply.words(answer, key) {
        said if said.is_empty() => reason,
        said => reason.with_answer(said),
    }
}

fn unauthorized(reply: &Reply, answer: &Response<Bytes>, key: &str, now: DateTime<Utc>) -> SinkError {
    let error = failure(SinkErrorKind::Unauthorized, "PagerDuty", answer, &[key], now);
    if !reply.is_about_key() {
        return advised(&error, "check `routing_key` and the proxy");
    }
    let said = reply.words(answer, key);
    let context = format!(
        "PagerDuty refuses the routing key ({said}); copy the integration key of the service's Events API v2 \
         integration anew into `routing_key`, and check `region`"
    );
    with_context(&error, context)
}

fn advised(error: &SinkError, advice: &str) -> SinkError {
    with_context(error, format!("{}; {advice}", error.context()))
}

/// The same in other words.
fn with_context(error: &SinkError, context: String) -> SinkError {
    error.retry_after().into_iter().fold(SinkError::new(error.kind(), context), SinkError::with_retry_after)
}
