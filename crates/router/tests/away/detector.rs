use chrono::{DateTime, Utc};
use tidegate_detect::{Condition, Detector, Finding, Symptom};
use tidegate_event::{Event, IssueKey, Resource, Sample, Severity, Signal};

/// The kind of issue that [`Level`] finds.
pub(crate) const LEVEL: &str = "level";

/// What opens the issue of a node, or closes it.
pub(crate) fn level(node: usize, high: bool, at: DateTime<Utc>) -> Signal {
    let resource = Resource::new().with_cluster("orders").with_node(format!("n{node}"));
    Sample::new(LEVEL, resource, if high { 0.9 } else { 0.5 }, "1", at).expect("finite").into()
}

/// Finds an issue wherever a level is above 0.8.
pub(crate) struct Level;

impl Detector for Level {
    fn kind(&self) -> &str {
        LEVEL
    }

    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        let Signal::Event(Event::Metric(sample)) = signal else { return };
        let cause = format!("Level {}, limit 0.8.", sample.value());
        let condition = if sample.value() > 0.8 {
            Condition::Met(Symptom {
                severity: Severity::Warning,
                summary: "The level is high".to_owned(),
                cause,
                remedy: "Look.".into(),
                evidence: Vec::new(),
            })
        } else {
            Condition::Cleared { cause, evidence: Vec::new() }
        };
        findings.push(Finding { key: IssueKey::new(LEVEL, sample.resource.clone()), condition, at: sample.at });
    }

    fn tick(&mut self, _: DateTime<Utc>, _: &mut Vec<Finding>) {}
}
