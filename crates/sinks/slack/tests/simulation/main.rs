//! Slack in the fault simulation of the router: the real dialect over a wire that fails in every way, against a model of
//! Slack whose messages people delete and whose token is revoked, under a router that crashes at any await. After each
//! schedule every open issue has one open message with the latest words, and every closed one is green; where nobody may
//! look, there is one copy more for each answer that was lost, and what is still red is followed by a message that is
//! green.
//!
//! The router knows no sink, so that the simulation comes to Slack: all but the guest are modules of the router and of
//! `tidegate-http`. A seed that fails is run alone by `TIDEGATE_SEED=n cargo test -p tidegate-sink-slack --test simulation
//! one_seed`.

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
mod posts;
mod promises;
mod rules;
mod slack;
mod words;

/// How many seeds are tried where `TIDEGATE_SEEDS` does not say.
const SEEDS: u64 = 125;

/// Who joins the schedule of `seed`.
#[expect(clippy::unnecessary_wraps, reason = "not every simulation has a guest")]
fn guest(seed: u64, clock: clock::SimulatedClock) -> Option<Box<dyn guest::Guest>> {
    Some(Box::new(slack::SlackGuest::new(seed, clock)))
}
