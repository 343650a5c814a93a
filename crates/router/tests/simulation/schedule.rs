use std::sync::atomic::Ordering;
use std::time::Duration;

use tidegate_base::Clock;
use tidegate_router::Records;
use tidegate_store::Space;
use tidegate_testkit::Crash;

use crate::check;
use crate::life::{Life, PATIENCE};
use crate::services::Filter;
use crate::world::{Level, NODES, World};

/// Why a schedule failed, and all that happened.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) seed: u64,
    pub(crate) what: String,
    pub(crate) trace: Vec<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "seed {}: {}", self.seed, self.what)
    }
}

/// Runs the schedule of `seed` from its first step to its last check.
pub(crate) fn simulate(seed: u64) -> Result<(), Failure> {
    simulate_in(seed, World::new)
}

/// Runs the schedule of `seed` in the world that `make` makes of it.
pub(crate) fn simulate_in(seed: u64, make: impl FnOnce(u64) -> World) -> Result<(), Failure> {
    let (trace, ran) = play(seed, make);
    ran.map_err(|what| Failure { seed, what, trace })
}

/// All that happens in the schedule of `seed`.
pub(crate) fn trace_of(seed: u64) -> Vec<String> {
    trace_in(seed, World::new)
}

/// The same in the world that `make` makes of the seed.
pub(crate) fn trace_in(seed: u64, make: impl FnOnce(u64) -> World) -> Vec<String> {
    play(seed, make).0
}

fn play(seed: u64, make: impl FnOnce(u64) -> World) -> (Vec<String>, Result<(), String>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let mut world = make(seed);
        let ran = run(&mut world).await;
        if ran.is_err() {
            tell_all(&mut world).await;
        }
        (std::mem::take(&mut world.trace), ran)
    })
}

/// Adds to the trace what whoever looks for the reason of a failure wants to see.
async fn tell_all(world: &mut World) {
    if let Some(life) = &world.life
        && let Some(snapshot) = life.snapshot().await
    {
        world.note(format!("at last {:#?}", snapshot.integrations));
    }
    for event in world.stores.journal() {
        if let tidegate_event::Event::Issue(issue) = &*event {
            let told = format!("{} {} {:?} {} {}", issue.episode, issue.sequence, issue.state, issue.key, issue.at);
            world.trace.push(format!("journal: {told}: {}", issue.cause));
        }
    }
    for space in [Space::Lane, Space::Key, Space::History] {
        for (key, value) in world.stores.records(space, "").await {
            world.trace.push(format!("{space:?} {key}: {}", String::from_utf8_lossy(&value)));
        }
    }
}

async fn run(world: &mut World) -> Result<(), String> {
    begin(world);
    let steps = 20 + world.random.below(60);
    for _ in 0..steps {
        if let Some(done) = world.guest.as_mut().and_then(|guest| guest.step()) {
            world.note(done);
        }
        step(world).await?;
        if world.life.as_ref().is_some_and(|life| life.crash.is_tripped()) {
            world.note("crashed at that point");
            crash(world).await;
            begin(world);
        }
        revive(world).await?;
    }
    settle(world).await?;
    for node in 0..NODES {
        for kind in 0..2 {
            world.say_level(node, kind, Level::Good);
        }
    }
    // Something to try for who is paused and has nothing else to tell.
    world.say_notification("notification-at-last", 0);
    world.note("all is well at last");
    pass(world, Duration::from_mins(12)).await?;
    check::everything(world).await?;
    check::nothing_is_left(world).await
}

/// Starts the router, half of the time with a crash some points ahead.
fn begin(world: &mut World) {
    let crash = match world.random.below(4) {
        0 => Crash::at(1 + world.random.below(40)),
        1 => Crash::at(1 + world.random.below(600)),
        _ => Crash::never(),
    };
    world.stores.undermine(&mut world.random);
    world.life = Some(Life::begin(world, crash));
    world.note("started");
}

async fn crash(world: &mut World) {
    if let Some(life) = world.life.take() {
        life.crash().await;
    }
}

