//! Rules of Slack's part that are left out, one at a time: some schedule must fail without each.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tidegate_sink::{Delivery, Outcome, SinkError, SinkErrorKind};

use crate::flood;
use crate::schedule::simulate;
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

thread_local! {
    static LEFT_OUT: Cell<Option<Rule>> = const { Cell::new(None) };
}

pub(crate) fn is_left_out(rule: Rule) -> bool {
    LEFT_OUT.get() == Some(rule)
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
    match outcome {
        Outcome::Accepted(_) if is_left_out(Rule::Once) && !delivery.maybe_applied => {
            Outcome::Failed(SinkError::new(SinkErrorKind::Unconfirmed, "not to be believed"))
        }
        Outcome::Failed(error) if is_left_out(Rule::Doubt) && error.kind().may_have_applied() => {
            Outcome::Failed(SinkError::new(SinkErrorKind::Unreachable, "surely not"))
        }
        Outcome::Failed(error) if is_left_out(Rule::RetryAfter) && error.retry_after().is_some() => {
            Outcome::Failed(SinkError::new(error.kind(), "at any time").with_retry_after(Duration::ZERO))
        }
        outcome => outcome,
    }
}

/// How many seeds a rule left out may survive.
const SEEDS: u64 = 200;

/// A seed whose schedule fails without the rule, and how.
fn caught(rule: Rule, likely: u64) -> Option<(u64, String)> {
    LEFT_OUT.set(Some(rule));
    let caught = std::iter::once(likely).chain(0..SEEDS).find_map(|seed| {
        match catch_unwind(AssertUnwindSafe(|| simulate(seed))) {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some((seed, failure.what)),
            Err(_) => Some((seed, "it panicked".to_owned())),
        }
    });
    LEFT_OUT.set(None);
    caught
}

macro_rules! each_rule_is_needed {
    ($($name:ident: $rule:ident from $likely:literal,)*) => {
        $(
            #[test]
            fn $name() {
                let (seed, what) = caught(Rule::$rule, $likely).expect("no schedule fails without this rule");
                println!("{}: seed {seed}: {}", stringify!($rule), what.chars().take(200).collect::<String>());
            }
        )*
    };
}

each_rule_is_needed! {
    what_may_be_there_is_looked_for: Look from 0,
    a_lost_answer_is_a_doubt: Doubt from 0,
    slack_is_left_alone_as_long_as_it_wants: RetryAfter from 0,
    each_message_carries_what_it_is_found_by: Metadata from 0,
    what_was_accepted_is_not_posted_again: Once from 0,
}

/// Where nothing goes wrong, since a look finds it again.
#[test]
fn what_was_told_is_edited_where_it_is() {
    LEFT_OUT.set(Some(Rule::Edit));
    let flooded = flood::run(Way::Bot);
    LEFT_OUT.set(None);
    println!("{}", flooded.expect_err("nobody notices that it is looked for each time"));
}
