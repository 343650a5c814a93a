//! Rules of the webhook's part that are left out, one at a time: some schedule must fail without each.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use standardwebhooks::Webhook;
use tidegate_http::{Transport, TransportError};
use tidegate_sink::SinkErrorKind::Unauthorized;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Reason, Receipt, Sink, SinkError};

use crate::receiver::SECRET;
use crate::schedule::simulate;

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
    static LEFT_OUT: Cell<Option<Rule>> = const { Cell::new(None) };
    static FIRST_SIGNED: RefCell<BTreeMap<String, HeaderValue>> = const { RefCell::new(BTreeMap::new()) };
    static ATTEMPTS: Cell<u64> = const { Cell::new(0) };
}

pub(crate) fn is_left_out(rule: Rule) -> bool {
    LEFT_OUT.get() == Some(rule)
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
    match outcome {
        Outcome::Failed(error) if is_left_out(Rule::RetryAfter) && error.retry_after().is_some() => {
            Outcome::Failed(SinkError::new(error.kind(), "at any time").with_retry_after(Duration::ZERO))
        }
        Outcome::Failed(error) if is_left_out(Rule::Pause) && error.kind() == Unauthorized => {
            Outcome::Rejected(Reason::new("for a bad secret"))
        }
        Outcome::Failed(error) if is_left_out(Rule::Failure) && error.kind().may_have_applied() => {
            Outcome::Accepted(None)
        }
        outcome => outcome,
    }
}

/// How many seeds a rule left out may survive.
const SEEDS: u64 = 200;

/// A seed whose schedule fails without the rule, and how. A panic is a mistake of the test.
fn caught(rule: Rule) -> Option<(u64, String)> {
    LEFT_OUT.set(Some(rule));
    let caught = (0..SEEDS).find_map(|seed| match catch_unwind(AssertUnwindSafe(|| simulate(seed))) {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => Some(Ok((seed, failure.what))),
        Err(panicked) => Some(Err(panicked)),
    });
    LEFT_OUT.set(None);
    match caught {
        Some(Err(panicked)) => std::panic::resume_unwind(panicked),
        Some(Ok(caught)) => Some(caught),
        None => None,
    }
}

macro_rules! each_rule_is_needed {
    ($($name:ident: $rule:ident,)*) => {
        $(
            #[test]
            fn $name() {
                let (seed, what) = caught(Rule::$rule).expect("no schedule fails without this rule");
                println!("{}: seed {seed}: {}", stringify!($rule), what.chars().take(200).collect::<String>());
            }
        )*
    };
}

each_rule_is_needed! {
    the_id_is_the_same_on_every_attempt: SameId,
    an_attempt_is_signed_when_it_is_made: SignedNow,
    the_first_that_is_told_of_an_episode_opens_it: Opening,
    the_receiver_is_left_alone_as_long_as_it_wants: RetryAfter,
    a_secret_that_is_refused_rejects_nothing: Pause,
    what_failed_was_not_taken: Failure,
}
