use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Response, StatusCode};
use tidegate_sink::{Outcome, Reason, SinkError, SinkErrorKind};

use crate::{excerpt, retry_after};

/// What an answer's status says of a delivery, for a service that says no more.
///
/// | status | verdict |
/// |---|---|
/// | 2xx | accepted |
/// | 3xx, 404, 405, 407, 421 | [`Misconfigured`](SinkErrorKind::Misconfigured): the address or the proxy is wrong |
/// | 401, 402, 403 | [`Unauthorized`](SinkErrorKind::Unauthorized) |
/// | 410 | [`Gone`](SinkErrorKind::Gone) |
/// | 425, 429 | [`Throttled`](SinkErrorKind::Throttled) |
/// | 408, 5xx, and what HTTP does not know | [`Unavailable`](SinkErrorKind::Unavailable) |
/// | any other 4xx | rejected |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The service took it.
    Accepted,
    /// The service will never take it as it is.
    Rejected,
    /// It failed, and may go through later.
    Failed(SinkErrorKind),
}

impl Verdict {
    /// The verdict of `status`.
    pub fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            200..=299 => Self::Accepted,
            300..=399 | 404 | 405 | 407 | 421 => Self::Failed(SinkErrorKind::Misconfigured),
            401..=403 => Self::Failed(SinkErrorKind::Unauthorized),
            410 => Self::Failed(SinkErrorKind::Gone),
            425 | 429 => Self::Failed(SinkErrorKind::Throttled),
            408 => Self::Failed(SinkErrorKind::Unavailable),
            400..=499 => Self::Rejected,
            _ => Self::Failed(SinkErrorKind::Unavailable),
        }
    }
}

/// The outcome of an answer by its status alone: `None` when the service took it. `service` names it in the words for
/// people, and `secrets` are masked where the service repeats them. A `Retry-After` counts on any failure.
pub fn judge(service: &str, answer: &Response<Bytes>, secrets: &[&str], now: DateTime<Utc>) -> Option<Outcome> {
    match Verdict::of(answer.status()) {
        Verdict::Accepted => None,
        Verdict::Rejected => {
            let reason = Reason::new(format!("{service} answered {}", answer.status()));
            let said = excerpt(answer, secrets);
            Some(Outcome::Rejected(if said.is_empty() { reason } else { reason.with_answer(said) }))
        }
        Verdict::Failed(kind) => Some(Outcome::Failed(failure(kind, service, answer, secrets, now))),
    }
}

/// The error of `kind` that `answer` means, with its status, an [`excerpt`] and its [`retry_after`].
pub fn failure(
    kind: SinkErrorKind,
    service: &str,
    answer: &Response<Bytes>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> SinkError {
    let redirect = if answer.status().is_redirection() { ", which is not followed" } else { "" };
    let said = match excerpt(answer, secrets) {
        said if said.is_empty() => said,
        said => format!(" ({said})"),
    };
    let wait = retry_after(answer, now);
    let held = wait.map(|wait| format!("; it wants to be left alone for {} s", wait.as_secs())).unwrap_or_default();
    let error = SinkError::new(kind, format!("{service} answered {}{redirect}{said}{held}", answer.status()));
    wait.into_iter().fold(error, SinkError::with_retry_after)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_489_200, 0).expect("a date of this century")
    }

    fn answer(status: u16, body: &'static str) -> Response<Bytes> {
        Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).expect("an answer")
    }

    #[test]
    fn the_table_holds() {
        use SinkErrorKind::{Gone, Misconfigured, Throttled, Unauthorized, Unavailable};
        let table = [
            (vec![200, 201, 202, 204, 299], Verdict::Accepted),
            (vec![400, 406, 409, 411, 413, 422, 451, 499], Verdict::Rejected),
            (vec![300, 301, 302, 307, 308, 404, 405, 407, 421], Verdict::Failed(Misconfigured)),
            (vec![401, 402, 403], Verdict::Failed(Unauthorized)),
            (vec![410], Verdict::Failed(Gone)),
            (vec![425, 429], Verdict::Failed(Throttled)),
            (vec![100, 408, 500, 501, 502, 503, 504, 599, 600, 999], Verdict::Failed(Unavailable)),
        ];
        for (codes, verdict) in table {
            for code in codes {
                assert_eq!(Verdict::of(StatusCode::from_u16(code).expect("a status")), verdict, "{code}");
            }
        }
    }

    #[test]
    fn a_failure_says_status_words_and_wait_and_no_secret() {
        let mut answer = answer(503, "no room for token abc123\n");
        answer.headers_mut().insert("retry-after", "7".parse().expect("a value"));
        let Some(Outcome::Failed(error)) = judge("desk", &answer, &["abc123"], now()) else { panic!("not failed") };
        assert_eq!(error.kind(), SinkErrorKind::Unavailable);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(
            error.context(),
            "desk answered 503 Service Unavailable (no room for token ***); it wants to be left alone for 7 s"
        );
    }

    #[test]
    fn a_rejection_carries_the_words_of_the_service() {
        let Some(Outcome::Rejected(reason)) = judge("desk", &answer(422, "too long"), &[], now()) else {
            panic!("not rejected")
        };
        assert_eq!(reason, Reason::new("desk answered 422 Unprocessable Entity").with_answer("too long"));
        assert!(judge("desk", &answer(200, "whatever"), &[], now()).is_none());
    }
}
