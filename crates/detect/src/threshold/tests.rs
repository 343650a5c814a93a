//! Scripted series through the detectors.

use chrono::{DateTime, Utc};
use tidegate_event::{Event, IssueEvent, IssueKey, Resource, Sample, Severity, Signal};

use super::*;
use crate::Ledger;

mod build;
mod engine;
mod memory;
mod model;
mod table;
mod words;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a date of this century")
}

fn node(name: &str) -> Resource {
    Resource::new().with_cluster("orders").with_node(name)
}

fn sample(name: &str, resource: &Resource, value: f64, seconds: i64) -> Signal {
    Signal::from(Sample::new(name, resource.clone(), value, "1", at(seconds)).expect("finite"))
}

fn gap(resource: Resource) -> Signal {
    Signal::Gap { resource, why: "Refused.".to_owned() }
}

fn retired(resource: Resource) -> Signal {
    Signal::Retired { resource, why: "Sold.".to_owned() }
}

/// One step of a script, at a second.
#[derive(Debug, Clone)]
enum Step {
    /// A measurement of the ratio, on node `a` unless said otherwise.
    Ratio(i64, f64),
    RatioOf(&'static str, i64, f64),
    Tick(i64),
    Show(Signal),
}
use Step::{Ratio, RatioOf, Show, Tick};

/// The same ratio every `step` seconds, both ends included.
fn steady(from: i64, to: i64, step: usize, ratio: f64) -> Vec<Step> {
    (from..=to).step_by(step).map(|seconds| Ratio(seconds, ratio)).collect()
}

/// One of the three standard ratios.
#[derive(Debug, Clone, Copy)]
struct Subject {
    builder: fn() -> ThresholdBuilder,
    numerator: &'static str,
    denominator: &'static str,
    part: Option<&'static str>,
}

const CORE_LOAD: Subject = Subject {
    builder: Threshold::core_load,
    numerator: "system.load.1m",
    denominator: "system.cpu.physical.count",
    part: None,
};
const DISK_USAGE: Subject = Subject {
    builder: Threshold::disk_usage,
    numerator: "system.filesystem.used",
    denominator: "system.filesystem.size",
    part: Some("/var"),
};
const MEMORY_USAGE: Subject = Subject {
    builder: Threshold::memory_usage,
    numerator: "system.memory.used",
    denominator: "system.memory.total",
    part: None,
};

impl Subject {
    fn detector(self) -> Threshold {
        (self.builder)().build().expect("valid")
    }

    fn resource(self, name: &str) -> Resource {
        Resource { part: self.part.map(Into::into), ..node(name) }
    }

    fn measure(self, name: &str, seconds: i64, ratio: f64) -> [Signal; 2] {
        let resource = self.resource(name);
        // A power of two, so that the ratio comes out exactly.
        [
            sample(self.denominator, &resource, 1024.0, seconds),
            sample(self.numerator, &resource, 1024.0 * ratio, seconds),
        ]
    }

    /// Its issue, open since second 0, as the ledger tells it.
    fn open_issue(self, severity: Severity) -> IssueEvent {
        let mut detector = self.detector();
        let symptom = Symptom {
            severity,
            summary: "Open".to_owned(),
            cause: "Since before.".to_owned(),
            remedy: "Look.".into(),
            evidence: Vec::new(),
        };
        let key = IssueKey::new(detector.kind(), self.resource("a"));
        detector.tick(at(0), &mut Vec::new());
        let finding = Finding { key, condition: Condition::Met(symptom), at: at(0) };
        Ledger::new(tidegate_base::Random::seeded(1)).apply(finding).expect("opens")
    }

    fn play(self, detector: &mut Threshold, steps: &[Step]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for step in steps {
            let signals = match step {
                Ratio(seconds, ratio) => self.measure("a", *seconds, *ratio).to_vec(),
                RatioOf(name, seconds, ratio) => self.measure(name, *seconds, *ratio).to_vec(),
                Show(signal) => vec![signal.clone()],
                Tick(seconds) => {
                    detector.tick(at(*seconds), &mut findings);
                    Vec::new()
                }
            };
            for signal in &signals {
                detector.observe(signal, &mut findings);
            }
        }
        findings
    }

    /// The changes of verdict, such as `120 warning`, `180 unknown`, `300 cleared`; other nodes than `a` are named.
    fn verdicts(self, steps: &[Step]) -> Vec<String> {
        changes(&self.play(&mut self.detector(), steps))
    }
}

fn changes(findings: &[Finding]) -> Vec<String> {
    let mut last = std::collections::HashMap::new();
    let mut changes = Vec::new();
    for finding in findings {
        let verdict = match &finding.condition {
            Condition::Met(symptom) => symptom.severity.as_str(),
            Condition::Cleared { .. } => "cleared",
            Condition::Unknown { .. } => "unknown",
        };
        if last.insert(finding.key.clone(), verdict) == Some(verdict) {
            continue;
        }
        let seconds = (finding.at - at(0)).num_seconds();
        let name = finding.key.resource().node.as_deref().unwrap_or_default();
        let name = if name == "a" { String::new() } else { format!(" {name}") };
        changes.push(format!("{seconds} {verdict}{name}"));
    }
    changes
}

fn symptom(finding: &Finding) -> &Symptom {
    match &finding.condition {
        Condition::Met(symptom) => symptom,
        other => panic!("not met: {other:?}"),
    }
}

fn show(issue: IssueEvent) -> Step {
    Show(Signal::Event(Event::from(issue)))
}
