//! Rules of Opsgenie's part that are left out, one at a time: some schedule must fail without each.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError, SinkErrorKind};
use tidegate_testkit::server;

use crate::left_out::{each_rule_is_needed, impatient, is_left_out, left_out, rejected, undoubted};

/// A rule that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// What is queued is followed until it is done.
    Follow,
    /// What became of a request is taken by its reason.
    Reason,
    /// What somebody closed is created anew while it is as wrong as before.
    Closed,
    /// What may be there is looked for before it is created.
    Look,
    /// An alert has the alias that it is changed by.
    Alias,
    /// All that an alert says is set anew.
    Description,
    /// A lost answer means that it may have been applied.
    Doubt,
    /// How long Opsgenie wants to be left alone is handed on.
    RetryAfter,
    /// A key that is not good stops everything, and loses nothing.
    KeyPauses,
    /// Too much at once is tried again.
    Throttled,
}

/// What the dialect asks without a rule.
pub(crate) fn request(request: &Request<Bytes>) -> Request<Bytes> {
    let mut request = request.clone();
    if is_left_out(Rule::Alias) && request.uri().path().ends_with("/v2/alerts") {
        let mut body: Value = serde_json::from_slice(request.body()).expect("JSON");
        body.as_object_mut().expect("an object").remove("alias");
        *request.body_mut() = body.to_string().into();
    }
    if is_left_out(Rule::Description) && *request.method() == Method::PUT {
        // Taken for a change of something else, of which nothing is said.
        let path = request.uri().to_string().replace("/description", "/priority");
        if path != request.uri().to_string() {
            *request.uri_mut() = path.parse().expect("an address");
            *request.body_mut() = json!({ "priority": "P3" }).to_string().into();
        }
    }
    request
}

/// What the dialect hears without a rule.
pub(crate) fn answer(request: &Request<Bytes>, answer: Response<Bytes>) -> Response<Bytes> {
    if !request.uri().path().contains("/v2/alerts/requests/") {
        return answer;
    }
    let said: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let (status, action) = (&said["data"]["status"], &said["data"]["action"]);
    let done = match (is_left_out(Rule::Follow), is_left_out(Rule::Reason), is_left_out(Rule::Closed)) {
        (true, ..) => answer.status() == 404,
        (_, true, _) => answer.status() == 200,
        (.., true) => status == "Alert is already closed" && action != "close",
        _ => false,
    };
    if done { server::json(200, &json!({ "data": { "isSuccess": true, "status": "Done" } })) } else { answer }
}

/// The outcome as the lane hears of it without a rule.
fn outcome(outcome: Outcome) -> Outcome {
    match left_out() {
        Some(Rule::KeyPauses) => rejected(outcome, SinkErrorKind::Unauthorized),
        Some(Rule::Throttled) => rejected(outcome, SinkErrorKind::Throttled),
        Some(Rule::Doubt) => undoubted(outcome),
        Some(Rule::RetryAfter) => impatient(outcome),
        _ => outcome,
    }
}

/// A sink of which a rule may be left out: of what it is told, or of what it says.
pub(crate) struct LeftOut<S> {
    sink: S,
    after: bool,
}

impl<S> LeftOut<S> {
    pub(crate) fn before(sink: S) -> Self {
        Self { sink, after: false }
    }

    pub(crate) fn after(sink: S) -> Self {
        Self { sink, after: true }
    }
}

#[async_trait]
impl<S: Sink> Sink for LeftOut<S> {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let mut batch = batch.to_vec();
        if is_left_out(Rule::Look) {
            for delivery in &mut batch {
                delivery.maybe_applied = false;
            }
        }
        let outcomes = self.sink.deliver(&batch).await?;
        Ok(if self.after { outcomes.into_iter().map(outcome).collect() } else { outcomes })
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

each_rule_is_needed! {
    what_is_queued_is_followed: Follow from 0 says "accepted, and not so",
    what_became_of_it_is_taken_by_its_reason: Reason from 4 says "accepted, and not so",
    what_somebody_closed_is_created_anew: Closed from 10 says "accepted, and not so",
    what_may_be_there_is_looked_for: Look from 9 says "accepted, and not so",
    an_alert_has_the_alias_that_it_is_changed_by: Alias from 7 says "promise 2",
    all_that_an_alert_says_is_set_anew: Description from 0 says "accepted, and not so",
    a_lost_answer_is_a_doubt: Doubt from 9 says "promise 2",
    opsgenie_is_left_alone_as_long_as_it_wants: RetryAfter from 6 says "before its Retry-After",
    a_key_that_is_not_good_loses_nothing: KeyPauses from 4 says "promise 2",
    too_much_at_once_is_tried_again: Throttled from 7 says "promise 2",
}
