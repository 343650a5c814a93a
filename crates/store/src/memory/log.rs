mod held;
mod waiting;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use self::held::Held;
use self::waiting::Reading;
use crate::newest::Entry;
use crate::{Append, Chunk, EventLog, Mark, Position, StoreError, StoreErrorKind};

/// An [`EventLog`] in memory: as a journal it keeps everything until it is released, and refuses what is over its
/// bound; as a bulk log it drops the oldest over its bound. It holds the very events that were appended, and needs no
/// runtime.
///
/// The first event stands at 1 and each later one at the next number. Marks take no place.
pub struct MemoryLog {
    held: Mutex<Held>,
    most_kept: usize,
}

impl MemoryLog {
    /// A journal without a bound: only [`release`](EventLog::release) forgets.
    pub fn new() -> Self {
        Self::bounded(usize::MAX)
    }

    /// A journal of at most `max_bytes`, as [`Event::size_bytes`](tidegate_event::Event::size_bytes) counts them. Only
    /// [`release`](EventLog::release) forgets: what would pass the bound fails with
    /// [`StoreErrorKind::Full`], so that whoever appends waits for the readers. A log that is empty takes any append.
    pub fn refusing(max_bytes: usize) -> Self {
        Self { most_kept: max_bytes, ..Self::new() }
    }

    /// A bulk log of at most `max_bytes`, as [`Event::size_bytes`](tidegate_event::Event::size_bytes) counts them. Over
    /// it the oldest events are dropped, be they of the append itself, and readers that had not read them are told.
    pub fn bounded(max_bytes: usize) -> Self {
        Self { held: Mutex::new(Held::new(max_bytes)), most_kept: usize::MAX }
    }

    /// How many bytes its events take, as [`Event::size_bytes`](tidegate_event::Event::size_bytes) counts them.
    pub fn bytes(&self) -> usize {
        self.lock().bytes()
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether it holds no event.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Nothing that could panic stands between two changes that belong together.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.lock();
        f.debug_struct("MemoryLog")
            .field("len", &held.len())
            .field("bytes", &held.bytes())
            .field("end", &held.end())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        // Measured before the lock: it looks into every event.
        let entries: Vec<Entry> = append.events.into_iter().map(Entry::new).collect();
        let (end, dropped, wakers) = {
            let mut held = self.lock();
            let more: usize = entries.iter().map(Entry::bytes).sum();
            if more > 0 && held.len() > 0 && held.bytes().saturating_add(more) > self.most_kept {
                let context = format!(
                    "the log in memory holds {} of at most {} bytes that a reader has yet to take",
                    held.bytes(),
                    self.most_kept
                );
                return Err(StoreError::new(StoreErrorKind::Full, context));
            }
            held.mark(append.marks);
            let wakers = if entries.is_empty() { Vec::new() } else { held.take_wakers() };
            let dropped = held.push(entries);
            (held.end(), dropped, wakers)
        };
        for waker in wakers {
            waker.wake();
        }
        drop(dropped);
        Ok(end)
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        Ok(Reading::new(self, from, max_bytes).await)
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        let released = self.lock().release(before);
        drop(released);
        Ok(())
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        Ok(self.lock().marks())
    }
}

#[cfg(test)]
mod tests;
