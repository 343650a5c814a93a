//! A detector of one's own: an issue opens where a log says a certain text, and closes once the log has gone on without it
//! for a while.
//!
//! Quiet is not silence. A log that says nothing at all proves nothing: then the issue stays open, and is told as stale.
//! It closes with the first line that comes long enough after the text was said last.
#![cfg_attr(doctest, doc = include_str!("../../../docs/guide/writing-a-detector.md"))]

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use tidegate::config::{DurationConfig, Refused, Registry, Section};
use tidegate::detect::{Condition, Detector, Finding, Symptom};
use tidegate::event::{Event, IssueEvent, IssueKey, LogRecord, Name, Reading, Resource, Severity, Signal, figure};

/// The most issues that are open at once. What comes past it is not looked at: memory is bounded.
const MOST_OPEN: usize = 10_000;

/// How much of a line is told, in bytes.
const LONGEST_LINE: usize = 300;

/// Finds an issue wherever a log says a certain text. See the [crate](self).
#[derive(Debug)]
pub struct LogPattern {
    kind: Name,
    contains: String,
    quiet: TimeDelta,
    severity: Severity,
    remedy: Name,
    open: BTreeMap<Resource, Faulted>,
}

/// An issue that is open.
#[derive(Debug)]
struct Faulted {
    symptom: Symptom,
    /// Since when the text was not said, by the log's own time. `None`: since the next line.
    quiet_from: Option<DateTime<Utc>>,
    /// Since when nothing at all was said, by the time of the ticks. `None`: since the next tick.
    silent_from: Option<DateTime<Utc>>,
    /// Why the log could not be read, until it can be again.
    gap: Option<String>,
    /// It was told that nobody knows.
    stale: bool,
}

impl LogPattern {
    /// Finds issues of `kind` where a line contains `contains`, until none has for `quiet`.
    pub fn new(kind: impl Into<Name>, contains: impl Into<String>, quiet: TimeDelta) -> Self {
        Self {
            kind: kind.into(),
            contains: contains.into(),
            quiet,
            severity: Severity::Error,
            remedy: "Look at the log.".into(),
            open: BTreeMap::new(),
        }
    }

    /// How bad it is. Default: [`Severity::Error`].
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// What to do about it, as a sentence. Default: "Look at the log."
    pub fn with_remedy(mut self, remedy: impl Into<Name>) -> Self {
        self.remedy = remedy.into();
        self
    }

    fn line(&mut self, record: &LogRecord, findings: &mut Vec<Finding>) {
        let known = self.open.get_mut(&record.resource);
        let condition = if record.message.contains(&self.contains) {
            if known.is_none() && self.open.len() >= MOST_OPEN {
                return;
            }
            let before = self.open.get(&record.resource).and_then(|faulted| faulted.symptom.evidence.first());
            let symptom = self.symptom(record, before.map_or(1.0, |lines| lines.value + 1.0));
            let faulted = Faulted { quiet_from: Some(record.at), ..Faulted::new(symptom.clone()) };
            self.open.insert(record.resource.clone(), faulted);
            Some(Condition::Met(symptom))
        } else {
            known.and_then(|faulted| faulted.other_line(record, self.quiet))
        };
        let Some(condition) = condition else { return };
        if matches!(condition, Condition::Cleared { .. }) {
            self.open.remove(&record.resource);
        }
        findings.push(Finding { key: key(&self.kind, &record.resource), condition, at: record.at });
    }

    fn symptom(&self, record: &LogRecord, lines: f64) -> Symptom {
        let line = &record.message[..record.message.floor_char_boundary(LONGEST_LINE)];
        Symptom {
            severity: self.severity,
            summary: format!("\"{}\" in the log", self.contains),
            cause: format!("Logged {} at {} ({lines} so far): {line}", on(&record.resource), figure::time(record.at)),
            remedy: self.remedy.clone(),
            evidence: vec![Reading::new("log.lines", lines, "{line}")],
        }
    }

    /// Takes up an issue that is open from before the restart. What was said last is not known, so that the quiet begins
    /// with the next line.
    fn resume(&mut self, issue: &IssueEvent) {
        if *issue.key.kind() != self.kind || issue.is_closed() {
            return;
        }
        let symptom = Symptom {
            severity: issue.severity,
            summary: issue.summary.clone(),
            cause: issue.cause.clone(),
            remedy: issue.remedy.clone(),
            evidence: issue.evidence.clone(),
        };
        let faulted = Faulted { stale: issue.stale, ..Faulted::new(symptom) };
        self.open.insert(issue.key.resource().clone(), faulted);
    }
}

