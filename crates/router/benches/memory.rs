//! Memory for each open issue: 100,000 are open in one issue lane, once told (the lane keeps what it must know to tell
//! the rest of the episode, with a receipt of Slack's length), and once all of them waiting for a sink that is away.
//! Beside it what the other places hold of the same issue: ledger, journal, and the state store in memory.
//!
//! Run: `cargo bench -p tidegate-router --bench memory`; one core, a second or two. The target is 1.5 KB in the lane.
//!
//! Counted is what is asked of the allocator and not given back, tables at the size they have grown to. The floor is
//! the event itself, which lane and journal share: its text dominates.
//!
//! Found, the same on each run: the event 1,026 B; in the lane 463 B once told, 454 B and the event while it waits
//! (1,480 B); the ledger 812 B; the state store in memory 707 B once told, 1,367 B while it waits.

mod common;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use peak_alloc::PeakAlloc;
use tidegate_base::Random;
use tidegate_detect::{Detector, Ledger, Threshold};
use tidegate_event::{Event, EventKind, Name, Sample, Signal};
use tidegate_router::{Action, Gate, IssueLane, Openings, Policy, Subscription};
use tidegate_sink::{Outcome, Profile, Receipt, SinkError, SinkErrorKind};
use tidegate_store::{Append, EventLog, MemoryLog, MemoryState, Position, Space, StateStore};

/// How many issues are open.
const OPEN: usize = 100_000;
/// Room for all of them to wait; the default is 64 MiB.
const WINDOW: usize = 256 * 1024 * 1024;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Makes something, and tells how many bytes it holds for each issue.
fn weigh<T>(build: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATOR.current_usage();
    let made = build();
    (made, ALLOCATOR.current_usage().saturating_sub(before) / OPEN)
}

/// The opening events, as the detector of full disks and the ledger make them of three minutes of samples. What issues
/// share, such as the remedy, they share here as well; all else that an event holds is its own.
fn open() -> Vec<Arc<Event>> {
    let mut detector = Threshold::disk_usage().with_most_series(OPEN).build().expect("valid");
    let mut ledger = Ledger::new(Random::seeded(1));
    let mut findings = Vec::new();
    let mut events = Vec::with_capacity(OPEN);
    let names = ["system.filesystem.size", "system.filesystem.used", "By", "orders"].map(Name::from);
    let [size, used, unit, cluster] = names;
    for number in 0..OPEN {
        let volume = common::node(number).with_cluster(cluster.clone()).with_part("/var/lib/kurrentdb");
        for at in (0..7).map(|turn| common::start() + TimeDelta::seconds(30 * turn)) {
            for (name, value) in [(&size, 500e9), (&used, 431.2e9)] {
                let sample = Sample::new(name.clone(), volume.clone(), value, unit.clone(), at).expect("finite");
                detector.observe(&Signal::from(sample), &mut findings);
            }
        }
        let opened = findings.drain(..).filter_map(|finding| ledger.apply(finding));
        events.extend(opened.map(|issue| Arc::new(Event::from(issue))));
    }
    assert_eq!(events.len(), OPEN, "each opens once");
    events
}

fn ledger(events: &[Arc<Event>]) -> Ledger {
    let mut ledger = Ledger::new(Random::seeded(1));
    for event in events {
        if let Event::Issue(issue) = &**event {
            ledger.fold(issue);
        }
    }
    ledger
}

fn journal(events: &[Arc<Event>]) -> MemoryLog {
    let log = MemoryLog::new();
    // As a journal grows: not all at once.
    for some in events.chunks(100) {
        log.append(Append::new().with_events(some.to_vec())).now_or_never().expect("never waits").expect("never fails");
    }
    log
}

/// A lane at work.
struct Work {
    lane: IssueLane,
    gate: Gate,
    state: MemoryState,
    now: DateTime<Utc>,
}

impl Work {
    fn offered(events: &[Arc<Event>]) -> Self {
        let profile = Profile::new("slack:C0123456789").with_batch(100);
        let policy = Policy::new().with_window_bytes(WINDOW);
        let subscription = Subscription::new([EventKind::Issue]);
        let openings = Openings::default();
        let mut lane = IssueLane::begin("ops".into(), subscription, &profile, &policy, Position::START, &openings);
        for (number, event) in (1..).zip(events) {
            lane.offer(Position::new(number), event);
        }
        let gate = Gate::new(&profile, &policy, Random::seeded(1));
        Self { lane, gate, state: MemoryState::new(), now: common::start() }
    }

    /// Does all that the lane wants within half a minute; the sink answers each item as `answer` says.
    fn run(&mut self, answer: impl Fn(u64) -> Outcome) {
        let end = self.now + Duration::from_secs(30);
        let mut told = 0;
        while self.now < end {
            match self.lane.next(&mut self.gate, self.now) {
                Action::Save(mut changes) => {
                    // Attempts are for people, and the driver bounds how many are kept.
                    changes.retain(|change| change.space != Space::History);
                    self.state.save(&changes).now_or_never().expect("never waits").expect("plain changes");
                    self.lane.saved();
                }
                Action::Deliver(ticket, batch) => {
                    let outcomes = batch.iter().map(|_| {
                        told += 1;
                        answer(told)
                    });
                    let outcomes = Ok(outcomes.collect());
                    self.lane.settle(ticket, outcomes, &mut self.gate, self.now);
                }
                Action::SleepUntil(at) => self.now = at,
                Action::Idle => return,
            }
        }
    }

    /// What lane and state store hold for each issue.
    fn weigh(events: &[Arc<Event>], answer: impl Fn(u64) -> Outcome) -> (Self, usize, usize) {
        let (mut work, both) = weigh(|| {
            let mut work = Self::offered(events);
            work.run(answer);
            work
        });
        let before = ALLOCATOR.current_usage();
        work.state = MemoryState::new();
        let state = (before - ALLOCATOR.current_usage()) / OPEN;
        (work, both - state, state)
    }
}

fn accept(number: u64) -> Outcome {
    let receipt = serde_json::json!({ "channel": "C0123456789", "ts": format!("1700000000.{number:06}") });
    Outcome::Accepted(Some(Receipt::new(&receipt).expect("plain JSON")))
}

fn refuse(_: u64) -> Outcome {
    Outcome::Failed(SinkError::new(SinkErrorKind::Unauthorized, "the token is not valid"))
}

fn main() {
    let (events, event) = weigh(open);
    let ledger = weigh(|| ledger(&events)).1;
    let journal = weigh(|| journal(&events)).1;
    let (work, told, told_state) = Work::weigh(&events, accept);
    assert_eq!(work.lane.waiting(), 0, "all are told");
    drop(work);
    let (work, waiting, waiting_state) = Work::weigh(&events, refuse);
    assert_eq!(work.lane.waiting(), OPEN, "none is told");

    let row = |what: &str, bytes: usize| println!("{what:<52} {bytes:>6} B {:>6.2}x", bytes as f64 / event as f64);
    println!("{OPEN} open issues, each");
    row("floor: the event, shared by journal and lanes", event);
    row("lane, told", told);
    row("lane, waiting, beside the shared event", waiting);
    row("lane, waiting, with the event", waiting + event);
    row("the event, as window_bytes counts it", work.lane.waiting_bytes() / OPEN);
    row("ledger, with an event of its own", ledger);
    row("journal in memory, beside the shared event", journal);
    row("state store in memory, told", told_state);
    row("state store in memory, waiting", waiting_state);
}
