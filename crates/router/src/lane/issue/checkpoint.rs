use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_store::{Change, Position, Space};

use super::super::later;
use super::slot::Slot;
use super::{IssueLane, LaneRecord};
use crate::mutation::{Mutation, left_out};

/// How long an outcome may wait to be saved: a crash within it repeats the delivery as `maybe_applied`.
const OUTCOME_LAG: Duration = Duration::from_millis(100);
/// How often the lane's place is saved, so that the journal can be released.
const INTERVAL: Duration = Duration::from_secs(5);
/// The most records in one write.
const RECORDS_AT_ONCE: usize = 256;
/// How long a finished key is kept, so that an append repeated after a failure is recognised.
const LINGERS: TimeDelta = TimeDelta::minutes(1);
/// How long a notification is kept, so that a revision edits its message.
const REVISABLE: TimeDelta = TimeDelta::days(7);
/// How many notifications are kept for that at the most.
const REVISABLE_AT_ONCE: usize = 10_000;
/// The most attempts that wait to be saved; a store that fails for long costs history, nothing else.
const ATTEMPTS: usize = 1024;

/// What a lane has yet to make durable, and in which order.
///
/// A checkpoint is: the records of all keys that changed, then the lane's position, then the deletion of the records
/// of finished keys. In between go names and outcomes, one save at a time.
#[derive(Debug, Default)]
pub(super) struct Checkpoint {
    /// Whose record in the store is not as it should be.
    dirty: BTreeSet<usize>,
    /// Those of them with an outcome.
    outcomes: BTreeSet<usize>,
    outcomes_due: Option<DateTime<Utc>>,
    dead_letters: Vec<Change>,
    attempts: VecDeque<Change>,
    finished: VecDeque<(DateTime<Utc>, usize)>,
    /// Notifications that are told, in that order: they may be revised.
    revisable: VecDeque<(DateTime<Utc>, usize)>,
    saving: Option<Saving>,
    stage: Stage,
    /// Begin one now.
    required: bool,
    /// When the next one is due; `None`: nothing to save yet.
    due: Option<DateTime<Utc>>,
    durable: Option<Position>,
}

/// The save under way.
#[derive(Debug)]
pub(super) enum Saving {
    DeadLetters,
    Names(Vec<usize>),
    Records,
    Position(Position),
    Deletions,
}

/// How far the checkpoint under way has come.
#[derive(Debug, Default)]
enum Stage {
    #[default]
    Idle,
    Records {
        position: Position,
        rest: Vec<usize>,
    },
    Position {
        position: Position,
    },
    Deletions {
        position: Position,
    },
}

impl Checkpoint {
    /// The record of `id` must be written before the lane's position passes it.
    pub(super) fn dirty(&mut self, id: usize) {
        self.dirty.insert(id);
    }

    /// An outcome of `id` must be written soon.
    pub(super) fn outcome(&mut self, id: usize, now: DateTime<Utc>) {
        self.dirty.insert(id);
        self.outcomes.insert(id);
        self.outcomes_due.get_or_insert(later(now, OUTCOME_LAG));
    }

    pub(super) fn bury(&mut self, letter: Change) {
        self.dead_letters.push(letter);
    }

    pub(super) fn remember(&mut self, attempt: Change) {
        if self.attempts.len() == ATTEMPTS {
            self.attempts.pop_front();
        }
        self.attempts.push_back(attempt);
    }

    pub(super) fn finished(&mut self, id: usize, now: DateTime<Utc>) {
        self.finished.push_back((now, id));
    }

    pub(super) fn revisable(&mut self, id: usize, now: DateTime<Utc>) {
        self.revisable.push_back((now, id));
    }

    /// Nothing is sent before a checkpoint is durable.
    pub(super) fn require(&mut self) {
        self.required = true;
    }

    pub(super) fn durable_at(&mut self, position: Position) {
        self.durable = Some(position);
    }

    pub(super) fn durable_position(&self) -> Option<Position> {
        self.durable
    }

    /// Whether one was durable ever: before, a restart begins the lane anew.
    pub(super) fn is_established(&self) -> bool {
        self.durable.is_some()
    }

