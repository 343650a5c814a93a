use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{Event, LogRecord, Name, Severity, Signal};

use super::{MOST_NODES, Said, quote, whose};
use crate::watch::Watch;
use crate::{Detector, Finding, Symptom};

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
        let begins = |with: &[&str]| with.iter().any(|with| record.message.starts_with(with));
        let (at, whose) = (record.at.timestamp_millis(), || whose(&record.resource));
        if begins(&FAILED) {
            let (severity, remedy) = (self.severity, self.remedy.clone());
            let symptom = |evidence| Symptom {
                severity,
                summary: format!("Scavenge failed on {}", record.resource),
                cause: format!("{} failed to scavenge {}", whose(), quote(record)),
                remedy,
                evidence,
            };
            self.nodes.said(record, symptom, findings);
            return;
        }
        let is_over = |said: &mut Said| {
            // One that completed before the failure, and is only told late, proves nothing.
            let completed = begins(&COMPLETED) && said.last.is_none_or(|failed| at > failed);
            completed.then(|| format!("{} completed a scavenge {}", whose(), quote(record)))
        };
        self.nodes.heard(record, is_over, findings);
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
