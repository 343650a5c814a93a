//! Events a second through a whole router, from `publish` to 1, 4 and 16 sinks that accept everything at once: samples
//! and log lines through the bulk log and the batch lanes, issues and notifications through the journal and the issue
//! lanes. Everything is kept in memory; the four standard detectors and the ratios see every sample.
//!
//! Run: `cargo bench -p tidegate-router --bench throughput`; on the multi-thread runtime all cores are used, on the
//! current-thread one a single core. The target is 1 million samples/s to one sink.
//!
//! The floors, on the multi-thread runtime: `log` appends the same events, shared in the same way, to a bare memory
//! log, and its readers read chunks as large as the lanes do; `channel` pushes them one by one through a bounded tokio
//! channel for each reader; `records` saves each notification as JSON, twice for each reader in a memory store of its
//! own, as a lane must before it tells of something for the first time and after.
//!
//! Found on an idle virtual machine of two cores (Xeon, 2.6 GHz), medians, for 1, 4 and 16 sinks: 2.2, 1.3 and 0.40
//! million samples/s (4.8, 7.1 and 8.9 times `log`; `channel`: 2.3, 1.1 and 1.0), on one thread 2.3, 0.80 and 0.22; 1.7,
//! 1.1 and 0.36 million log lines/s; 132,000, 31,000 and 8,200 events of issues/s (5.0, 11 and 11 times `records`);
//! 151,000, 51,000 and 15,000 notifications/s (4.4, 6.8 and 6.2 times).

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use futures::{StreamExt, stream};
use tidegate_detect::standard;
use tidegate_event::{Event, EventKind, Signal};
use tidegate_router::{Handle, Integration, Router, Subscription};
use tidegate_store::{Append, Change, EventLog, MemoryLog, MemoryState, Position, Space, StateStore};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use common::{AtOnce, Count, Counting};

/// How many sinks there are.
const LANES: [usize; 3] = [1, 4, 16];
/// How many signals a source hands in at once.
const INTAKE: usize = 1_000;
/// How many intakes are on their way at once.
const UNDER_WAY: usize = 16;
/// How many samples or log lines go through before the clock is read; a multiple of [`INTAKE`], so that no batch waits
/// to fill.
const BULK: usize = 100_000;
/// The same of issues and notifications.
const TOLD: usize = 10_000;
/// About how many bytes a lane reads at once.
const READ_BYTES: usize = 512 * 1024;
/// The most records that a lane saves at once.
const RECORDS: usize = 256;

fn main() {
    divan::main();
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().enable_time().build().expect("a runtime")
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

/// A router at work.
struct House {
    runtime: Runtime,
    handle: Handle,
    counts: Vec<Arc<Count>>,
    expected: u64,
}

impl House {
    fn new(runtime: Runtime, lanes: usize, batch: usize, kinds: [EventKind; 2]) -> Self {
        let mut router = Router::builder();
        router = if kinds.contains(&EventKind::Issue) {
            router.with_detector(AtOnce)
        } else {
            router.with_detectors(standard())
        };
        let mut counts = Vec::new();
        for number in 0..lanes {
            let (sink, count) = Counting::new(batch);
            counts.push(count);
            let name = format!("sink-{number}");
            router = router.with_integration(Integration::new(name, sink, Subscription::new(kinds)));
        }
        let router = router.build().expect("the names differ");
        let handle = router.handle();
        runtime.spawn(router.run());
        Self { runtime, handle, counts, expected: 0 }
    }

    /// Publishes `intakes`, and waits until every sink has accepted all of it.
    fn pass(&mut self, intakes: Vec<Vec<Signal>>) {
        self.expected += intakes.iter().map(Vec::len).sum::<usize>() as u64;
        self.runtime.block_on(async {
            let mut published =
                stream::iter(intakes).map(|intake| self.handle.publish(intake)).buffer_unordered(UNDER_WAY);
            while let Some(published) = published.next().await {
                published.expect("the router runs");
            }
            for count in &self.counts {
                count.reach(self.expected).await;
            }
        });
    }
}

fn intakes(signals: Vec<Signal>) -> Vec<Vec<Signal>> {
    let mut signals = signals.into_iter();
    let intakes = std::iter::from_fn(|| Some(signals.by_ref().take(INTAKE).collect::<Vec<_>>()));
    intakes.take_while(|intake| !intake.is_empty()).collect()
}

fn bench_bulk(bencher: Bencher, runtime: Runtime, lanes: usize, make: fn(usize) -> Vec<Signal>) {
    let mut house = House::new(runtime, lanes, INTAKE, [EventKind::Log, EventKind::Metric]);
    house.pass(intakes(make(BULK)));
    bencher
        .counter(ItemsCount::new(BULK))
        .with_inputs(|| intakes(make(BULK)))
        .bench_local_values(|intakes| house.pass(intakes));
}

fn bench_told(bencher: Bencher, lanes: usize, each: usize, mut make: impl FnMut() -> Vec<Vec<Vec<Signal>>>) {
    let mut house = House::new(multi_thread(), lanes, 1, [EventKind::Issue, EventKind::Notification]);
    bencher.counter(ItemsCount::new(each)).with_inputs(&mut make).bench_local_values(|turns| {
        for intakes in turns {
            house.pass(intakes);
        }
    });
}

#[divan::bench(args = LANES, sample_count = 30, sample_size = 1)]
fn metrics(bencher: Bencher, lanes: usize) {
    bench_bulk(bencher, multi_thread(), lanes, common::metrics);
}

#[divan::bench(args = LANES, sample_count = 30, sample_size = 1)]
fn metrics_on_one_thread(bencher: Bencher, lanes: usize) {
    bench_bulk(bencher, current_thread(), lanes, common::metrics);
}

#[divan::bench(args = LANES, sample_count = 30, sample_size = 1)]
fn logs(bencher: Bencher, lanes: usize) {
    bench_bulk(bencher, multi_thread(), lanes, common::logs);
}

/// Each opens and closes. An item is one event of an issue; a call of the sink takes one, as those of most services do.
#[divan::bench(args = LANES, sample_count = 10, sample_size = 1)]
fn issues(bencher: Bencher, lanes: usize) {
    let turn = |used: f64| intakes((0..TOLD / 2).map(|number| common::disk(number, used)).collect());
    bench_told(bencher, lanes, TOLD, || vec![turn(0.86), turn(0.7)]);
}

/// One for each call of the sink.
#[divan::bench(args = LANES, sample_count = 10, sample_size = 1)]
fn notifications(bencher: Bencher, lanes: usize) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let make = || intakes(common::notifications(NEXT.fetch_add(TOLD, Ordering::Relaxed), TOLD));
    bench_told(bencher, lanes, TOLD, || vec![make()]);
}

