//! A detector for tests of what comes after it.

use chrono::{DateTime, Utc};
use tidegate_detect::{Condition, Detector, Finding, Symptom};
use tidegate_event::{Event, IssueKey, Severity, Signal};

/// The kind of issue that [`Level`] finds.
pub(crate) const LEVEL: &str = "level";

/// Finds an issue wherever a level is above 0.8, critical from 0.95.
pub(crate) struct Level;

impl Detector for Level {
    fn kind(&self) -> &str {
        LEVEL
    }

    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        let Signal::Event(Event::Metric(sample)) = signal else { return };
        if *sample.name != *LEVEL {
            return;
        }
        let condition = if sample.value() > 0.8 {
            Condition::Met(Symptom {
                severity: if sample.value() > 0.95 { Severity::Critical } else { Severity::Warning },
                summary: "The level is high".to_owned(),
                cause: format!("Level {}.", sample.value()),
                remedy: "Look.".into(),
                evidence: Vec::new(),
            })
        } else {
            Condition::Cleared { cause: format!("Level {}.", sample.value()), evidence: Vec::new() }
        };
        let key = IssueKey::new(LEVEL, sample.resource.clone());
        findings.push(Finding { key, condition, at: sample.at });
    }

    fn tick(&mut self, _: DateTime<Utc>, _: &mut Vec<Finding>) {}
}
