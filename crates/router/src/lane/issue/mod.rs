//! The issue lane: issues and notifications, one at a time for each key, retried until delivered or rejected.

mod again;
mod checkpoint;
mod closed;
mod foretell;
mod offer;
mod record;
mod rest;
mod settle;
mod slot;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use slab::Slab;
use tidegate_event::{Event, Name};
use tidegate_sink::{Delivery, DeliveryId, DeliveryNamespace, Keeps, Profile};
use tidegate_store::{Position, StoreError};

use self::again::Offered;
use self::checkpoint::Checkpoint;
use self::closed::Closed;
use self::foretell::Ahead;
use self::record::KeyRecord;
use self::rest::{Certain, Resting};
use self::slot::{Slot, Waiting};
use super::again::Again;
use super::gate::{Admission, Gate};
use super::{Action, Ticket, later, sooner};
use crate::mutation::{Mutation, left_out};
use crate::{Policy, Subscription};

pub(crate) use self::foretell::{Foretold, is_alarm};
pub(crate) use self::record::{LaneRecord, Rewound, Subject};
pub(super) use self::settle::{concerns_gate, missing_outcome, weightier};

/// The most keys that are named in one write.
const NAMED_AT_ONCE: usize = 256;
/// The turn of what goes before everything else.
const FIRST: DateTime<Utc> = DateTime::<Utc>::MIN_UTC;
/// How many bytes of the journal a lane reads at once whose window is full, and that must read on.
const LEAST_ROOM: usize = 16 * 1024;

/// Open issues that a lane is to tell, as they were when everything of the journal before `at` had happened.
#[derive(Debug, Clone, Default)]
pub struct Openings {
    /// Where the journal stood.
    pub at: Position,
    /// The last event of each open issue.
    pub issues: Vec<Arc<Event>>,
    /// Tell also what was told before, as other deliveries; 0: only what was not.
    pub salt: u64,
}

/// Tells one sink of issues and notifications.
///
/// Offered the journal in order, it holds for each key what is still to be told after coalescing, and what was told.
/// All of it survives in the state store: see [`Action::Save`].
#[derive(Debug)]
pub struct IssueLane {
    integration: Name,
    /// What the keys of its records begin with.
    prefix: String,
    ids: DeliveryNamespace,
    subscription: Subscription,
    destination: Name,
    batch: usize,
    keeps: Keeps,
    update_interval: Duration,
    window_bytes: usize,
    /// What notifications that are told may take of memory.
    revisable_bytes: usize,

    slots: Slab<Slot>,
    index: HashMap<Subject, usize, foldhash::fast::FixedState>,
    /// Who may go, in turn.
    queue: BTreeSet<(DateTime<Utc>, u64, usize)>,
    turns: u64,
    /// Whose turn must be reckoned anew.
    touched: Vec<usize>,
    /// Whose turn it is, and whom no record names yet.
    unnamed: Vec<usize>,
    tickets: BTreeMap<Ticket, Vec<(usize, Delivery)>>,
    next_ticket: u64,

    /// Where to read on.
    position: Position,
    /// What the journal says of issues before it is known already.
    issues_from: Position,
    /// The journal's end at start: nothing is sent before it is reached.
    replay_to: Position,
    /// To be told once it has read so far.
    openings: Option<Openings>,
    /// What the journal lacks, to be told once everything before it was read.
    foretold: VecDeque<Ahead>,
    /// Once it has read so far, the journal lacks nothing that it knows.
    complete_at: Option<Position>,
    /// The journal cannot be read just now.
    unreadable: bool,
    /// What the journal says before it of an alarm that nobody has heard of is older than one that people were told.
    alarms_from: Position,
    wanted: Option<u64>,
    waiting: usize,
    bytes: usize,
    given_up: u64,
    closed: Closed,
    /// What is to be offered anew, and what was.
    again_waiting: Vec<Offered>,
    again: Again,

    resting: Resting,
    certain: Certain,
    checkpoint: Checkpoint,
}

impl IssueLane {
    /// A lane that sends to another place than before: it begins with `openings`, and sends nothing before its first
    /// checkpoint is durable. The notifications of the journal it takes `from` an earlier position on; what happened to
    /// issues up to that of the openings is in them.
    pub fn begin(
        integration: Name,
        subscription: Subscription,
        profile: &Profile,
        policy: &Policy,
        from: Position,
        openings: &Openings,
    ) -> Self {
        let mut lane = Self::new(integration, subscription, profile, policy);
        lane.issues_from = openings.at;
        lane.position = openings.at;
        lane.replay_to = openings.at;
        lane.checkpoint.require();
        lane.apply(openings);
        lane.position = from.min(openings.at);
        lane
    }

