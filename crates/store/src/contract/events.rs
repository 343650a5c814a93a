//! Events to append, and the steps that the rules share.

use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::DateTime;
use tidegate_event::{Cursor, Event, Notification};

use crate::{Append, Chunk, EventLog, Mark, Position};

/// Room for all events of a rule in one chunk.
pub(super) const PLENTY: usize = 1024 * 1024;

/// An event that is known by its number; all with a number below 10,000 are of one size.
pub(super) fn event(number: u64) -> Arc<Event> {
    let message = format!("{number:<100}");
    Arc::new(Notification::new(format!("{number:04}"), "contract", message, DateTime::UNIX_EPOCH).into())
}

pub(super) fn events(numbers: RangeInclusive<u64>) -> Append {
    Append::new().with_events(numbers.map(event).collect())
}

pub(super) fn mark(name: &str, number: u64) -> Mark {
    Mark { name: name.into(), number, cursor: Cursor::new(format!("{name} at {number}")) }
}

/// The number of an event, and nothing of another one's.
pub(super) fn number(found: &Arc<Event>) -> u64 {
    let Event::Notification(notification) = &**found else { panic!("an event that was never appended: {found:?}") };
    let number = notification.id.parse().expect("the id that was appended");
    assert_eq!(**found, *event(number), "the event is read as it was appended");
    number
}

pub(super) async fn append(log: &dyn EventLog, append: Append) -> Position {
    log.append(append).await.expect("the append succeeds")
}

pub(super) async fn end(log: &dyn EventLog) -> Position {
    append(log, Append::new()).await
}

/// Reads one chunk, and checks what is true of each.
pub(super) async fn read(log: &dyn EventLog, from: Position, max_bytes: usize) -> Chunk {
    let chunk = log.read(from, max_bytes).await.expect("the read succeeds");
    check_chunk(from, &chunk);
    chunk
}

pub(super) fn check_chunk(from: Position, chunk: &Chunk) {
    let positions: Vec<Position> = chunk.events.iter().map(|(at, _)| *at).collect();
    assert!(positions.is_sorted_by(|one, next| one < next), "positions rise within a chunk: {positions:?}");
    assert!(positions.first().is_none_or(|first| *first >= from), "nothing stands before {from}: {positions:?}");
    assert!(positions.last().is_none_or(|last| *last < chunk.next), "`next` lies beyond the last of {positions:?}");
    assert!(from < chunk.next, "a read leads on: from {from} to {}", chunk.next);
}

/// What a reader has read.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) events: Vec<(Position, Arc<Event>)>,
    pub(super) next: Position,
    pub(super) lost: u64,
}

impl Seen {
    pub(super) fn numbers(&self) -> Vec<u64> {
        self.events.iter().map(|(_, event)| number(event)).collect()
    }

    pub(super) fn positions(&self) -> Vec<Position> {
        self.events.iter().map(|(at, _)| *at).collect()
    }
}

/// Reads on until `end`, chunk by chunk.
pub(super) async fn read_to(log: &dyn EventLog, from: Position, end: Position, max_bytes: usize) -> Seen {
    let mut seen = Seen { next: from, ..Seen::default() };
    while seen.next < end {
        let chunk = read(log, seen.next, max_bytes).await;
        seen.events.extend(chunk.events);
        seen.next = chunk.next;
        seen.lost += chunk.lost;
    }
    seen
}

/// Reads all that there is.
pub(super) async fn read_all(log: &dyn EventLog) -> Seen {
    read_to(log, Position::START, end(log).await, PLENTY).await
}

/// What the log says of `name`.
pub(super) async fn mark_of(log: &dyn EventLog, name: &str) -> Option<Mark> {
    let mut marks = log.marks().await.expect("the marks can be read");
    marks.retain(|mark| *mark.name == *name);
    assert!(marks.len() <= 1, "one mark for a name: {marks:?}");
    marks.pop()
}

pub(super) async fn release(log: &dyn EventLog, before: Position) {
    log.release(before).await.expect("the release succeeds");
}