/// The signals as the events that a router makes of them.
fn events(intake: Vec<Signal>) -> Vec<Arc<Event>> {
    let event = |signal| if let Signal::Event(event) = signal { Some(Arc::new(event)) } else { None };
    intake.into_iter().filter_map(event).collect()
}

fn bench_floor<F: Future>(bencher: Bencher, signals: impl Fn() -> Vec<Signal>, pass: impl Fn(Vec<Vec<Signal>>) -> F) {
    let runtime = multi_thread();
    bencher
        .with_inputs(|| intakes(signals()))
        .input_counter(|intakes| ItemsCount::new(intakes.iter().map(Vec::len).sum::<usize>()))
        .bench_local_values(|intakes| black_box(runtime.block_on(pass(intakes))));
}

async fn through_channels(intakes: Vec<Vec<Signal>>, readers: usize) {
    let mut tasks = JoinSet::new();
    let channels: Vec<mpsc::Sender<Arc<Event>>> = (0..readers)
        .map(|_| {
            let (sender, mut receiver) = mpsc::channel(INTAKE);
            tasks.spawn(async move {
                let mut some = Vec::new();
                while receiver.recv_many(&mut some, INTAKE).await > 0 {
                    some.clear();
                }
            });
            sender
        })
        .collect();
    for intake in intakes {
        for event in events(intake) {
            for channel in &channels {
                channel.send(Arc::clone(&event)).await.expect("it is read");
            }
        }
    }
    drop(channels);
    tasks.join_all().await;
}

async fn through_a_log(intakes: Vec<Vec<Signal>>, readers: usize) {
    let log = Arc::new(MemoryLog::new());
    let mut tasks = JoinSet::new();
    for _ in 0..readers {
        let log = Arc::clone(&log);
        tasks.spawn(async move {
            let (mut position, mut read) = (Position::START, 0);
            while read < BULK {
                let chunk = log.read(position, READ_BYTES).await.expect("never fails");
                position = chunk.next;
                read += chunk.events.len();
            }
        });
    }
    for intake in intakes {
        log.append(Append::new().with_events(events(intake))).await.expect("never fails");
    }
    tasks.join_all().await;
}

async fn into_records(intakes: Vec<Vec<Signal>>, readers: usize) {
    let events: Arc<Vec<Arc<Event>>> = Arc::new(intakes.into_iter().flat_map(events).collect());
    let mut tasks = JoinSet::new();
    for _ in 0..readers {
        let events = Arc::clone(&events);
        tasks.spawn(async move {
            let state = MemoryState::new();
            for (part, some) in events.chunks(RECORDS).enumerate() {
                for _ in 0..2 {
                    let record = |(number, event): (usize, &Arc<Event>)| {
                        let value = serde_json::to_vec(event).expect("plain data");
                        Change::put(Space::Key, format!("sink/{part}/{number}"), value)
                    };
                    let changes: Vec<Change> = some.iter().enumerate().map(record).collect();
                    state.save(&changes).await.expect("plain changes");
                }
            }
        });
    }
    tasks.join_all().await;
}

#[divan::bench(args = LANES, sample_count = 30, sample_size = 1)]
fn floor_channel(bencher: Bencher, readers: usize) {
    bench_floor(bencher, || common::metrics(BULK), |intakes| through_channels(intakes, readers));
}

#[divan::bench(args = LANES, sample_count = 30, sample_size = 1)]
fn floor_log(bencher: Bencher, readers: usize) {
    bench_floor(bencher, || common::metrics(BULK), |intakes| through_a_log(intakes, readers));
}

#[divan::bench(args = LANES, sample_count = 10, sample_size = 1)]
fn floor_records(bencher: Bencher, readers: usize) {
    bench_floor(bencher, || common::notifications(0, TOLD), |intakes| into_records(intakes, readers));
}
