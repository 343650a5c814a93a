use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{Event, Resource, Sample, Signal};

use crate::figure::{Place, duration};
use crate::watch::Watch;
use crate::{Detector, Finding};
use volume::{Rules, Verdict, Volume};

mod builder;
#[cfg(test)]
mod tests;
mod trend;
mod volume;
mod words;

pub use builder::DiskFullSoonBuilder;

const USED: &str = "system.filesystem.used";
const SIZE: &str = "system.filesystem.size";

/// `disk-full-soon`: whether a volume that is being filled will be full within hours.
///
/// It reads `system.filesystem.used` and `system.filesystem.size`, and keeps the means of 3 minutes each over the last
/// 3 hours. Through those of the latest stretch it lays a straight line (least squares); the rate of filling is that of
/// the line, and what is left is what is free at that rate.
///
/// - **Opens** when less than 4 hours are left. The stretch is the one, of 30 minutes at least, that a line explains best
///   (R² of 0.95 at least); it is trusted for twice as long as it has lasted; the volume is more than half used; and what
///   grew is not merely what was freed within the window. So a jump, a backup of some minutes or a saw's teeth open
///   nothing.
/// - **Closes** when the last 30 minutes leave more than 6 hours, or do not fill the volume any more, for 10 minutes. A
///   volume that is full (98 %) does not fill any more either, and stays open.
/// - **Severity**: a warning; critical while less than an hour is left.
/// - **No measurement** for a minute, or a [`Gap`](Signal::Gap): nothing is known, and what must be so for 10 minutes
///   starts anew. The points stay: a line goes through a hole that is no longer than a quarter of it.
/// - **Memory** is bounded: some 1.2 KB a volume, and 30,000 volumes. One that is silent for an hour is forgotten,
///   unless it has an issue.
/// - **After a restart** an issue stays open until there are 30 minutes of data again.
#[derive(Debug)]
pub struct DiskFullSoon {
    figures: DiskFullSoonBuilder,
    rules: Rules,
    volumes: Watch<Volume>,
    stale_after: i64,
}

impl DiskFullSoon {
    /// The detector's kind.
    pub const KIND: &'static str = "disk-full-soon";

    /// The default figures.
    pub fn builder() -> DiskFullSoonBuilder {
        DiskFullSoonBuilder::standard()
    }

    /// How many volumes it remembers.
    pub fn volumes(&self) -> usize {
        self.volumes.len()
    }

    #[inline]
    fn sample(&mut self, sample: &Sample, findings: &mut Vec<Finding>) {
        let is_used = *sample.name == *USED;
        if !is_used && *sample.name != *SIZE {
            return;
        }
        let (at, value, keep) = (sample.at.timestamp_millis(), sample.value(), self.stale_after);
        let Some(volume) = self.volumes.entry(&sample.resource, at) else { return };
        let pair = &mut volume.counts.pair;
        let quotient = if is_used { pair.numerator(value, at, keep) } else { pair.denominator(value, at) };
        let Some(quotient) = quotient else { return };
        let Some(volume) = self.volumes.measured(&sample.resource, at) else { return };
        match volume.figure(&self.rules, quotient, at) {
            Verdict::Same => {}
            verdict => self.tell(&verdict, sample, findings),
        }
    }

    #[cold]
    fn tell(&mut self, verdict: &Verdict, sample: &Sample, findings: &mut Vec<Finding>) {
        let condition = match verdict {
            Verdict::Same => return,
            Verdict::Met(estimate) => words::met(&self.figures, &sample.resource, estimate),
            Verdict::Cleared(estimate) => words::cleared(&self.figures, &sample.resource, estimate),
        };
        findings.push(self.volumes.finding(&sample.resource, condition, sample.at));
    }
}

impl Detector for DiskFullSoon {
    fn kind(&self) -> &str {
        Self::KIND
    }

    #[inline]
    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        match signal {
            Signal::Event(Event::Metric(sample)) => self.sample(sample, findings),
            other => self.volumes.observe(other, findings),
        }
    }

    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        let silent = duration(self.figures.stale_after());
        let why = |resource: &Resource| format!("No measurement of the used space{} for {silent}.", Place(resource));
        self.volumes.tick(now, why, findings);
    }
}

/// A tenth of what a line needs at least is one point.
const POINTS: u32 = 10;
/// From this share on a volume is full: that it does not fill any more is no good news.
const FULL: f64 = 0.98;
/// How much of the window a stretch must be at least, so that the points of a window are bounded: 480.
const MOST_STRETCHES: u32 = 48;
const STALE_AFTER: Duration = Duration::from_mins(1);
const MOST_VOLUMES: usize = 30_000;
