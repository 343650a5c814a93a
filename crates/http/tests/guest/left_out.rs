//! A sink's part without one of its rules: some schedule must fail without each. For the simulations, by its path, as
//! `wire.rs`, beside a module `rules` with the sink's `Rule`s.

#![allow(dead_code, reason = "each simulation leaves out rules of its own")]

use std::cell::Cell;
use std::time::Duration;

use tidegate_sink::{Outcome, Reason, SinkError, SinkErrorKind};

use crate::rules::Rule;
use crate::schedule::simulate;

/// How many seeds a rule left out may survive.
const SEEDS: u64 = 200;

thread_local! {
    static LEFT_OUT: Cell<Option<Rule>> = const { Cell::new(None) };
}

/// The rule that is left out on this thread.
pub(crate) fn left_out() -> Option<Rule> {
    LEFT_OUT.get()
}

pub(crate) fn is_left_out(rule: Rule) -> bool {
    LEFT_OUT.get() == Some(rule)
}

/// Puts the rule back, after a panic too.
struct Back;

impl Drop for Back {
    fn drop(&mut self) {
        LEFT_OUT.set(None);
    }
}

/// What `run` gives without `rule`.
pub(crate) fn without<T>(rule: Rule, run: impl FnOnce() -> T) -> T {
    LEFT_OUT.set(Some(rule));
    let _back = Back;
    run()
}

/// Tells the seed whose schedule fails without `rule`, saying `words`: the `likely` one, which did when last looked, or the
/// first.
///
/// # Panics
/// Where none does, and where one panics: that is a mistake, and proves nothing of the rule.
pub(crate) fn assert_needed(rule: Rule, likely: u64, words: &str) {
    let caught = without(rule, || {
        std::iter::once(likely).chain(0..SEEDS).find_map(|seed| {
            let what = simulate(seed).err()?.what;
            what.contains(words).then_some((seed, what))
        })
    });
    let (seed, what) = caught.expect("no schedule fails without this rule");
    println!("{rule:?}: seed {seed}: {}", what.chars().take(300).collect::<String>());
}

/// A test for each rule.
macro_rules! each_rule_is_needed {
    ($($name:ident: $rule:ident from $likely:literal says $words:literal,)*) => {
        $(
            #[test]
            fn $name() {
                crate::left_out::assert_needed(Rule::$rule, $likely, $words);
            }
        )*
    };
}

pub(crate) use each_rule_is_needed;

/// The outcome without the rule that a failure of this `kind` is tried again.
pub(crate) fn rejected(outcome: Outcome, kind: SinkErrorKind) -> Outcome {
    match outcome {
        Outcome::Failed(error) if error.kind() == kind => Outcome::Rejected(Reason::new("never to be taken")),
        outcome => outcome,
    }
}

/// The outcome without the rule that a lost answer means that it may have been applied.
pub(crate) fn undoubted(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Failed(error) if error.kind().may_have_applied() => {
            let surely = SinkError::new(SinkErrorKind::Unreachable, "surely not");
            Outcome::Failed(error.retry_after().into_iter().fold(surely, SinkError::with_retry_after))
        }
        outcome => outcome,
    }
}

/// The outcome without the rule that how long a service wants to be left alone is handed on.
pub(crate) fn impatient(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Failed(error) if error.retry_after().is_some() => {
            Outcome::Failed(SinkError::new(error.kind(), "at any time").with_retry_after(Duration::ZERO))
        }
        outcome => outcome,
    }
}
