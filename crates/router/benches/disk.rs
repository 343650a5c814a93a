//! An issue from its sample through the stores on a real disk to a sink that does nothing: how long that takes at a steady
//! rate, and how many pass in a second.
//!
//! Run: `cargo bench -p tidegate-router --bench disk`; `TMPDIR` says on which disk. Half a minute.
//!
//! The floor, in the same run, is a write of 1 KB and `fdatasync`: before an issue is told it is durable in the journal, and
//! that it is about to be told is in the state.
//!
//! Found on a virtual machine of two cores (Xeon, 2.6 GHz): p50 and p99 at 1,000/s 1.0 and 5 ms, at 15,000/s
//! 2.2 and 22 ms; 62,000 to 75,000 issues/s at once.

mod common;
#[path = "common/stores.rs"]
mod stores;

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tidegate_event::{Event, EventKind, Signal};
use tidegate_router::{Handle, Integration, Router, Subscription};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use common::AtOnce;

const ISSUES: usize = 20_000;
const RATES: [usize; 3] = [1_000, 5_000, 15_000];

/// When each issue was told, by its number.
#[derive(Default)]
struct Told {
    at: Mutex<(Vec<Option<Instant>>, usize)>,
    risen: Notify,
}

impl Told {
    fn note(&self, batch: &[Delivery]) {
        let now = Instant::now();
        {
            let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
            for delivery in batch {
                let Event::Issue(issue) = &*delivery.event else { continue };
                let number = common::number(issue.key.resource());
                if at.0.len() <= number {
                    at.0.resize(number + 1, None);
                }
                if at.0[number].is_none() {
                    at.0[number] = Some(now);
                    at.1 += 1;
                }
            }
        }
        self.risen.notify_waiters();
    }

    async fn reach(&self, count: usize) {
        loop {
            let risen = self.risen.notified();
            if self.at.lock().unwrap_or_else(PoisonError::into_inner).1 >= count {
                return;
            }
            risen.await;
        }
    }

    fn waits(&self, from: &[Instant]) -> Vec<Duration> {
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waits: Vec<_> =
            at.0.iter()
                .zip(from)
                .filter_map(|(at, from)| Some(at.as_ref()?.saturating_duration_since(*from)))
                .collect();
        waits.sort_unstable();
        waits
    }
}

/// Accepts at once.
struct Nothing {
    profile: Profile,
    told: Arc<Told>,
}

#[async_trait]
impl Sink for Nothing {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        self.told.note(batch);
        Ok(vec![Outcome::Accepted(None); batch.len()])
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new())
    }
}

fn nothing(batch: usize, told: &Arc<Told>) -> Nothing {
    Nothing { profile: Profile::new("nowhere").with_batch(batch), told: Arc::clone(told) }
}

/// Publishes `count` issues, each by itself, `a_second` of them or as fast as they are taken; when each was published, and how
/// long it took until all were told.
async fn measure(
    sink: impl Sink + 'static,
    told: &Told,
    count: usize,
    a_second: Option<usize>,
) -> (Vec<Instant>, Duration) {
    let dir = stores::folder();
    let integration = Integration::new("sink", sink, Subscription::new([EventKind::Issue]));
    let router = Router::builder().with_detector(AtOnce).with_integration(integration);
    let router = stores::on_disk(router, dir.path()).build().expect("one of each");
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    handle.snapshot().await.expect("it runs");
    let began = Instant::now();
    let published = match a_second {
        Some(a_second) => at_a_rate(&handle, count, a_second).await,
        None => at_once(&handle, count).await,
    };
    told.reach(count).await;
    let took = began.elapsed();
    handle.stop();
    running.await.expect("no panic").expect("a disk that is well");
    (published, took)
}

fn publish(tasks: &mut JoinSet<()>, handle: &Handle, signals: Vec<Signal>) {
    let handle = handle.clone();
    tasks.spawn(async move { handle.publish(signals).await.expect("the router runs") });
    while tasks.try_join_next().is_some() {}
}

async fn at_a_rate(handle: &Handle, count: usize, a_second: usize) -> Vec<Instant> {
    let mut tasks = JoinSet::new();
    let mut published = Vec::with_capacity(count);
    let began = Instant::now();
    for number in 0..count {
        let due = began + Duration::from_micros(number as u64 * 1_000_000 / a_second as u64);
        // The timer is good to a millisecond.
        if due > Instant::now() + Duration::from_millis(1) {
            tokio::time::sleep_until(due).await;
        }
        published.push(Instant::now());
        publish(&mut tasks, handle, vec![common::disk(number, 0.86)]);
    }
    tasks.join_all().await;
    published
}

/// In intakes of 100, as a scrape of many nodes brings them.
async fn at_once(handle: &Handle, count: usize) -> Vec<Instant> {
    let mut published = Vec::with_capacity(count);
    let numbers: Vec<usize> = (0..count).collect();
    let mut publishing = JoinSet::new();
    for some in numbers.chunks(100) {
        published.extend(some.iter().map(|_| Instant::now()));
        publish(&mut publishing, handle, some.iter().map(|number| common::disk(*number, 0.86)).collect());
    }
    publishing.join_all().await;
    published
}

fn row(name: &str, waits: &[Duration]) {
    let at = |per_mille: usize| waits[(waits.len() - 1) * per_mille / 1_000];
    println!("{name:<44} {:>10.1?} {:>10.1?} {:>10.1?}", at(500), at(990), at(1_000));
}

/// Writes of 1 KB, each synced.
fn floor_of_disk(dir: &Path) -> Vec<Duration> {
    let file = OpenOptions::new().create_new(true).write(true).open(dir.join("floor")).expect("a file");
    file.write_all_at(&vec![0; 4 * 1024 * 1024], 0).expect("room");
    file.sync_all().expect("a disk that is well");
    let mut waits: Vec<Duration> = (0..2_000)
        .map(|number| {
            let began = Instant::now();
            file.write_all_at(&[1; 1024], number * 1024).expect("room");
            file.sync_data().expect("a disk that is well");
            began.elapsed()
        })
        .collect();
    waits.sort_unstable();
    waits
}

fn rate(took: Duration) -> f64 {
    ISSUES as f64 / took.as_secs_f64()
}

async fn to_nowhere() {
    for a_second in RATES {
        let told = Arc::new(Told::default());
        let (published, took) = measure(nothing(1, &told), &told, ISSUES, Some(a_second)).await;
        row(&format!("at {a_second}/s, all told at {:.0}/s", rate(took)), &told.waits(&published));
    }
    for batch in [1, 100] {
        let told = Arc::new(Told::default());
        let (_, took) = measure(nothing(batch, &told), &told, ISSUES, None).await;
        println!("issues/s at once, to a sink that takes {batch} in a call: {:.0}", rate(took));
    }
}

fn main() {
    // Of `cargo test` this is no part.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("{:<44} {:>10} {:>10} {:>10}", "latency", "p50", "p99", "longest");
    row("floor: write and fdatasync of 1 KB", &floor_of_disk(stores::folder().path()));
    let runtime = Builder::new_multi_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async { tokio::spawn(to_nowhere()).await.expect("no panic") });
}
