//! PagerDuty in the fault simulation of the router: the real dialect over a wire that fails in every way, against a model
//! of PagerDuty whose alerts people resolve and acknowledge and whose routing key is revoked, under a router that crashes
//! at any await. After each schedule every open issue has one open alert with the latest words, every closed one has none,
//! and no trigger ever came after a resolve that is newer.
//!
//! The router knows no sink, so that the simulation comes to PagerDuty: all but the guest are modules of the router and of
//! `tidegate-http`. A seed that fails is run alone by `TIDEGATE_SEED=n cargo test -p tidegate-sink-pagerduty --test
//! simulation one_seed`.

#[path = "../../../../router/tests/simulation/check.rs"]
mod check;
#[path = "../../../../router/tests/simulation/clock.rs"]
mod clock;
#[path = "../../../../router/tests/simulation/crash_everywhere.rs"]
mod crash_everywhere;
#[path = "../../../../router/tests/simulation/feed.rs"]
mod feed;
#[path = "../../../../router/tests/simulation/guest.rs"]
mod guest;
#[path = "../../../../http/tests/guest/left_out.rs"]
mod left_out;
#[path = "../../../../router/tests/simulation/life.rs"]
mod life;
#[path = "../../../../http/tests/guest/patient.rs"]
mod patient;
#[path = "../../../../router/tests/simulation/schedule.rs"]
mod schedule;
#[path = "../../../../router/tests/simulation/seeds.rs"]
mod seeds;
#[path = "../../../../router/tests/simulation/services.rs"]
mod services;
#[path = "../../../../router/tests/simulation/stores.rs"]
mod stores;
#[path = "../../../../router/tests/simulation/truth.rs"]
mod truth;
#[path = "../../../../http/tests/guest/wire.rs"]
mod wire;
#[path = "../../../../router/tests/simulation/world.rs"]
mod world;

mod flood;
mod order;
mod pager;
mod promises;
mod rules;
mod told;

/// How many seeds are tried where `TIDEGATE_SEEDS` does not say.
const SEEDS: u64 = 150;

/// Who joins the schedule of `seed`.
#[expect(clippy::unnecessary_wraps, reason = "not every simulation has a guest")]
fn guest(seed: u64, clock: clock::SimulatedClock) -> Option<Box<dyn guest::Guest>> {
    // A course of its own, so that the rest of the schedule is the router's.
    Some(Box::new(pager::Pager::new(seed ^ 0x9a6e, clock)))
}
