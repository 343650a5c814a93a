use chrono::{DateTime, Utc};
use tidegate_event::{EpisodeId, IssueEvent, IssueKey, IssueState, Name, Reading, Severity};

use crate::Symptom;
use crate::ledger::Entry;

/// What an event of an episode says, without its place in the episode.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) severity: Severity,
    pub(super) summary: String,
    pub(super) cause: String,
    pub(super) remedy: Name,
    pub(super) evidence: Vec<Reading>,
    pub(super) stale: bool,
}

impl Content {
    pub(super) fn of(symptom: Symptom) -> Self {
        let Symptom { severity, summary, cause, remedy, evidence } = symptom;
        Self { severity, summary, cause, remedy, evidence: sound(evidence), stale: false }
    }

    /// What is known last, told or not.
    pub(super) fn latest(entry: &Entry) -> Self {
        entry.held_back.clone().unwrap_or_else(|| {
            let IssueEvent { severity, summary, cause, remedy, evidence, stale, .. } = entry.last.clone();
            Self { severity, summary, cause, remedy, evidence, stale }
        })
    }

    /// What is known last, and that nothing could be measured since.
    pub(super) fn unmeasured(entry: &Entry, why: String) -> Self {
        Self { cause: why, stale: true, ..Self::latest(entry) }
    }

    pub(super) fn is_that_of(&self, event: &IssueEvent) -> bool {
        self.severity == event.severity
            && self.stale == event.stale
            && self.summary == event.summary
            && self.cause == event.cause
            && self.remedy == event.remedy
            && self.evidence == event.evidence
    }

    /// The opening of an episode.
    pub(super) fn into_event(self, key: IssueKey, episode: EpisodeId, at: DateTime<Utc>) -> IssueEvent {
        let Self { severity, summary, cause, remedy, evidence, stale } = self;
        let state = IssueState::Open;
        IssueEvent {
            key,
            episode,
            sequence: 1,
            state,
            severity,
            summary,
            cause,
            remedy,
            evidence,
            stale,
            opened_at: at,
            at,
        }
        .truncated()
    }

    /// The event after `last`, and not before it.
    pub(super) fn into_next(self, last: &IssueEvent, at: DateTime<Utc>) -> IssueEvent {
        IssueEvent {
            sequence: last.sequence.saturating_add(1),
            opened_at: last.opened_at,
            ..self.into_event(last.key.clone(), last.episode, at.max(last.at))
        }
    }
}

/// The readings whose figures are finite: neither JSON nor any service has others, and NaN differs from itself.
pub(super) fn sound(mut evidence: Vec<Reading>) -> Vec<Reading> {
    evidence.retain(|reading| reading.value.is_finite() && reading.limit.is_none_or(f64::is_finite));
    evidence
}
