//! Volumes that fill in every way, through the detector.

use tidegate_event::{Event, IssueKey, Severity};

use super::*;
use crate::{Condition, Finding, Ledger, Symptom};

mod build;
mod fills;
mod life;
mod line;
mod never;
mod words;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
/// The size of every volume here, so that a percent is ten GiB.
const SIZE_BYTES: f64 = 1000.0 * GIB;
/// How far apart measurements are, in seconds.
const EACH: i64 = 30;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a date of this century")
}

fn volume(name: &str) -> Resource {
    Resource::new().with_cluster("orders").with_node(name).with_part("/data")
}

fn detector() -> DiskFullSoon {
    DiskFullSoon::builder().build().expect("valid")
}

fn measure(detector: &mut DiskFullSoon, name: &str, seconds: i64, percent: f64) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (sample, value) in [(SIZE, SIZE_BYTES), (USED, SIZE_BYTES * percent / 100.0)] {
        let sample = Sample::new(sample, volume(name), value, "By", at(seconds)).expect("finite");
        detector.observe(&Signal::from(sample), &mut findings);
    }
    findings
}

/// Measures `a` from minute `from` until before minute `to`: `percent` says how full it is at which minute.
fn fill(detector: &mut DiskFullSoon, from: i64, to: i64, percent: impl Fn(f64) -> f64) -> Vec<Finding> {
    let mut findings = Vec::new();
    for seconds in (from * 60..to * 60).step_by(usize::try_from(EACH).expect("positive")) {
        detector.tick(at(seconds), &mut findings);
        findings.extend(measure(detector, "a", seconds, percent(seconds as f64 / 60.0)));
    }
    findings
}

fn tick(detector: &mut DiskFullSoon, seconds: i64) -> Vec<Finding> {
    let mut findings = Vec::new();
    detector.tick(at(seconds), &mut findings);
    findings
}

fn show(detector: &mut DiskFullSoon, signal: &Signal) -> Vec<Finding> {
    let mut findings = Vec::new();
    detector.observe(signal, &mut findings);
    findings
}

/// The changes of verdict with their minutes: `84 warning`, `200 cleared`.
fn changes(findings: &[Finding]) -> Vec<String> {
    let mut last = "";
    let mut changes = Vec::new();
    for finding in findings {
        let verdict = match &finding.condition {
            Condition::Met(symptom) => symptom.severity.as_str(),
            Condition::Cleared { .. } => "cleared",
            Condition::Unknown { .. } => "unknown",
        };
        if last != verdict {
            changes.push(format!("{} {verdict}", (finding.at - at(0)).num_minutes()));
        }
        last = verdict;
    }
    changes
}

/// What is told over so many minutes.
fn told(minutes: i64, percent: impl Fn(f64) -> f64) -> Vec<String> {
    changes(&fill(&mut detector(), 0, minutes, percent))
}

fn symptom(finding: &Finding) -> &Symptom {
    match &finding.condition {
        Condition::Met(symptom) => symptom,
        other => panic!("not met: {other:?}"),
    }
}

/// From 60 %, ten percent an hour.
fn ramp(minute: f64) -> f64 {
    60.0 + minute / 6.0
}
