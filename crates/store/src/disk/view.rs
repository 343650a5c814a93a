//! What readers and appenders see of the log: it changes when something is durable, and not before.

use std::collections::{BTreeMap, VecDeque};

use tidegate_event::Name;

use crate::newest::{Entry, Newest};
use crate::{Chunk, Mark, Position};

/// How far apart the places are that are remembered within a segment.
pub(super) const PLACES_APART: u64 = 64 * 1024;

/// One segment of the log.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) sequence: u64,
    /// The number of its first event.
    pub(super) first: u64,
    /// Where its durable frames end, or its file.
    pub(super) end: u64,
    /// Where frames begin, and the number of their first event: few of them, in order.
    places: Vec<(u64, u64)>,
}

impl Segment {
    /// One whose first frame begins at `head_end`.
    pub(super) fn new(sequence: u64, first: u64, head_end: u64, end: u64) -> Self {
        Self { sequence, first, end, places: vec![(head_end, first)] }
    }

    /// Whether it holds nothing but its head.
    pub(super) fn is_empty(&self) -> bool {
        self.places.first().is_some_and(|(head_end, _)| *head_end == self.end)
    }

    /// Remembers that a frame at `offset` begins with the event `number`, if that is far enough from the last.
    pub(super) fn note(&mut self, offset: u64, number: u64) {
        if self.places.last().is_none_or(|(last, _)| offset >= last + PLACES_APART) {
            self.places.push((offset, number));
        }
    }

    /// The last place known that stands not behind the event `number`.
    fn place_before(&self, number: u64) -> (u64, u64) {
        let behind = self.places.partition_point(|(_, first)| *first <= number);
        self.places[behind.saturating_sub(1)]
    }
}

/// What a reader finds.
#[derive(Debug)]
pub(super) enum Look {
    Chunk(Chunk),
    /// It has to be read from the disk: from this number on, after so many were lost.
    OnDisk(u64, u64),
    /// It is not there yet.
    Wait,
}

/// Where to read from the disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) sequence: u64,
    /// Where a frame begins.
    pub(super) offset: u64,
    /// The number of its first event.
    pub(super) number: u64,
    /// The number after the last event that the segment holds.
    pub(super) limit: u64,
}

#[derive(Debug)]
pub(super) struct View {
    pub(super) segments: VecDeque<Segment>,
    /// The number of the next event.
    pub(super) next: u64,
    pub(super) cache: Newest,
    pub(super) marks: BTreeMap<Name, Mark>,
    released: u64,
    /// What of the last segment stands before `released`, when that is all of it.
    released_of_last: u64,
    /// What the segments take, less what is released of them.
    held: u64,
}

impl View {
    pub(super) fn new(segments: VecDeque<Segment>, next: u64, cache_bytes: usize) -> Self {
        let mut view = Self {
            segments,
            next,
            cache: Newest::new(next, cache_bytes),
            marks: BTreeMap::new(),
            released: 0,
            released_of_last: 0,
            held: 0,
        };
        view.release(view.first());
        view
    }

    /// Of a log that nothing was ever appended to it is the start, so that who reads from the start up to the end does
    /// not wait.
    pub(super) fn end(&self) -> Position {
        if self.next == 1 { Position::START } else { Position::new(self.next) }
    }

    /// The number of the oldest event that is there, or of the next.
    pub(super) fn first(&self) -> u64 {
        self.segments.front().map_or(self.next, |segment| segment.first)
    }

    /// How many bytes of the segments a reader may still want.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// How many bytes all segments take.
    pub(super) fn total(&self) -> u64 {
        self.segments.iter().map(|segment| segment.end).sum()
    }

    pub(super) fn mark(&mut self, marks: impl IntoIterator<Item = Mark>) {
        for mark in marks {
            if self.marks.get(&mark.name).is_none_or(|known| known.number < mark.number) {
                self.marks.insert(mark.name.clone(), mark);
            }
        }
    }

