//! The sink with one rule broken in it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tidegate::event::{EpisodeId, Event, IssueEvent, IssueKey};
use tidegate::sink::{Delivery, Outcome, Probe, Profile, Reason, Receipt, Sink, SinkError, SinkErrorKind};
use tidegate_testkit::sample;

use crate::common::{Card, Rig, TOKEN};

/// How many were made, for one that is told from others by that.
static MADE: AtomicUsize = AtomicUsize::new(0);

/// A sink that breaks the rule of this name.
#[derive(Debug)]
pub(crate) struct Broken {
    rule: &'static str,
    pub(crate) rig: Rig,
    profile: Profile,
    calls: AtomicUsize,
    closed: Mutex<(BTreeSet<EpisodeId>, BTreeSet<IssueKey>)>,
}

impl Broken {
    pub(crate) fn new(rule: &'static str, rig: Rig) -> Self {
        let profile = rig.profile().clone();
        let profile = match rule {
            "the_profile_stays_the_same" | "boxed_and_shared_it_is_the_same" => {
                profile.with_concurrency(4 + MADE.fetch_add(1, Ordering::SeqCst))
            }
            _ => profile,
        };
        Self { rule, rig, profile, calls: AtomicUsize::new(0), closed: Mutex::default() }
    }

    /// What becomes of a delivery before it is sent; `None` where nothing is wrong with it.
    fn refuse(&self, delivery: &Delivery) -> Option<Outcome> {
        let refused = match (self.rule, &*delivery.event) {
            ("every_kind_of_its_profile_is_taken", event) => matches!(event, Event::Notification(_)),
            ("an_issue_that_was_never_open_there_closes", Event::Issue(issue)) => {
                issue.is_closed() && self.rig.board.shown(issue).copies == 0
            }
            ("a_second_close_does_no_harm", Event::Issue(issue)) => {
                issue.is_closed() && !self.closed().0.insert(issue.episode)
            }
            ("what_may_have_been_applied_is_taken", _) => delivery.maybe_applied,
            ("a_receipt_of_another_shape_is_as_good_as_none", _) => delivery.prior.is_some(),
            ("a_notification_is_revised", Event::Notification(notification)) => notification.revision > 0,
            ("any_text_is_taken", Event::Issue(issue)) => issue.cause.contains('\u{7f}'),
            ("empty_texts_are_taken", Event::Issue(issue)) => issue.cause.trim().is_empty(),
            ("the_longest_texts_are_taken", Event::Issue(issue)) => issue.cause.len() > 60_000,
            _ => false,
        };
        if refused {
            return Some(Outcome::Rejected(Reason::new("it does not like it")));
        }
        let dropped = match (self.rule, &*delivery.event) {
            ("an_issue_opens_is_updated_and_closes", Event::Issue(issue)) => issue.is_closed(),
            ("what_is_accepted_is_applied", Event::Issue(_)) => true,
            ("what_somebody_deleted_is_told_anew", Event::Issue(issue)) => {
                issue.sequence > 1 && self.rig.board.shown(issue).copies == 0
            }
            ("another_episode_opens_anew", Event::Issue(issue)) => {
                let mut closed = self.closed();
                let over = closed.1.contains(&issue.key);
                if issue.is_closed() {
                    closed.1.insert(issue.key.clone());
                }
                over
            }
            _ => false,
        };
        dropped.then_some(Outcome::Accepted(None))
    }

    /// What is sent in place of `delivery`.
    fn instead(&self, delivery: &Delivery) -> Delivery {
        let mut delivery = delivery.clone();
        match (self.rule, &*delivery.event) {
            ("issues_do_not_touch_each_other", Event::Issue(issue)) => {
                let mixed_up = IssueEvent { episode: sample::episode(1), ..(**issue).clone() };
                delivery.event = std::sync::Arc::new(mixed_up.into());
            }
            ("what_may_have_been_applied_does_not_stand_twice", Event::Issue(issue)) if delivery.maybe_applied => {
                let key = format!("{} again", issue.episode);
                let card = Card { key: key.clone(), open: !issue.is_closed(), text: String::new() };
                self.rig.board.cards().insert(key, card);
            }
            _ => {}
        }
        delivery
    }

    /// What is told in place of `outcome`.
    fn retell(&self, outcome: Outcome) -> Outcome {
        match (self.rule, outcome) {
            ("a_full_batch_has_one_outcome_each", _) => Outcome::Untouched,
            ("a_rejected_item_is_told_in_its_place", Outcome::Rejected(_)) => Outcome::Accepted(None),
            ("a_receipt_is_short", Outcome::Accepted(_)) => Outcome::Accepted(Receipt::new(&"x".repeat(5_000)).ok()),
            ("a_revoked_secret_holds_everything_until_there_is_a_good_one", Outcome::Failed(_)) => {
                Outcome::Rejected(Reason::new("it does not like it"))
            }
            ("a_failure_says_what_may_have_been_applied", Outcome::Failed(error)) => {
                Outcome::Failed(SinkError::new(SinkErrorKind::Unreachable, error.context()))
            }
            ("a_failure_is_told_in_one_line", Outcome::Failed(error)) => {
                Outcome::Failed(SinkError::new(error.kind(), format!("it went wrong:\n{}", error.context())))
            }
            ("nothing_tells_a_secret", Outcome::Failed(error)) => {
                Outcome::Failed(SinkError::new(error.kind(), format!("with {TOKEN}: {}", error.context())))
            }
            (_, outcome) => outcome,
        }
    }

    fn closed(&self) -> std::sync::MutexGuard<'_, (BTreeSet<EpisodeId>, BTreeSet<IssueKey>)> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Sink for Broken {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let one_at_a_time = matches!(self.rule, "a_call_may_be_dropped_at_any_await" | "calls_at_once_all_answer");
        if self.calls.fetch_add(1, Ordering::SeqCst) > 0 && one_at_a_time {
            return Err(SinkError::new(SinkErrorKind::Unreachable, "the connection is in use"));
        }
        let mut outcomes = Vec::new();
        for delivery in batch {
            let outcome = match self.refuse(delivery) {
                Some(outcome) => outcome,
                None => self.rig.deliver(&[self.instead(delivery)]).await?.remove(0),
            };
            outcomes.push(self.retell(outcome));
        }
        self.calls.fetch_sub(1, Ordering::SeqCst);
        match self.rule {
            "an_empty_batch_has_no_outcome" if batch.is_empty() => outcomes.push(Outcome::Untouched),
            "each_item_has_one_outcome" => drop(outcomes.pop()),
            _ => {}
        }
        Ok(outcomes)
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        if self.rule == "a_working_sink_proves_something" { Ok(Probe::new()) } else { self.rig.probe().await }
    }
}
