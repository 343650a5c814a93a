mod settle;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_event::{Event, Name};
use tidegate_sink::{Delivery, DeliveryId, DeliveryNamespace, Profile};
use tidegate_store::Position;

use super::again::{Again, other_id, replayed_id};
use super::dead::Letters;
use super::gate::{Admission, Gate};
use super::issue::{LaneRecord, Rewound};
use super::{Action, DeadLetter, Ticket, later, sooner};
use crate::mutation::{Mutation, left_out};
use crate::{Policy, Subscription};

/// How often the cursor is saved: a crash repeats what was delivered since.
const INTERVAL: Duration = Duration::from_secs(1);

/// Tells one sink of logs and metrics, in batches, in order.
#[derive(Debug)]
pub struct BatchLane {
    integration: Name,
    ids: DeliveryNamespace,
    subscription: Subscription,
    destination: Name,
    batch: usize,
    batch_bytes: usize,
    linger: Duration,
    max_age: TimeDelta,
    buffer_bytes: usize,

    /// What is not settled, and what is behind something that is not.
    items: VecDeque<Item>,
    /// The number of the first of `items`.
    first: u64,
    /// Where to begin to look for something to send.
    look_from: u64,
    /// The numbers of the items of each batch on its way.
    tickets: BTreeMap<Ticket, Vec<u64>>,
    next_ticket: u64,
    position: Position,
    /// The bulk log's end at start: what is before it may have been attempted before.
    attempted_to: Position,
    bytes: usize,
    /// Items that are not settled.
    unsettled: usize,
    /// Items that are not settled and not on their way, and their bytes.
    free: usize,
    free_bytes: usize,
    lost: u64,
    flushing: bool,
    /// Nothing goes before then: a whole batch failed, and what comes after it would overtake it.
    held_until: Option<DateTime<Utc>>,

    letters: Letters,
    again: Again,
    /// What was or is delivered once more.
    rewound: Option<Rewound>,
    saving: Option<Saving>,
    durable: Option<Position>,
    cursor_due: Option<DateTime<Utc>>,
}

#[derive(Debug)]
enum Saving {
    DeadLetters,
    Cursor(Position),
}

#[derive(Debug)]
struct Item {
    position: Position,
    /// None once it is settled.
    event: Option<Arc<Event>>,
    bytes: usize,
    offered_at: DateTime<Utc>,
    state: State,
    maybe_applied: bool,
    failures: u32,
    /// Under which id it is delivered again, where it was delivered or rejected before.
    again: Option<DeliveryId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    BackingOff(DateTime<Utc>),
    InFlight,
    Settled,
}

impl Item {
    fn delivery(&self, ids: DeliveryNamespace) -> Option<Delivery> {
        let id = self.again.unwrap_or_else(|| ids.of(self.position.number().to_be_bytes()));
        Some(Delivery { id, event: self.event.clone()?, prior: None, maybe_applied: self.maybe_applied })
    }
}

impl BatchLane {
    /// A lane that begins at `position`, and saves that at once.
    pub fn begin(
        integration: Name,
        subscription: Subscription,
        profile: &Profile,
        policy: &Policy,
        position: Position,
    ) -> Self {
        Self {
            ids: DeliveryId::namespace(&integration),
            integration,
            subscription: subscription.limited_to(profile.kinds()),
            destination: profile.destination().clone(),
            batch: profile.batch(),
            batch_bytes: profile.batch_bytes(),
            linger: policy.linger.unwrap_or(profile.linger()),
            max_age: TimeDelta::from_std(policy.max_age).unwrap_or(TimeDelta::MAX),
            buffer_bytes: policy.buffer_bytes,
            items: VecDeque::new(),
            first: 0,
            look_from: 0,
            tickets: BTreeMap::new(),
            next_ticket: 0,
            position,
            attempted_to: position,
            bytes: 0,
            unsettled: 0,
            free: 0,
            free_bytes: 0,
            lost: 0,
            flushing: false,
            held_until: None,
            letters: Letters::default(),
            again: Again::default(),
            rewound: None,
            saving: None,
            durable: None,
            cursor_due: None,
        }
    }

