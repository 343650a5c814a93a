use std::time::Duration;

use chrono::TimeDelta;
use tidegate_event::figure::{bytes, span};
use tidegate_event::{Reading, Resource, Severity};

use super::DiskFullSoonBuilder;
use super::volume::Estimate;
use crate::figure::{Place, duration};
use crate::{Condition, Symptom};

const MINUTE: f64 = 60_000.0;
const HOUR: f64 = 60.0 * MINUTE;
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
/// Beyond that a forecast is idle.
const LONGEST: f64 = 30.0 * 24.0 * HOUR;

pub(super) fn met(figures: &DiskFullSoonBuilder, resource: &Resource, estimate: &Estimate) -> Condition {
    let critical = figures.critical().filter(|_| estimate.severity == Severity::Critical);
    let passed = critical.unwrap_or(figures.open());
    let limits = match critical {
        _ if estimate.left.is_infinite() => String::new(),
        Some(critical) => format!(", limit {}, critical under {}", duration(figures.open()), duration(critical)),
        None => format!(", limit {}", duration(figures.open())),
    };
    let mut cause = format!("{} ({}{limits}).", fills(resource, estimate), space(estimate));
    if estimate.calm || estimate.left >= to_ms(figures.open()) && !estimate.is_full() {
        let (above, held) = figures.close();
        let held = if held.is_zero() { String::new() } else { format!(" for {}", duration(held)) };
        cause = format!("{cause} It closes once more than {} have been left{held}.", duration(above));
    }
    let is_full = estimate.left.is_infinite() && estimate.is_full();
    let within = if is_full { String::new() } else { format!(" in less than {}", duration(passed)) };
    Condition::Met(Symptom {
        severity: estimate.severity,
        summary: format!("Disk full{within}{}", Place(resource)),
        cause,
        remedy: figures.remedy().clone(),
        evidence: evidence(estimate, passed),
    })
}

pub(super) fn cleared(figures: &DiskFullSoonBuilder, resource: &Resource, estimate: &Estimate) -> Condition {
    let (above, held) = figures.close();
    let held = if held.is_zero() { String::new() } else { format!(" for {}", duration(held)) };
    let more = if estimate.line.rate > 0.0 { format!(": more than {}{held}", duration(above)) } else { held };
    let cause = format!("{} ({}){more}.", fills(resource, estimate), space(estimate));
    Condition::Cleared { cause, evidence: evidence(estimate, figures.open()) }
}

/// `Volume /data on node a fills at 1.2 GiB/h, as it has for 2 h: full in about 3 h 10 min`.
fn fills(resource: &Resource, estimate: &Estimate) -> String {
    let who = match resource {
        resource if resource.is_empty() => "The disk".to_owned(),
        resource if resource.part.is_some() => format!("Volume {resource}"),
        resource => format!("The disk of {resource}"),
    };
    if estimate.left.is_finite() {
        let rate = bytes(estimate.line.rate * HOUR);
        let held = span(TimeDelta::milliseconds(estimate.line.span).max(TimeDelta::zero()));
        return format!("{who} fills at {rate}/h, as it has for {held}: full in {}", left(estimate.left));
    }
    if estimate.is_full() { format!("{who} is full") } else { format!("{who} does not fill any more") }
}

fn space(estimate: &Estimate) -> String {
    format!("{} of {} used", bytes(estimate.used), bytes(estimate.size))
}

/// Never more than is left, so that what is less than a limit does not read as the limit: `about 3 h 10 min`.
fn left(left: f64) -> String {
    if left >= LONGEST {
        return "more than 30 d".to_owned();
    }
    let step = if left < HOUR { MINUTE } else { 10.0 * MINUTE };
    let whole = (left / step).floor() * step;
    if whole < MINUTE {
        return "less than 1 min".to_owned();
    }
    let whole = TimeDelta::from_std(Duration::from_secs_f64(whole / 1_000.0)).unwrap_or(TimeDelta::MAX);
    format!("about {}", span(whole))
}

fn evidence(estimate: &Estimate, limit: Duration) -> Vec<Reading> {
    let mut evidence = Vec::new();
    if estimate.left.is_finite() {
        let left = Reading::new("tidegate.disk_full.left", estimate.left / HOUR, "h");
        evidence.push(left.with_limit(to_ms(limit) / HOUR));
    }
    evidence.push(Reading::new("tidegate.disk_full.rate", estimate.line.rate * HOUR / GIB, "GiBy/h"));
    evidence.push(Reading::new(super::USED, estimate.used, "By"));
    evidence.push(Reading::new(super::SIZE, estimate.size, "By"));
    evidence
}

fn to_ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
