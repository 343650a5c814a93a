//! What a lane does with a sink and an HTTP sink with its dialect, step by step. For the sinks' tests, by its path.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::Response;
use serde_json::Value;
use tidegate_event::IssueEvent;
use tidegate_http::{Dialect, Step};
use tidegate_sink::{Delivery, Outcome, Receipt, Sink, SinkError, SinkErrorKind};
use tidegate_testkit::sample::{self, Episode};

/// Two minutes after the samples begin.
pub(crate) fn now() -> DateTime<Utc> {
    sample::at() + TimeDelta::minutes(2)
}

/// An answer; a `body` that is a text stands in it as it is.
pub(crate) fn said(status: u16, body: &Value) -> Response<Bytes> {
    let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
    Response::builder().status(status).body(body.into()).expect("an answer")
}

/// What follows after `answers`.
pub(crate) fn step(
    dialect: &impl Dialect,
    delivery: &Delivery,
    answers: &[Response<Bytes>],
) -> Result<Step, SinkError> {
    dialect.step(delivery, answers, now())
}

/// How it ended after `answers`; an error is the same as an outcome that failed.
#[track_caller]
pub(crate) fn outcome(dialect: &impl Dialect, delivery: &Delivery, answers: &[Response<Bytes>]) -> Outcome {
    match step(dialect, delivery, answers) {
        Ok(Step::Done(outcome)) => outcome,
        Err(error) => Outcome::Failed(error),
        Ok(other) => panic!("not done: {other:?}"),
    }
}

/// How a delivery failed.
pub(crate) fn kind(outcome: &Outcome) -> Option<SinkErrorKind> {
    match outcome {
        Outcome::Failed(error) => Some(error.kind()),
        _ => None,
    }
}

pub(crate) async fn deliver(sink: &impl Sink, delivery: &Delivery) -> Outcome {
    sink.deliver(std::slice::from_ref(delivery)).await.expect("outcomes").remove(0)
}

/// Delivers as a lane does, less its waits, until it is accepted; gives the receipt.
pub(crate) async fn tell(sink: &impl Sink, issue: IssueEvent, prior: Option<Receipt>) -> Option<Receipt> {
    let mut delivery = prior.into_iter().fold(sample::delivery(issue), Delivery::with_prior);
    // Once there is a receipt, a lane says so of all that follows.
    delivery.maybe_applied |= delivery.prior.is_some();
    for _ in 0..1_000 {
        match deliver(sink, &delivery).await {
            Outcome::Accepted(receipt) => return receipt,
            Outcome::Failed(error) => delivery.maybe_applied |= error.kind().may_have_applied(),
            other => panic!("{other:?}"),
        }
    }
    panic!("never accepted");
}

/// Tells a whole episode: it opens, changes and closes. Gives the last event.
pub(crate) async fn tell_whole(sink: &impl Sink, episode: &Episode) -> IssueEvent {
    let receipt = tell(sink, episode.open(), None).await;
    let receipt = tell(sink, episode.update(), receipt).await;
    let closed = episode.close();
    tell(sink, closed.clone(), receipt).await;
    closed
}
