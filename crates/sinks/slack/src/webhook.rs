//! How a delivery goes at an incoming webhook: each change is a message.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use tidegate_http::{Call, ProbeStep, Step};
use tidegate_sink::{Delivery, Outcome, Probe, Reason, Receipt, SinkError, SinkErrorKind};

use crate::answer::{Method, Said, read_webhook, seen};
use crate::pace::Counted;
use crate::payload::{Layout, message};

/// What a receipt says: something of it was told here, so that what follows is news and no repetition.
#[derive(Serialize)]
struct Told {
    told: bool,
}

pub(crate) fn step(
    url: &str,
    delivery: &Delivery,
    answers: &[Response<Bytes>],
    now: DateTime<Utc>,
) -> Result<Step, SinkError> {
    let layout = match answers {
        [] => Layout::Blocks,
        [.., last] => match read_webhook(last, url, now) {
            Said::Done(_) => return Ok(Step::Done(Outcome::Accepted(Receipt::new(&Told { told: true }).ok()))),
            Said::Failed(error) => return Err(error),
            Said::Unfit(_) if answers.len() == 1 => Layout::Plain,
            Said::Unfit(reason) | Said::Rejected(reason) => return Ok(Step::Done(Outcome::Rejected(reason))),
            Said::Lost => return Ok(Step::Done(Outcome::Rejected(Reason::new("Slack refuses the message")))),
        },
    };
    // After a message that was accepted, the next is another one, and old news does no harm twice.
    let marked = delivery.maybe_applied && delivery.prior.is_none();
    let Some(mut body) = message(&delivery.event, layout, marked) else {
        return Ok(Step::Done(Outcome::Rejected(Reason::new("Slack takes issues and notifications only"))));
    };
    // A webhook knows no metadata and edits nothing, so that there is nothing to take away either.
    body.remove("metadata");
    if layout == Layout::Plain {
        body.remove("blocks");
        body.remove("attachments");
    }
    let counted = Counted { method: Method::Post, further: !answers.is_empty() };
    Ok(Step::send(counted.on(Call::post(url, "").with_json(&body).harmless().build()?)))
}

/// A message without a word is refused by a webhook that lives, and posts nothing. Only the word of that refusal proves
/// that the other end is one.
pub(crate) fn probe(url: &str, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<ProbeStep, SinkError> {
    let Some(answer) = answers.first() else {
        return Ok(ProbeStep::send(Call::post(url, "").with_json(&json!({})).harmless().build()?));
    };
    let (status, word) = (answer.status(), answer.body().trim_ascii());
    if status == StatusCode::BAD_REQUEST && [&b"no_text"[..], b"invalid_payload"].contains(&word) {
        let probe = Probe::new().with_proven("the webhook is there");
        return Ok(ProbeStep::Done(probe.with_unproven("that its channel takes messages: nothing was posted")));
    }
    match read_webhook(answer, url, now) {
        Said::Failed(error) if matches!(error.kind(), SinkErrorKind::Unauthorized | SinkErrorKind::Misconfigured) => {
            Err(error)
        }
        Said::Failed(error) => {
            let unchecked = format!("{}; whether `webhook_url` is right was not checked", error.context());
            let wait = error.retry_after();
            Err(wait.into_iter().fold(SinkError::new(error.kind(), unchecked), SinkError::with_retry_after))
        }
        _ => Ok(ProbeStep::Done(Probe::new().with_unproven(format!(
            "that the webhook is there, which was not checked: to a message without a word it answered {}, where Slack \
             says no_text; see whether `webhook_url` is Slack's",
            seen(answer, url)
        )))),
    }
}
