use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tidegate_event::{Cursor, Event, Name};

use crate::StoreError;

/// A place in an [`EventLog`]: opaque, ordered, with gaps (a byte offset, or a broker's sequence).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(u64);

impl Position {
    /// Before everything that was ever appended.
    pub const START: Self = Self(0);

    /// A position by the log's own number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The log's own number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// How far a source has come, as written with an append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The source's name.
    pub name: Name,
    /// Rises with each mark of the source, over all logs: of two marks the higher one counts.
    pub number: u64,
    /// The source's own word for how far it has come.
    pub cursor: Cursor,
}

/// What is appended at once: all of it becomes durable, or none.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Append {
    /// The events, in order.
    pub events: Vec<Arc<Event>>,
    /// The marks. Each replaces an earlier one of its name with a lower number.
    pub marks: Vec<Mark>,
}

impl Append {
    /// An append of nothing, which writes nothing: it asks where the log ends.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with `events`.
    pub fn with_events(mut self, events: Vec<Arc<Event>>) -> Self {
        self.events = events;
        self
    }

    /// The same with `marks`.
    pub fn with_marks(mut self, marks: Vec<Mark>) -> Self {
        self.marks = marks;
        self
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.marks.is_empty()
    }
}

/// What was read at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// Events with their positions, in order.
    pub events: Vec<(Position, Arc<Event>)>,
    /// Where to read on.
    pub next: Position,
    /// At most how many events before these were forgotten unread: released, or dropped for the log's size.
    pub lost: u64,
}

/// A log of events that many readers follow, each at its own pace.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends all of `append`, or nothing; returns, once durable, the position after the last. An empty append writes
    /// nothing and returns the log's end.
    ///
    /// # Errors
    /// When it is not durable. What failed may be appended again; the same append may then stand twice, which its
    /// readers take as once.
    async fn append(&self, append: Append) -> Result<Position, StoreError>;

    /// Reads events at and after `from`, about `max_bytes` of them as
    /// [`Event::size_bytes`](tidegate_event::Event::size_bytes) counts, at least one. Waits until there is something.
    /// Cancel-safe. Where only marks lie between `from` and the end, or what was forgotten, it returns no events and a
    /// `next` beyond them, so that a reader always reaches the end that an empty append names. From a position that was
    /// forgotten it reads on at the oldest that is there, and says how many were lost.
    ///
    /// # Errors
    /// When what is there cannot be read.
    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError>;

    /// Everything before `before` may be forgotten.
    ///
    /// # Errors
    /// When forgetting failed; nothing is lost by that.
    async fn release(&self, before: Position) -> Result<(), StoreError>;

    /// The latest mark of each name, in no order. Marks outlive the events they came with.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn marks(&self) -> Result<Vec<Mark>, StoreError>;
}

#[async_trait]
impl<T: EventLog + ?Sized> EventLog for Box<T> {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        (**self).append(append).await
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        (**self).read(from, max_bytes).await
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        (**self).release(before).await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        (**self).marks().await
    }
}

#[async_trait]
impl<T: EventLog + ?Sized> EventLog for Arc<T> {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        (**self).append(append).await
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        (**self).read(from, max_bytes).await
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        (**self).release(before).await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        (**self).marks().await
    }
}
