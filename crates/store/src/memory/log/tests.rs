use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use chrono::DateTime;
use futures::FutureExt;
use futures::executor::block_on;
use tidegate_event::{Event, Notification};

use super::MemoryLog;
use crate::{Append, Chunk, EventLog, Mark, Position, StoreErrorKind};

fn event(number: usize) -> Arc<Event> {
    Arc::new(Notification::new(format!("{number:04}"), "test", "", DateTime::UNIX_EPOCH).into())
}

fn events(count: usize) -> Append {
    Append::new().with_events((1..=count).map(event).collect())
}

fn append(log: &MemoryLog, append: Append) -> u64 {
    log.append(append).now_or_never().expect("never waits").expect("never fails").number()
}

fn read(log: &MemoryLog, from: u64, max_bytes: usize) -> Option<Chunk> {
    log.read(Position::new(from), max_bytes).now_or_never().map(|chunk| chunk.expect("never fails"))
}

fn release(log: &MemoryLog, before: u64) {
    log.release(Position::new(before)).now_or_never().expect("never waits").expect("never fails");
}

/// The positions, where to read on, and what was lost.
fn shape(chunk: Option<Chunk>) -> Option<(Vec<u64>, u64, u64)> {
    chunk.map(|chunk| (chunk.events.iter().map(|(at, _)| at.number()).collect(), chunk.next.number(), chunk.lost))
}

struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn events_stand_at_1_and_the_numbers_after_it() {
    let log = MemoryLog::new();
    assert_eq!(append(&log, Append::new()), 0);
    assert_eq!(append(&log, events(2)), 3);
    assert_eq!(append(&log, events(1)), 4);
    assert_eq!(append(&log, Append::new()), 4);
    assert_eq!(shape(read(&log, 0, 10_000)), Some((vec![1, 2, 3], 4, 0)));
    assert_eq!(shape(read(&log, 3, 10_000)), Some((vec![3], 4, 0)));
    assert_eq!(shape(read(&log, 4, 10_000)), None);
    assert_eq!(shape(read(&log, 9, 10_000)), None);
}

#[test]
fn the_events_read_are_those_appended_and_not_copies() {
    let log = MemoryLog::new();
    let appended = event(1);
    append(&log, Append::new().with_events(vec![appended.clone()]));
    let chunk = read(&log, 0, 0).expect("there is an event");
    assert!(Arc::ptr_eq(&chunk.events[0].1, &appended));
}

#[test]
fn a_chunk_holds_what_fits_and_at_least_one() {
    let log = MemoryLog::new();
    append(&log, events(5));
    let size = event(1).size_bytes();
    for (max_bytes, expected) in [
        (0, vec![1]),
        (size - 1, vec![1]),
        (2 * size - 1, vec![1]),
        (2 * size, vec![1, 2]),
        (usize::MAX, vec![1, 2, 3, 4, 5]),
    ] {
        let next = 1 + expected.len() as u64;
        assert_eq!(shape(read(&log, 1, max_bytes)), Some((expected, next, 0)), "{max_bytes} bytes");
    }
}

#[test]
fn release_counts_as_lost_only_what_a_reader_had_before_it() {
    let log = MemoryLog::new();
    append(&log, events(5));
    release(&log, 4);
    assert_eq!((log.len(), log.bytes()), (2, 2 * event(1).size_bytes()));
    for (from, lost) in [(0, 3), (1, 3), (3, 1), (4, 0)] {
        assert_eq!(shape(read(&log, from, 10_000)), Some((vec![4, 5], 6, lost)), "from {from}");
    }
    release(&log, 2);
    assert_eq!(log.len(), 2);
}

#[test]
fn a_reader_behind_an_emptied_log_is_sent_to_its_end() {
    let log = MemoryLog::new();
    append(&log, events(3));
    release(&log, 1_000);
    assert!(log.is_empty());
    assert_eq!(log.bytes(), 0);
    assert_eq!(append(&log, Append::new()), 4);
    assert_eq!(shape(read(&log, 0, 1)), Some((vec![], 4, 3)));
    assert_eq!(shape(read(&log, 4, 1)), None);
    assert_eq!(append(&log, events(1)), 5);
    assert_eq!(shape(read(&log, 2, 1)), Some((vec![4], 5, 2)));
}

#[test]
fn a_bounded_log_drops_the_oldest_and_only_as_many_as_it_must() {
    let size = event(1).size_bytes();
    let log = MemoryLog::bounded(3 * size + 1);
    append(&log, events(3));
    assert_eq!(log.len(), 3);
    append(&log, events(1));
    assert_eq!((log.len(), log.bytes()), (3, 3 * size));
    assert_eq!(shape(read(&log, 1, usize::MAX)), Some((vec![2, 3, 4], 5, 1)));
    append(&log, events(10));
    assert_eq!(shape(read(&log, 5, usize::MAX)), Some((vec![12, 13, 14], 15, 7)));
}