    /// A lane as its record left it: at `position`. What lies between that and `end`, where the log ended when it was
    /// started, may have been attempted before.
    pub fn resume(
        integration: Name,
        subscription: Subscription,
        profile: &Profile,
        policy: &Policy,
        position: Position,
        end: Position,
    ) -> Self {
        let mut lane = Self::begin(integration, subscription, profile, policy, position);
        lane.durable = Some(position);
        lane.attempted_to = end;
        lane
    }

    /// The same where the lane was set back to there.
    pub(crate) fn rewound(self, rewound: Option<Rewound>) -> Self {
        Self { rewound, ..self }
    }

    /// Takes note of the event at `position` of the bulk log, at `now`.
    pub fn offer(&mut self, position: Position, event: &Arc<Event>, now: DateTime<Utc>) {
        if position < self.position {
            return;
        }
        self.position = Position::new(position.number().saturating_add(1));
        if !self.subscription.takes(&self.integration, event) {
            return;
        }
        let again = self.rewound.filter(|rewound| position < rewound.until);
        self.enqueue(Item {
            position,
            event: Some(Arc::clone(event)),
            bytes: event.size_bytes(),
            offered_at: now,
            state: State::Waiting,
            maybe_applied: position < self.attempted_to,
            failures: 0,
            again: again.map(|rewound| replayed_id(self.ids, position, rewound.salt)),
        });
    }

    /// Offers dead letters anew that are [asked for](DeadLetter::asked), each as another delivery, whatever the filter
    /// says. They go behind what waits; a crash before they are delivered leaves them as they are.
    pub fn offer_again(&mut self, letters: Vec<DeadLetter>, now: DateTime<Utc>) {
        for letter in letters {
            let Some(salt) = letter.asked else { continue };
            let id = other_id(self.ids, &letter, salt);
            if self.again.take_on(id, Some(letter.id)) {
                self.enqueue(Item {
                    position: self.position,
                    bytes: letter.event.size_bytes(),
                    event: Some(letter.event),
                    offered_at: now,
                    state: State::Waiting,
                    maybe_applied: true,
                    failures: 0,
                    again: Some(id),
                });
            }
        }
    }

    fn enqueue(&mut self, item: Item) {
        self.bytes += item.bytes;
        self.unsettled += 1;
        self.free += 1;
        self.free_bytes += item.bytes;
        self.items.push_back(item);
    }

    /// Everything before `next` was offered; at most `lost` events before that were not there any more.
    pub fn advance(&mut self, next: Position, lost: u64) {
        self.position = self.position.max(next);
        self.lost += lost;
    }

    /// Lets no batch wait to fill any more.
    pub fn flush(&mut self) {
        self.flushing = true;
    }

    /// What to do now.
    pub fn next(&mut self, gate: &mut Gate, now: DateTime<Utc>) -> Action {
        self.expire(now);
        if self.saving.is_none() && !self.letters.is_empty() {
            self.saving = Some(Saving::DeadLetters);
            return Action::Save(self.letters.take());
        }
        let mut wake = None;
        if self.free > 0 && !self.letters.are_full(self.buffer_bytes) {
            match self.ready_at(now) {
                Some(at) if at > now => wake = Some(at),
                _ => match gate.admission(now) {
                    // What one item says of the whole integration, a batch says as well; and where it is the item that is
                    // minded, it is among others that are not.
                    Admission::Open | Admission::HalfOpen => {
                        if let Some(action) = self.send(gate, now) {
                            return action;
                        }
                    }
                    Admission::Until(at) => wake = Some(at),
                    Admission::Closed => {}
                },
            }
        }
        self.save_cursor(now, wake)
    }

    fn save_cursor(&mut self, now: DateTime<Utc>, wake: Option<DateTime<Utc>>) -> Action {
        let cursor = self.cursor();
        if self.saving.is_none() && self.durable != Some(cursor) {
            let due = *self.cursor_due.get_or_insert(later(now, INTERVAL));
            if due <= now || self.durable.is_none() || self.flushing {
                self.cursor_due = None;
                self.saving = Some(Saving::Cursor(cursor));
                let record = LaneRecord::new(cursor, self.destination.clone()).with_rewound(self.rewound);
                return Action::Save(vec![record.change(&self.integration, LaneRecord::BATCH)]);
            }
        }
        let cursor_due = self.cursor_due.filter(|_| self.saving.is_none());
        // What is too old and on its way is not given up before it has ended.
        let expiry = self.next_expiry().filter(|at| *at > now);
        match sooner(sooner(wake, cursor_due), expiry) {
            Some(at) if at > now => Action::SleepUntil(at),
            _ => Action::Idle,
        }
    }

