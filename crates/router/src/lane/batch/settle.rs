use chrono::{DateTime, Utc};
use tidegate_sink::{Outcome, SinkError};

use super::super::dead::DeadLetter;
use super::super::issue::{concerns_gate, missing_outcome, weightier};
use super::super::{Gate, Ticket, later};
use super::{BatchLane, Item, State};

/// What is kept of an item that is settled and behind one that is not: where it was.
const SETTLED_BYTES: usize = 64;

impl BatchLane {
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
        let (whole, outcomes) = match result {
            Ok(outcomes) => (None, outcomes),
            Err(error) => (Some(error), Vec::new()),
        };
        let is_answer = |outcome: &Outcome| matches!(outcome, Outcome::Accepted(_) | Outcome::Rejected(_));
        let answered = outcomes.iter().take(batch.len()).any(is_answer);
        let mut outcomes = outcomes.into_iter();
        let mut to_gate = whole.clone();
        // What fails together is tried again together, not item by item.
        let mut together = None;
        let mut retry_at = |failures| *together.get_or_insert_with(|| later(now, gate.wait(failures)));
        for number in batch {
            let outcome = whole
                .clone()
                .map_or_else(|| outcomes.next().unwrap_or_else(|| Outcome::Failed(missing_outcome())), Outcome::Failed);
            let until = match &outcome {
                Outcome::Accepted(_) | Outcome::Rejected(_) => None,
                Outcome::Failed(error) => {
                    to_gate = Some(weightier(to_gate, error));
                    // For what is wrong with the key the gate alone waits: it is tried once a minute.
                    Some(if error.kind().backs_off() { retry_at(self.failures(number).saturating_add(1)) } else { now })
                }
                // Where the sink took a part of the batch, the rest goes on at once; a sink that touches nothing would
                // be asked without end.
                Outcome::Untouched => Some(if answered { now } else { retry_at(1) }),
            };
            self.settle_one(number, outcome, until, now);
        }
        if !answered {
            self.held_until = self.held_until.max(together);
        }
        if answered {
            gate.answered();
        }
        if let Some(error) = to_gate.filter(|error| !answered || concerns_gate(error)) {
            gate.failed(&error, now);
        }
        self.drop_settled();
    }

    fn item(&mut self, number: u64) -> Option<&mut Item> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.items.get_mut(index)
    }

    fn failures(&mut self, number: u64) -> u32 {
        self.item(number).map_or(0, |item| item.failures)
    }

    /// `until`: when it is to be tried again, where it is.
    fn settle_one(&mut self, number: u64, outcome: Outcome, until: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        let ids = self.ids;
        let Some(item) = self.item(number) else { return };
        if let Outcome::Failed(error) = &outcome {
            item.maybe_applied |= error.kind().may_have_applied();
            item.failures = item.failures.saturating_add(u32::from(error.kind().backs_off()));
        }
        if let Some(until) = until {
            item.state = State::BackingOff(until);
            let bytes = item.bytes;
            self.free += 1;
            self.free_bytes += bytes;
            self.look_from = self.look_from.min(number);
            return;
        }
        item.state = State::Settled;
        let delivery = item.delivery(ids);
        // Its place alone is needed until all before it is settled.
        item.event = None;
        let released = item.bytes.saturating_sub(SETTLED_BYTES);
        item.bytes -= released;
        self.bytes -= released;
        self.unsettled -= 1;
        let Some(delivery) = delivery else { return };
        let letter = self.again.settled(delivery.id);
        if let Outcome::Rejected(reason) = outcome {
            let letter = DeadLetter::new(&delivery, &self.destination, reason, now).known_as(letter);
            self.letters.bury(letter.change(&self.integration));
        } else if let Some(letter) = letter {
            self.letters.bury(DeadLetter::deletion(&self.integration, letter));
        }
    }

    fn drop_settled(&mut self) {
        while let Some(item) = self.items.pop_front_if(|item| item.state == State::Settled) {
            self.first += 1;
            self.bytes -= item.bytes;
        }
    }

    /// Gives up what has been tried for too long.
    pub(super) fn expire(&mut self, now: DateTime<Utc>) {
        let too_old = |item: &mut Item| {
            matches!(item.state, State::Waiting | State::BackingOff(_)) && now - item.offered_at > self.max_age
        };
        while let Some(item) = self.items.pop_front_if(too_old) {
            self.first += 1;
            // A dead letter stays one, and what is replayed was delivered before.
            self.lost += u64::from(item.again.is_none());
            self.unsettled -= 1;
            self.bytes -= item.bytes;
            self.free -= 1;
            self.free_bytes -= item.bytes;
        }
        self.drop_settled();
    }
}
