//! Whatever is done to it in whatever order, the log on disk holds what the one in memory does, over restarts too. On the
//! machine's own file system.

use std::sync::Arc;

use futures::executor::block_on;
use proptest::prelude::*;
use tidegate_event::Event;
use tidegate_store::{Append, DiskLog, DiskLogOptions, EventLog, MemoryLog, Position};

use super::common::{event, mark};

#[derive(Debug, Clone)]
enum Step {
    Append {
        sizes: Vec<usize>,
        mark: Option<u64>,
    },
    /// From a place on the way to the end, in thousandths.
    Read {
        from: u64,
        max_bytes: usize,
    },
    Release {
        before: u64,
    },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let sizes = prop::collection::vec(prop_oneof![20 => 0..900_usize, 1 => 60_000..140_000_usize], 0..6);
    prop_oneof![
        6 => (sizes, prop::option::of(0..50_u64)).prop_map(|(sizes, mark)| Step::Append { sizes, mark }),
        3 => (0..1_100_u64, prop_oneof![Just(0), 0..9_000_usize]).prop_map(|(from, max_bytes)| Step::Read { from, max_bytes }),
        1 => (0..1_100_u64).prop_map(|before| Step::Release { before }),
        1 => Just(Step::Reopen),
    ]
}

fn options(segment_bytes: u64, cache_bytes: usize) -> DiskLogOptions {
    DiskLogOptions::new().with_segment_bytes(segment_bytes).with_cache_bytes(cache_bytes)
}

/// All from `from` to the end, with what was lost.
fn read_on(log: &dyn EventLog, from: Position, max_bytes: usize) -> (Vec<(Position, Arc<Event>)>, u64) {
    let (mut events, mut lost) = (Vec::new(), 0);
    let end = block_on(log.append(Append::new())).expect("the end");
    let mut at = from;
    while at < end {
        let chunk = block_on(log.read(at, max_bytes)).expect("a chunk");
        let size: usize = chunk.events.iter().skip(1).map(|(_, event)| event.size_bytes()).sum();
        assert!(chunk.events.len() <= 1 || size < max_bytes, "no more than was asked for");
        events.extend(chunk.events);
        lost += chunk.lost;
        at = chunk.next;
    }
    (events, lost)
}

/// A place in the log, or a little behind its end.
fn place(log: &MemoryLog, thousandths: u64) -> Position {
    let end = block_on(log.append(Append::new())).expect("the end");
    Position::new(end.number() * thousandths / 1_000)
}

fn run(steps: Vec<Step>, segment_bytes: u64, cache_bytes: usize) {
    let dir = tempfile::tempdir().expect("a folder");
    let open = || DiskLog::open(dir.path(), options(segment_bytes, cache_bytes)).expect("it opens");
    let (mut disk, memory) = (open(), MemoryLog::new());
    let mut released = Position::START;
    for (step, append) in steps.into_iter().zip(1..) {
        match step {
            Step::Append { sizes, mark: number } => {
                let count = sizes.len() as u64;
                let events = (0..).zip(sizes).map(|(index, size)| event(append, index, count, size)).collect();
                let append = Append::new().with_events(events).with_marks(number.map(mark).into_iter().collect());
                let ends = block_on(async { (disk.append(append.clone()).await, memory.append(append).await) });
                assert_eq!(ends.0.expect("durable"), ends.1.expect("appended"));
            }
            Step::Read { from, max_bytes } => {
                let from = place(&memory, from);
                let (on_disk, in_memory) = (read_on(&disk, from, max_bytes), read_on(&memory, from, max_bytes));
                if from >= released {
                    assert_eq!(on_disk, in_memory);
                } else {
                    // It forgets whole segments, and so less.
                    assert!(on_disk.0.ends_with(&in_memory.0) && on_disk.1 <= in_memory.1);
                    assert_eq!(on_disk.0.len() as u64 + on_disk.1, in_memory.0.len() as u64 + in_memory.1);
                }
            }
            Step::Release { before } => {
                let before = place(&memory, before);
                released = released.max(before);
                block_on(async { (disk.release(before).await, memory.release(before).await) }).0.expect("released");
            }
            Step::Reopen => {
                drop(disk);
                disk = open();
                assert!(disk.recovered().is_clean());
            }
        }
        let marks = block_on(async { (disk.marks().await, memory.marks().await) });
        assert_eq!(marks.0.expect("marks"), marks.1.expect("marks"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_on_disk_is_like_one_in_memory(
        steps in prop::collection::vec(step(), 1..40),
        segment_bytes in prop_oneof![Just(2_048_u64), Just(16_384), Just(1 << 20)],
        cache_bytes in prop_oneof![Just(0_usize), Just(5_000), Just(1 << 24)],
    ) {
        run(steps, segment_bytes, cache_bytes);
    }
}
