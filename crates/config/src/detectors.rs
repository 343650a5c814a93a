//! The standard detectors, figure by figure.

use std::time::Duration;

use serde::Deserialize;
use tidegate_detect::{
    ClusterConsensus, DiskFullSoon, NodeFatal, ReplicationLag, Rule, ScavengeFailed, Threshold, ThresholdBuilder,
};
use tidegate_event::Severity;

use crate::{DurationConfig, Refused, Registry, Section};

/// The detector of `builder` with what every section may say: `severity`, `remedy`, `stale_after`. A macro, since each
/// detector has a builder of its own.
macro_rules! finish {
    ($section:ident, $builder:expr, $keys:ident, $interval:expr, $stale_after:ident) => {{
        let interval = $interval;
        let builder = $keys.severity.into_iter().fold($builder, |builder, severity| builder.with_severity(severity));
        let builder = $keys.remedy.into_iter().fold(builder, |builder, remedy| builder.with_remedy(remedy));
        let builder = interval.into_iter().fold(builder, |builder, interval| builder.with_source_interval(interval));
        let stale_after = stale_after($keys.stale_after, $stale_after, interval);
        builder.with_stale_after(stale_after).build().map_err(|error| $section.refuse(error))
    }};
}

mod disk_full;
mod log;
mod replication;

/// After how long without a measurement nothing is known, where the section does not say.
const STALE_AFTER: Duration = Duration::from_mins(1);
/// The same of rounds of gossip.
const STALE_ROUNDS: Duration = Duration::from_secs(100);

#[derive(Deserialize)]
struct ThresholdKeys {
    #[serde(default)]
    open: Open,
    #[serde(default)]
    close: Close,
    critical: Option<f64>,
    severity: Option<Severity>,
    remedy: Option<String>,
    stale_after: Option<DurationConfig>,
}

#[derive(Deserialize, Default)]
struct Open {
    above: Option<f64>,
    #[serde(rename = "for")]
    duration: Option<DurationConfig>,
    samples: Option<u32>,
}

#[derive(Deserialize, Default)]
struct Close {
    below: Option<f64>,
    #[serde(rename = "for")]
    duration: Option<DurationConfig>,
    samples: Option<u32>,
}

#[derive(Deserialize)]
struct ConsensusKeys {
    #[serde(default)]
    open: Rounds,
    #[serde(default)]
    close: Rounds,
    severity: Option<Severity>,
    remedy: Option<String>,
    stale_after: Option<DurationConfig>,
}

#[derive(Deserialize, Default)]
struct Rounds {
    rounds: Option<u32>,
}

pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with_default_detector("core-load", |section| threshold(section, Threshold::core_load()))
        .with_default_detector("disk-usage", |section| threshold(section, Threshold::disk_usage()))
        .with_default_detector("memory-usage", |section| threshold(section, Threshold::memory_usage()))
        .with_default_detector(ClusterConsensus::KIND, consensus)
        .with_default_detector(DiskFullSoon::KIND, disk_full::disk_full_soon)
        .with_default_detector(ReplicationLag::KIND, replication::replication_lag)
        // For those who read the logs of KurrentDB: a Fatal line of any other program is none of ours.
        .with_detector(NodeFatal::KIND, log::node_fatal)
        .with_detector(ScavengeFailed::KIND, log::scavenge_failed)
}

/// `builder` with the figures of the section. Those that are left out stay as they are, as far as those that are
/// given allow it.
fn threshold(section: &Section<'_>, builder: ThresholdBuilder) -> Result<Threshold, Refused> {
    let keys: ThresholdKeys = section.parse()?;
    let (standard_open, standard_close) = (builder.open(), builder.close());
    let above = keys.open.above.unwrap_or(standard_open.limit());
    let below = keys.close.below.unwrap_or(if keys.open.above.is_some() { above } else { standard_close.limit() });
    positive(section, "open.above", keys.open.above)?;
    positive(section, "close.below", keys.close.below)?;
    positive(section, "critical", keys.critical)?;
    let critical = keys.critical.or(builder.critical().map(|standard| standard.max(above)));
    let open = rule(standard_open.with_limit(above), keys.open.duration, keys.open.samples);
    let close = rule(standard_close.with_limit(below), keys.close.duration, keys.close.samples);
    let builder = builder.with_open(open).with_close(close).with_critical(critical);
    finish!(section, builder, keys, section.measure_interval(), STALE_AFTER)
}

fn consensus(section: &Section<'_>) -> Result<ClusterConsensus, Refused> {
    let keys: ConsensusKeys = section.parse()?;
    let mut builder = ClusterConsensus::builder();
    if let Some(rounds) = keys.open.rounds {
        builder = builder.with_open_rounds(rounds);
    }
    if let Some(rounds) = keys.close.rounds {
        builder = builder.with_close_rounds(rounds);
    }
    finish!(section, builder, keys, section.round_interval(), STALE_ROUNDS)
}

/// `standard` with what was given. A rule whose duration is set to zero is at once: one sample is enough for it.
fn rule(standard: Rule, duration: Option<DurationConfig>, samples: Option<u32>) -> Rule {
    let at_once = duration.is_some_and(|duration| duration.get().is_zero());
    let samples = samples.unwrap_or(if at_once { 1 } else { standard.samples() });
    standard.with_duration(duration.map_or(standard.duration(), DurationConfig::get)).with_samples(samples)
}

/// As asked for; by default the standard one, or longer where a source measures seldom.
fn stale_after(asked: Option<DurationConfig>, standard: Duration, interval: Option<Duration>) -> Duration {
    let least = interval.map_or(Duration::ZERO, |interval| interval.saturating_mul(3));
    asked.map_or(standard.max(least), DurationConfig::get)
}

/// A load or a share is never below zero, so that such a limit is a slip.
fn positive(section: &Section<'_>, key: &str, limit: Option<f64>) -> Result<(), Refused> {
    match limit {
        Some(limit) if limit <= 0.0 => Err(section.refuse_at(key, format!("{key} is {limit}; it must be above 0"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
