use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{EpisodeId, Event};
use tidegate_sink::Keeps;
use tidegate_store::Position;

use super::super::later;
use super::record::{Early, KeyRecord, Place, Subject, Told};
use crate::mutation::{Mutation, left_out};

/// An event that waits, or is on its way.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) event: Arc<Event>,
    /// Makes the delivery another one than that of the same event before; 0: it does not.
    pub(super) salt: u64,
}

impl Waiting {
    pub(super) fn place(&self) -> Place {
        Place::of(&self.event)
    }
}

/// Its turn: when, and after whom of the same time.
pub(super) type Turn = (DateTime<Utc>, u64);

/// Whether anything is left to tell of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Now or later: it waits, is on its way, or is open.
    No,
    /// Nothing, since then.
    Finished(DateTime<Utc>),
    /// Nothing since then but a revision that may come; for that it takes so many bytes.
    Revisable(DateTime<Utc>, usize),
}

/// All that a lane knows of one issue or notification.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and most combinations occur")]
pub(super) struct Slot {
    pub(super) subject: Subject,
    /// Events before it are known already.
    pub(super) from: Position,
    /// At most one event of each episode, in order.
    pub(super) pending: VecDeque<Waiting>,
    pub(super) in_flight: Option<Waiting>,
    pub(super) told: Option<Told>,
    /// The record in the store names the episode of `told`.
    pub(super) named: bool,
    pub(super) naming: bool,
    /// An attempt may have been made before a restart, at an event that is later than those that are known: it waits
    /// until the lane has read to where it was.
    pub(super) resumed: bool,
    /// There is, or may be, a record in the store.
    pub(super) recorded: bool,
    pub(super) failures: u32,
    pub(super) not_before: Option<DateTime<Utc>>,
    pub(super) turn: Option<Turn>,
    /// The last event that it knows of and that the lane has not read in the journal.
    pub(super) ahead: Option<Early>,
    /// Nothing durable knows of that event yet, so that no record may.
    pub(super) unnoted: bool,
    pub(super) rest: Rest,
}

impl Slot {
    pub(super) fn new(subject: Subject, from: Position) -> Self {
        Self {
            subject,
            from,
            pending: VecDeque::new(),
            in_flight: None,
            told: None,
            named: false,
            naming: false,
            resumed: false,
            recorded: false,
            failures: 0,
            not_before: None,
            turn: None,
            ahead: None,
            unnoted: false,
            rest: Rest::No,
        }
    }

    /// As it was when `record` was written. An attempt may have been under way then.
    pub(super) fn restored(record: KeyRecord) -> Self {
        let pending = record.waiting().collect();
        let KeyRecord { subject, from, told, ahead, .. } = record;
        let mut slot = Self::new(subject, from);
        slot.pending = pending;
        slot.ahead = ahead.filter(|_| !left_out(Mutation::ForgetWhatIsOver));
        slot.named = told.is_some();
        slot.resumed = told.as_ref().is_some_and(|told| !told.settled);
        slot.recorded = true;
        slot.told = told.map(|told| Told { seen: told.seen || !told.settled, ..told });
        slot
    }

    pub(super) fn record(&self) -> KeyRecord {
        // What is on its way is tried again after a crash, unless something later of its episode waits already.
        let in_flight = self.in_flight.iter().filter(|waiting| !self.is_superseded(waiting.place()));
        let waiting: Vec<&Waiting> = in_flight.chain(&self.pending).collect();
        KeyRecord::new(self.subject.clone(), self.from, self.told.clone(), &waiting).with_ahead(self.ahead.clone())
    }

    fn told_of(&self, episode: EpisodeId) -> Option<&Told> {
        self.told.as_ref().filter(|told| told.episode == episode)
    }

    /// Whether an event of this episode has passed the filter.
    pub(super) fn has_passed(&self, episode: EpisodeId) -> bool {
        self.told_of(episode).is_some()
            || self.in_flight.iter().chain(&self.pending).any(|waiting| waiting.place().episode == episode)
    }

    /// Whether this event, or a later one of its episode, was offered before: an append that was repeated may stand
    /// in the journal twice.
    pub(super) fn knows(&self, place: Place) -> bool {
        self.told_of(place.episode).is_some_and(|told| place.order <= told.order)
            || self.in_flight.iter().chain(&self.pending).any(|waiting| {
                let known = waiting.place();
                known.episode == place.episode && place.order <= known.order
            })
    }

    /// Whether the sink may know of the episode of `place`.
    fn is_seen(&self, place: Place) -> bool {
        // Of an alarm nothing need be recorded that was told.
        self.is_alarm() || self.told_of(place.episode).is_some_and(|told| told.seen)
    }

