//! Events by number, the newest of them within a bound: what a log in memory holds, and what one on disk need not decode.

use std::collections::VecDeque;
use std::sync::Arc;

use tidegate_event::Event;

use crate::Position;

/// Below this many entries the room of the queue is not given back.
const ROOM_TO_KEEP: usize = 1024;

/// An event and its size, so that it is measured once.
#[derive(Debug)]
pub(crate) struct Entry {
    event: Arc<Event>,
    bytes: usize,
}

impl Entry {
    pub(crate) fn new(event: Arc<Event>) -> Self {
        let bytes = event.size_bytes();
        Self { event, bytes }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The newest events, as they were appended. What is forgotten is handed out, to be dropped outside the lock: it may be
/// much.
#[derive(Debug)]
pub(crate) struct Newest {
    entries: VecDeque<Entry>,
    /// The number of the first entry, or of the next one to come.
    first: u64,
    bytes: usize,
    most_bytes: usize,
}

impl Newest {
    pub(crate) fn new(next: u64, most_bytes: usize) -> Self {
        Self { entries: VecDeque::new(), first: next, bytes: 0, most_bytes }
    }

    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// The number that comes next.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes in what comes next, and hands out what is over the bound.
    pub(crate) fn push(&mut self, events: Vec<Entry>) -> Vec<Entry> {
        self.bytes += events.iter().map(|entry| entry.bytes).sum::<usize>();
        self.entries.extend(events);
        let mut excess = self.bytes.saturating_sub(self.most_bytes);
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
    pub(crate) fn release(&mut self, before: u64) -> Vec<Entry> {
        let count = usize::try_from(before.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.forget(count.min(self.entries.len()))
    }

    fn forget(&mut self, count: usize) -> Vec<Entry> {
        if count == 0 {
            return Vec::new();
        }
        let forgotten: Vec<_> = self.entries.drain(..count).collect();
        self.first += count as u64;
        self.bytes -= forgotten.iter().map(|entry| entry.bytes).sum::<usize>();
        let room = self.entries.capacity();
        if room > ROOM_TO_KEEP && self.entries.len() < room / 4 {
            self.entries.shrink_to(self.entries.len() * 2);
        }
        forgotten
    }

    /// The events from number `from` on, which is not before [`first`](Self::first): as many as `max_bytes` holds, and at
    /// least one.
    pub(crate) fn read(&self, from: u64, max_bytes: usize) -> Vec<(Position, Arc<Event>)> {
        // Within the length, as `from` is.
        let skip = usize::try_from(from - self.first).unwrap_or(usize::MAX).min(self.entries.len());
        let mut room = max_bytes;
        let fitting = self.entries.range(skip..).enumerate().take_while(|(index, entry)| {
            let fits = *index == 0 || entry.bytes <= room;
            room = room.saturating_sub(entry.bytes);
            fits
        });
        (from..).map(Position::new).zip(fitting.map(|(_, entry)| entry.event.clone())).collect()
    }
}

#[cfg(test)]
impl Newest {
    pub(crate) fn room(&self) -> usize {
        self.entries.capacity()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use tidegate_event::{Resource, Sample};

    use super::*;

    fn events(count: usize) -> Vec<Entry> {
        let sample = Sample::new("load", Resource::new(), 1.0, "1", DateTime::UNIX_EPOCH).unwrap();
        (0..count).map(|_| Entry { event: Arc::new(sample.clone().into()), bytes: 100 }).collect()
    }

    #[test]
    fn the_newest_stay_within_the_bound() {
        let mut newest = Newest::new(1, 250);
        assert_eq!(newest.push(events(2)).len(), 0);
        assert_eq!(newest.push(events(1)).len(), 1);
        assert_eq!((newest.first(), newest.read(2, usize::MAX).len()), (2, 2));
        assert_eq!(newest.push(events(10)).len(), 10);
        assert_eq!((newest.first(), newest.read(13, 0).len()), (12, 1));
        assert_eq!(newest.release(13).len(), 1);
        assert_eq!(newest.read(14, usize::MAX), []);
    }
}
