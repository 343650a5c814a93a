//! Memory over the stores on disk: of a router with 1, 10 and 100 integrations, and while 1 GB of log lines waits for a sink that is
//! away.
//!
//! Run: `cargo bench -p tidegate-router --bench disk_memory`; `TMPDIR` says on which disk, which needs 2 GB. The target is
//! 64 MB resident while 1 GB waits.
//!
//! What is resident is the process's, as the system counts it (Linux only), with all that the allocator has and does not
//! use; beside it what is asked of the allocator and not given back.
//!
//! Found: 59 to 61 MB resident while 1 GB waits, 31 MB of them asked of the allocator.

mod common;
#[path = "common/stores.rs"]
mod stores;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use peak_alloc::PeakAlloc;
use tidegate_event::{EventKind, LogRecord, Signal};
use tidegate_router::{Handle, Integration, Router, Subscription};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError, SinkErrorKind};
use tokio::runtime::Builder;

use common::{AtOnce, Counting};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const INTEGRATIONS: [usize; 3] = [1, 10, 100];
/// How many issues are open, each told to every sink.
const OPEN: usize = 1_000;
/// How many log lines pass, each told to every sink.
const LINES: usize = 100_000;
/// What waits.
const WAITING: usize = 1_000_000_000;
/// How long each line's text is, and what a line takes on disk.
const TEXT: usize = 900;
const ON_DISK: usize = 940;

/// What is resident, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kilobytes.unwrap_or_default() * 1024
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// A sink that can be away.
#[derive(Clone)]
struct Leaving {
    sink: Counting,
    away: Arc<AtomicBool>,
}

#[async_trait]
impl Sink for Leaving {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(SinkError::new(SinkErrorKind::Unreachable, "it is away"));
        }
        self.sink.deliver(batch).await
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new())
    }
}

async fn publish(handle: &Handle, signals: Vec<Signal>) {
    handle.publish(signals).await.expect("the router runs");
}

/// So many integrations, each with a lane of issues and one of logs and told everything.
async fn integrations(count: usize) {
    let dir = stores::folder();
    let before = ALLOCATOR.current_usage();
    let mut counts = Vec::new();
    let mut router = Router::builder().with_detector(AtOnce);
    for number in 0..count {
        let (sink, told) = Counting::new(100);
        counts.push(told);
        let kinds = Subscription::new([EventKind::Issue, EventKind::Log]);
        router = router.with_integration(Integration::new(format!("sink-{number}"), sink, kinds));
    }
    let router = stores::on_disk(router, dir.path()).build().expect("one of each");
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    handle.snapshot().await.expect("it runs");
    let idle = ALLOCATOR.current_usage().saturating_sub(before);
    ALLOCATOR.reset_peak_usage();
    publish(&handle, (0..OPEN).map(|number| common::disk(number, 0.86)).collect()).await;
    for _ in 0..LINES / 1_000 {
        publish(&handle, common::logs(1_000)).await;
    }
    for told in &counts {
        told.reach((OPEN + LINES) as u64).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!(
        "{count:>4} integrations: {:>6.1} MB idle, {:>6.1} MB with {OPEN} open issues, {:>6.1} MB at most",
        megabytes(idle),
        megabytes(ALLOCATOR.current_usage().saturating_sub(before)),
        megabytes(ALLOCATOR.peak_usage().saturating_sub(before)),
    );
    handle.stop();
    running.await.expect("no panic").expect("a disk that is well");
}

/// A sink is away while so much comes in, and then takes it all.
async fn one_gigabyte() {
    let dir = stores::folder();
    let (sink, told) = Counting::new(1_000);
    let away = Arc::new(AtomicBool::new(true));
    let sink = Leaving { sink, away: Arc::clone(&away) };
    let integration = Integration::new("sink", sink, Subscription::new([EventKind::Log]));
    let router = stores::on_disk(Router::builder().with_integration(integration), dir.path());
    let router = router.build().expect("one of each");
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    handle.snapshot().await.expect("it runs");
    ALLOCATOR.reset_peak_usage();
    let text = "x".repeat(TEXT);
    let lines = WAITING / ON_DISK / 1_000 * 1_000;
    let mut most = 0;
    for _ in 0..lines / 1_000 {
        let line = |number: usize| LogRecord::new(common::node(number), text.clone(), common::start()).into();
        publish(&handle, (0..1_000).map(line).collect()).await;
        most = most.max(resident());
    }
    let waits = || std::fs::read_dir(dir.path().join("bulk")).expect("it is there").flatten();
    let bytes: u64 = waits().filter_map(|file| Some(file.metadata().ok()?.len())).sum();
    println!(
        "{:.2} GB wait: resident {:.1} MB, {:.1} MB at most; asked of the allocator {:.1} MB, {:.1} MB at most",
        bytes as f64 / 1e9,
        megabytes(resident()),
        megabytes(most),
        megabytes(ALLOCATOR.current_usage()),
        megabytes(ALLOCATOR.peak_usage()),
    );
    away.store(false, Ordering::Relaxed);
    let mut most = 0;
    let all = told.reach(lines as u64);
    tokio::pin!(all);
    while tokio::time::timeout(Duration::from_millis(50), &mut all).await.is_err() {
        most = most.max(resident());
    }
    println!("while they are told: resident {:.1} MB at most", megabytes(most));
    handle.stop();
    running.await.expect("no panic").expect("a disk that is well");
}

fn main() {
    // Of `cargo test` this is no part.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = Builder::new_multi_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        tokio::spawn(one_gigabyte()).await.expect("no panic");
        for count in INTEGRATIONS {
            tokio::spawn(integrations(count)).await.expect("no panic");
        }
    });
}