async fn step(world: &mut World) -> Result<(), String> {
    let node = usize::try_from(world.random.below(NODES as u64)).expect("a small number");
    match world.random.below(100) {
        0..30 => say_level(world, node),
        30..37 => say_notification(world),
        37..46 => {
            let lines = 1 + world.random.below(8);
            world.say_logs(lines);
        }
        46..50 if world.retired.contains(&node) => world.restore(node),
        46..48 => world.retire(node),
        48..52 => {
            world.note("the feed fails");
            world.feed.fail();
        }
        52..58 => refilter(world).await,
        58..61 => relocate(world).await,
        61..64 => {
            if world.random.one_in(2) {
                world.services.dead.resume();
                world.note("the services are dead");
            } else {
                world.services.dead.stop();
                world.note("the services are not dead");
            }
        }
        64..68 => {
            world.note("crashed");
            crash(world).await;
            reconfigure(world);
            begin(world);
        }
        68..71 => {
            world.note("stopped in order");
            if let Some(life) = world.life.take() {
                life.stop().await?;
            }
            reconfigure(world);
            begin(world);
        }
        71..74 => return quiet(world).await,
        74 => {
            world.note("pager and chat are gone");
            world.services.gone.store(true, Ordering::Relaxed);
        }
        75..77 => retell(world).await,
        77..79 => remove_and_add(world).await,
        79..81 => {
            let failing = world.store_faults.toggle_outage();
            world.note(if failing { "the stores are away" } else { "the stores are back" });
        }
        81..84 => say_much(world, node),
        84..92 if world.again => redeliver(world).await,
        92..98 if world.again => replay(world).await,
        _ => {}
    }
    let pause = match world.random.below(20) {
        0..9 => Duration::from_millis(world.random.below(2_000)),
        9..16 => Duration::from_millis(world.random.below(30_000)),
        16..19 => Duration::from_secs(world.random.below(120)),
        _ => Duration::from_secs(world.random.below(600)),
    };
    tokio::time::sleep(pause).await;
    Ok(())
}

fn say_level(world: &mut World, node: usize) {
    let kind = usize::from(world.random.one_in(5));
    if world.random.one_in(6)
        && let Some(value) = world.levels.get(&(node, kind)).copied()
    {
        world.say_value(node, kind, value);
        world.note(format!("node {node} as before"));
        return;
    }
    let level = match world.random.below(5) {
        0 | 1 => Level::Good,
        2 | 3 => Level::Bad,
        _ => Level::Worse,
    };
    world.say_level(node, kind, level);
}

/// Everything at once, in one intake.
fn say_much(world: &mut World, node: usize) {
    world.feed.gather();
    let restored = world.retired.iter().next().copied();
    if let Some(node) = restored {
        world.restore(node);
    }
    say_notification(world);
    world.say_logs(2);
    say_level(world, node);
    if world.random.one_in(3) {
        world.retire((node + 1) % NODES);
    }
    world.feed.utter();
}

fn say_notification(world: &mut World) {
    let id = format!("notification-{}", world.random.below(6));
    let last = world.notifications.get(&id).map(|(revision, _)| *revision);
    let revision = match last {
        None => 0,
        Some(last) if world.random.one_in(3) => last,
        Some(last) => last + 1,
    };
    world.say_notification(&id, revision);
}

async fn refilter(world: &mut World) {
    let filter = Filter::draw(&mut world.random);
    let pager = world.random.one_in(2);
    world.note(format!("{} takes {filter:?}", if pager { "pager" } else { "chat" }));
    if pager {
        world.services.pager.filter = filter;
    } else {
        world.services.chat.filter = filter;
    }
    replace(world, pager, PATIENCE).await;
}

async fn relocate(world: &mut World) {
    let pager = world.random.one_in(2);
    let since = world.durable();
    world.note(format!("{} moves", if pager { "pager" } else { "chat" }));
    if pager {
        world.services.move_pager(since, &mut world.random);
    } else {
        world.services.move_chat(since, &mut world.random);
    }
    replace(world, pager, PATIENCE).await;
}

async fn replace(world: &mut World, pager: bool, patience: u64) {
    let Some(life) = &world.life else { return };
    let integration = if pager {
        world.services.pager_integration(&life.crash)
    } else {
        world.services.chat_integration(&life.crash)
    };
    life.ensure(integration, patience).await;
}

async fn retell(world: &mut World) {
    let name = if world.random.one_in(2) { "pager" } else { "chat" };
    world.note(format!("{name} is told again"));
    if let Some(life) = &world.life {
        life.retell(name).await;
    }
}

/// Asks for some of the dead letters, and has them delivered now or at the next start.
async fn redeliver(world: &mut World) {
    let records = Records::new(world.stores.state());
    // Whoever asks is told where the stores fail, and asks another time.
    let Ok(letters) = records.dead_letters(None).await else { return };
    let mut letters = letters.letters;
    letters.retain(|_| world.random.one_in(2));
    if letters.is_empty() {
        return;
    }
    let Ok(asked) = records.redeliver(&letters, &mut world.random).await else { return };
    let now = !world.random.one_in(3);
    world.note(format!("{asked} dead letters are asked for{}", if now { "" } else { ", for the next start" }));
    if let Some(life) = world.life.as_ref().filter(|_| now) {
        for name in ["pager", "chat", "blind", "archive"] {
            life.redeliver(name).await;
        }
    }
}

