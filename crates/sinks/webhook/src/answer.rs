//! What they say.

use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use http::header::DATE;
use http::{Response, StatusCode};
use tidegate_event::figure;
use tidegate_http::{excerpt, failure};
use tidegate_sink::{Reason, SinkError, SinkErrorKind};

/// An event that the receiver refuses is tried until it is so old: about as long as the schedule that the specification
/// suggests.
const PATIENCE: TimeDelta = TimeDelta::days(3);
/// How far clocks may be apart: receivers allow five minutes, and the way takes its time.
const SKEW: TimeDelta = TimeDelta::minutes(4);

/// What an answer means.
#[derive(Debug)]
pub(crate) enum Said {
    /// It is taken.
    Taken,
    /// The body is too large; a smaller one may pass.
    TooLarge(Reason),
    /// It will never be taken.
    Rejected(Reason),
    /// It may go through later, and others now.
    Refused(SinkError),
    /// It may go through later, and nothing does now.
    Failed(SinkError),
}

/// What an answer is read with.
pub(crate) struct Reader<'a> {
    /// The receiver, for people.
    pub(crate) host: &'a str,
    /// What nobody may see of what it says.
    pub(crate) secrets: &'a [&'a str],
    pub(crate) now: DateTime<Utc>,
}

impl Reader<'_> {
    /// What `answer` means, to an event of `at`; a batch has no such time, for its age is the lane's to bound.
    pub(crate) fn read(&self, answer: &Response<Bytes>, at: Option<DateTime<Utc>>) -> Said {
        use SinkErrorKind::{Gone, Throttled, Unauthorized, Unavailable};
        let failed = |kind, hint: &str| Said::Failed(self.failed(kind, answer, hint));
        match answer.status().as_u16() {
            200..=299 => Said::Taken,
            401 | 403 => {
                let hint = format!("; compare `secret` with the receiver's{}", self.skewed(answer));
                failed(Unauthorized, &hint)
            }
            410 => failed(Gone, ": it wants no more; take the integration out, or set another `url`"),
            413 => Said::TooLarge(self.reason(answer, "")),
            429 => failed(Throttled, ""),
            300..=399 => failed(Unavailable, "; set `url` to where it leads"),
            404 | 405 => failed(Unavailable, "; check `url`"),
            408 | 425 | 500.. => failed(Unavailable, ""),
            _ if at.is_some_and(|at| self.now - at > PATIENCE) => {
                Said::Rejected(self.reason(answer, ", more than 3 days after it happened"))
            }
            _ => {
                let error = self.failed(Unavailable, answer, "");
                // Who says when to come back means all that comes.
                if error.retry_after().is_some() { Said::Failed(error) } else { Said::Refused(error.of_item()) }
            }
        }
    }

    /// Whether a receiver that answers so to a `HEAD` is there: whatever it says of the `HEAD` itself.
    pub(crate) fn read_probe(&self, answer: &Response<Bytes>) -> Result<(), SinkError> {
        use SinkErrorKind::{Misconfigured, Throttled, Unavailable};
        let skew = self.skewed(answer);
        if !skew.is_empty() {
            let context = format!("{} would refuse every signature{skew}", self.name());
            return Err(SinkError::new(Misconfigured, context));
        }
        match answer.status() {
            StatusCode::TOO_MANY_REQUESTS => Err(self.failed(Throttled, answer, "")),
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                Err(self.failed(Unavailable, answer, ""))
            }
            _ => Ok(()),
        }
    }

    /// The error of `kind`, with what helps after what was said.
    fn failed(&self, kind: SinkErrorKind, answer: &Response<Bytes>, hint: &str) -> SinkError {
        let error = failure(kind, &self.name(), answer, self.secrets, self.now);
        let hinted = SinkError::new(kind, format!("{}{hint}", error.context()));
        match error.retry_after() {
            Some(wait) => hinted.with_retry_after(wait),
            None => hinted,
        }
    }

    fn reason(&self, answer: &Response<Bytes>, when: &str) -> Reason {
        let reason = Reason::new(format!("{} answered {}{when}", self.name(), answer.status()));
        let said = excerpt(answer, self.secrets);
        if said.is_empty() { reason } else { reason.with_answer(said) }
    }

    fn name(&self) -> String {
        format!("the receiver at {}", self.host)
    }

    /// How far the clocks are apart, in words that follow others; empty where they agree, or the receiver does not tell.
    fn skewed(&self, answer: &Response<Bytes>) -> String {
        let Some(skew) = date(answer).map(|date| (self.now - date).abs()).filter(|skew| *skew > SKEW) else {
            return String::new();
        };
        let apart = figure::span(skew);
        format!("; its clock and this machine's are {apart} apart, and a signature is good for 5 min")
    }
}

/// The time of the receiver, where it tells it.
pub(crate) fn date<B>(answer: &Response<B>) -> Option<DateTime<Utc>> {
    let text = answer.headers().get(DATE)?.to_str().ok()?;
    NaiveDateTime::parse_from_str(text.trim(), "%a, %d %b %Y %H:%M:%S GMT").ok().map(|date| date.and_utc())
}
