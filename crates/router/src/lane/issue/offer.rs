use std::cmp::Ordering;
use std::sync::Arc;

use tidegate_event::Event;
use tidegate_store::Position;

use super::record::{Place, Subject};
use super::slot::{Slot, Waiting};
use super::{IssueLane, Openings, is_alarm};
use crate::mutation::{Mutation, left_out};

impl IssueLane {
    /// Takes note of the event at `position` of the journal.
    pub fn offer(&mut self, position: Position, event: &Arc<Event>) {
        self.reach(position);
        self.come_to(Position::new(position.number().saturating_add(1)));
        let Some(subject) = Subject::of(event) else { return };
        let place = Place::of(event);
        let over = self.closed.contains(place.episode);
        if place.closes {
            self.closed.insert(place.episode);
        }
        if matches!(subject, Subject::Issue(_)) && position < self.issues_from {
            return;
        }
        let known = self.index.get(&subject).copied();
        if let Some(slot) = known.and_then(|id| self.slots.get_mut(id)) {
            if position < slot.from {
                return;
            }
            slot.from = self.position;
            if slot.came_true(place) {
                self.checkpoint.dirty(known.unwrap_or_default());
                self.touched.extend(known);
            }
            if slot.knows(place) {
                return;
            }
        }
        if over || !self.passes(known, event, place) || self.is_older_alarm(position, known, event, place) {
            return;
        }
        let from = self.position;
        let id = known.unwrap_or_else(|| self.insert(Slot::new(subject, from)));
        self.enqueue(id, Waiting { event: Arc::clone(event), salt: 0 });
    }

    fn is_older_alarm(&self, position: Position, known: Option<usize>, event: &Event, place: Place) -> bool {
        let slot = || known.and_then(|id| self.slots.get(id));
        position < self.alarms_from && is_alarm(event) && !slot().is_some_and(|slot| slot.has_passed(place.episode))
    }

    /// Everything before `next` was offered.
    pub fn advance(&mut self, next: Position) {
        self.unreadable = false;
        self.reach(next);
        self.come_to(self.position.max(next));
        self.give_up_unseen();
    }

    /// Where it was until the restart, those may go that wait since before.
    fn come_to(&mut self, position: Position) {
        let was_behind = self.is_behind();
        self.position = position;
        if was_behind && !self.is_behind() {
            for (id, slot) in &mut self.slots {
                if std::mem::take(&mut slot.resumed) {
                    self.touched.push(id);
                }
            }
        }
    }

    /// Tells open issues once the lane has read as far as they were taken at: what came before must not follow.
    ///
    /// Where the lane is further already, some of them may be closed, and it would not hear of that any more: then it
    /// [wants others](IssueLane::wants_openings).
    ///
    /// Of several that wait the latest holds what the others do; the largest salt is that of all.
    pub fn tell(&mut self, mut openings: Openings) {
        if let Some(waiting) = self.openings.take() {
            openings.salt = openings.salt.max(waiting.salt);
            if waiting.at > openings.at {
                openings = Openings { salt: openings.salt, ..waiting };
            }
        }
        let wanted = self.wanted.take().unwrap_or_default();
        openings.salt = openings.salt.max(wanted);
        match openings.at.cmp(&self.position) {
            Ordering::Less => self.wanted = Some(openings.salt),
            Ordering::Equal => self.apply(&openings),
            Ordering::Greater => self.openings = Some(openings),
        }
    }

    /// It was given open issues that were out of date, and must be given those of now, with this salt.
    pub fn wants_openings(&self) -> Option<u64> {
        self.wanted
    }

    fn reach(&mut self, position: Position) {
        if let Some(openings) = self.openings.take_if(|openings| openings.at <= position) {
            self.apply(&openings);
        }
        self.apply_foretold(position);
    }

    pub(super) fn apply(&mut self, openings: &Openings) {
        for event in &openings.issues {
            let (Some(subject), place) = (Subject::of(event), Place::of(event)) else { continue };
            let known = self.index.get(&subject).copied();
            let passed = known.and_then(|id| self.slots.get(id)).is_some_and(|slot| slot.has_passed(place.episode));
            let wanted = if passed { openings.salt != 0 } else { self.subscription.takes(&self.integration, event) };
            if wanted {
                let from = self.position;
                let id = known.unwrap_or_else(|| self.insert(Slot::new(subject, from)));
                self.enqueue(id, Waiting { event: Arc::clone(event), salt: openings.salt });
            }
        }
        self.give_up_unseen();
    }

    /// The filter decides only whether an episode is told for the first time, and a close is never the first.
    pub(super) fn passes(&self, known: Option<usize>, event: &Event, place: Place) -> bool {
        let passed = known.and_then(|id| self.slots.get(id)).is_some_and(|slot| slot.has_passed(place.episode));
        if left_out(Mutation::FilterEachEvent) {
            return self.subscription.takes(&self.integration, event) && (passed || !place.closes);
        }
        passed || (!place.closes && self.subscription.takes(&self.integration, event))
    }

    pub(super) fn enqueue(&mut self, id: usize, waiting: Waiting) {
        let place = waiting.place();
        self.bytes += waiting.event.size_bytes();
        self.waiting += 1;
        let keeps = self.keeps;
        if let Some(slot) = self.slots.get_mut(id) {
            let replaced = slot.push(waiting);
            let pruned = slot.prune(keeps, false);
            if left_out(Mutation::RiseAgainstRead)
                && let Some(told) = slot.told.as_mut().filter(|told| told.severity.is_some())
            {
                told.severity = Some(place.severity);
            }
            self.let_go(replaced.into_iter().chain(pruned));
            self.checkpoint.dirty(id);
            self.touched.push(id);
        }
    }

    pub(super) fn let_go(&mut self, waiting: impl IntoIterator<Item = Waiting>) {
        for waiting in waiting {
            self.waiting = self.waiting.saturating_sub(1);
            self.bytes = self.bytes.saturating_sub(waiting.event.size_bytes());
        }
    }

    /// Where the window is full, episodes that are over and that nobody has heard of need not be told. It looks at all
    /// slots, so it is for the end of what is read at once.
    fn give_up_unseen(&mut self) {
        if self.bytes <= self.window_bytes {
            return;
        }
        let mut given_up = Vec::new();
        for (id, slot) in &mut self.slots {
            let pruned = slot.prune(self.keeps, true);
            if !pruned.is_empty() {
                given_up.extend(pruned);
                self.checkpoint.dirty(id);
                self.touched.push(id);
            }
        }
        self.given_up += given_up.len() as u64;
        self.let_go(given_up);
    }
}
