//! The fault simulation: a whole router on scripted time, over stores and model services that fail in every way they
//! may, with crashes at every await. After each schedule the promises are checked against what became durable.
//!
//! A seed makes a schedule. One that fails prints itself and all that happened; `TIDEGATE_SEED=n cargo test -p
//! tidegate-router --test simulation one_seed` runs it alone, and `TIDEGATE_SEEDS=n` says how many the big run takes.

mod check;
mod clock;
mod crash_everywhere;
mod disk;
mod feed;
mod guest;
mod life;
mod mutations;
mod schedule;
mod seeds;
mod services;
mod stores;
mod truth;
mod world;

/// How many seeds are tried where `TIDEGATE_SEEDS` does not say.
const SEEDS: u64 = 500;

/// Who joins the schedule of `seed` from elsewhere: here nobody.
fn guest(_seed: u64, _clock: clock::SimulatedClock) -> Option<Box<dyn guest::Guest>> {
    None
}
