//! How long it takes from the publication of a sample that opens an issue to the call of the sink that tells of it, at
//! 1,000 issues a second, each of which closes 5 s later. Everything is kept in memory, on the multi-thread runtime.
//! The sink takes one item a call and accepts it at once.
//!
//! Run: `cargo bench -p tidegate-router --bench latency`; it takes a minute and a half. The target is a p99 of 20 ms.
//!
//! The whole is measured three times: alone, with two more sinks that live, and with two dead ones instead, of which one
//! refuses every call and one never answers. The first one must not notice whether the two are dead or alive: that they
//! take some of the two cores is another matter.
//!
//! The floor is a bare channel to a task that waits, fed at the same moments. The last row counts from when a sample
//! was due instead, so that a stall is counted against every sample that it holds up; that has in it the timer, which
//! is good to a millisecond.
//!
//! Found on an idle virtual machine of two cores (Xeon, 2.6 GHz): p50 24 µs (1.0 times the floor), p99 0.55 ms (3.7
//! times); since due p50 1.2 ms, p99 2.2 ms. Beside two dead sinks p50 29 µs and p99 1.7 ms, beside two live ones 43 µs and
//! 1.5 ms.

mod common;

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tidegate_event::{Event, EventKind, Signal};
use tidegate_router::{Handle, Integration, Router, RouterBuilder, Subscription};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError, SinkErrorKind};
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use common::AtOnce;

/// How many issues open a second.
const A_SECOND: usize = 1_000;
/// How many are measured.
const MEASURED: usize = 20 * A_SECOND;
/// How many go before them: nothing is warm yet.
const WARMING: usize = 2 * A_SECOND;
/// How many issues are open at once, until the first of them closes.
const OPEN: usize = 5 * A_SECOND;

/// When each issue was told, by its number.
#[derive(Debug, Clone, Default)]
struct Told {
    at: Arc<Mutex<Vec<Option<Instant>>>>,
}

impl Told {
    fn note(&self, number: usize) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        if at.len() <= number {
            at.resize(number + 1, None);
        }
        at[number].get_or_insert(Instant::now());
    }

    /// The waits of all that were measured since the times in `from`, the shortest first.
    fn waits(&self, from: &[Instant]) -> Vec<Duration> {
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(at.len(), from.len(), "every issue was told");
        let wait = |(at, from): (&Option<Instant>, &Instant)| at.expect("it was told").saturating_duration_since(*from);
        let mut waits: Vec<Duration> = at.iter().zip(from).skip(WARMING).map(wait).collect();
        waits.sort_unstable();
        waits
    }
}

struct Noting {
    profile: Profile,
    told: Told,
}

#[async_trait]
impl Sink for Noting {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        for delivery in batch {
            if let Event::Issue(issue) = &*delivery.event
                && !issue.is_closed()
            {
                self.told.note(common::number(issue.key.resource()));
            }
        }
        Ok(vec![Outcome::Accepted(None); batch.len()])
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new())
    }
}

/// How another sink does.
#[derive(Clone, Copy)]
enum How {
    Accepts,
    Refuses,
    Hangs,
}

/// A sink beside the one that is measured.
struct Other {
    profile: Profile,
    how: How,
}

#[async_trait]
impl Sink for Other {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        match self.how {
            How::Accepts => Ok(vec![Outcome::Accepted(None); batch.len()]),
            How::Refuses => Err(SinkError::new(SinkErrorKind::Unreachable, "nobody is there")),
            How::Hangs => pending().await,
        }
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new())
    }
}

fn other(name: &'static str, how: How) -> Integration {
    let sink = Other { profile: Profile::new(name).with_concurrency(4), how };
    Integration::new(name, sink, Subscription::new([EventKind::Issue]))
}

/// Publishes without waiting for the issue before, as a source does that measures many nodes.
fn publish(tasks: &mut JoinSet<()>, handle: &Handle, signal: Signal) {
    let handle = handle.clone();
    tasks.spawn(async move { handle.publish([signal]).await.expect("the router runs") });
    while tasks.try_join_next().is_some() {}
}

