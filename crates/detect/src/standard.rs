use std::time::Duration;

use tidegate_event::figure::{bytes, number};

use crate::figure::{Place, beside, percent, percent_beside, plain};
use crate::threshold::{degree, limits};
use crate::{
    ClusterConsensus, Detector, DiskFullSoon, Figures, Measure, ReplicationLag, Rule, Threshold, ThresholdBuilder,
    Wording,
};

/// How long a figure that opens at once must be below its limit to close: as long as the load average itself looks
/// back, several times over, so that it does not flap.
const CALM: Duration = Duration::from_mins(5);

/// The standard detectors with their default figures: `core-load`, `disk-usage`, `memory-usage`, `cluster-consensus`,
/// `replication-lag` and `disk-full-soon`.
pub fn standard() -> Vec<Box<dyn Detector>> {
    let thresholds = [Threshold::core_load(), Threshold::disk_usage(), Threshold::memory_usage()];
    let mut detectors: Vec<Box<dyn Detector>> = Vec::new();
    // The default figures are valid (a test builds them), so that none of these is left out.
    detectors.extend(thresholds.into_iter().filter_map(|builder| builder.build().ok()).map(|one| Box::new(one) as _));
    detectors.extend(ClusterConsensus::builder().build().ok().map(|one| Box::new(one) as _));
    detectors.extend(ReplicationLag::builder().build().ok().map(|one| Box::new(one) as _));
    detectors.extend(DiskFullSoon::builder().build().ok().map(|one| Box::new(one) as _));
    detectors
}

/// The standard ones.
impl Threshold {
    /// `core-load`: the load average of one minute a physical core. Opens above 2.0 at once, closes after 5 minutes
    /// below 2.0, always a warning.
    pub fn core_load() -> ThresholdBuilder {
        let measure = Measure::ratio("tidegate.core_load", "system.load.1m", "system.cpu.physical.count", "1");
        Self::builder("core-load", measure, Rule::at_once(2.0))
            .with_close(Rule::consistently(2.0, CALM))
            .with_wording(CoreLoad)
            .with_remedy("If the load lasts, move to a larger instance size.")
    }

    /// `disk-usage`: the used share of each volume. Opens after 2 minutes and at least 4 samples above 80 %, closes
    /// below 80 % at once; a warning, critical from 90 %.
    pub fn disk_usage() -> ThresholdBuilder {
        let measure = Measure::ratio("tidegate.disk_usage", "system.filesystem.used", "system.filesystem.size", "By");
        Self::builder("disk-usage", measure, Rule::consistently(0.80, Duration::from_mins(2)).with_samples(4))
            .with_close(Rule::at_once(0.80))
            .with_critical(0.90)
            .with_wording(DiskUsage)
            .with_remedy("Remove data, run a scavenge, or move to a larger disk.")
    }

    /// `memory-usage`: the used share of the memory. Opens above 90 % at once, closes after 5 minutes below 90 %; a
    /// warning, critical from 95 %.
    pub fn memory_usage() -> ThresholdBuilder {
        let measure = Measure::ratio("tidegate.memory_usage", "system.memory.used", "system.memory.total", "By");
        Self::builder("memory-usage", measure, Rule::at_once(0.90))
            .with_close(Rule::consistently(0.90, CALM))
            .with_critical(0.95)
            .with_wording(MemoryUsage)
            .with_remedy("If the usage lasts, move to a larger instance size.")
    }
}

#[derive(Debug)]
struct CoreLoad;

impl Wording for CoreLoad {
    fn summary(&self, figures: &Figures<'_>) -> String {
        format!("Load {} a core{}", degree(self, figures), Place(figures.resource))
    }

    fn cause(&self, figures: &Figures<'_>) -> String {
        let (load, cores) = (plain_load(figures.numerator), number(figures.denominator));
        let noun = if cores == "1" { "core" } else { "cores" };
        let each = beside(figures.value, &figures.limits());
        let limits = limits(self, figures);
        format!("Load {load} on {cores} physical {noun} ({each} a core, {limits}){}.", Place(figures.resource))
    }

    fn limit(&self, limit: f64) -> String {
        plain(limit)
    }
}

/// As the system itself tells it: two decimals at most.
fn plain_load(load: f64) -> String {
    plain((load * 100.0).round() / 100.0)
}

#[derive(Debug)]
struct DiskUsage;

impl Wording for DiskUsage {
    fn summary(&self, figures: &Figures<'_>) -> String {
        format!("Disk {} full{}", degree(self, figures), Place(figures.resource))
    }

    fn cause(&self, figures: &Figures<'_>) -> String {
        format!("{}{}.", shares(self, figures), Place(figures.resource))
    }

    fn limit(&self, limit: f64) -> String {
        percent(limit)
    }
}

#[derive(Debug)]
struct MemoryUsage;

impl Wording for MemoryUsage {
    fn summary(&self, figures: &Figures<'_>) -> String {
        format!("Memory {} used{}", degree(self, figures), Place(figures.resource))
    }

    fn cause(&self, figures: &Figures<'_>) -> String {
        format!("{}{}.", shares(self, figures), Place(figures.resource))
    }

    fn limit(&self, limit: f64) -> String {
        percent(limit)
    }
}

/// `412.3 GiB of 500.0 GiB used (82.5 %, limit 80 %)`.
fn shares(wording: &dyn Wording, figures: &Figures<'_>) -> String {
    let (used, size) = (bytes(figures.numerator), bytes(figures.denominator));
    let share = percent_beside(figures.value, &figures.limits());
    format!("{used} of {size} used ({share}, {})", limits(wording, figures))
}
