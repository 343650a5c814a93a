//! Stores that fail and processes that end, as the contract of the stores allows.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use futures::FutureExt;
use futures::executor::{LocalPool, block_on};
use futures::task::LocalSpawnExt;
use tidegate_base::Random;
use tidegate_event::Event;
use tidegate_sink::Sink;
use tidegate_store::{
    Append, Change, EventLog, MemoryLog, MemoryState, Position, Space, StateStore, StoreErrorKind, contract,
};
use tidegate_testkit::faults::{Effect, FaultyLog, FaultyState, RandomStoreFaults, StoreFault};
use tidegate_testkit::model::BatchService;
use tidegate_testkit::{Crash, CrashingLog, CrashingState, sample};

fn append(messages: &[&str]) -> Append {
    Append::new().with_events(messages.iter().map(|message| Arc::new(Event::from(sample::log(message)))).collect())
}

fn puts(keys: &[&str]) -> Vec<Change> {
    keys.iter().map(|key| Change::put(Space::Key, *key, "1")).collect()
}

fn keys(state: &MemoryState) -> Vec<String> {
    block_on(state.load(Space::Key, "")).unwrap().into_iter().map(|(key, _)| key).collect()
}

fn messages(log: &MemoryLog) -> Vec<String> {
    let Some(chunk) = log.read(Position::START, usize::MAX).now_or_never() else { return Vec::new() };
    let events = chunk.unwrap().events.into_iter();
    events.map(|(_, event)| if let Event::Log(log) = &*event { log.message.clone() } else { String::new() }).collect()
}

fn fail(effect: Effect) -> StoreFault {
    StoreFault::Fail { kind: StoreErrorKind::Io, effect }
}

#[test]
fn without_a_fault_the_wrappers_keep_the_contract() {
    block_on(async {
        let none = VecDeque::new;
        contract::check_log(|| Box::new(FaultyLog::new(MemoryLog::new(), none()))).await;
        contract::check_state(|| Box::new(FaultyState::new(MemoryState::new(), none()))).await;
        for seed in 0..20 {
            let random = || Random::seeded(seed);
            contract::check_log(|| Box::new(CrashingLog::new(MemoryLog::new(), Crash::never(), random()))).await;
            contract::check_state(|| Box::new(CrashingState::new(MemoryState::new(), Crash::never(), random()))).await;
        }
    });
}

#[test]
fn a_failed_append_stands_whole_or_not_at_all() {
    let log = Arc::new(MemoryLog::new());
    let course = [fail(Effect::Nothing), fail(Effect::First(1)), fail(Effect::Everything)];
    let faulty = FaultyLog::new(log.clone(), VecDeque::from(course));
    for held in [0, 0, 2, 4] {
        let appended = block_on(faulty.append(append(&["a", "b"])));
        assert_eq!(appended.map_err(|error| error.kind()).err(), (held < 4).then_some(StoreErrorKind::Io));
        assert_eq!(log.len(), held);
    }
}

#[test]
fn a_failed_save_makes_what_the_fault_says() {
    for (effect, expected) in
        [(Effect::Nothing, &[] as &[&str]), (Effect::First(2), &["a", "b"]), (Effect::Everything, &["a", "b", "c"])]
    {
        let state = Arc::new(MemoryState::new());
        let faulty = FaultyState::new(state.clone(), VecDeque::from([fail(effect)]));
        block_on(faulty.save(&puts(&["a", "b", "c"]))).unwrap_err();
        assert_eq!(keys(&state), expected, "{effect:?}");
        block_on(faulty.save(&puts(&["d"]))).unwrap();
    }
}

#[test]
fn seeded_faults_fail_now_and_then_in_every_way_and_stop() {
    let faults = RandomStoreFaults::new(Random::seeded(7), 3);
    let mut seen = BTreeSet::new();
    for _ in 0..300 {
        let state = Arc::new(MemoryState::new());
        let saved = block_on(FaultyState::new(state.clone(), faults.clone()).save(&puts(&["a", "b"])));
        seen.insert((saved.is_ok(), keys(&state).concat()));
    }
    let ways = [(false, ""), (false, "a"), (false, "ab"), (false, "b"), (true, "ab")];
    assert_eq!(seen, ways.map(|(saved, keys)| (saved, keys.to_owned())).into());

    faults.stop();
    let log = FaultyLog::new(MemoryLog::new(), faults);
    (0..100).for_each(|_| assert!(block_on(log.append(append(&["a"]))).is_ok()));
}

