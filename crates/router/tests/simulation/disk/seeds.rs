use std::panic::{AssertUnwindSafe, catch_unwind};

use super::lies::Lie;
use super::world;
use crate::schedule::{Failure, simulate_in, trace_in};
use crate::seeds::{Seeds, same_each_time};

const ON_DISK: Seeds = Seeds { count: 200, simulate: |seed| simulate(seed, None) };
/// How many seeds a lie may survive.
const MOST: u64 = 200;

fn simulate(seed: u64, lie: Option<Lie>) -> Result<(), Failure> {
    simulate_in(seed, |seed| world(seed, lie))
}

#[test]
fn the_promises_hold_on_disks_that_fail_even_seeds() {
    ON_DISK.even();
}

#[test]
fn the_promises_hold_on_disks_that_fail_odd_seeds() {
    ON_DISK.odd();
}

#[test]
fn the_promises_hold_on_disks_that_fail_where_things_are_told_again() {
    ON_DISK.again();
}

#[test]
fn one_seed() {
    ON_DISK.one();
}

#[test]
fn a_seed_makes_the_same_schedule_each_time() {
    same_each_time(|| trace_in(7, |seed| world(seed, None)));
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
