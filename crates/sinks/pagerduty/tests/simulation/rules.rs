//! Rules of PagerDuty's part that are left out, one at a time: some schedule must fail without each.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use tidegate_event::{Event, EventKind};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError, SinkErrorKind};

use crate::left_out::{each_rule_is_needed, impatient, is_left_out, left_out, rejected, undoubted};

/// A rule that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A trigger names its alert.
    DedupKey,
    /// A close is a resolve.
    Resolve,
    /// A change is told.
    Change,
    /// Only PagerDuty's own words are consent.
    Consent,
    /// A lost answer means that it may have been applied.
    Doubt,
    /// How long PagerDuty wants to be left alone is handed on.
    RetryAfter,
    /// An error about the routing key stops everything, and loses nothing.
    KeyPauses,
    /// Too much at once is tried again.
    Throttled,
    /// Nobody but the lane, which knows what came after, tries again.
    OnlyTheLane,
}

/// What the dialect says without a rule, in place of what it would say with it.
pub(crate) fn instead(event: &Event, answers: &[Response<Bytes>]) -> Option<Outcome> {
    let is_change = matches!(event, Event::Issue(issue) if !issue.is_closed() && issue.sequence > 1);
    let consented = answers.last().is_some_and(|answer| answer.status().is_success());
    let accepted = (is_left_out(Rule::Change) && is_change) || (is_left_out(Rule::Consent) && consented);
    accepted.then_some(Outcome::Accepted(None))
}

/// What the dialect asks without a rule.
pub(crate) fn request(mut request: Request<Bytes>) -> Request<Bytes> {
    if !is_left_out(Rule::DedupKey) && !is_left_out(Rule::Resolve) {
        return request;
    }
    let mut body: Value = serde_json::from_slice(request.body()).expect("JSON");
    let fields = body.as_object_mut().expect("an object");
    if is_left_out(Rule::Resolve) && fields["event_action"] == "resolve" {
        fields["event_action"] = "acknowledge".into();
    }
    if is_left_out(Rule::DedupKey) && fields["event_action"] == "trigger" {
        fields.remove("dedup_key");
    }
    *request.body_mut() = body.to_string().into();
    request
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

/// A sink of which a rule may be left out. It takes notifications too, which PagerDuty does not, and asks the sink's probe
/// in place of telling them: a router tries who is paused by what waits for it, and what the schedule has for that at last is
/// a notification.
pub(crate) struct LeftOut<S> {
    sink: Arc<S>,
    profile: Profile,
}

impl<S: Sink + 'static> LeftOut<S> {
    pub(crate) fn new(sink: S) -> Self {
        let profile = sink.profile().clone().with_kinds([EventKind::Issue, EventKind::Notification].into());
        Self { sink: Arc::new(sink), profile }
    }

    async fn tell(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        if batch.iter().all(|delivery| delivery.event.kind() == EventKind::Issue) {
            return self.sink.deliver(batch).await;
        }
        self.sink.probe().await.map(|_| vec![Outcome::Accepted(None)])
    }

    /// Sends it once more, whatever the lane sent meanwhile.
    fn repeat(&self, batch: &[Delivery]) {
        let (sink, batch) = (Arc::clone(&self.sink), batch.to_vec());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let _ = sink.deliver(&batch).await;
        });
    }
}

#[async_trait]
impl<S: Sink + 'static> Sink for LeftOut<S> {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let outcomes = self.tell(batch).await?;
        if is_left_out(Rule::OnlyTheLane) && outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed(_))) {
            self.repeat(batch);
        }
        Ok(outcomes.into_iter().map(outcome).collect())
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

each_rule_is_needed! {
    a_trigger_names_its_alert: DedupKey from 0 says "PagerDuty: promise 2: there is no alert",
    a_close_is_a_resolve: Resolve from 0 says "PagerDuty: promise 2: it is open",
    a_change_is_told: Change from 0 says "PagerDuty: promise 2: it says something else",
    only_pagerduty_s_own_words_are_consent: Consent from 103 says "PagerDuty: promise 2",
    a_lost_answer_is_a_doubt: Doubt from 4 says "PagerDuty: promise 2: it is open",
    pagerduty_is_left_alone_as_long_as_it_wants: RetryAfter from 1 says "before its Retry-After",
    an_error_about_the_key_loses_nothing: KeyPauses from 12 says "PagerDuty: promise 2",
    too_much_at_once_is_tried_again: Throttled from 33 says "PagerDuty: promise 2",
    nobody_but_the_lane_tries_again: OnlyTheLane from 12 says "after a newer resolve",
}
