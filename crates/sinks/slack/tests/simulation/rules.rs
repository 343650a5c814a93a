//! Rules of Slack's part that are left out, one at a time: some schedule must fail without each.

use tidegate_sink::{Delivery, Outcome, SinkError, SinkErrorKind};

use crate::flood;
use crate::left_out::{each_rule_is_needed, impatient, is_left_out, left_out, undoubted, without};
use crate::slack::Way;

/// A rule that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// What may be there is looked for before it is posted.
    Look,
    /// What was told is edited where it is.
    Edit,
    /// A lost answer means that it may have been applied.
    Doubt,
    /// How long Slack wants to be left alone is handed on.
    RetryAfter,
    /// Each message carries what it is found by.
    Metadata,
    /// What was accepted is not posted again.
    Once,
}

/// The deliveries as the dialect sees them.
pub(crate) fn before(batch: &[Delivery]) -> Vec<Delivery> {
    let mut batch = batch.to_vec();
    for delivery in &mut batch {
        if is_left_out(Rule::Look) {
            delivery.maybe_applied = false;
        }
        if is_left_out(Rule::Edit) {
            delivery.prior = None;
        }
    }
    batch
}

/// The outcome as the lane sees it.
pub(crate) fn after(delivery: &Delivery, outcome: Outcome) -> Outcome {
    match (left_out(), outcome) {
        (Some(Rule::Once), Outcome::Accepted(_)) if !delivery.maybe_applied => {
            Outcome::Failed(SinkError::new(SinkErrorKind::Unconfirmed, "not to be believed"))
        }
        (Some(Rule::Doubt), outcome) => undoubted(outcome),
        (Some(Rule::RetryAfter), outcome) => impatient(outcome),
        (_, outcome) => outcome,
    }
}

each_rule_is_needed! {
    what_may_be_there_is_looked_for: Look from 0 says "Slack, Bot: promise 1: 2 messages",
    a_lost_answer_is_a_doubt: Doubt from 6 says "Slack, Bot: promise 1: 2 messages",
    slack_is_left_alone_as_long_as_it_wants: RetryAfter from 1 says "before its Retry-After",
    each_message_carries_what_it_is_found_by: Metadata from 0 says "Slack, Bot: promise 1: 2 messages",
    what_was_accepted_is_not_posted_again: Once from 2 says "promise 1: 2 copies of 1 deliveries",
}

/// Where nothing goes wrong, since a look finds it again.
#[test]
fn what_was_told_is_edited_where_it_is() {
    let flooded = without(Rule::Edit, || flood::run(Way::Bot));
    println!("{}", flooded.expect_err("nobody notices that it is looked for each time"));
}
