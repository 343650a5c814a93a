use std::sync::Arc;

use tidegate_event::{Event, Name};
use tidegate_sink::Receipt;
use tidegate_store::{Change, Position};

use super::super::DeadLetter;
use super::record::{Place, Subject, Told};
use super::slot::{Slot, Waiting};
use super::{IssueLane, identity};
use crate::replay::Present;

/// Something to offer anew.
#[derive(Debug)]
pub(super) enum Offered {
    Letter(DeadLetter),
    /// A present state, with the salt of its delivery.
    Present(Present, u64),
    /// All before it was offered, and what asked for it goes with the next checkpoint.
    End(Change),
}

impl IssueLane {
    /// Offers dead letters anew that are [asked for](DeadLetter::asked), each as another delivery, whatever the filter
    /// says. They go once the lane has read what is in the journal, and only where they are still the last word: an
    /// issue or notification that has moved on is not told of an earlier state. Those are kept, as
    /// [outdated](DeadLetter::outdated).
    pub fn offer_again(&mut self, letters: Vec<DeadLetter>) {
        self.again_waiting.extend(letters.into_iter().map(Offered::Letter));
    }

    /// The same with the present states of issues and notifications, as deliveries that `salt` makes. What asked for it
    /// is to be forgotten, by `done`, once they are saved.
    pub(crate) fn replay(&mut self, events: Vec<Present>, salt: u64, done: Change) {
        self.again_waiting.extend(events.into_iter().map(|present| Offered::Present(present, salt)));
        self.again_waiting.push(Offered::End(done));
    }

    /// What the journal says of issues before `position` was told to another destination, or to nobody.
    pub(crate) fn told_since(&mut self, position: Position) {
        self.issues_from = position;
    }

    /// Takes on what waits to be offered anew, once it can be told what of it is out of date.
    pub(super) fn take_on_again(&mut self) {
        if self.again_waiting.is_empty() || self.is_behind() || self.openings.is_some() {
            return;
        }
        for offered in std::mem::take(&mut self.again_waiting) {
            match offered {
                Offered::Letter(letter) => self.take_on_letter(letter),
                Offered::Present(present, salt) => {
                    let of_here = present.is_of(Some(self.issues_from));
                    let waiting = Waiting { event: present.event, salt };
                    if of_here && self.again.take_on(self.ids.of(identity(&waiting)), None) {
                        self.take_on(waiting, None);
                    }
                }
                Offered::End(done) => self.checkpoint.replayed(done),
            }
        }
    }

    fn take_on_letter(&mut self, letter: DeadLetter) {
        let Some(salt) = letter.asked else { return };
        let waiting = Waiting { event: Arc::clone(&letter.event), salt };
        let id = self.ids.of(identity(&waiting));
        // The close of what only another destination has heard of opens nothing here.
        let of_here = letter.destination == self.destination || self.knows_subject(&letter.event);
        let of_here = of_here || matches!(*letter.event, Event::Notification(_));
        let prior = letter.prior.clone().filter(|_| letter.destination == self.destination);
        if self.again.take_on(id, Some(letter.id)) && !(of_here && self.take_on(waiting, prior)) {
            self.again.settled(id);
            let outdated = DeadLetter { asked: None, outdated: true, ..letter };
            tracing::warn!(integration = %self.integration, letter = %outdated.id,
                "a dead letter is not delivered again: what it tells of has moved on, and what is later is told");
            self.checkpoint.letters.bury(outdated.change(&self.integration));
        }
    }

    fn knows_subject(&self, event: &Event) -> bool {
        Subject::of(event).is_some_and(|subject| self.index.contains_key(&subject))
    }

    /// Whether it goes, or is on its way since before a restart.
    fn take_on(&mut self, waiting: Waiting, prior: Option<Receipt>) -> bool {
        let Some(subject) = Subject::of(&waiting.event) else { return false };
        let place = waiting.place();
        let known = self.index.get(&subject).copied();
        let id = match known.and_then(|id| self.slots.get(id).map(|slot| (id, slot))) {
            Some((_, slot)) if slot.is_retelling(&waiting) => return true,
            Some((id, slot)) if slot.is_last_word(place) => id,
            // What is forgotten was told, or is over.
            None if place.closes || matches!(subject, Subject::Notification(_)) => {
                let mut slot = Slot::new(subject, self.position);
                slot.told = Some(told_before(place, prior.map(|prior| (Name::clone(&self.destination), prior))));
                self.insert(slot)
            }
            Some(_) | None => return false,
        };
        self.enqueue(id, waiting);
        // It is pruned at once where nobody can want it: the close of an alert that was never seen.
        self.slots.get(id).is_some_and(|slot| !slot.pending.is_empty())
    }
}

/// What is known of an episode, or notification, of which there is no record any more: it may have been told.
fn told_before(place: Place, prior: Option<(Name, Receipt)>) -> Told {
    Told { seen: true, settled: place.closes, order: place.order, prior, ..Told::nothing(place.episode) }
}

impl Slot {
    /// Whether this very retelling waits, or is on its way.
    fn is_retelling(&self, again: &Waiting) -> bool {
        self.in_flight.iter().chain(&self.pending).any(|waiting| {
            let (place, other) = (waiting.place(), again.place());
            waiting.salt == again.salt && place.episode == other.episode && place.order == other.order
        })
    }

    /// Whether nothing later than `place` was offered to the sink, or waits, and the episode is not over unless that is
    /// what `place` says: one that is over without having been told must not be opened.
    fn is_last_word(&self, place: Place) -> bool {
        let last =
            |told: &Told| told.episode == place.episode && told.order <= place.order && (place.closes || !told.settled);
        self.is_told() && self.told.as_ref().is_some_and(last)
    }
}
