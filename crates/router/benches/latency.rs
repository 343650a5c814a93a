//! How long it takes from the moment at which a sample is due that opens an issue to the call of the sink that tells of
//! it, at 1,000 issues a second, each of which closes 5 s later. Everything is kept in memory, on the multi-thread
//! runtime; the sink takes one item a call and accepts it at once.
//!
//! Run: `cargo bench -p tidegate-router --bench latency`; it takes half a minute. The target is a p99 of 20 ms.
//!
//! The floor is a bare channel between two tasks, fed at the same pace in the same run. Both count from when a sample
//! was due, not from when the timer woke, so that a stall is counted against every sample that it holds up; the timer,
//! which is good to a millisecond, is in both.

mod common;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tidegate_event::{Event, EventKind, Signal};
use tidegate_router::{Handle, Integration, Router, Subscription};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tokio::runtime::Builder;
use tokio::sync::mpsc;
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
        at[number].get_or_insert(now());
    }

    /// The waits of all that were measured, the shortest first.
    fn waits(&self, began: Instant) -> Vec<Duration> {
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let measured = at.iter().enumerate().skip(WARMING).take(MEASURED);
        let wait =
            |(number, at): (usize, &Option<Instant>)| at.map(|at| at.saturating_duration_since(due(began, number)));
        let mut waits: Vec<Duration> = measured.map(|one| wait(one).expect("every issue was told")).collect();
        waits.sort_unstable();
        waits
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the real clock")]
fn now() -> Instant {
    Instant::now()
}

fn due(began: Instant, number: usize) -> Instant {
    began + Duration::from_secs(1) * u32::try_from(number).expect("not so many") / 1_000
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

/// Lets each of `begin` happen at its time.
async fn pace(began: Instant, mut begin: impl FnMut(usize)) {
    for number in 0..WARMING + MEASURED {
        tokio::time::sleep_until(due(began, number)).await;
        begin(number);
    }
}

/// Publishes without waiting for the issue before, as a source does that measures many nodes.
fn publish(handle: &Handle, signal: Signal) {
    let handle = handle.clone();
    tokio::spawn(async move { handle.publish([signal]).await.expect("the router runs") });
}

async fn through_a_router() -> Vec<Duration> {
    let told = Told::default();
    let sink = Noting { profile: Profile::new("nowhere"), told: told.clone() };
    let integration = Integration::new("sink", sink, Subscription::new([EventKind::Issue]));
    let router = Router::builder().with_detector(AtOnce).with_integration(integration).build().expect("one of each");
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    handle.snapshot().await.expect("it runs");
    let began = now();
    pace(began, |number| {
        publish(&handle, common::disk(number, 0.86));
        if let Some(over) = number.checked_sub(OPEN) {
            publish(&handle, common::disk(over, 0.7));
        }
    })
    .await;
    handle.stop();
    let leftover = running.await.expect("no panic").expect("the stores are in memory");
    assert!(leftover.is_empty(), "{leftover:?}");
    told.waits(began)
}

async fn through_a_channel() -> Vec<Duration> {
    let told = Told::default();
    let (sender, mut receiver) = mpsc::channel(A_SECOND);
    let noted = told.clone();
    let reader = tokio::spawn(async move {
        while let Some(number) = receiver.recv().await {
            noted.note(number);
        }
    });
    let began = now();
    pace(began, |number| sender.try_send(number).expect("it is read")).await;
    drop(sender);
    reader.await.expect("no panic");
    told.waits(began)
}

fn row(name: &str, waits: &[Duration]) -> (Duration, Duration) {
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    let (p50, p99) = (at(0.5), at(0.99));
    println!("{name:<10} {p50:>12.1?} {p99:>12.1?} {:>12.1?} {:>12.1?}", at(0.999), at(1.0));
    (p50, p99)
}

fn main() {
    let runtime = Builder::new_multi_thread().enable_time().build().expect("a runtime");
    println!("{:<10} {:>12} {:>12} {:>12} {:>12}", "latency", "p50", "p99", "p99.9", "longest");
    let floor = row("floor", &runtime.block_on(async { tokio::spawn(through_a_channel()).await.expect("no panic") }));
    let ours = row("router", &runtime.block_on(async { tokio::spawn(through_a_router()).await.expect("no panic") }));
    let ratio = |ours: Duration, floor: Duration| ours.as_secs_f64() / floor.as_secs_f64();
    println!("{:<10} {:>11.2}x {:>11.2}x", "ratio", ratio(ours.0, floor.0), ratio(ours.1, floor.1));
}
