//! What the log lines of a node say. Beside the line itself, what is remembered is one symptom for each open issue.

use tidegate_event::{IssueEvent, LogRecord, Reading, Resource, figure, text};

use crate::figure::capitalized;
use crate::watch::{Counts, Watch};
use crate::{Condition, Finding, Symptom};

mod fatal;
mod scavenge;
#[cfg(test)]
mod tests;

pub use fatal::{NodeFatal, NodeFatalBuilder};
pub use scavenge::ScavengeFailed;

/// How many nodes may have an issue at once.
const MOST_NODES: usize = 30_000;
/// How much of a line, and of the exception with it, is told.
const LONGEST_LINE: usize = 300;

/// An issue that a line opened.
#[derive(Debug, Default)]
struct Said {
    symptom: Option<Symptom>,
    /// How often it was said since it opened.
    lines: f64,
    /// The time of the last line that said so, or from which quiet counts; `None`: from the next line on.
    since: Option<i64>,
    /// The time of the last line that said so.
    last: Option<i64>,
}

impl Counts for Said {
    fn start_anew(&mut self) {
        self.since = None;
    }

    fn resume(&mut self, issue: &IssueEvent) {
        self.symptom = Some(Symptom {
            severity: issue.severity,
            summary: issue.summary.clone(),
            cause: issue.cause.clone(),
            remedy: issue.remedy.clone(),
            evidence: issue.evidence.clone(),
        });
        self.lines = issue.evidence.first().map_or(1.0, |lines| lines.value);
    }
}

impl Said {
    /// Once more. The number of lines is evidence, so that each is news.
    fn again(&mut self, at: i64) -> Vec<Reading> {
        self.lines += 1.0;
        (self.since, self.last) = (Some(at), Some(at));
        vec![Reading::new("log.lines", self.lines, "{line}")]
    }
}

impl Watch<Said> {
    /// A line says it: the issue opens, or is told once more. `symptom` is made of the evidence.
    fn said(&mut self, record: &LogRecord, symptom: impl FnOnce(Vec<Reading>) -> Symptom, findings: &mut Vec<Finding>) {
        let at = record.at.timestamp_millis();
        if self.entry(&record.resource, at).is_none() {
            return;
        }
        let Some(node) = self.line(&record.resource, at) else { return };
        node.know();
        node.open(at);
        let symptom = symptom(node.counts.again(at));
        node.counts.symptom = Some(symptom.clone());
        findings.push(self.finding(&record.resource, Condition::Met(symptom), record.at));
    }

    /// A line says something else: an open issue closes where `over` gives a cause, and is told as it was where it could not
    /// be told for a while.
    fn heard(
        &mut self,
        record: &LogRecord,
        over: impl FnOnce(&mut Said) -> Option<String>,
        findings: &mut Vec<Finding>,
    ) {
        let Some(node) = self.line(&record.resource, record.at.timestamp_millis()) else { return };
        let fresh = node.know();
        if let Some(cause) = over(&mut node.counts) {
            self.forget(&record.resource);
            let cleared = Condition::Cleared { cause, evidence: Vec::new() };
            findings.push(self.finding(&record.resource, cleared, record.at));
        } else if let Some(symptom) = node.counts.symptom.clone().filter(|_| fresh) {
            findings.push(self.finding(&record.resource, Condition::Met(symptom), record.at));
        }
    }
}

/// `node 10.0.0.1:2113 of cluster orders`, or that nobody said whose log it is.
fn whose(resource: &Resource) -> String {
    if resource.is_empty() { "A node".to_owned() } else { capitalized(&resource.to_string()) }
}

/// When it was said, what, and the first line of the exception.
fn quote(record: &LogRecord) -> String {
    let exception = record.exception.iter().filter_map(|exception| exception.lines().next());
    let said: Vec<String> =
        std::iter::once(record.message.as_str()).chain(exception).map(|line| text::line(line, LONGEST_LINE)).collect();
    format!("at {}: {}", figure::time(record.at), said.join(" "))
}