/// Asks for what happened since some time to be told once more, now or at the next start.
async fn replay(world: &mut World) {
    let name = ["pager", "chat", "archive"][usize::try_from(world.random.below(3)).expect("a small number")];
    let since = world.clock.now() - Duration::from_secs(world.random.below(900));
    let records = Records::new(world.stores.state());
    if records.replay(name, since, &mut world.random).await.is_err() {
        return;
    }
    let now = !world.random.one_in(3);
    world.note(format!("{name} is replayed since {since}{}", if now { "" } else { " at the next start" }));
    if let Some(life) = world.life.as_ref().filter(|_| now) {
        life.replay(name).await;
    }
}

/// Removes an integration and adds it under its name at another place.
async fn remove_and_add(world: &mut World) {
    let pager = world.random.one_in(2);
    world.note(format!("{} is removed, and added elsewhere", if pager { "pager" } else { "chat" }));
    let Some(life) = &world.life else { return };
    life.remove(if pager { "pager" } else { "chat" }).await;
    let since = world.durable();
    let integration = if pager {
        world.services.move_pager(since, &mut world.random);
        world.services.pager_integration(&life.crash)
    } else {
        world.services.move_chat(since, &mut world.random);
        world.services.chat_integration(&life.crash)
    };
    life.add(integration).await;
}

/// What a restart may find changed.
fn reconfigure(world: &mut World) {
    if !world.random.one_in(3) {
        return;
    }
    let node = usize::try_from(world.random.below(NODES as u64 - 1)).expect("a small number");
    match world.random.below(4) {
        0 => {
            world.extra = !world.extra;
            world.note(format!("the second detector is {}configured", if world.extra { "" } else { "not " }));
        }
        1 => {
            world.named.insert(node);
            world.note(format!("node {node} is named"));
        }
        2 => {
            let since = world.durable();
            world.services.move_pager(since, &mut world.random);
            world.note("pager moves");
        }
        _ => {
            if world.named.remove(&node) {
                world.unnamed.insert(node);
                world.note(format!("node {node} is not named any more"));
            }
        }
    }
}

/// Lets the stores be well for a while, and looks whether who never fails is up to date.
async fn quiet(world: &mut World) -> Result<(), String> {
    world.note("quiet");
    world.store_faults.stop();
    // What failed at its start has failed by now.
    tokio::time::sleep(Duration::from_millis(1)).await;
    revive(world).await?;
    let passed = pass(world, Duration::from_secs(45)).await;
    let checked = check::calm(world).await;
    world.store_faults.resume();
    passed.and(checked)
}

/// Lets time pass; a crash in it is followed by a start without another, and the time passes anew.
async fn pass(world: &mut World, time: Duration) -> Result<(), String> {
    let Some(life) = &world.life else { return Err("nothing runs".to_owned()) };
    let crashed = tokio::select! {
        biased;
        () = life.crash.tripped() => true,
        () = tokio::time::sleep(time) => false,
    };
    if crashed {
        world.note("crashed at that point");
        crash(world).await;
        world.life = Some(Life::begin(world, Crash::never()));
        world.note("started");
        tokio::time::sleep(time).await;
    }
    Ok(())
}

/// A router that could not start for its stores is started again.
async fn revive(world: &mut World) -> Result<(), String> {
    let Some(life) = &mut world.life else { return Ok(()) };
    if life.is_over().await? {
        world.note("ended over its stores");
        begin(world);
    }
    Ok(())
}

/// Everything that was wrong is mended, and what is to be told is told.
async fn settle(world: &mut World) -> Result<(), String> {
    world.note("everything is mended");
    world.store_faults.stop();
    tokio::time::sleep(Duration::from_millis(1)).await;
    revive(world).await?;
    world.services.faults.stop();
    world.services.dead.stop();
    world.services.gone.store(false, Ordering::Relaxed);
    if let Some(guest) = &mut world.guest {
        guest.mend();
    }
    for node in world.retired.clone() {
        world.restore(node);
    }
    world.services.pager.filter = Filter::Everything;
    world.services.chat.filter = Filter::Everything;
    // Who was gone needs another configuration in any case, and a full journal takes none before the others have read it.
    replace(world, true, 4 * PATIENCE).await;
    replace(world, false, 4 * PATIENCE).await;
    // What was retired is found again, also by a figure that is as it was.
    for ((node, kind), value) in world.levels.clone() {
        if world.random.one_in(2) {
            world.say_value(node, kind, value);
        } else {
            let level = if world.random.one_in(2) { Level::Good } else { Level::Worse };
            world.say_level(node, kind, level);
        }
    }
    pass(world, Duration::from_mins(20)).await?;
    check::everything(world).await
}
