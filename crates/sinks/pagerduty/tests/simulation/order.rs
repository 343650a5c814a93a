//! Issues that come and go faster than they can be told, on a wire that loses answers and under a router that crashes, and
//! nobody else to tell: short schedules, and very many of them, about the one promise that a trigger never follows a newer
//! resolve.

use std::time::Duration;

use tidegate_base::Random;
use tidegate_router::{Router, RouterError};
use tidegate_testkit::Crash;
use tokio::task::JoinHandle;

use crate::guest::Guest;
use crate::pager::Pager;
use crate::seeds::number;
use crate::told::Told;
use crate::truth::Truth;
use crate::world::{Level, World};

/// How many schedules are tried where `TIDEGATE_SEEDS` does not say.
const SEEDS: u64 = 1_000;
/// How many nodes are well and ill by turns.
const ILL: u64 = 2;

type Running = JoinHandle<Result<tidegate_router::Leftover, RouterError>>;

/// A life of a router that tells PagerDuty and nobody else.
fn begin(world: &mut World, pager: &mut Pager, crash: &Crash) -> Running {
    let (journal, bulk, state) = world.stores.seen(crash, &world.store_faults, &mut world.random);
    let builder = Router::builder()
        .with_source_watching(world.feed.clone(), world.named_resources())
        .with_detectors(world.detectors())
        .with_stores(journal, bulk, state)
        .with_clock(world.clock)
        .with_random(world.random.fork())
        .with_integration(pager.integration(crash));
    tokio::spawn(builder.build().expect("names that fit").run())
}

/// Ends a life at once; whatever is under way never ends.
async fn end(running: Running, crash: &Crash) {
    crash.trip();
    running.abort();
    let _ = running.await;
    // The tasks that it had started are dropped when the runtime comes to them.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn say(world: &mut World, random: &mut Random) {
    let node = usize::try_from(random.below(ILL)).expect("a small number");
    let level = [Level::Good, Level::Bad, Level::Worse][usize::try_from(random.below(3)).expect("one of three")];
    world.say_level(node, 0, level);
}

/// What PagerDuty took in the schedule of `seed`.
async fn run(seed: u64) -> Result<Vec<Told>, String> {
    let (mut world, mut random) = (World::new(seed), Random::seeded(seed));
    world.store_faults.stop();
    let mut pager = Pager::new(random.below(u64::MAX), world.clock);
    let mut crash = Crash::at(1 + random.below(300));
    let mut running = begin(&mut world, &mut pager, &crash);
    for _ in 0..10 + random.below(15) {
        say(&mut world, &mut random);
        pager.step();
        tokio::time::sleep(random.duration(Duration::from_secs(20))).await;
        if crash.is_tripped() || random.one_in(8) {
            end(running, &crash).await;
            crash = Crash::at(1 + random.below(300));
            running = begin(&mut world, &mut pager, &crash);
        }
    }
    end(running, &crash).await;
    pager.mend();
    crash = Crash::never();
    running = begin(&mut world, &mut pager, &crash);
    tokio::time::sleep(Duration::from_mins(6)).await;
    pager.check(&world.stores.journal(), &Truth::read(&world)?.with_note(&world).await?)?;
    end(running, &crash).await;
    Ok(pager.told())
}

#[test]
fn a_resolve_is_never_followed_by_an_older_trigger() {
    let (mut taken, mut resolves, mut opened_again) = (0_u64, 0_u64, 0_u64);
    let seeds = number("TIDEGATE_SEEDS").unwrap_or(SEEDS);
    for seed in 0..seeds {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
        let told = runtime.block_on(run(seed)).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
        let is_resolve = |one: &Told| one.action == "resolve";
        for (place, one) in told.iter().enumerate() {
            let before = told[..place].iter().rfind(|before| before.dedup_key == one.dedup_key);
            taken += 1;
            resolves += u64::from(is_resolve(one));
            opened_again += u64::from(!is_resolve(one) && before.is_some_and(is_resolve));
        }
    }
    println!("{seeds} seeds: {taken} events, {resolves} resolves, {opened_again} triggers next after a resolve");
    assert!(resolves > seeds && opened_again > seeds / 2, "too little happens to prove anything");
}
