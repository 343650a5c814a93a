//! Issues over the stores on a real disk, published at a steady rate or at once, and when each was told.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tidegate_event::{Event, EventKind, Signal};
use tidegate_router::{Handle, Integration, Router, Subscription};
use tidegate_sink::{Delivery, Sink};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::common::{self, AtOnce};
use crate::stores;

/// When each issue was told, by its number.
#[derive(Default)]
pub(crate) struct Told {
    at: Mutex<(Vec<Option<Instant>>, usize)>,
    risen: Notify,
}

impl Told {
    pub(crate) fn note(&self, batch: &[Delivery]) {
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

    pub(crate) async fn reach(&self, count: usize) {
        loop {
            let risen = self.risen.notified();
            if self.at.lock().unwrap_or_else(PoisonError::into_inner).1 >= count {
                return;
            }
            risen.await;
        }
    }

    pub(crate) fn waits(&self, from: &[Instant]) -> Vec<Duration> {
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

/// Publishes `count` issues, each by itself, `a_second` of them or as fast as they are taken; when each was published, and how
/// long it took until all were told.
pub(crate) async fn measure(
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

pub(crate) fn row(name: &str, waits: &[Duration]) {
    let at = |per_mille: usize| waits[(waits.len() - 1) * per_mille / 1_000];
    println!("{name:<44} {:>10.1?} {:>10.1?} {:>10.1?}", at(500), at(990), at(1_000));
}
