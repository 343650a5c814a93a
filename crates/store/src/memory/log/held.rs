use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::Waker;

use tidegate_event::{Event, Name};

use crate::{Chunk, Mark, Position};

/// Below this many entries the room of a queue is not given back.
const ROOM_TO_KEEP: usize = 1024;

/// An event and its size, so that it is measured once.
#[derive(Debug)]
pub(super) struct Entry {
    event: Arc<Event>,
    bytes: usize,
}

impl Entry {
    pub(super) fn new(event: Arc<Event>) -> Self {
        let bytes = event.size_bytes();
        Self { event, bytes }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What a [`MemoryLog`](super::MemoryLog) has under its lock. What must not be dropped under the lock is handed out:
/// events, because there may be many, and wakers, because the last one of a task drops the task, which may hold a read
/// of this very log.
#[derive(Debug)]
pub(super) struct Held {
    entries: VecDeque<Entry>,
    /// The number of the first entry, or of the next one to come.
    first: u64,
    bytes: usize,
    max_bytes: usize,
    marks: BTreeMap<Name, Mark>,
    wakers: BTreeMap<u64, Waker>,
    last_ticket: u64,
}

impl Held {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 1,
            bytes: 0,
            max_bytes,
            marks: BTreeMap::new(),
            wakers: BTreeMap::new(),
            last_ticket: 0,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Of a log that nothing was ever appended to it is the start, so that who reads from the start up to the end does
    /// not wait.
    pub(super) fn end(&self) -> Position {
        match self.after_last() {
            1 => Position::START,
            number => Position::new(number),
        }
    }

    fn after_last(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    pub(super) fn mark(&mut self, marks: Vec<Mark>) {
        for mark in marks {
            if self.marks.get(&mark.name).is_none_or(|known| known.number < mark.number) {
                self.marks.insert(mark.name.clone(), mark);
            }
        }
    }

    pub(super) fn marks(&self) -> Vec<Mark> {
        self.marks.values().cloned().collect()
    }

    /// Takes `entries` in, and hands out what is dropped for them.
    pub(super) fn push(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        self.bytes += entries.iter().map(|entry| entry.bytes).sum::<usize>();
        self.entries.extend(entries);
        let mut excess = self.bytes.saturating_sub(self.max_bytes);
        let drop = self
            .entries
            .iter()
            .take_while(|entry| {
                let over = excess > 0;
                excess = excess.saturating_sub(entry.bytes);
                over
            })
            .count();
        self.forget(drop)
    }

    /// Hands out what stands before `before`.
    pub(super) fn release(&mut self, before: Position) -> Vec<Entry> {
        let count = usize::try_from(before.number().saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.forget(count.min(self.entries.len()))
    }

    fn forget(&mut self, count: usize) -> Vec<Entry> {
        if count == 0 {
            return Vec::new();
        }
        let forgotten: Vec<Entry> = self.entries.drain(..count).collect();
        self.first += count as u64;
        self.bytes -= forgotten.iter().map(|entry| entry.bytes).sum::<usize>();
        let room = self.entries.capacity();
        if room > ROOM_TO_KEEP && self.entries.len() < room / 4 {
            self.entries.shrink_to(self.entries.len() * 2);
        }
        forgotten
    }

    /// What stands at and after `from`; `None` where that is nothing, and `from` is not behind what was forgotten.
    pub(super) fn chunk(&self, from: Position, max_bytes: usize) -> Option<Chunk> {
        let wanted = from.number().max(1);
        let start = wanted.max(self.first);
        let lost = start - wanted;
        if start >= self.after_last() && lost == 0 {
            return None;
        }
        // Within the length of `entries`, or zero: so it fits.
        let skip = usize::try_from(start - self.first).unwrap_or(usize::MAX);
        let mut room = max_bytes;
        let count = self
            .entries
            .iter()
            .skip(skip)
            .enumerate()
            .take_while(|(index, entry)| {
                let fits = *index == 0 || entry.bytes <= room;
                room = room.saturating_sub(entry.bytes);
                fits
            })
            .count();
        let events = self.entries.range(skip..skip + count).map(|entry| entry.event.clone());
        let events: Vec<_> = (start..).map(Position::new).zip(events).collect();
        Some(Chunk { next: Position::new(start + count as u64), events, lost })
    }

    /// Has `waker` woken by the next append; gives its ticket. A waker of the same ticket it replaces and hands out.
    pub(super) fn wait(&mut self, ticket: Option<u64>, waker: &Waker) -> (u64, Option<Waker>) {
        let ticket = ticket.unwrap_or_else(|| {
            self.last_ticket += 1;
            self.last_ticket
        });
        match self.wakers.get(&ticket) {
            Some(known) if known.will_wake(waker) => (ticket, None),
            _ => (ticket, self.wakers.insert(ticket, waker.clone())),
        }
    }

    /// Takes the waker of `ticket` out, if it still waits.
    pub(super) fn leave(&mut self, ticket: u64) -> Option<Waker> {
        self.wakers.remove(&ticket)
    }

    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.wakers).into_values().collect()
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.wakers.len()
    }

    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.entries.capacity()
    }
}
