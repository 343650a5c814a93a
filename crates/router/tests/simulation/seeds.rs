use crate::SEEDS;
use crate::schedule::simulate;
use crate::world::AGAIN;

pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn try_seeds(seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        if let Err(failure) = simulate(seed) {
            panic!("{failure}");
        }
    }
}

#[test]
fn the_promises_hold_under_random_faults_even_seeds() {
    try_seeds((0..number("TIDEGATE_SEEDS").unwrap_or(SEEDS)).filter(|seed| seed % 2 == 0));
}

#[test]
fn the_promises_hold_under_random_faults_odd_seeds() {
    try_seeds((0..number("TIDEGATE_SEEDS").unwrap_or(SEEDS)).filter(|seed| seed % 2 == 1));
}

#[test]
fn the_promises_hold_where_dead_letters_and_what_was_told_are_told_again() {
    try_seeds(AGAIN..AGAIN + number("TIDEGATE_SEEDS").unwrap_or(SEEDS) / 5);
}

#[test]
fn one_seed() {
    try_seeds(number("TIDEGATE_SEED").into_iter());
}

#[test]
fn a_seed_makes_the_same_schedule_each_time() {
    let once = crate::schedule::trace_of(7);
    assert!(once.len() > 20);
    assert_eq!(once, crate::schedule::trace_of(7));
}
