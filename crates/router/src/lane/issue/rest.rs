//! Keys that nothing is left to tell of, and how they are forgotten.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_store::{Change, Position, Space};

use super::IssueLane;
use super::record::Subject;
use super::slot::{Rest, Slot};
use crate::mutation::{Mutation, left_out};

/// How long a notification is kept, so that a revision edits its message.
const REVISABLE: TimeDelta = TimeDelta::days(7);
/// How many notifications are kept for that at the most.
const REVISABLE_AT_ONCE: usize = 10_000;
/// About what a notification takes beside its texts.
const SLOT_BYTES: usize = 512;

/// The keys at rest, the longest first.
#[derive(Debug, Default)]
pub(super) struct Resting {
    finished: BTreeSet<(DateTime<Utc>, usize)>,
    /// Notifications that are told: they may be revised.
    revisable: BTreeSet<(DateTime<Utc>, usize)>,
    /// What these take.
    bytes: usize,
}

impl Resting {
    /// Slot `id` is at rest as `new` says, no more as `old` does.
    fn moved(&mut self, id: usize, old: Rest, new: Rest) {
        match old {
            Rest::No => {}
            Rest::Finished(since) => {
                self.finished.remove(&(since, id));
            }
            Rest::Revisable(since, bytes) => {
                self.revisable.remove(&(since, id));
                self.bytes -= bytes;
            }
        }
        match new {
            Rest::No => {}
            Rest::Finished(since) => {
                self.finished.insert((since, id));
            }
            Rest::Revisable(since, bytes) => {
                self.revisable.insert((since, id));
                self.bytes += bytes;
            }
        }
    }

    /// The one to forget first, and since when it may go.
    fn first(&self, bound: usize) -> Option<(DateTime<Utc>, usize)> {
        if let Some(finished) = self.finished.first() {
            return Some(*finished);
        }
        let (since, id) = *self.revisable.first()?;
        let too_many = self.revisable.len() > REVISABLE_AT_ONCE || self.bytes > bound;
        let until = if too_many { since } else { since.checked_add_signed(REVISABLE)? };
        Some((until, id))
    }
}

/// Up to where the journal says nothing twice any more.
///
/// An append that fails may be in the journal all the same, and is repeated, perhaps for long: until one has succeeded, and
/// all of it was read, the same events may come once more. They must be known then, after a crash too.
#[derive(Debug)]
pub(super) struct Certain {
    /// Read, and saved, up to an end that an append gave.
    read: Position,
    /// The end that comes next.
    next: Position,
    /// The last end that is known.
    last: Position,
}

impl Default for Certain {
    /// All of it, as long as nobody says otherwise.
    fn default() -> Self {
        let end = Position::new(u64::MAX);
        Self { read: end, next: end, last: end }
    }
}

impl Certain {
    fn appended(&mut self, end: Position) {
        if self.last == Position::new(u64::MAX) {
            *self = Self { read: Position::START, next: end, last: end };
        }
        self.last = end;
        self.next = self.next.min(end);
    }

    fn saved(&mut self, position: Position) -> Position {
        while self.next <= position {
            self.read = self.next;
            if self.next == self.last {
                break;
            }
            self.next = self.last;
        }
        self.read
    }
}

impl IssueLane {
    /// The journal's end, as the last append gave it that did not fail. While nobody says it, every append counts as such.
    pub fn appended(&mut self, end: Position) {
        self.certain.appended(end);
    }

    /// Takes note of whether slot `id` is at rest.
    pub(super) fn note_rest(&mut self, id: usize, now: DateTime<Utc>) {
        let Some(slot) = self.slots.get_mut(id) else { return };
        let rest = match (slot.is_finished(), slot.rest) {
            (true, Rest::Finished(since)) => Rest::Finished(since),
            (true, _) => Rest::Finished(now),
            (false, _) => slot.revisable(now).unwrap_or(Rest::No),
        };
        let old = std::mem::replace(&mut slot.rest, rest);
        self.resting.moved(id, old, rest);
    }

    /// When something may be forgotten.
    pub(super) fn next_to_forget(&self) -> Option<DateTime<Utc>> {
        self.resting.first(self.revisable_bytes).map(|(at, _)| at)
    }

    /// Takes up to about `most` keys at rest that lie behind the durable `position` out of memory, and tells which records
    /// go.
    pub(super) fn forget_resting(&mut self, position: Position, most: usize, now: DateTime<Utc>) -> Vec<Change> {
        let mut deletions = Vec::new();
        let certain = if left_out(Mutation::ForgetWhileUncertain) { position } else { self.certain.saved(position) };
        while deletions.len() < most {
            let Some((_, id)) = self.resting.first(self.revisable_bytes).filter(|(at, _)| *at <= now) else { break };
            // One that came to rest since the checkpoint began waits for the next one, and so does all that is after it.
            if self.slots.get(id).is_none_or(|slot| slot.from > position.min(certain)) {
                break;
            }
            deletions.extend(self.forget(id));
        }
        deletions
    }

    fn forget(&mut self, id: usize) -> Option<Change> {
        let slot = self.slots.try_remove(id)?;
        self.index.remove(&slot.subject);
        self.resting.moved(id, slot.rest, Rest::No);
        self.checkpoint.written(id);
        slot.recorded.then(|| Change::delete(Space::Key, slot.subject.record_key(&self.prefix)))
    }
}

impl Slot {
    /// Whether it is a notification that is told; since when, and what it takes to know of it.
    fn revisable(&self, now: DateTime<Utc>) -> Option<Rest> {
        if !matches!(self.subject, Subject::Notification(_)) || !self.is_told() {
            return None;
        }
        let told = self.told.as_ref();
        let since = told.and_then(|told| told.at).unwrap_or(now);
        let receipt = told.and_then(|told| told.prior.as_ref()).map_or(0, |(_, receipt)| receipt.as_str().len());
        Some(Rest::Revisable(since, SLOT_BYTES + self.subject.text_bytes() + receipt))
    }
}