    /// When it wants to save.
    pub(super) fn wake(&self) -> Option<DateTime<Utc>> {
        if self.saving.is_some() {
            return None;
        }
        super::sooner(self.outcomes_due, self.due)
    }

    fn is_busy(&self) -> bool {
        self.saving.is_some()
    }
}

impl IssueLane {
    /// Asks for a checkpoint now rather than when one is due.
    pub fn checkpoint(&mut self) {
        self.checkpoint.require();
    }

    /// Whether everything is saved.
    pub fn is_saved(&self) -> bool {
        let state = &self.checkpoint;
        !state.is_busy()
            && !state.required
            && matches!(state.stage, Stage::Idle)
            && state.dirty.is_empty()
            && state.dead_letters.is_empty()
            && state.durable == Some(self.position)
    }

    /// Dead letters go before anything else, so that no outcome is durable before them.
    pub(super) fn save_dead_letters(&mut self) -> Option<Vec<Change>> {
        if self.checkpoint.is_busy()
            || self.checkpoint.dead_letters.is_empty()
            || (left_out(Mutation::OutcomeBeforeDeadLetter) && !self.checkpoint.dirty.is_empty())
        {
            return None;
        }
        self.checkpoint.saving = Some(Saving::DeadLetters);
        Some(std::mem::take(&mut self.checkpoint.dead_letters))
    }

    /// Names the episodes that are about to be attempted for the first time.
    pub(super) fn save_names(&mut self) -> Option<Vec<Change>> {
        if self.checkpoint.is_busy() || self.unnamed.is_empty() {
            return None;
        }
        let names = std::mem::take(&mut self.unnamed);
        let changes = self.records(&names);
        self.checkpoint.saving = Some(Saving::Names(names));
        Some(changes)
    }

    pub(super) fn save_progress(&mut self, now: DateTime<Utc>) -> Option<Vec<Change>> {
        if self.checkpoint.is_busy() {
            return None;
        }
        if self.checkpoint.outcomes_due.is_some_and(|due| due <= now) {
            return Some(self.save_outcomes());
        }
        self.begin_checkpoint(now);
        let changes = self.save_stage(now);
        if changes.is_none() {
            self.plan_checkpoint(now);
        }
        changes
    }

    fn save_outcomes(&mut self) -> Vec<Change> {
        let ids: Vec<usize> = self.checkpoint.outcomes.iter().copied().take(RECORDS_AT_ONCE).collect();
        for id in &ids {
            self.checkpoint.outcomes.remove(id);
        }
        if self.checkpoint.outcomes.is_empty() {
            self.checkpoint.outcomes_due = None;
        }
        let mut changes = self.records(&ids);
        if left_out(Mutation::DeleteAtClose) {
            let settled = ids.iter().filter_map(|id| self.slots.get(*id)).filter(|slot| slot.is_finished());
            changes.extend(settled.map(|slot| Change::delete(Space::Key, slot.subject.record_key(&self.integration))));
        }
        changes.extend(self.checkpoint.attempts.drain(..));
        self.checkpoint.saving = Some(Saving::Records);
        changes
    }

    /// When the next checkpoint is due: soon after a change, or when something may be forgotten.
    fn plan_checkpoint(&mut self, now: DateTime<Utc>) {
        let state = &mut self.checkpoint;
        let changed = state.durable != Some(self.position) || !state.dirty.is_empty();
        let after = |queue: &VecDeque<(DateTime<Utc>, usize)>, age: TimeDelta| {
            queue.front().and_then(|(at, _)| at.checked_add_signed(age)).map(|at| at.max(later(now, INTERVAL)))
        };
        let forget = super::sooner(after(&state.finished, LINGERS), after(&state.revisable, REVISABLE));
        let planned = super::sooner(changed.then(|| later(now, INTERVAL)), forget);
        state.due = super::sooner(state.due, planned);
    }

    fn begin_checkpoint(&mut self, now: DateTime<Utc>) {
        // Before it was read as far as its openings hold, a lane that begins has no place that it could begin from.
        let begins = !self.checkpoint.is_established() && self.is_behind();
        if begins || !matches!(self.checkpoint.stage, Stage::Idle) {
            return;
        }
        self.plan_checkpoint(now);
        let state = &mut self.checkpoint;
        if state.required || state.due.is_some_and(|due| due <= now) {
            state.required = false;
            state.due = None;
            let position = self.position;
            state.stage = if left_out(Mutation::PositionBeforeWindow) && state.durable.is_some() {
                Stage::Position { position }
            } else {
                Stage::Records { position, rest: state.dirty.iter().copied().collect() }
            };
        }
    }

