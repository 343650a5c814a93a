use std::panic::{AssertUnwindSafe, catch_unwind};

use super::lies::Lie;
use super::world;
use crate::schedule::{Failure, simulate_in, trace_in};
use crate::seeds::number;
use crate::world::AGAIN;

/// How many seeds are tried where `TIDEGATE_SEEDS` does not say.
const SEEDS: u64 = 200;
/// How many seeds a lie may survive.
const MOST: u64 = 200;

fn simulate(seed: u64, lie: Option<Lie>) -> Result<(), Failure> {
    simulate_in(seed, |seed| world(seed, lie))
}

fn try_seeds(seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        if let Err(failure) = simulate(seed, None) {
            panic!("{failure}");
        }
    }
}

#[test]
fn the_promises_hold_on_disks_that_fail_even_seeds() {
    try_seeds((0..number("TIDEGATE_SEEDS").unwrap_or(SEEDS)).filter(|seed| seed % 2 == 0));
}

#[test]
fn the_promises_hold_on_disks_that_fail_odd_seeds() {
    try_seeds((0..number("TIDEGATE_SEEDS").unwrap_or(SEEDS)).filter(|seed| seed % 2 == 1));
}

#[test]
fn the_promises_hold_on_disks_that_fail_where_things_are_told_again() {
    try_seeds(AGAIN..AGAIN + number("TIDEGATE_SEEDS").unwrap_or(SEEDS) / 5);
}

#[test]
fn one_seed() {
    try_seeds(number("TIDEGATE_SEED").into_iter());
}

#[test]
fn a_seed_makes_the_same_schedule_each_time() {
    let trace = || trace_in(7, |seed| world(seed, None));
    let once = trace();
    assert!(once.len() > 20);
    assert_eq!(once, trace());
}

/// A seed whose schedule sees that the stores lie, and how.
fn caught(lie: Lie) {
    let noticed = (0..MOST).find_map(|seed| match catch_unwind(AssertUnwindSafe(|| simulate(seed, Some(lie)))) {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => Some((seed, failure.what)),
        Err(_) => Some((seed, "it panicked".to_owned())),
    });
    let (seed, what) = noticed.expect("no schedule fails by this lie");
    println!("{lie:?}: seed {seed}: {}", what.chars().take(200).collect::<String>());
}

#[test]
fn a_journal_that_acknowledges_before_it_syncs_is_caught() {
    caught(Lie::UnsyncedJournal);
}

#[test]
fn a_bulk_log_that_acknowledges_before_it_syncs_is_caught() {
    caught(Lie::UnsyncedBulk);
}

#[test]
fn a_state_that_is_saved_without_a_sync_is_caught() {
    caught(Lie::UnsyncedState);
}

#[test]
fn segments_whose_names_are_not_synced_are_caught() {
    caught(Lie::UnsyncedNames);
}

#[test]
fn marks_that_are_not_in_the_write_of_their_events_are_caught() {
    caught(Lie::MarksApart);
}
