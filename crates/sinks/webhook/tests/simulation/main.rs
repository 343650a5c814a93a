//! Webhooks in the fault simulation of the router: the real sink over a wire that fails in every way, against a receiver
//! that changes its secret, under a router that crashes at any await. After each schedule the receiver knows of every open
//! issue the latest, and of every closed one that it is over, each message once and in order. And 10,000 log lines arrive
//! through such a wire.
//!
//! The router knows no sink, so that the simulation comes to the webhook: all but the guest are the router's own modules,
//! and the wire is the one of every HTTP sink. A seed that fails is run alone by
//! `TIDEGATE_SEED=n cargo test -p tidegate-sink-webhook --test simulation one_seed`.

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

mod bulk;
mod promises;
mod receiver;
mod rules;

/// How many seeds are tried where `TIDEGATE_SEEDS` does not say.
const SEEDS: u64 = 200;

/// Who joins the schedule of `seed`.
#[expect(clippy::unnecessary_wraps, reason = "not every simulation has a guest")]
fn guest(seed: u64, clock: clock::SimulatedClock) -> Option<Box<dyn guest::Guest>> {
    Some(Box::new(receiver::Receiver::new(seed, clock)))
}