    /// A lane as its records left it. It reads on from its position up to `end` before it sends.
    ///
    /// Gives back an error for each record that cannot be read, which names its key: it goes on without those.
    pub fn resume(
        integration: Name,
        subscription: Subscription,
        profile: &Profile,
        policy: &Policy,
        position: Position,
        end: Position,
        records: &[(String, Bytes)],
    ) -> (Self, Vec<StoreError>) {
        let mut lane = Self::new(integration, subscription, profile, policy);
        lane.position = position;
        lane.replay_to = end;
        lane.checkpoint.durable_at(position);
        let mut unreadable = Vec::new();
        for (key, bytes) in records {
            match KeyRecord::read(key, bytes) {
                Ok(record) => {
                    let slot = Slot::restored(record);
                    slot.closed().for_each(|episode| lane.closed.insert(episode));
                    lane.insert(slot);
                }
                Err(error) => unreadable.push(error),
            }
        }
        (lane, unreadable)
    }

    fn new(integration: Name, subscription: Subscription, profile: &Profile, policy: &Policy) -> Self {
        Self {
            ids: DeliveryId::namespace(&integration),
            prefix: LaneRecord::key_prefix(&integration, profile.destination()),
            integration,
            subscription: subscription.limited_to(profile.kinds()),
            destination: profile.destination().clone(),
            batch: profile.batch(),
            keeps: profile.keeps(),
            update_interval: policy.update_interval.unwrap_or(profile.update_interval()),
            window_bytes: policy.window_bytes,
            revisable_bytes: policy.window_bytes / 4,
            slots: Slab::new(),
            index: HashMap::default(),
            queue: BTreeSet::new(),
            turns: 0,
            touched: Vec::new(),
            unnamed: Vec::new(),
            tickets: BTreeMap::new(),
            next_ticket: 0,
            position: Position::START,
            issues_from: Position::START,
            replay_to: Position::START,
            openings: None,
            foretold: VecDeque::new(),
            complete_at: None,
            unreadable: false,
            alarms_from: Position::START,
            wanted: None,
            waiting: 0,
            bytes: 0,
            given_up: 0,
            closed: Closed::default(),
            again_waiting: Vec::new(),
            again: Again::default(),
            resting: Resting::default(),
            certain: Certain::default(),
            checkpoint: Checkpoint::default(),
        }
    }

    fn insert(&mut self, slot: Slot) -> usize {
        self.bytes += slot.pending.iter().map(|waiting| waiting.event.size_bytes()).sum::<usize>();
        self.waiting += slot.pending.len();
        let subject = slot.subject.clone();
        let id = self.slots.insert(slot);
        self.index.insert(subject, id);
        self.touched.push(id);
        id
    }

    /// What to do now.
    pub fn next(&mut self, gate: &mut Gate, now: DateTime<Utc>) -> Action {
        self.take_on_again();
        self.reckon(now);
        if let Some(changes) = self.save_dead_letters() {
            return Action::Save(changes);
        }
        let mut wake = None;
        let may_send = self.may_send() && !(self.queue.is_empty() && self.unnamed.is_empty());
        if may_send || self.is_alarm_due() {
            match gate.admission(now) {
                Admission::Open => self.pick(self.batch, NAMED_AT_ONCE, now),
                Admission::HalfOpen => self.pick(1, 1, now),
                Admission::Until(at) => {
                    wake = Some(at);
                    None
                }
                Admission::Closed => None,
            }
            .map(|batch| self.send(batch, gate, now))
            .unwrap_or_else(|| self.save_or_wait(wake, now))
        } else {
            self.save_or_wait(wake, now)
        }
    }

