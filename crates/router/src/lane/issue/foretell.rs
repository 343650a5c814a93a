//! Issues that are told before the journal has them, because it cannot be written.

use std::collections::VecDeque;
use std::sync::Arc;

use tidegate_event::Event;
use tidegate_store::Position;

use super::record::{Early, Place, Subject};
use super::slot::{Slot, Waiting};
use super::{FIRST, IssueLane};
use crate::STORE_FAILING;

/// Events that the journal is to have from `at` on, in order, and does not have yet.
#[derive(Debug, Clone)]
pub(crate) struct Foretold {
    /// Where the journal ends.
    pub(crate) at: Position,
    pub(crate) events: Vec<Arc<Event>>,
    /// A crash does not lose them.
    pub(crate) noted: bool,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Ahead {
    at: Position,
    event: Arc<Event>,
    noted: bool,
}

/// Whether `event` is of the issue that says that stores fail. It is told whatever can be made durable.
pub(crate) fn is_alarm(event: &Event) -> bool {
    matches!(event, Event::Issue(issue) if &**issue.key.kind() == STORE_FAILING)
}

impl IssueLane {
    /// Tells these once it has read as far as the journal went. Read there later, they are known.
    pub(crate) fn foretell(&mut self, Foretold { at, events, noted }: Foretold) {
        self.foretold.extend(events.into_iter().map(|event| Ahead { at, event, noted }));
        self.apply_foretold(self.position);
    }

    /// The journal has all of it up to `end`: it comes from there. What was said to be missing and did not come by then was
    /// there before, by an append that was said to have failed.
    pub(crate) fn nothing_is_ahead(&mut self, end: Position) {
        self.foretold.clear();
        self.complete_at = Some(end);
        self.apply_foretold(self.position);
    }

    /// The journal cannot be read: what says so does not wait for that.
    pub(crate) fn foretell_alarm(&mut self) {
        self.unreadable = true;
        let (alarms, rest): (VecDeque<_>, VecDeque<_>) =
            self.foretold.drain(..).partition(|ahead| is_alarm(&ahead.event));
        self.foretold = rest;
        for alarm in alarms {
            if self.tells_of_another_alarm(&alarm.event) {
                // People see that stores fail, and the close of that one is still to be read.
                self.foretold.push_back(alarm);
                continue;
            }
            self.alarms_from = self.alarms_from.max(alarm.at);
            if let Some(id) = self.apply_ahead(&alarm)
                && let Some(slot) = self.slots.get_mut(id)
            {
                slot.resumed = false;
            }
        }
    }

    /// Whether an alarm was told, or is to be, and not as over, that is of another episode.
    fn tells_of_another_alarm(&self, alarm: &Event) -> bool {
        let slot = Subject::of(alarm).and_then(|subject| self.slots.get(*self.index.get(&subject)?));
        let episode = Place::of(alarm).episode;
        slot.is_some_and(|slot| {
            let told = slot.told.as_ref().is_some_and(|told| !told.settled && told.episode != episode);
            told || slot.in_flight.iter().chain(&slot.pending).any(|waiting| waiting.place().episode != episode)
        })
    }

    pub(super) fn apply_foretold(&mut self, position: Position) {
        if self.complete_at.take_if(|end| *end <= position).is_some() {
            for (id, slot) in &mut self.slots {
                if slot.ahead.take().is_some() {
                    slot.unnoted = false;
                    self.checkpoint.dirty(id);
                    self.touched.push(id);
                }
            }
        }
        while let Some(ahead) = self.foretold.pop_front_if(|ahead| ahead.at <= position) {
            self.apply_ahead(&ahead);
        }
    }

    fn apply_ahead(&mut self, Ahead { event, noted, .. }: &Ahead) -> Option<usize> {
        let (subject, place) = (Subject::of(event)?, Place::of(event));
        let over = self.closed.contains(place.episode);
        if place.closes {
            self.closed.insert(place.episode);
        }
        let known = self.index.get(&subject).copied();
        let told = known.and_then(|id| self.slots.get(id)).is_some_and(|slot| slot.knows(place));
        if !told && (over || !self.passes(known, event, place)) {
            return None;
        }
        let from = self.position;
        let id = known.unwrap_or_else(|| self.insert(Slot::new(subject, from)));
        if let Some(slot) = self.slots.get_mut(id) {
            // What it knows by other ways the journal has, or a note: perhaps by an append that was said to have failed.
            slot.unnoted = !noted && (!told || slot.unnoted);
            let mut over = slot.ahead.take().map(|ahead| ahead.over).unwrap_or_default();
            if place.closes && !over.contains(&place.episode) {
                over.push(place.episode);
            }
            slot.ahead = Some(Early { episode: place.episode, order: place.order, over });
        }
        self.checkpoint.dirty(id);
        self.touched.push(id);
        if !told {
            self.enqueue(id, Waiting { event: Arc::clone(event), salt: 0 });
        }
        Some(id)
    }

    /// Whether the issue that says that stores fail is to be told now.
    pub(super) fn is_alarm_due(&self) -> bool {
        let read = !self.is_behind() || self.unreadable;
        read && self.checkpoint.is_established() && self.queue.first().is_some_and(|(at, ..)| *at == FIRST)
    }
}

impl Slot {
    pub(super) fn is_alarm(&self) -> bool {
        matches!(&self.subject, Subject::Issue(key) if &**key.kind() == STORE_FAILING)
    }

    /// Takes note of an event that was read in the journal. Whether that was the last one that the journal lacked.
    pub(super) fn came_true(&mut self, place: Place) -> bool {
        let awaited = |early: &mut Early| early.episode == place.episode && early.order <= place.order;
        let came = self.ahead.take_if(awaited).is_some();
        self.unnoted &= !came;
        came
    }
}
