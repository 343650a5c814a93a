use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_store::{Change, Position, Space};

use super::super::dead::Letters;
use super::super::later;
use super::{IssueLane, LaneRecord};
use crate::mutation::{Mutation, left_out};

/// How long an outcome may wait to be saved: a crash within it repeats the delivery as `maybe_applied`.
const OUTCOME_LAG: Duration = Duration::from_millis(100);
/// How often the lane's place is saved, so that the journal can be released.
const INTERVAL: Duration = Duration::from_secs(5);
/// The most records in one write.
const RECORDS_AT_ONCE: usize = 256;
/// The most attempts that wait to be saved; a store that fails for long costs history, nothing else.
const ATTEMPTS: usize = 1024;

/// What a lane has yet to make durable, and in which order.
///
/// A checkpoint is: the records of all keys that changed, then the lane's position, then the deletion of the records
/// of finished keys and, with the first, of those of other destinations. In between go names and outcomes, one save at
/// a time.
#[derive(Debug, Default)]
pub(super) struct Checkpoint {
    /// Whose record in the store is not as it should be.
    dirty: BTreeSet<usize>,
    /// Those of them with an outcome.
    outcomes: BTreeSet<usize>,
    outcomes_due: Option<DateTime<Utc>>,
    pub(super) letters: Letters,
    attempts: VecDeque<Change>,
    /// The deletion of records of other destinations, of no use once a checkpoint is durable.
    superseded: Vec<Change>,
    /// Of no use once a checkpoint is durable that begins from now on.
    replayed: Option<Change>,
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

    pub(super) fn remember(&mut self, attempt: Change) {
        if self.attempts.len() == ATTEMPTS {
            self.attempts.pop_front();
        }
        self.attempts.push_back(attempt);
    }

    /// The record of `id` is as it should be.
    pub(super) fn written(&mut self, id: usize) {
        self.dirty.remove(&id);
        self.outcomes.remove(&id);
    }

    /// Nothing is sent before a checkpoint is durable.
    pub(super) fn require(&mut self) {
        self.required = true;
    }

    /// What is told once more is among what is dirty; `done` forgets who asked for it.
    pub(super) fn replayed(&mut self, done: Change) {
        self.replayed = Some(done);
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

    /// These records of other destinations go once this lane is established. Until then it may be taken back to one of
    /// them, which must find its own as they are.
    pub fn supersede(&mut self, keys: Vec<String>) {
        self.checkpoint.superseded = keys.into_iter().map(|key| Change::delete(Space::Key, key)).collect();
    }

    /// Whether everything is saved.
    pub fn is_saved(&self) -> bool {
        let state = &self.checkpoint;
        !state.is_busy()
            && !state.required
            && matches!(state.stage, Stage::Idle)
            && state.dirty.is_empty()
            && state.attempts.is_empty()
            && state.letters.is_empty()
            && state.durable == Some(self.position)
    }

    /// Dead letters go before anything else, so that no outcome is durable before them.
    pub(super) fn save_dead_letters(&mut self) -> Option<Vec<Change>> {
        if self.checkpoint.is_busy()
            || self.checkpoint.letters.is_empty()
            || (left_out(Mutation::OutcomeBeforeDeadLetter) && !self.checkpoint.dirty.is_empty())
        {
            return None;
        }
        self.checkpoint.saving = Some(Saving::DeadLetters);
        Some(self.checkpoint.letters.take())
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
        if self.checkpoint.outcomes_due.is_some_and(|due| due <= now)
            && let Some(changes) = self.save_outcomes()
        {
            return Some(changes);
        }
        self.begin_checkpoint(now);
        let changes = self.save_stage(now);
        if changes.is_none() {
            self.plan_checkpoint(now);
        }
        changes
    }

    fn save_outcomes(&mut self) -> Option<Vec<Change>> {
        let ids: Vec<usize> = self.checkpoint.outcomes.iter().copied().take(RECORDS_AT_ONCE).collect();
        let mut changes = self.records(&ids);
        if self.checkpoint.outcomes.is_empty() {
            self.checkpoint.outcomes_due = None;
        }
        if left_out(Mutation::DeleteAtClose) {
            let settled = ids.iter().filter_map(|id| self.slots.get(*id)).filter(|slot| slot.is_finished());
            changes.extend(settled.map(|slot| Change::delete(Space::Key, slot.subject.record_key(&self.prefix))));
        }
        changes.extend(self.checkpoint.attempts.drain(..));
        self.saves_records(changes)
    }

    /// The checkpoint's or an outcome's records, where there are any.
    fn saves_records(&mut self, changes: Vec<Change>) -> Option<Vec<Change>> {
        if changes.is_empty() {
            return None;
        }
        self.checkpoint.saving = Some(Saving::Records);
        Some(changes)
    }

    /// When the next checkpoint is due: soon after a change, or when something may be forgotten.
    fn plan_checkpoint(&mut self, now: DateTime<Utc>) {
        let forget = self.next_to_forget().map(|at| at.max(later(now, INTERVAL)));
        let state = &mut self.checkpoint;
        let changed = state.durable != Some(self.position) || !state.dirty.is_empty();
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
            state.superseded.extend(state.replayed.take());
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
                    let mut changes = self.records(&ids);
                    changes.extend(self.checkpoint.attempts.drain(..));
                    if let Some(changes) = self.saves_records(changes) {
                        self.checkpoint.stage = Stage::Records { position, rest };
                        return Some(changes);
                    }
                    self.checkpoint.stage = Stage::Position { position };
                }
                Stage::Position { position } => {
                    self.checkpoint.stage = Stage::Deletions { position };
                    if self.checkpoint.durable == Some(position) {
                        continue;
                    }
                    self.checkpoint.saving = Some(Saving::Position(position));
                    let record = LaneRecord::new(position, self.destination.clone()).with_since(self.issues_from);
                    return Some(vec![record.change(&self.integration, LaneRecord::ISSUES)]);
                }
                Stage::Deletions { position } => {
                    let deletions = self.deletions(position, now);
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

    fn deletions(&mut self, position: Position, now: DateTime<Utc>) -> Vec<Change> {
        let superseded = &mut self.checkpoint.superseded;
        let rest = superseded.len().saturating_sub(RECORDS_AT_ONCE);
        let deletions: Vec<Change> = superseded.drain(rest..).collect();
        if deletions.is_empty() { self.forget_resting(position, RECORDS_AT_ONCE, now) } else { deletions }
    }

    fn records(&mut self, ids: &[usize]) -> Vec<Change> {
        let mut changes = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(slot) = self.slots.get_mut(*id) {
                self.checkpoint.written(*id);
                if slot.unnoted {
                    continue;
                }
                slot.recorded = true;
                changes.push(slot.record().change(&self.prefix));
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
            Some(Saving::DeadLetters) => self.checkpoint.letters.saved(),
            Some(Saving::Records | Saving::Deletions) | None => {}
        }
    }
}