impl Faulted {
    fn new(symptom: Symptom) -> Self {
        Self { symptom, quiet_from: None, silent_from: None, gap: None, stale: false }
    }

    /// The log goes on without the text: what is new by that, if anything.
    fn other_line(&mut self, record: &LogRecord, quiet: TimeDelta) -> Option<Condition> {
        (self.silent_from, self.gap) = (None, None);
        let passed = record.at.signed_duration_since(*self.quiet_from.get_or_insert(record.at));
        if passed >= quiet {
            let cause =
                format!("The log {} has gone on without it for {}.", on(&record.resource), figure::span(passed));
            return Some(Condition::Cleared { cause, evidence: Vec::new() });
        }
        std::mem::take(&mut self.stale).then(|| Condition::Met(self.symptom.clone()))
    }

    /// Why nobody knows how it is, where that is news.
    fn falls_silent(&mut self, now: DateTime<Utc>, after: TimeDelta) -> Option<String> {
        let silent = now.signed_duration_since(*self.silent_from.get_or_insert(now));
        if self.stale || (self.gap.is_none() && silent < after) {
            return None;
        }
        self.stale = true;
        let silence = || format!("The log has said nothing for {}.", figure::span(silent));
        Some(self.gap.clone().unwrap_or_else(silence))
    }
}

impl Detector for LogPattern {
    fn kind(&self) -> &str {
        &self.kind
    }

    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        match signal {
            Signal::Event(Event::Log(record)) => self.line(record, findings),
            Signal::Event(Event::Issue(issue)) => self.resume(issue),
            Signal::Gap { resource, why } => {
                for (_, faulted) in self.open.iter_mut().filter(|(known, _)| resource.covers(known)) {
                    (faulted.gap, faulted.quiet_from) = (Some(why.clone()), None);
                }
            }
            Signal::Retired { resource, .. } | Signal::Restored { resource } => {
                self.open.retain(|known, _| !resource.covers(known));
            }
            Signal::Event(_) | Signal::Views(_) => {}
        }
    }

    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        for (resource, faulted) in &mut self.open {
            if let Some(why) = faulted.falls_silent(now, self.quiet) {
                findings.push(Finding {
                    key: key(&self.kind, resource),
                    condition: Condition::Unknown { why },
                    at: now,
                });
            }
        }
    }
}

fn key(kind: &Name, resource: &Resource) -> IssueKey {
    IssueKey::new(kind.clone(), resource.clone())
}

/// `on node 10.0.0.2:2113`, where the resource names anything.
fn on(resource: &Resource) -> String {
    if resource.is_empty() { "of nowhere".to_owned() } else { format!("on {resource}") }
}

/// The keys of a `[detector.…]` that is a [`LogPattern`].
#[derive(Deserialize)]
struct PatternKeys {
    contains: String,
    quiet: Option<DurationConfig>,
    severity: Option<Severity>,
    remedy: Option<String>,
}

/// All kinds that tidegate knows, and `projection-faulted`.
pub fn registry() -> Registry {
    Registry::standard().with_detector("projection-faulted", log_pattern)
}

fn log_pattern(section: &Section<'_>) -> Result<LogPattern, Refused> {
    let keys: PatternKeys = section.parse()?;
    if keys.contains.is_empty() {
        return Err(section.refuse_at("contains", "contains is empty, which is in every line; give a text to look for"));
    }
    let quiet = keys.quiet.map_or(TimeDelta::minutes(10), |quiet| {
        TimeDelta::from_std(quiet.get()).unwrap_or(TimeDelta::MAX) // a year at the most, which fits
    });
    if quiet.is_zero() {
        return Err(section.refuse_at("quiet", "quiet is 0; it must be longer, such as 10m"));
    }
    let pattern = LogPattern::new(section.kind(), keys.contains, quiet);
    let pattern = keys.severity.into_iter().fold(pattern, LogPattern::with_severity);
    Ok(keys.remedy.into_iter().fold(pattern, LogPattern::with_remedy))
}
