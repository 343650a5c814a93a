use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{Event, LogRecord, Name, Severity, Signal};

use super::{MOST_NODES, Said, quote, whose};
use crate::watch::Watch;
use crate::{Condition, Detector, Finding, Symptom};

/// How a scavenge that failed says so: today, and before 23.10.
const FAILED: [&str; 2] = ["SCAVENGING: Scavenge Failed", "SCAVENGING: error while scavenging DB"];
/// How one that went through says so. One that was stopped or cancelled is neither.
const COMPLETED: [&str; 2] = ["SCAVENGING: Scavenge Completed", "SCAVENGING: total time taken"];

/// `scavenge-failed`: whether the last scavenge of a node failed.
///
/// It reads the log lines of KurrentDB's nodes, by how the message begins. The resource is that of the line.
///
/// - **Opens** when a scavenge ends in an error. One that somebody stopped does not.
/// - **Closes** when a later one completes, however long that takes: that nothing was said since proves nothing. A log
///   that cannot be read ([`Gap`](Signal::Gap)) makes it unknown until the next line.
/// - **Severity**: a warning. Space is not freed, and nothing else is wrong yet.
///
/// The words are those of KurrentDB's sources. Where the line of success is not read, for a `min_level` of the source or of the
/// node's own log that is above its level, the issue is to be closed by restarting tidegate without this detector, or by
/// retiring the node.
#[derive(Debug)]
pub struct ScavengeFailed {
    severity: Severity,
    remedy: Name,
    pub(super) nodes: Watch<Said>,
}

impl Default for ScavengeFailed {
    fn default() -> Self {
        Self {
            severity: Severity::Warning,
            remedy:
                "Read the exception in the node's log; see that the disk has room for a copy of the largest chunk, and \
                     start the scavenge again, which goes on where it stopped."
                    .into(),
            // Nothing is told by silence.
            nodes: Watch::new(Self::KIND, Duration::MAX, MOST_NODES),
        }
    }
}

impl ScavengeFailed {
    /// The detector's kind.
    pub const KIND: &'static str = "scavenge-failed";

    /// With the default figures.
    pub fn new() -> Self {
        Self::default()
    }

    /// How bad it is. Default: [`Severity::Warning`].
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// What to do about it, as a sentence.
    pub fn with_remedy(mut self, remedy: impl Into<Name>) -> Self {
        self.remedy = remedy.into();
        self
    }

    fn line(&mut self, record: &LogRecord, findings: &mut Vec<Finding>) {
        let at = record.at.timestamp_millis();
        let begins = |with: &[&str]| with.iter().any(|with| record.message.starts_with(with));
        if begins(&FAILED) {
            self.failed(record, at, findings);
            return;
        }
        let Some(node) = self.nodes.line(&record.resource, at) else { return };
        let fresh = node.know();
        // One that completed before the failure, and is only told late, proves nothing.
        if begins(&COMPLETED) && node.counts.last.is_none_or(|failed| at > failed) {
            self.nodes.forget(&record.resource);
            let cause = format!("{} completed a scavenge {}", whose(&record.resource), quote(record));
            let cleared = Condition::Cleared { cause, evidence: Vec::new() };
            findings.push(self.nodes.finding(&record.resource, cleared, record.at));
        } else if let Some(symptom) = node.counts.symptom.clone().filter(|_| fresh) {
            findings.push(self.nodes.finding(&record.resource, Condition::Met(symptom), record.at));
        }
    }

    fn failed(&mut self, record: &LogRecord, at: i64, findings: &mut Vec<Finding>) {
        if self.nodes.entry(&record.resource, at).is_none() {
            return;
        }
        let Some(node) = self.nodes.line(&record.resource, at) else { return };
        node.know();
        node.open(at);
        let symptom = Symptom {
            severity: self.severity,
            summary: format!("Scavenge failed on {}", record.resource),
            cause: format!("{} failed to scavenge {}", whose(&record.resource), quote(record)),
            remedy: self.remedy.clone(),
            evidence: node.counts.again(at),
        };
        node.counts.symptom = Some(symptom.clone());
        findings.push(self.nodes.finding(&record.resource, Condition::Met(symptom), record.at));
    }
}

impl Detector for ScavengeFailed {
    fn kind(&self) -> &str {
        Self::KIND
    }

    #[inline]
    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        match signal {
            Signal::Event(Event::Log(record)) => self.line(record, findings),
            other => self.nodes.observe(other, findings),
        }
    }

    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        self.nodes.tick(now, |_| String::new(), findings);
    }
}
