use std::collections::BTreeMap;
use std::task::Waker;

use tidegate_event::Name;

use crate::newest::{Entry, Newest};
use crate::{Chunk, Mark, Position};

/// What a [`MemoryLog`](super::MemoryLog) has under its lock. What must not be dropped under the lock is handed out:
/// events, because there may be many, and wakers, because the last one of a task drops the task, which may hold a read
/// of this very log.
#[derive(Debug)]
pub(super) struct Held {
    events: Newest,
    marks: BTreeMap<Name, Mark>,
    wakers: BTreeMap<u64, Waker>,
    last_ticket: u64,
}

impl Held {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { events: Newest::new(1, max_bytes), marks: BTreeMap::new(), wakers: BTreeMap::new(), last_ticket: 0 }
    }

    pub(super) fn bytes(&self) -> usize {
        self.events.bytes()
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Of a log that nothing was ever appended to it is the start, so that who reads from the start up to the end does
    /// not wait.
    pub(super) fn end(&self) -> Position {
        match self.events.next() {
            1 => Position::START,
            number => Position::new(number),
        }
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
        self.events.push(entries)
    }

    /// Hands out what stands before `before`.
    pub(super) fn release(&mut self, before: Position) -> Vec<Entry> {
        self.events.release(before.number())
    }

    /// What stands at and after `from`; `None` where that is nothing, and `from` is not behind what was forgotten.
    pub(super) fn chunk(&self, from: Position, max_bytes: usize) -> Option<Chunk> {
        let wanted = from.number().max(1);
        let start = wanted.max(self.events.first());
        let lost = start - wanted;
        if start >= self.events.next() && lost == 0 {
            return None;
        }
        let events = self.events.read(start, max_bytes);
        Some(Chunk { next: Position::new(start + events.len() as u64), events, lost })
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
        self.events.room()
    }
}
