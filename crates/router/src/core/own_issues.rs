//! The issues that the router finds by itself: a source that is away, an integration that is.

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_detect::{Condition, Finding, Symptom};
use tidegate_event::{IssueKey, Name, Resource, Severity};
use tidegate_source::SourceError;

use super::write::Write;
use super::{Core, Watched};
use crate::driver::Command;
use crate::error::chain;
use crate::{Health, SINK_UNAVAILABLE, SOURCE_UNAVAILABLE};

/// How long a source that was opened again must go without an error to count as back. One that says a word and fails
/// again would otherwise be told as back and away without end.
const STEADY: TimeDelta = TimeDelta::minutes(1);

/// The issue of a source that is away. It is in the source's cluster where all its resources are of one.
pub(super) fn source_key(source: &Watched) -> IssueKey {
    let mut clusters = source.resources.iter().map(|resource| resource.cluster.clone());
    let first = clusters.next().flatten();
    let cluster = first.filter(|first| clusters.all(|cluster| cluster.as_ref() == Some(first)));
    IssueKey::new(SOURCE_UNAVAILABLE, Resource { cluster, node: None, part: Some(source.name.clone()) })
}

/// The issue of an integration that is away.
pub(super) fn integration_key(name: &Name) -> IssueKey {
    IssueKey::new(SINK_UNAVAILABLE, Resource::new().with_part(name.clone()))
}

impl Core {
    pub(super) fn source_down(&mut self, source: usize, error: &SourceError, write: &mut Write) {
        let now = self.now();
        let Some(source) = self.sources.get_mut(source).filter(|source| !*source.resting.borrow()) else { return };
        let why = chain(error);
        tracing::warn!(source = %source.name, why, "a source is away; opening it again with backoff");
        source.opened_at = None;
        source.reported = true;
        let since = source.away.as_ref().map_or(now, |(since, _)| *since);
        source.away = Some((since, why.clone()));
        let symptom = Symptom {
            severity: Severity::Error,
            summary: format!("Source {} is away", source.name),
            cause: format!("Nothing can be measured by source {}: {why}.", source.name),
            remedy:
                "Check that what it watches runs and can be reached, and its credentials. It is opened again by itself."
                    .into(),
            evidence: Vec::new(),
        };
        self.findings.push(Finding { key: source_key(source), condition: Condition::Met(symptom), at: now });
        self.apply_findings(write);
    }

    pub(super) fn source_up(&mut self, source: usize) {
        let now = self.now();
        if let Some(source) = self.sources.get_mut(source) {
            source.opened_at = Some(now);
        }
    }

    /// It handed something in: it is not away. Whether it is back for good shows in a while.
    pub(super) fn source_heard(&mut self, source: usize) {
        if let Some(source) = self.sources.get_mut(source) {
            source.away = None;
        }
    }

    /// Closes the polled sources all of whose resources are retired, and opens the others.
    pub(super) fn rest_sources(&mut self, write: &mut Write) {
        for index in 0..self.sources.len() {
            let (ledger, source) = (&self.book.ledger, &self.sources[index]);
            let rests = source.is_polled
                && !source.resources.is_empty()
                && source.resources.iter().all(|one| ledger.is_retired(one));
            let changed = source.resting.send_if_modified(|resting| std::mem::replace(resting, rests) != rests);
            if changed && rests {
                tracing::info!(source = %source.name, "a source is closed: all that it watches is retired");
                self.source_back(index, "is closed: all that it watches is retired", write);
            }
        }
    }

    pub(super) fn source_ended(&mut self, source: usize, write: &mut Write) {
        if let Some(ended) = self.sources.get_mut(source) {
            ended.ended = true;
            tracing::info!(source = %ended.name, "a source has said all it had to say");
        }
        self.source_back(source, "is back", write);
    }

    fn source_back(&mut self, source: usize, how: &str, write: &mut Write) {
        let now = self.now();
        let Some(source) = self.sources.get_mut(source) else { return };
        source.away = None;
        if std::mem::take(&mut source.reported) {
            let cause = format!("Source {} {how}.", source.name);
            let condition = Condition::Cleared { cause, evidence: Vec::new() };
            self.findings.push(Finding { key: source_key(source), condition, at: now });
            self.apply_findings(write);
        }
    }

    /// What was opened again and has not failed since is back, even if it has nothing to say.
    pub(super) fn check_sources(&mut self, now: DateTime<Utc>, write: &mut Write) {
        for index in 0..self.sources.len() {
            let steady = self.sources.get(index).is_some_and(|source| {
                source.reported && source.opened_at.is_some_and(|opened_at| (now - opened_at).abs() >= STEADY)
            });
            if steady {
                self.source_back(index, "is back", write);
            }
        }
    }

    /// Gives the open issues to integrations that were given outdated ones.
    pub(super) fn answer_integrations(&self) {
        if self.is_ahead() {
            return; // what is open here may never be in the journal
        }
        for seat in self.seats.values() {
            if let Some(salt) = seat.board.with(|report| report.wants_openings.take()) {
                // A driver that is gone wants nothing any more.
                let _ = seat.commands.send(Command::Tell(self.openings(salt)));
            }
        }
    }

    /// An integration that is away is told to every other one.
    pub(super) fn check_integrations(&mut self, now: DateTime<Utc>, write: &mut Write) {
        for (name, seat) in &mut self.seats {
            let (unavailable_from, recovered, health) =
                seat.board.with(|report| (report.unavailable_from, report.recovered, report.status.health.clone()));
            let panicking = seat.panics >= 2 && is_unproven(seat);
            let unavailable = unavailable_from.is_some_and(|from| from <= now) || panicking;
            let health = if panicking { panicked(now) } else { health };
            let condition = if unavailable {
                Condition::Met(away(name, &health))
            } else if health == Health::Working && recovered {
                Condition::Cleared { cause: format!("Integration {name} delivers again."), evidence: Vec::new() }
            } else {
                continue;
            };
            // One that fails, is paused and stops is told with the cause and remedy of each.
            let told = (unavailable, std::mem::discriminant(&health));
            if seat.reported.replace(told) == Some(told) {
                continue;
            }
            self.findings.push(Finding { key: integration_key(name), condition, at: now });
        }
        self.apply_findings(write);
    }
}

/// Whether the driver that was begun anew has not shown yet that it works.
fn is_unproven(seat: &super::Seat) -> bool {
    seat.board.with(|report| report.status.delivered == 0)
}

fn panicked(since: DateTime<Utc>) -> Health {
    Health::Failing { since, why: "a fault of this program: its driver panicked again and again".to_owned() }
}

fn away(name: &Name, health: &Health) -> Symptom {
    let (cause, remedy) = match health {
        Health::Working => (format!("Integration {name} is away."), "Check the service that it sends to."),
        Health::Failing { since, why } => (
            format!("Integration {name} has failed since {}: {why}.", minute(*since)),
            "Check that the service is up and can be reached from here. Nothing is lost; it is tried again by itself.",
        ),
        Health::Paused { since, why } => (
            format!("Integration {name} is paused since {}: {why}.", minute(*since)),
            "Mend its credentials or destination. Nothing is lost; it is tried again once a minute.",
        ),
        Health::Stopped { since, why } => (
            format!("Integration {name} is stopped since {}: {why}.", minute(*since)),
            "The receiver wants no more: change or remove the integration.",
        ),
    };
    let summary = format!("Integration {name} does not deliver");
    Symptom { severity: Severity::Error, summary, cause, remedy: remedy.into(), evidence: Vec::new() }
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
