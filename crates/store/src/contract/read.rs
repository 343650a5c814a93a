use futures::future::join_all;
use futures::{FutureExt, join, poll};

use super::events::{PLENTY, append, check_chunk, end, event, events, mark, number, read, read_all, read_to};
use crate::{Append, Chunk, EventLog, Position};

pub(super) async fn a_read_at_a_position_starts_with_its_event(log: &dyn EventLog) {
    append(log, events(1..=3)).await;
    append(log, events(4..=5)).await;
    for (index, (at, found)) in read_all(log).await.events.into_iter().enumerate() {
        let chunk = read(log, at, PLENTY).await;
        assert_eq!(chunk.events.first(), Some(&(at, found)), "event {} stands at {at}", index + 1);
        assert_eq!(chunk.lost, 0);
    }
}

pub(super) async fn a_read_at_next_neither_repeats_nor_omits(log: &dyn EventLog) {
    append(log, events(1..=20)).await;
    let all = read_all(log).await;
    let size = event(1).size_bytes();
    for max_bytes in [0, 1, size, 3 * size + 1, PLENTY] {
        let seen = read_to(log, Position::START, end(log).await, max_bytes).await;
        assert_eq!(seen.events, all.events, "in chunks of {max_bytes} bytes");
        assert_eq!(seen.lost, 0, "in chunks of {max_bytes} bytes");
    }
}

/// What a reader holds at once is bounded by it.
pub(super) async fn a_chunk_passes_the_asked_bytes_by_no_event_but_its_first(log: &dyn EventLog) {
    append(log, events(1..=50)).await;
    let size = event(1).size_bytes();
    for events in [0, 1, 2, 10] {
        let max_bytes = events * size;
        let chunk = read(log, Position::START, max_bytes).await;
        assert!(!chunk.events.is_empty(), "of {max_bytes} bytes");
        assert!(chunk.events.len() <= events.max(1), "{} events in {max_bytes} bytes", chunk.events.len());
    }
}

pub(super) async fn a_read_waits_for_an_append(log: &dyn EventLog) {
    for round in 1..=3 {
        let from = end(log).await;
        let mut waiting = log.read(from, PLENTY);
        assert!(poll!(&mut waiting).is_pending(), "there is nothing to read at {from}");
        let (chunk, after) = join!(waiting, append(log, events(round..=round)));
        assert_read(from, &chunk.expect("the read succeeds"), &[round]);
        assert_eq!(end(log).await, after);
    }
}

/// No events may come of marks; what comes of them then is only a place further on.
pub(super) async fn a_read_waits_through_marks_and_empty_appends(log: &dyn EventLog) {
    append(log, events(1..=1)).await;
    let from = end(log).await;
    let reader = async {
        let mut seen = read(log, from, PLENTY).await;
        while seen.events.is_empty() {
            seen = read(log, seen.next, PLENTY).await;
        }
        seen
    };
    let writer = async {
        end(log).await;
        append(log, Append::new().with_marks(vec![mark("source", 1)])).await;
        append(log, events(2..=2)).await;
    };
    let (chunk, ()) = join!(reader, writer);
    assert_read(from, &chunk, &[2]);
}

pub(super) async fn an_append_wakes_every_reader(log: &dyn EventLog) {
    let from = end(log).await;
    let readers = join_all((0..16).map(|_| read(log, from, PLENTY)));
    let (chunks, _) = join!(readers, append(log, events(1..=1)));
    for chunk in chunks {
        assert_read(from, &chunk, &[1]);
    }
}

pub(super) async fn a_dropped_read_loses_nothing(log: &dyn EventLog) {
    let from = end(log).await;
    let mut before_the_append = log.read(from, PLENTY);
    assert!(poll!(&mut before_the_append).is_pending());
    let mut after_the_append = log.read(from, PLENTY);
    assert!(poll!(&mut after_the_append).is_pending());
    let mut beside = read(log, from, PLENTY).boxed();
    assert!(poll!(&mut beside).is_pending());

    drop(before_the_append);
    append(log, events(1..=2)).await;
    drop(after_the_append);
    assert_read(from, &beside.await, &[1, 2]);
    assert_read(from, &read(log, from, PLENTY).await, &[1, 2]);
}

pub(super) async fn readers_do_not_disturb_each_other(log: &dyn EventLog) {
    append(log, events(1..=9)).await;
    let end = end(log).await;
    let size = event(1).size_bytes();
    let fast = read_to(log, Position::START, end, PLENTY);
    let slow = read_to(log, Position::START, end, size);
    let (fast, slow) = join!(fast, slow);
    assert_eq!(fast.events, slow.events);
    assert_eq!(slow.numbers(), (1..=9).collect::<Vec<_>>());

    let middle = fast.positions()[4];
    assert_eq!(read_to(log, middle, end, size).await.numbers(), [5, 6, 7, 8, 9]);
    assert_eq!(read_all(log).await.numbers().len(), 9, "what one has read another still reads");
}

/// A lane reads up to the end that an empty append names before it sends anything.
pub(super) async fn a_reader_reaches_the_end(log: &dyn EventLog) {
    assert_eq!(read_all(log).await.numbers(), [0; 0], "of an empty log");
    append(log, Append::new().with_marks(vec![mark("source", 1)])).await;
    assert_eq!(read_all(log).await.numbers(), [0; 0], "of a log of marks");
    append(log, events(1..=1)).await;
    append(log, Append::new().with_marks(vec![mark("source", 2)])).await;
    assert_eq!(read_all(log).await.numbers(), [1], "of a log that ends with marks");
}

fn assert_read(from: Position, chunk: &Chunk, expected: &[u64]) {
    check_chunk(from, chunk);
    let numbers: Vec<u64> = chunk.events.iter().map(|(_, event)| number(event)).collect();
    assert!(!numbers.is_empty() && expected.starts_with(&numbers), "{numbers:?} of {expected:?}");
    assert_eq!(chunk.lost, 0);
}