    fn is_under_way(&self, episode: EpisodeId) -> bool {
        self.in_flight.as_ref().is_some_and(|waiting| waiting.place().episode == episode)
    }

    /// Whether a later event of the episode waits.
    pub(super) fn is_superseded(&self, place: Place) -> bool {
        self.pending.iter().any(|later| later.place().episode == place.episode)
    }

    /// Puts an event at the end, in the place of one of its episode that waits. Gives that one back.
    pub(super) fn push(&mut self, mut waiting: Waiting) -> Option<Waiting> {
        let episode = waiting.place().episode;
        if let Some(known) = self.pending.iter_mut().find(|known| known.place().episode == episode) {
            // What takes the place of a retelling is one.
            waiting.salt = waiting.salt.max(known.salt);
            Some(std::mem::replace(known, waiting))
        } else {
            self.pending.push_back(waiting);
            None
        }
    }

    /// Takes out what need not be told: closes that an alert service knows no alert for. With `give_up`, closes that
    /// nobody has heard of, whoever keeps what.
    pub(super) fn prune(&mut self, keeps: Keeps, give_up: bool) -> Vec<Waiting> {
        let mut pruned = Vec::new();
        let mut index = 0;
        while let Some(place) = self.pending.get(index).map(Waiting::place) {
            let unseen = place.closes && !self.is_seen(place) && !self.is_under_way(place.episode);
            let lost = left_out(Mutation::NoClosingMessage)
                && keeps == Keeps::Messages
                && place.closes
                && self.told_of(place.episode).is_some_and(|told| told.seen && told.prior.is_none());
            if (unseen && (keeps == Keeps::Alerts || give_up)) || lost {
                pruned.extend(self.pending.remove(index));
                if let Some(told) = self.told.as_mut().filter(|told| told.episode == place.episode) {
                    told.settled = true;
                }
            } else {
                index += 1;
            }
        }
        pruned
    }

    /// When the first that waits may go; `None`: not while things are as they are.
    pub(super) fn due(&self, now: DateTime<Utc>, update_interval: Duration) -> Option<DateTime<Utc>> {
        if self.is_busy() {
            return None;
        }
        let head = self.pending.front()?;
        let due = match self.told_at_of_update(head) {
            Some(told_at) => later(told_at, update_interval),
            None => now,
        };
        Some(self.not_before.map_or(due, |not_before| due.max(not_before)))
    }

    /// When the sink was last told of the episode that `waiting` merely updates; `None`: it must not wait.
    fn told_at_of_update(&self, waiting: &Waiting) -> Option<DateTime<Utc>> {
        let place = waiting.place();
        if place.closes || waiting.salt != 0 || matches!(self.subject, Subject::Notification(_)) {
            return None;
        }
        let told = self.told_of(place.episode)?;
        (place.severity <= told.severity?).then_some(told.at?)
    }

    /// Whether the record in the store must name another episode before the first that waits may go.
    pub(super) fn must_be_named(&self) -> bool {
        let head = self.pending.front().map(|waiting| waiting.place().episode);
        !self.named || self.told.as_ref().map(|told| told.episode) != head
    }

    /// Makes the episode of the first that waits the one that is told of. Earlier ones are settled by that.
    pub(super) fn name_head(&mut self) {
        let Some(episode) = self.pending.front().map(|waiting| waiting.place().episode) else { return };
        if self.told_of(episode).is_none() {
            let seen = self.is_alarm();
            let old = self.told.replace(Told { seen, ..Told::nothing(episode) });
            if left_out(Mutation::PriorOfKey)
                && let (Some(told), Some(old)) = (&mut self.told, old)
            {
                told.prior = old.prior;
            }
            self.failures = 0;
            self.not_before = None;
        }
    }

    /// Whether something is being done about it, which ends in a call of its own.
    pub(super) fn is_busy(&self) -> bool {
        self.in_flight.is_some() || self.naming
    }

    /// Whether nothing of it is left to tell now.
    pub(super) fn is_told(&self) -> bool {
        self.pending.is_empty() && !self.is_busy()
    }

    /// The episodes whose close it has told, or is to tell.
    pub(super) fn closed(&self) -> impl Iterator<Item = EpisodeId> {
        let told = self.told.iter().filter(|told| told.settled).map(|told| told.episode);
        let places = self.pending.iter().map(Waiting::place);
        let closing = places.filter(|place| place.closes).map(|place| place.episode);
        told.chain(closing).chain(self.ahead.iter().flat_map(|ahead| ahead.over.iter().copied()))
    }

    /// Whether nothing of it is left to tell, now or later.
    pub(super) fn is_finished(&self) -> bool {
        self.is_told() && self.ahead.is_none() && self.told.as_ref().is_none_or(|told| told.settled)
    }
}
