use std::time::Duration;

use chrono::TimeDelta;
use tidegate_base::{Clock, Random};
use tidegate_event::{EventKind, LogRecord, Resource, Signal};
use tidegate_router::{Handle, Integration, Router, Subscription};
use tidegate_store::DiskLogOptions;

use crate::clock::SimulatedClock;
use crate::detector::{Level, level};
use crate::stores::{log, state};
use crate::tally::Tally;
use crate::tell;

const LINES: usize = 1_000_000;
const ISSUES: usize = 500;
/// How many times something is published in the hour.
const TIMES: usize = 1_000;
const SEGMENT: u64 = 4 * 1024 * 1024;

/// One part of the hour: lines, and an issue that opens at every second; every other one of those closes ten later.
async fn publish(handle: &Handle, clock: SimulatedClock, time: usize) {
    let node = Resource::new().with_cluster("orders").with_node("n1");
    let line = |number: usize| {
        let message = format!("SLOW QUEUE MSG [StorageWriterQueue]: WritePrepares - 204 ms. Q: 0/12. Line {number}");
        Signal::from(LogRecord::new(node.clone(), message, clock.now()))
    };
    let lines = LINES / TIMES;
    let mut signals: Vec<Signal> = (time * lines..(time + 1) * lines).map(line).collect();
    let issue = time * ISSUES / TIMES;
    if (time * ISSUES).is_multiple_of(TIMES) {
        signals.push(level(issue, true, clock.now()));
        if let Some(over) = issue.checked_sub(10).filter(|over| over % 2 == 1) {
            signals.push(level(over, false, clock.now()));
        }
    }
    handle.publish(signals).await.expect("it runs");
}

#[test]
fn an_hour_away_delays_nobody_else_and_everything_follows_in_order() {
    tell(async {
        let dir = tempfile::tempdir().expect("a folder");
        let clock = SimulatedClock::new();
        let logs = DiskLogOptions::bounded(1 << 30).with_segment_bytes(SEGMENT);
        let journal = log(&dir.path().join("journal"), DiskLogOptions::new().with_segment_bytes(SEGMENT));
        let bulk = log(&dir.path().join("bulk"), logs);
        let both = [EventKind::Issue, EventKind::Log];
        let (ops, others) = (Tally::new("ops", clock, &both, 1_000), Tally::new("others", clock, &both, 1_000));
        let router = Router::builder()
            .with_detector(Level)
            .with_stores(journal.clone(), bulk.clone(), state(dir.path()))
            .with_clock(clock)
            .with_random(Random::seeded(5))
            .with_integration(Integration::new("ops", ops.clone(), Subscription::new(both)))
            .with_integration(Integration::new("others", others.clone(), Subscription::new(both)))
            .build()
            .expect("parts that fit");
        let handle = router.handle();
        let running = tokio::spawn(router.run());

        // As usual, for as many lines as a tenth of the hour brings.
        let part = Duration::from_hours(1) / u32::try_from(TIMES).expect("few");
        for time in 0..TIMES / 10 {
            publish(&handle, clock, time).await;
            tokio::time::sleep(part).await;
        }
        let usual = others.told().latest;
        assert!(usual <= TimeDelta::seconds(2), "{usual}");
        ops.set_away(true);
        let mut most = 0;
        for time in TIMES / 10..TIMES {
            publish(&handle, clock, time).await;
            tokio::time::sleep(part).await;
            most = most.max(bulk.store.bytes());
        }
        tokio::time::sleep(Duration::from_mins(6)).await;
        {
            let (ops, others) = (ops.told(), others.told());
            assert!(others.latest <= usual, "usually {usual}, and now {}", others.latest);
            assert_eq!((others.lines, others.issues.len(), others.open()), (LINES, ISSUES, ISSUES - 245));
            assert_eq!((ops.lines, ops.issues.len()), (LINES / 10, ISSUES / 10), "it is away");
        }
        assert!(most > LINES as u64 * 60, "the log keeps what is to be told: {most} bytes");

        ops.set_away(false);
        tokio::time::sleep(Duration::from_mins(15)).await;
        {
            let (ops, others) = (ops.told(), others.told());
            for told in [&ops, &others] {
                assert_eq!((told.lines, told.out_of_order, told.backwards), (LINES, 0, 0));
            }
            assert_eq!(ops.issues, others.issues, "of each issue the latest");
        }
        for (name, log) in [("journal", &journal), ("bulk", &bulk)] {
            let bytes = log.store.bytes();
            assert!(bytes <= 2 * SEGMENT, "the {name} has {bytes} bytes, and had {most}");
        }
        handle.stop();
        running.await.expect("no panic").expect("it stops in order");
    });
}