    fn save_stage(&mut self, now: DateTime<Utc>) -> Option<Vec<Change>> {
        loop {
            match std::mem::take(&mut self.checkpoint.stage) {
                Stage::Idle => return None,
                Stage::Records { position, mut rest } => {
                    let ids = rest.split_off(rest.len().saturating_sub(RECORDS_AT_ONCE));
                    if ids.is_empty() {
                        self.checkpoint.stage = Stage::Position { position };
                        continue;
                    }
                    self.checkpoint.stage = Stage::Records { position, rest };
                    self.checkpoint.saving = Some(Saving::Records);
                    return Some(self.records(&ids));
                }
                Stage::Position { position } => {
                    self.checkpoint.stage = Stage::Deletions { position };
                    if self.checkpoint.durable == Some(position) {
                        continue;
                    }
                    self.checkpoint.saving = Some(Saving::Position(position));
                    let record = LaneRecord::new(position, self.destination.clone());
                    return Some(vec![record.change(&self.integration, LaneRecord::ISSUES)]);
                }
                Stage::Deletions { position } => {
                    let deletions = self.forget_finished(position, now);
                    if deletions.is_empty() {
                        return None;
                    }
                    self.checkpoint.stage = Stage::Deletions { position };
                    self.checkpoint.saving = Some(Saving::Deletions);
                    return Some(deletions);
                }
            }
        }
    }

    /// Takes the finished keys that lie behind the durable `position` out of memory, and tells which records go.
    fn forget_finished(&mut self, position: Position, now: DateTime<Utc>) -> Vec<Change> {
        let mut deletions = Vec::new();
        while deletions.len() < RECORDS_AT_ONCE {
            let Some((_, id)) = self.checkpoint.finished.pop_front_if(|(at, _)| now - *at >= LINGERS) else { break };
            let Some(slot) = self.slots.get(id).filter(|slot| slot.is_finished()) else { continue };
            if slot.from > position {
                self.checkpoint.finished.push_back((now, id));
                break;
            }
            deletions.extend(self.forget(id));
        }
        while deletions.len() < RECORDS_AT_ONCE {
            let full = self.checkpoint.revisable.len() > REVISABLE_AT_ONCE;
            let Some((at, id)) = self.checkpoint.revisable.pop_front_if(|(at, _)| full || now - *at >= REVISABLE)
            else {
                break;
            };
            // A later revision stands further back in the queue.
            let told_last = |slot: &&Slot| slot.is_told() && slot.told.as_ref().is_some_and(|told| told.at <= Some(at));
            if self.slots.get(id).filter(told_last).is_some_and(|slot| slot.from <= position) {
                deletions.extend(self.forget(id));
            }
        }
        deletions
    }

    fn forget(&mut self, id: usize) -> Option<Change> {
        let slot = self.slots.try_remove(id)?;
        self.index.remove(&slot.subject);
        self.checkpoint.dirty.remove(&id);
        self.checkpoint.outcomes.remove(&id);
        slot.recorded.then(|| Change::delete(Space::Key, slot.subject.record_key(&self.integration)))
    }

    fn records(&mut self, ids: &[usize]) -> Vec<Change> {
        let mut changes = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(slot) = self.slots.get_mut(*id) {
                slot.recorded = true;
                self.checkpoint.dirty.remove(id);
                changes.push(slot.record().change(&self.integration));
            }
        }
        changes
    }

    /// The last save is durable.
    pub fn saved(&mut self) {
        match self.checkpoint.saving.take() {
            Some(Saving::Names(names)) => {
                for id in names {
                    if let Some(slot) = self.slots.get_mut(id) {
                        slot.named = true;
                        slot.naming = false;
                        self.touched.push(id);
                    }
                }
            }
            Some(Saving::Position(position)) => self.checkpoint.durable = Some(position),
            Some(Saving::DeadLetters | Saving::Records | Saving::Deletions) | None => {}
        }
    }
}