/// What a program of four steps leaves behind, that ends at the point `at`; and how many points it passed.
fn run(at: Option<u64>, seed: u64) -> (Vec<String>, String, usize, u64, bool) {
    let (log, state, service) = (Arc::new(MemoryLog::new()), Arc::new(MemoryState::new()), BatchService::new("logs"));
    let crash = at.map_or_else(Crash::never, Crash::at);
    let mut random = Random::seeded(seed);
    let crashing_log = CrashingLog::new(log.clone(), crash.clone(), random.fork());
    let crashing_state = CrashingState::new(state.clone(), crash.clone(), random.fork());
    let sink = service.clone().with_crash(crash.clone());

    let mut pool = LocalPool::new();
    let program = async move {
        crashing_log.append(append(&["a", "b"])).await.unwrap();
        crashing_state.save(&puts(&["x", "y"])).await.unwrap();
        sink.deliver(&[sample::delivery(sample::log("a"))]).await.unwrap();
        crashing_log.append(append(&["c"])).await.unwrap();
    };
    let ended = pool.spawner().spawn_local_with_handle(program).unwrap();
    pool.run_until_stalled();
    let ended = ended.now_or_never().is_some();
    drop(pool);
    assert_eq!(crash.is_tripped(), !ended);
    (messages(&log), keys(&state).concat(), service.len(), crash.points(), ended)
}

#[test]
fn a_program_can_be_ended_at_each_point_and_leaves_what_the_contract_allows() {
    let (.., points, ended) = run(None, 0);
    assert!(ended && points == 8, "before and after each of four steps: {points}");
    let mut left = BTreeSet::new();
    for (at, seed) in (0..=points + 1).flat_map(|at| (0..40).map(move |seed| (at, seed))) {
        let (log, state, told, passed, ended) = run(Some(at), seed);
        assert_eq!((passed, ended), (at.min(points), at > points), "nothing answers after the crash");
        left.insert((log.concat(), state, told));
    }
    // Each step done, or not, or half: and nothing of one that follows a step that was not done.
    let expected = [
        ("", "", 0),
        ("ab", "", 0),
        ("ab", "x", 0),
        ("ab", "y", 0),
        ("ab", "xy", 0),
        ("ab", "xy", 1),
        ("abc", "xy", 1),
    ];
    assert_eq!(left, expected.map(|(log, state, told)| (log.to_owned(), state.to_owned(), told)).into());
}

#[test]
fn an_append_under_way_at_the_crash_stands_by_chance() {
    let left: BTreeSet<String> = (0..40).map(|seed| run(Some(1), seed).0.concat()).collect();
    assert_eq!(left, [String::new(), "ab".to_owned()].into());
}

#[test]
fn the_same_seed_crashes_alike() {
    for at in 0..9 {
        assert_eq!(run(Some(at), 7), run(Some(at), 7));
    }
}

#[test]
fn a_crash_is_told_to_whoever_waits_for_it() {
    let crash = Crash::never();
    let mut pool = LocalPool::new();
    let waiting = crash.clone();
    let told = pool.spawner().spawn_local_with_handle(async move { waiting.tripped().await }).unwrap();
    pool.run_until_stalled();
    assert!(!crash.is_tripped());
    crash.trip();
    pool.run_until_stalled();
    assert_eq!(told.now_or_never(), Some(()));
    assert_eq!(crash.tripped().now_or_never(), Some(()), "later as well");
    assert_eq!(crash.point().now_or_never(), None);
}

#[test]
fn a_read_under_way_never_answers_after_the_crash() {
    let (log, crash) = (Arc::new(MemoryLog::new()), Crash::never());
    let crashing = CrashingLog::new(log.clone(), crash.clone(), Random::seeded(7));
    let mut read = crashing.read(Position::START, 1024);
    assert!((&mut read).now_or_never().is_none(), "there is nothing yet");
    crash.trip();
    block_on(log.append(append(&["a"]))).unwrap();
    assert!(read.now_or_never().is_none());
}