#[test]
fn an_event_over_the_whole_bound_is_lost_and_its_reader_told() {
    let log = MemoryLog::bounded(1);
    let mut waiting = log.read(Position::START, 1);
    assert!((&mut waiting).now_or_never().is_none());
    assert_eq!(append(&log, events(1)), 2);
    assert!(log.is_empty());
    let chunk = waiting.now_or_never().map(|chunk| chunk.expect("never fails"));
    assert_eq!(shape(chunk), Some((vec![], 2, 1)));
}

#[test]
fn a_waiting_read_is_woken_once_and_a_dropped_one_leaves_nothing() {
    let log = MemoryLog::new();
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);

    let mut reads: Vec<_> = (0..3).map(|_| log.read(Position::START, 1)).collect();
    for read in &mut reads {
        assert!(read.poll_unpin(&mut context).is_pending());
        assert!(read.poll_unpin(&mut context).is_pending());
    }
    assert_eq!(log.lock().waiting(), 3);
    drop(reads.pop());
    assert_eq!(log.lock().waiting(), 2);

    append(&log, Append::new().with_marks(vec![mark(1)]));
    assert_eq!(woken.0.load(Ordering::SeqCst), 0, "nothing to read in a mark");
    append(&log, events(1));
    assert_eq!(woken.0.load(Ordering::SeqCst), 2);
    assert_eq!(log.lock().waiting(), 0);
    assert!(reads.iter_mut().all(|read| matches!(read.poll_unpin(&mut context), Poll::Ready(Ok(_)))));
    assert_eq!(Arc::strong_count(&woken), 2, "no waker is kept");
}

#[test]
fn a_read_that_moves_to_another_task_wakes_that_one() {
    let log = MemoryLog::new();
    let wakers = [(); 2].map(|()| Arc::new(Woken(AtomicUsize::new(0))));
    let mut read = log.read(Position::START, 1);
    for woken in &wakers {
        let waker = Waker::from(woken.clone());
        assert!(read.poll_unpin(&mut Context::from_waker(&waker)).is_pending());
    }
    append(&log, events(1));
    assert_eq!(wakers.map(|woken| woken.0.load(Ordering::SeqCst)), [0, 1]);
}

#[test]
fn a_read_may_be_dropped_by_the_waker_that_it_registered() {
    /// A task whose last handle is its waker, as an executor that shuts down leaves it.
    struct Task {
        read: std::sync::Mutex<Option<futures::future::BoxFuture<'static, ()>>>,
    }
    impl Wake for Task {
        fn wake(self: Arc<Self>) {}
    }

    let log = Arc::new(MemoryLog::new());
    let task = Arc::new(Task { read: std::sync::Mutex::new(None) });
    let reader = log.clone();
    let mut read = async move { drop(reader.read(Position::START, 1).await) }.boxed();
    let waker = Waker::from(task.clone());
    assert!(read.poll_unpin(&mut Context::from_waker(&waker)).is_pending());
    *task.read.lock().expect("not poisoned") = Some(read);
    drop((task, waker));
    append(&log, events(1));
    assert_eq!(log.lock().waiting(), 0);
}

#[test]
fn readers_on_other_threads_see_every_event_in_order() {
    const EVENTS: usize = 2_000;
    let log = Arc::new(MemoryLog::new());
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let log = log.clone();
            std::thread::spawn(move || {
                let (mut from, mut seen) = (Position::START, 0);
                while seen < EVENTS {
                    let chunk = block_on(log.read(from, 4096)).expect("never fails");
                    for (at, found) in &chunk.events {
                        seen += 1;
                        assert_eq!(at.number(), seen as u64);
                        assert_eq!(**found, *event(seen));
                    }
                    from = chunk.next;
                }
            })
        })
        .collect();
    for number in 1..=EVENTS {
        append(&log, Append::new().with_events(vec![event(number)]));
    }
    for reader in readers {
        reader.join().expect("the reader saw all");
    }
}

#[test]
fn the_room_of_released_events_is_given_back() {
    let log = MemoryLog::new();
    append(&log, events(100_000));
    release(&log, 99_000);
    assert!(log.lock().room() <= 4_000, "{} entries of room", log.lock().room());
    append(&log, events(10));
    assert_eq!(shape(read(&log, 100_009, 1)), Some((vec![100_009], 100_010, 0)));
}

fn mark(number: u64) -> Mark {
    Mark { name: "source".into(), number, cursor: tidegate_event::Cursor::new(number.to_string()) }
}

#[test]
fn a_refusing_log_takes_nothing_over_its_bound_until_it_is_read() {
    block_on(async {
        let one = event(1).size_bytes();
        let log = MemoryLog::refusing(2 * one);
        let append = |number| Append::new().with_events(vec![event(number)]);
        log.append(append(1)).await.expect("there is room");
        let end = log.append(append(2)).await.expect("there is room");
        let full = log.append(append(3)).await.expect_err("over the bound");
        assert_eq!(full.kind(), StoreErrorKind::Full);
        assert_eq!(log.len(), 2, "what is refused leaves nothing behind");
        assert_eq!(log.append(Append::new()).await.expect("nothing is no burden"), end);
        log.release(end).await.expect("memory does not fail");
        log.append(append(3)).await.expect("there is room again");
    });
}
