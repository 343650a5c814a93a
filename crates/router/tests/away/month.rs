use std::time::Duration;

use tidegate_base::{Clock, Random};
use tidegate_event::{EventKind, Signal};
use tidegate_router::{Handle, Integration, Policy, Router, Subscription};
use tidegate_store::DiskLogOptions;

use crate::clock::SimulatedClock;
use crate::detector::{Level, level};
use crate::stores::{log, state};
use crate::tally::Tally;
use crate::{ALLOCATOR, tell};

/// How many issues open a day, and close.
const A_DAY: usize = 3_334;
/// How many times a day something is published.
const TIMES: usize = 24;
/// One issue in so many stays open until the month is over.
const STAYS: usize = 1_000;
const SEGMENT: u64 = 1024 * 1024;
/// What all else may take: the history of 10,000 episodes, the open issues, what the stores keep in memory.
const MEMORY: usize = 12 * 1024 * 1024;
/// The state on disk: 16 MiB of history are a file of twice that.
const STATE: u64 = 36 * 1024 * 1024;
/// The journal on disk: what is read and saved at once is released.
const JOURNAL: u64 = 4 * SEGMENT;
/// The nodes that have the issues by turns, besides those where one stays.
const NODES: usize = 5_000;

/// Opens the issues of one time, and closes those of the time before.
async fn publish(handle: &Handle, clock: SimulatedClock, time: usize) {
    let of = |time: usize| time * A_DAY / TIMES..(time + 1) * A_DAY / TIMES;
    let now = clock.now();
    let stays = |number: &usize| number.is_multiple_of(STAYS);
    let node = |number: usize| if stays(&number) { NODES + number } else { number % NODES };
    let opening = of(time).map(|number| level(node(number), true, now));
    let closing = time.checked_sub(1).map(of).into_iter().flatten();
    let closing = closing.filter(|number| !stays(number)).map(|number| level(node(number), false, now));
    let signals: Vec<Signal> = opening.chain(closing).collect();
    handle.publish(signals).await.expect("it runs");
}

/// What may not grow without end.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    memory: usize,
    state: u64,
    journal: u64,
}

impl Size {
    fn most(self, other: Self) -> Self {
        Self {
            memory: self.memory.max(other.memory),
            state: self.state.max(other.state),
            journal: self.journal.max(other.journal),
        }
    }
}

/// Lets `days` pass in which one integration is away, for which `window` bytes may wait: that is full after a few, and what
/// the router takes grows no more.
async fn pass(days: usize, window: usize) {
    let dir = tempfile::tempdir().expect("a folder");
    let clock = SimulatedClock::new();
    let options = || DiskLogOptions::new().with_segment_bytes(SEGMENT).with_cache_bytes(1024 * 1024);
    let (journal, bulk) = (log(&dir.path().join("journal"), options()), log(&dir.path().join("bulk"), options()));
    let kinds = [EventKind::Issue];
    let (ops, others) = (Tally::new("ops", clock, &kinds, 1), Tally::new("others", clock, &kinds, 100));
    let bounded = Policy::new().with_window_bytes(window);
    let router = Router::builder()
        .with_detector(Level)
        .with_stores(journal.clone(), bulk, state(dir.path()))
        .with_clock(clock)
        .with_random(Random::seeded(5))
        .with_integration(Integration::new("ops", ops.clone(), Subscription::new(kinds)).with_policy(bounded))
        .with_integration(Integration::new("others", others.clone(), Subscription::new(kinds)))
        .build()
        .expect("parts that fit");
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    let size = || {
        let state = std::fs::metadata(dir.path().join("state.redb")).expect("it is there").len();
        Size { memory: ALLOCATOR.current_usage(), state, journal: journal.store.bytes() }
    };

    ops.set_away(true);
    let mut most = Vec::new();
    for day in 0..days {
        let mut of_day = Size::default();
        for time in day * TIMES..(day + 1) * TIMES {
            publish(&handle, clock, time).await;
            tokio::time::sleep(Duration::from_hours(24) / u32::try_from(TIMES).expect("few")).await;
            // What the one that is there keeps of what it was told is not the router's.
            others.told().forget_closed();
            of_day = of_day.most(size());
        }
        most.push(of_day);
    }
    println!("most on each day: {most:?}");
    let largest = most.into_iter().fold(Size::default(), Size::most);
    assert!(largest.memory < MEMORY + 3 * window, "{largest:?}");
    assert!(largest.state < STATE && largest.journal < JOURNAL, "{largest:?}");
    let snapshot = handle.snapshot().await.expect("it runs");
    let status = &snapshot.integrations[0];
    assert!(status.given_up > 0 && status.waiting_bytes <= window + window / 4, "{status:?}");

    ops.set_away(false);
    tokio::time::sleep(Duration::from_mins(15)).await;
    others.told().forget_closed();
    ops.told().forget_closed();
    assert!(ops.told().open() > days * A_DAY / STAYS, "those of a month ago are open still");
    assert_eq!(ops.told().issues.keys().collect::<Vec<_>>(), others.told().issues.keys().collect::<Vec<_>>());
    assert_eq!((ops.told().backwards, others.told().backwards), (0, 0));
    handle.stop();
    running.await.expect("no panic").expect("it stops in order");
}

#[test]
fn days_away_take_bounded_memory_and_disk() {
    tell(pass(7, 512 * 1024));
}

/// A month has 2.6 million seconds, at each of which the router looks around: that takes a minute or more.
#[cfg(feature = "slow-tests")]
#[test]
fn a_month_away_takes_bounded_memory_and_disk() {
    tell(pass(30, 4 * 1024 * 1024));
}