/// A bare channel to a task that notes what it receives.
fn channel() -> (mpsc::Sender<usize>, Told, JoinHandle<()>) {
    let told = Told::default();
    let (sender, mut receiver) = mpsc::channel(A_SECOND);
    let noted = told.clone();
    let reader = tokio::spawn(async move {
        while let Some(number) = receiver.recv().await {
            noted.note(number);
        }
    });
    (sender, told, reader)
}

/// The waits for the channel, for the router, and for the router since each sample was due; with `beside` beside the
/// sink that lives.
async fn measure(beside: Vec<How>) -> [Vec<Duration>; 3] {
    let told = Told::default();
    let sink = Noting { profile: Profile::new("nowhere"), told: told.clone() };
    let integration = Integration::new("sink", sink, Subscription::new([EventKind::Issue]));
    let others: Vec<_> = ["second", "third"].into_iter().zip(&beside).map(|(name, how)| other(name, *how)).collect();
    let router = Router::builder().with_detector(AtOnce).with_grace(Duration::from_secs(1));
    let router = [integration].into_iter().chain(others).fold(router, RouterBuilder::with_integration);
    let router = router.build().expect("one of each");
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    let (sender, received, reader) = channel();
    handle.snapshot().await.expect("it runs");

    let mut tasks = JoinSet::new();
    let (mut due, mut published) = (Vec::new(), Vec::new());
    let began = Instant::now();
    for number in 0..WARMING + MEASURED {
        due.push(began + Duration::from_micros(number as u64 * 1_000_000 / A_SECOND as u64));
        tokio::time::sleep_until(due[number]).await;
        published.push(Instant::now());
        // The floor takes its turn last, so that it does not wake a thread for the router.
        publish(&mut tasks, &handle, common::disk(number, 0.86));
        if let Some(over) = number.checked_sub(OPEN) {
            publish(&mut tasks, &handle, common::disk(over, 0.7));
        }
        sender.try_send(number).expect("it is read");
    }
    tasks.join_all().await;
    drop(sender);
    reader.await.expect("no panic");
    handle.stop();
    let leftover = running.await.expect("no panic").expect("the stores are in memory");
    let all_live = beside.iter().all(|how| matches!(how, How::Accepts));
    assert!(leftover.is_empty() == all_live, "{leftover:?}");
    [received.waits(&published), told.waits(&published), told.waits(&due)]
}

fn row(name: &str, waits: &[Duration]) -> (Duration, Duration) {
    let at = |per_mille: usize| waits[(waits.len() - 1) * per_mille / 1_000];
    let (p50, p99) = (at(500), at(990));
    println!("{name:<26} {p50:>12.1?} {p99:>12.1?} {:>12.1?} {:>12.1?}", at(999), at(1_000));
    (p50, p99)
}

fn main() {
    let runtime = Builder::new_multi_thread().enable_time().build().expect("a runtime");
    let measured = |beside: &[How]| {
        let beside = beside.to_vec();
        runtime.block_on(async { tokio::spawn(measure(beside)).await.expect("no panic") })
    };
    let [floor, router, since_due] = measured(&[]);
    let [_, alive, alive_since_due] = measured(&[How::Accepts, How::Accepts]);
    let [_, dead, dead_since_due] = measured(&[How::Refuses, How::Hangs]);
    println!("{:<26} {:>12} {:>12} {:>12} {:>12}", "latency", "p50", "p99", "p99.9", "longest");
    let (floor, ours) = (row("floor: a channel", &floor), row("router", &router));
    let ratio = |ours: Duration, floor: Duration| ours.as_secs_f64() / floor.as_secs_f64();
    let ratios = |what: &str, ours: (Duration, Duration), floor: (Duration, Duration)| {
        println!("{what:<26} {:>11.2}x {:>11.2}x", ratio(ours.0, floor.0), ratio(ours.1, floor.1));
    };
    ratios("ratio to the floor", ours, floor);
    row("router, since due", &since_due);
    let alive = row("two live sinks beside", &alive);
    row("the same, since due", &alive_since_due);
    let dead = row("two dead sinks beside", &dead);
    ratios("ratio to two live ones", dead, alive);
    row("the same, since due", &dead_since_due);
}
