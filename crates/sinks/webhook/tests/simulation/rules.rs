//! Rules of the webhook's part that are left out, one at a time: some schedule must fail without each.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use standardwebhooks::Webhook;
use tidegate_http::{Transport, TransportError};
use tidegate_sink::SinkErrorKind::Unauthorized;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Receipt, Sink, SinkError};

use crate::left_out::{each_rule_is_needed, impatient, is_left_out, left_out, rejected};
use crate::receiver::SECRET;

/// A rule that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The id is the same on every attempt.
    SameId,
    /// An attempt is signed when it is made.
    SignedNow,
    /// The first that is told of an episode opens it.
    Opening,
    /// How long the receiver wants to be left alone is handed on.
    RetryAfter,
    /// A secret that is refused stops everything, and rejects nothing.
    Pause,
    /// What failed was not taken.
    Failure,
}

thread_local! {
    static FIRST_SIGNED: RefCell<BTreeMap<String, HeaderValue>> = const { RefCell::new(BTreeMap::new()) };
    static ATTEMPTS: Cell<u64> = const { Cell::new(0) };
}

/// A sink, or the transport of one, without a rule.
pub(crate) struct Altered<T>(pub(crate) T);

#[async_trait]
impl<T: Transport> Transport for Altered<T> {
    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let text = |request: &Request<Bytes>, name: &str| request.headers()[name].to_str().expect("a text").to_owned();
        if is_left_out(Rule::SameId) {
            ATTEMPTS.set(ATTEMPTS.get() + 1);
            let id = format!("attempt_{}", ATTEMPTS.get());
            request.headers_mut().insert("webhook-id", id.parse().expect("a value"));
        }
        if is_left_out(Rule::SignedNow) {
            let (id, now) = (text(&request, "webhook-id"), request.headers()["webhook-timestamp"].clone());
            let first = FIRST_SIGNED.with_borrow_mut(|first| first.entry(id).or_insert(now).clone());
            request.headers_mut().insert("webhook-timestamp", first);
        }
        if is_left_out(Rule::SameId) || is_left_out(Rule::SignedNow) {
            let timestamp = text(&request, "webhook-timestamp").parse().expect("seconds");
            let webhook = Webhook::new(SECRET).expect("a secret");
            let signed = webhook.sign(&text(&request, "webhook-id"), timestamp, request.body()).expect("signed");
            request.headers_mut().insert("webhook-signature", signed.parse().expect("a value"));
        }
        self.0.send(request).await
    }
}

#[async_trait]
impl<S: Sink> Sink for Altered<S> {
    fn profile(&self) -> &Profile {
        self.0.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let mut batch = batch.to_vec();
        if is_left_out(Rule::Opening) {
            for delivery in &mut batch {
                delivery.prior = Receipt::new(&serde_json::json!({ "told": true })).ok();
            }
        }
        Ok(self.0.deliver(&batch).await?.into_iter().map(after).collect())
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.0.probe().await
    }
}

/// The outcome as the lane sees it.
fn after(outcome: Outcome) -> Outcome {
    match (left_out(), outcome) {
        (Some(Rule::RetryAfter), outcome) => impatient(outcome),
        (Some(Rule::Pause), outcome) => rejected(outcome, Unauthorized),
        (Some(Rule::Failure), Outcome::Failed(error)) if error.kind().may_have_applied() => Outcome::Accepted(None),
        (_, outcome) => outcome,
    }
}

each_rule_is_needed! {
    the_id_is_the_same_on_every_attempt: SameId from 0 says "promise 1: told in the order",
    an_attempt_is_signed_when_it_is_made: SignedNow from 1 says "signed at",
    the_first_that_is_told_of_an_episode_opens_it: Opening from 0 says "an update of an episode that was never opened",
    the_receiver_is_left_alone_as_long_as_it_wants: RetryAfter from 1 says "before its Retry-After",
    a_secret_that_is_refused_rejects_nothing: Pause from 0 says "promise 2: the last that was told is",
    what_failed_was_not_taken: Failure from 1 says "promise 2: the last that was told is",
}
