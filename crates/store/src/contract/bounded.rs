use super::events::{append, end, event, events, mark, mark_of, read_all, read_to};
use super::release::assert_loss_is_told;
use crate::{EventLog, Position};

/// Events in one append: small beside every bound that is allowed.
const STEP: u64 = 4;

/// Appends events from `first` on, of four times the bound, and gives the last one's number.
async fn overfill(log: &dyn EventLog, max_bytes: usize, first: u64) -> u64 {
    let count = (4 * max_bytes / event(1).size_bytes()) as u64;
    let mut next = first;
    while next < first + count {
        append(log, events(next..=next + STEP - 1)).await;
        next += STEP;
    }
    next - 1
}

pub(super) async fn the_newest_events_stay_and_the_loss_is_told(log: &dyn EventLog, max_bytes: usize) {
    let last = overfill(log, max_bytes, 1).await;
    let seen = read_all(log).await;
    assert_loss_is_told(&seen, last);
    assert!(seen.lost > 0, "four times the bound is more than it holds");
    assert!(seen.numbers().len() as u64 >= STEP, "the newest are there");
}

pub(super) async fn a_reader_that_keeps_up_loses_nothing(log: &dyn EventLog, max_bytes: usize) {
    let mut from = Position::START;
    let count = (4 * max_bytes / event(1).size_bytes()) as u64;
    for first in (1..=count).step_by(4) {
        append(log, events(first..=first + STEP - 1)).await;
        let seen = read_to(log, from, end(log).await, max_bytes).await;
        assert_eq!((seen.numbers(), seen.lost), ((first..first + STEP).collect(), 0));
        from = seen.next;
    }
}

pub(super) async fn a_reader_left_behind_is_told_and_reaches_the_end(log: &dyn EventLog, max_bytes: usize) {
    append(log, events(1..=STEP)).await;
    let from = read_all(log).await.positions()[1];
    let last = overfill(log, max_bytes, STEP + 1).await;
    let end = end(log).await;
    let seen = read_to(log, from, end, event(1).size_bytes()).await;
    let numbers = seen.numbers();
    let first = numbers[0];
    assert_eq!(numbers, (first..=last).collect::<Vec<_>>());
    assert!(first - 2 <= seen.lost, "{} are missing and {} are told", first - 2, seen.lost);

    let still_there = seen.positions()[0];
    assert_eq!(read_to(log, still_there, end, max_bytes).await.lost, 0, "who reads what is there loses nothing");
}

pub(super) async fn marks_outlive_dropped_events(log: &dyn EventLog, max_bytes: usize) {
    append(log, events(1..=STEP).with_marks(vec![mark("source", 1)])).await;
    overfill(log, max_bytes, STEP + 1).await;
    assert_eq!(mark_of(log, "source").await, Some(mark("source", 1)));
}
