use crate::SEEDS;
use crate::schedule::{Failure, simulate, trace_of};
use crate::world::{AGAIN, LOGS_AWAY};

pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The seeds that one simulation tries, and how.
pub(crate) struct Seeds {
    /// How many, where `TIDEGATE_SEEDS` does not say.
    pub(crate) count: u64,
    pub(crate) simulate: fn(u64) -> Result<(), Failure>,
}

impl Seeds {
    fn count(&self) -> u64 {
        number("TIDEGATE_SEEDS").unwrap_or(self.count)
    }

    fn attempt(&self, seeds: impl IntoIterator<Item = u64>) {
        for seed in seeds {
            if let Err(failure) = (self.simulate)(seed) {
                panic!("{failure}");
            }
        }
    }

    pub(crate) fn even(&self) {
        self.attempt((0..self.count()).filter(|seed| seed % 2 == 0));
    }

    pub(crate) fn odd(&self) {
        self.attempt((0..self.count()).filter(|seed| seed % 2 == 1));
    }

    /// Those in whose schedules things are told again.
    pub(crate) fn again(&self) {
        self.attempt(AGAIN..AGAIN + self.count() / 5);
    }

    /// Those in whose schedules the logs are away at times, and the state is not.
    pub(crate) fn logs_away(&self) {
        self.attempt(LOGS_AWAY..LOGS_AWAY + self.count() / 3);
    }

    /// The one of `TIDEGATE_SEED`.
    pub(crate) fn one(&self) {
        self.attempt(number("TIDEGATE_SEED"));
    }
}

/// A schedule whose `trace` this is happens the same way each time.
pub(crate) fn same_each_time(trace: impl Fn() -> Vec<String>) {
    let once = trace();
    assert!(once.len() > 20);
    assert_eq!(once, trace());
}

const IN_MEMORY: Seeds = Seeds { count: SEEDS, simulate };

#[test]
fn the_promises_hold_under_random_faults_even_seeds() {
    IN_MEMORY.even();
}

#[test]
fn the_promises_hold_under_random_faults_odd_seeds() {
    IN_MEMORY.odd();
}

#[test]
fn the_promises_hold_where_dead_letters_and_what_was_told_are_told_again() {
    IN_MEMORY.again();
}

#[test]
fn the_promises_hold_where_the_logs_are_away_and_the_state_is_not() {
    IN_MEMORY.logs_away();
}

#[test]
fn one_seed() {
    IN_MEMORY.one();
}

#[test]
fn a_seed_makes_the_same_schedule_each_time() {
    same_each_time(|| trace_of(7));
}