    /// When there is something to send: a batch is full, or the oldest that waits has lingered.
    fn ready_at(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if let Some(held) = self.held_until.filter(|held| *held > now) {
            return Some(held);
        }
        let full = self.free >= self.batch || self.free_bytes >= self.batch_bytes;
        let mut backing_off = None;
        let start = self.look_start();
        for item in self.items.range(start..) {
            match item.state {
                State::Waiting if full || self.flushing => return Some(now),
                State::Waiting => return sooner(backing_off, Some(later(item.offered_at, self.linger))),
                State::BackingOff(until) if until <= now => return Some(now),
                State::BackingOff(until) => backing_off = sooner(backing_off, Some(until)),
                State::InFlight | State::Settled => {}
            }
        }
        backing_off
    }

    /// The index of the first item that may be to send; what is before it is settled or on its way.
    fn look_start(&mut self) -> usize {
        let mut start = usize::try_from(self.look_from.saturating_sub(self.first)).unwrap_or(usize::MAX);
        start = start.min(self.items.len());
        while self.items.get(start).is_some_and(|item| matches!(item.state, State::InFlight | State::Settled)) {
            start += 1;
        }
        self.look_from = self.first + start as u64;
        start
    }

    fn send(&mut self, gate: &mut Gate, now: DateTime<Utc>) -> Option<Action> {
        let start = self.look_start();
        let (mut batch, mut deliveries) = (Vec::new(), Vec::new());
        let mut bytes = 0;
        for (index, item) in self.items.iter_mut().enumerate().skip(start) {
            let free = match item.state {
                State::Waiting => true,
                State::BackingOff(until) => until <= now,
                State::InFlight | State::Settled => false,
            };
            if !free {
                continue;
            }
            if batch.len() == self.batch || (bytes + item.bytes > self.batch_bytes && !batch.is_empty()) {
                break;
            }
            bytes += item.bytes;
            item.state = State::InFlight;
            deliveries.extend(item.delivery(self.ids));
            batch.push(self.first + index as u64);
        }
        if batch.is_empty() {
            return None;
        }
        self.free -= batch.len();
        self.free_bytes -= bytes;
        gate.started(now);
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.tickets.insert(ticket, batch);
        Some(Action::Deliver(ticket, deliveries))
    }

    fn next_expiry(&self) -> Option<DateTime<Utc>> {
        let oldest = self.items.front()?;
        oldest.offered_at.checked_add_signed(self.max_age)?.checked_add_signed(TimeDelta::milliseconds(1))
    }

    /// The settled prefix: what is before it need not be read again.
    fn cursor(&self) -> Position {
        if left_out(Mutation::CursorPastFailed) {
            return self.position;
        }
        self.items.front().map_or(self.position, |item| item.position)
    }

    /// The last save is durable.
    pub fn saved(&mut self) {
        match self.saving.take() {
            Some(Saving::Cursor(cursor)) => self.durable = Some(cursor),
            Some(Saving::DeadLetters) => self.letters.saved(),
            None => {}
        }
    }

    /// How many bytes more of the bulk log it wants to be offered. Dead letters that wait to be saved take room.
    pub fn room(&self) -> usize {
        self.buffer_bytes.saturating_sub(self.bytes + self.letters.bytes())
    }

    /// Where to read on.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Up to where the bulk log is not needed any more.
    pub fn durable_position(&self) -> Option<Position> {
        self.durable
    }

    /// How many items are not settled.
    pub fn waiting(&self) -> usize {
        self.unsettled
    }

    /// About how many bytes are held.
    pub fn waiting_bytes(&self) -> usize {
        self.bytes
    }

    /// At most how many items were given up or never read.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Whether everything was delivered.
    pub fn is_flushed(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether everything is saved.
    pub fn is_saved(&self) -> bool {
        self.saving.is_none() && self.letters.is_empty() && self.durable == Some(self.cursor())
    }
}

#[cfg(test)]
mod tests;
