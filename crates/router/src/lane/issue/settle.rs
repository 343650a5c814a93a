use chrono::{DateTime, Utc};
use tidegate_event::{Name, time};
use tidegate_sink::{Delivery, Outcome, Receipt, SinkError, SinkErrorKind};

use super::super::dead::DeadLetter;
use super::super::{Gate, Ticket, later};
use super::IssueLane;
use super::record::Subject;
use super::slot::Waiting;
use crate::attempt::Attempt;
use crate::mutation::{Mutation, left_out};

impl IssueLane {
    /// Takes note of how a batch went.
    pub fn settle(
        &mut self,
        ticket: Ticket,
        result: Result<Vec<Outcome>, SinkError>,
        gate: &mut Gate,
        now: DateTime<Utc>,
    ) {
        let Some(batch) = self.tickets.remove(&ticket) else { return };
        gate.ended();
        let outcomes = match result {
            Ok(outcomes) => outcomes,
            Err(error) => {
                gate.failed(&error, now);
                for (id, delivery) in batch {
                    self.settle_one(id, &delivery, Outcome::Failed(error.clone()), gate, now);
                }
                return;
            }
        };
        let mut outcomes = outcomes.into_iter();
        let mut to_gate = None;
        let mut answered = false;
        for (id, delivery) in batch {
            let outcome = outcomes.next().unwrap_or_else(|| Outcome::Failed(missing_outcome()));
            match &outcome {
                Outcome::Accepted(_) | Outcome::Rejected(_) => answered = true,
                Outcome::Failed(error) => to_gate = Some(weightier(to_gate, error)),
                Outcome::Untouched => {}
            }
            self.settle_one(id, &delivery, outcome, gate, now);
        }
        if answered && gate.answered() {
            self.release_backoff();
        }
        // After `answered`: what is wrong with the key, or a throttle, holds for the items that follow.
        if let Some(error) = to_gate.filter(|error| !answered || concerns_gate(error)) {
            gate.failed(&error, now);
        }
    }

    fn settle_one(&mut self, id: usize, delivery: &Delivery, outcome: Outcome, gate: &mut Gate, now: DateTime<Utc>) {
        self.remember(id, delivery, &outcome, now);
        let Some(slot) = self.slots.get_mut(id) else { return };
        let Some(waiting) = slot.in_flight.take() else { return };
        self.touched.push(id);
        self.checkpoint.outcome(id, now);
        match outcome {
            Outcome::Accepted(receipt) => {
                if let Some(letter) = self.again.settled(delivery.id) {
                    self.checkpoint.letters.bury(DeadLetter::deletion(&self.integration, letter));
                }
                self.accepted(id, waiting, receipt, now);
            }
            Outcome::Rejected(reason) => {
                let before = self.again.settled(delivery.id);
                let letter = DeadLetter::new(delivery, &self.destination, reason, now).known_as(before);
                self.checkpoint.letters.bury(letter.change(&self.integration));
                self.rejected(id, waiting);
            }
            Outcome::Failed(error) => {
                let wait = gate.wait(slot.failures.saturating_add(1));
                if error.kind().backs_off() {
                    slot.failures = slot.failures.saturating_add(1);
                    slot.not_before = Some(later(now, wait));
                }
                let applied = error.kind().may_have_applied() && !left_out(Mutation::NothingMayHaveApplied);
                if let Some(told) = slot.told.as_mut().filter(|_| applied) {
                    told.seen = true;
                }
                self.put_back(id, waiting);
            }
            Outcome::Untouched => {
                // Not at once: a sink that touches nothing would be asked without end.
                slot.not_before = Some(later(now, gate.wait(1)));
                self.put_back(id, waiting);
            }
        }
    }

    fn accepted(&mut self, id: usize, waiting: Waiting, receipt: Option<Receipt>, now: DateTime<Utc>) {
        let destination = Name::clone(&self.destination);
        let Some(slot) = self.slots.get_mut(id) else { return };
        slot.failures = 0;
        slot.not_before = None;
        if let Some(told) = &mut slot.told {
            let place = waiting.place();
            told.seen = true;
            told.settled = place.closes;
            told.severity = Some(place.severity);
            told.at = Some(time::truncate(now));
            if let Some(receipt) = receipt {
                told.prior = Some((destination, receipt));
            }
        }
        self.let_go([waiting]);
    }

    /// A reject changes nothing that is known of the episode but that this event is done with.
    fn rejected(&mut self, id: usize, waiting: Waiting) {
        let keeps = self.keeps;
        let Some(slot) = self.slots.get_mut(id) else { return };
        slot.failures = 0;
        slot.not_before = None;
        if let Some(told) = &mut slot.told {
            told.settled = waiting.place().closes;
            if left_out(Mutation::RejectUnsees) {
                told.seen = false;
            }
        }
        let pruned = slot.prune(keeps, false);
        self.let_go(pruned.into_iter().chain([waiting]));
    }

    /// To be tried again, unless a later event of its episode waits already.
    fn put_back(&mut self, id: usize, waiting: Waiting) {
        let keeps = self.keeps;
        let Some(slot) = self.slots.get_mut(id) else { return };
        let mut gone = Vec::new();
        if slot.is_superseded(waiting.place()) {
            gone.push(waiting);
        } else {
            slot.pending.push_front(waiting);
        }
        gone.extend(slot.prune(keeps, false));
        self.let_go(gone);
    }

    /// The outage is over: nobody waits on account of it.
    fn release_backoff(&mut self) {
        for (id, slot) in &mut self.slots {
            if slot.not_before.take().is_some() {
                self.touched.push(id);
            }
        }
    }

    fn remember(&mut self, id: usize, delivery: &Delivery, outcome: &Outcome, now: DateTime<Utc>) {
        let Some((slot, told)) = self.slots.get(id).and_then(|slot| slot.told.as_ref().map(|told| (slot, told))) else {
            return;
        };
        let of = match &slot.subject {
            Subject::Issue(_) => told.episode.to_string(),
            subject @ Subject::Notification(_) => subject.record_name(),
        };
        if let Some(attempt) = Attempt::new(&delivery.event, outcome, now) {
            self.checkpoint.remember(attempt.change(&self.integration, &of, told.attempts));
        }
    }
}

/// A sink that gives fewer outcomes than it took items has said nothing of the rest.
pub(in crate::lane) fn missing_outcome() -> SinkError {
    SinkError::new(SinkErrorKind::Unconfirmed, "the sink gave no outcome for this item")
}

/// What holds for the whole integration, whatever became of other items of the batch.
pub(in crate::lane) fn concerns_gate(error: &SinkError) -> bool {
    // A wait that is asked for is of all, whatever the kind.
    error.retry_after().is_some()
        || matches!(
            error.kind(),
            SinkErrorKind::Throttled | SinkErrorKind::Unauthorized | SinkErrorKind::Misconfigured | SinkErrorKind::Gone
        )
}

/// What the gate hears of the failures of a call: the first that concerns it, else the first that is not of one item alone.
pub(in crate::lane) fn weightier(before: Option<SinkError>, error: &SinkError) -> SinkError {
    let weight = |error: &SinkError| (concerns_gate(error), !error.is_of_item());
    match before {
        Some(before) if weight(&before) >= weight(error) => before,
        _ => error.clone(),
    }
}