    fn save_or_wait(&mut self, wake: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Action {
        if let Some(changes) = self.save_names().or_else(|| self.save_progress(now)) {
            return Action::Save(changes);
        }
        // What is due already waits for the gate or a save, not for a time.
        let next_turn = self.queue.first().map(|(at, ..)| *at).filter(|at| *at > now);
        let wake = sooner(sooner(wake, next_turn), self.checkpoint.wake());
        match wake {
            Some(at) if at > now => Action::SleepUntil(at),
            _ => Action::Idle,
        }
    }

    /// After a restart it reads first, so that what was told already is not told again. Only where its window is too
    /// small for that, those go that were never attempted: see [`Slot::resumed`].
    fn may_send(&self) -> bool {
        let full = self.bytes >= self.window_bytes && !left_out(Mutation::FullWindowWaits);
        let read = !self.is_behind() || full || left_out(Mutation::SendWhileReplaying);
        read && self.checkpoint.is_established() && !self.checkpoint.letters.are_full(self.window_bytes)
    }

    /// Whether it has yet to read what was in the journal when it started.
    pub fn is_behind(&self) -> bool {
        self.position < self.replay_to
    }

    /// Reckons the turn of every slot that something happened to.
    fn reckon(&mut self, now: DateTime<Utc>) {
        let behind = self.is_behind() && !left_out(Mutation::SendWhileReplaying);
        for id in std::mem::take(&mut self.touched) {
            let Some(slot) = self.slots.get_mut(id).filter(|slot| !slot.is_busy()) else { continue };
            let due = slot.due(now, self.update_interval).filter(|_| !(behind && slot.resumed));
            // Who is due keeps the place in the queue that he has.
            let turn = due.map(|due| match slot.turn {
                _ if slot.is_alarm() && due <= now => (FIRST, 0),
                Some(turn) if turn.0 <= now && due <= now => turn,
                _ => {
                    self.turns += 1;
                    (due, self.turns)
                }
            });
            if let Some((at, order)) = slot.turn.take() {
                self.queue.remove(&(at, order, id));
            }
            slot.turn = turn;
            if let Some((at, order)) = turn {
                self.queue.insert((at, order, id));
            }
            self.note_rest(id, now);
        }
    }

    /// The next batch of those whose turn has come. Whom no record names yet is put aside to be named first.
    fn pick(&mut self, batch: usize, names: usize, now: DateTime<Utc>) -> Option<Vec<usize>> {
        let mut picked = Vec::new();
        let may_send = self.may_send();
        while picked.len() < batch {
            let Some(&(at, order, id)) = self.queue.first().filter(|(at, ..)| *at <= now) else { break };
            if at != FIRST && (!may_send || self.unnamed.len() >= names) {
                break;
            }
            self.queue.remove(&(at, order, id));
            // A queue entry names a slot that is there: both go together.
            let Some(slot) = self.slots.get_mut(id) else { continue };
            if slot.is_alarm() {
                // It goes though nothing can be saved: every attempt counts as one that was made before.
                slot.name_head();
                self.checkpoint.dirty(id);
            } else if slot.must_be_named() {
                slot.name_head();
                slot.named = left_out(Mutation::UnnamedAttempt);
                slot.naming = !slot.named;
                self.checkpoint.dirty(id);
                if slot.naming {
                    slot.turn = Some((at, order));
                    self.unnamed.push(id);
                    continue;
                }
            }
            slot.turn = Some((at, order));
            picked.push(id);
        }
        (!picked.is_empty()).then_some(picked)
    }

    fn send(&mut self, batch: Vec<usize>, gate: &mut Gate, now: DateTime<Utc>) -> Action {
        let deliveries: Vec<(usize, Delivery)> =
            batch.into_iter().filter_map(|id| self.prepare(id).map(|delivery| (id, delivery))).collect();
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        gate.started(now);
        let batch = deliveries.iter().map(|(_, delivery)| delivery.clone()).collect();
        self.tickets.insert(ticket, deliveries);
        Action::Deliver(ticket, batch)
    }

    fn prepare(&mut self, id: usize) -> Option<Delivery> {
        let slot = self.slots.get_mut(id)?;
        let waiting = slot.pending.pop_front()?;
        let told = slot.told.as_mut()?;
        told.order = told.order.max(waiting.place().order);
        told.attempts = told.attempts.wrapping_add(1);
        let prior = told.prior.as_ref().filter(|(destination, _)| *destination == self.destination);
        let delivery = Delivery {
            id: self.ids.of(identity(&waiting)),
            event: Arc::clone(&waiting.event),
            prior: prior.map(|(_, receipt)| receipt.clone()),
            maybe_applied: told.seen,
        };
        slot.in_flight = Some(waiting);
        Some(delivery)
    }

    /// How many bytes more of the journal it wants to be offered.
    ///
    /// Its window bounds that, unless it must read on before it can send anything at all. Dead letters that wait to be
    /// saved take room in it.
    pub fn room(&self) -> usize {
        let letters = &self.checkpoint.letters;
        if letters.are_full(self.window_bytes) {
            return 0;
        }
        let room = self.window_bytes.saturating_sub(self.bytes + letters.bytes());
        let nothing_to_send = self.queue.is_empty() && self.unnamed.is_empty() && self.tickets.is_empty();
        let must =
            self.is_behind() && self.touched.is_empty() && nothing_to_send && !left_out(Mutation::FullWindowWaits);
        if must || !self.checkpoint.is_established() { room.max(LEAST_ROOM) } else { room }
    }

    /// Where to read on.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Up to where the journal is not needed any more.
    pub fn durable_position(&self) -> Option<Position> {
        self.checkpoint.durable_position()
    }

    /// How many events wait or are on their way.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// About how many bytes they take.
    pub fn waiting_bytes(&self) -> usize {
        self.bytes
    }

    /// How many episodes were given up, untold, because the window was full.
    pub fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Whether everything that could be sent was, and nothing is on its way. Updates that wait for their interval do
    /// not count.
    pub fn is_flushed(&self, now: DateTime<Utc>) -> bool {
        !self.is_behind()
            && self.tickets.is_empty()
            && self.unnamed.is_empty()
            && self.touched.is_empty()
            && self.queue.first().is_none_or(|(at, ..)| *at > later(now, Duration::from_secs(30)))
    }
}

/// What a delivery is named by: the event itself, not its place in the journal, so that an issue told again after a
/// filter has widened is the same delivery.
fn identity(waiting: &Waiting) -> String {
    let name = match &*waiting.event {
        Event::Issue(issue) => format!("issue/{}/{}", issue.episode, issue.sequence),
        Event::Notification(notification) => format!("notification/{}/{}", notification.revision, notification.id),
        Event::Log(_) | Event::Metric(_) => String::new(),
    };
    if waiting.salt == 0 { name } else { format!("{name}/{}", waiting.salt) }
}

#[cfg(test)]
mod tests;