    /// Takes in that `segment` has begun, in place of one of its number that held nothing.
    pub(super) fn begin(&mut self, segment: Segment) {
        if self.segments.back().is_some_and(|last| last.sequence == segment.sequence) {
            self.segments.pop_back();
        }
        self.segments.push_back(segment);
        self.released_of_last = 0;
        self.release(self.released);
    }

    /// Takes in what has become durable in the last segment, which ends at `end` now; hands out what the cache drops.
    pub(super) fn publish(&mut self, events: Vec<Entry>, end: u64) -> Vec<Entry> {
        self.next += events.len() as u64;
        if let Some(last) = self.segments.back_mut() {
            self.held += end.saturating_sub(last.end);
            last.end = end;
        }
        self.cache.push(events)
    }

    /// Takes in that nothing before `before` is wanted any more.
    pub(super) fn release(&mut self, before: u64) {
        self.released = self.released.max(before.min(self.next));
        if self.released == self.next {
            self.released_of_last = self.segments.back().map_or(0, |last| last.end);
        }
        self.count_held();
    }

    /// Takes out the oldest segment if it is released, or if all of them take more than `most_bytes`; never the last.
    pub(super) fn take_oldest(&mut self, most_bytes: u64) -> Option<(Segment, Vec<Entry>)> {
        let second = self.segments.get(1)?;
        if second.first > self.released && self.total() <= most_bytes {
            return None;
        }
        let oldest = self.segments.pop_front()?;
        self.count_held();
        let first = self.first();
        Some((oldest, self.cache.release(first)))
    }

    /// Whether [`take_oldest`](Self::take_oldest) would take one for having been released.
    pub(super) fn may_take_oldest(&self) -> bool {
        self.segments.get(1).is_some_and(|second| second.first <= self.released)
    }

    pub(super) fn look(&self, from: Position, max_bytes: usize) -> Look {
        let wanted = from.number().max(1);
        let start = wanted.max(self.first());
        let lost = start - wanted;
        if start >= self.next {
            let chunk = Chunk { events: Vec::new(), next: Position::new(start), lost };
            return if lost > 0 { Look::Chunk(chunk) } else { Look::Wait };
        }
        if start < self.cache.first() {
            return Look::OnDisk(start, lost);
        }
        let events = self.cache.read(start, max_bytes);
        Look::Chunk(Chunk { next: Position::new(start + events.len() as u64), events, lost })
    }

    /// Where on the disk the event `number` is; `None` when it is not there any more.
    pub(super) fn plan(&self, number: u64) -> Option<Plan> {
        if number >= self.next {
            return None;
        }
        // Of several that begin with the same event all but the last are empty.
        let index = self.segments.partition_point(|segment| segment.first <= number).checked_sub(1)?;
        let segment = &self.segments[index];
        let limit = self.segments.get(index + 1).map_or(self.next, |following| following.first);
        let (offset, first) = segment.place_before(number);
        Some(Plan { sequence: segment.sequence, offset, number: first, limit })
    }

    /// Whether the segment is one of the log.
    pub(super) fn has(&self, sequence: u64) -> bool {
        self.segments.binary_search_by_key(&sequence, |segment| segment.sequence).is_ok()
    }

    pub(super) fn note(&mut self, sequence: u64, offset: u64, number: u64) {
        if let Ok(index) = self.segments.binary_search_by_key(&sequence, |segment| segment.sequence) {
            self.segments[index].note(offset, number);
        }
    }

    fn count_held(&mut self) {
        let Some(last) = self.segments.back() else { return self.held = 0 };
        let ends = self.segments.iter().skip(1).map(|segment| segment.first);
        let closed = self.segments.iter().zip(ends).filter(|(_, after)| *after > self.released);
        self.held =
            closed.map(|(segment, _)| segment.end).sum::<u64>() + last.end - self.released_of_last.min(last.end);
    }
}
