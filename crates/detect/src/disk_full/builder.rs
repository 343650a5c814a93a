use std::time::Duration;

use tidegate_event::{Name, Severity};

use super::volume::Rules;
use super::{DiskFullSoon, MOST_STRETCHES, MOST_VOLUMES, POINTS, STALE_AFTER};
use crate::figure::duration;
use crate::run::Side;
use crate::ticks::to_ms;
use crate::watch::Watch;
use crate::{DetectError, DetectErrorKind, Rule};

/// The figures of a [`DiskFullSoon`]. [`build`](DiskFullSoonBuilder::build) checks them all.
#[derive(Debug, Clone)]
#[must_use]
pub struct DiskFullSoonBuilder {
    open: Duration,
    close: (Duration, Duration),
    severity: Severity,
    critical: Option<Duration>,
    window: Duration,
    min_data: Duration,
    min_fit: f64,
    min_used: f64,
    reach: f64,
    stale_after: Duration,
    source_interval: Option<Duration>,
    most_volumes: usize,
    remedy: Name,
}

impl DiskFullSoonBuilder {
    pub(super) fn standard() -> Self {
        Self {
            open: Duration::from_hours(4),
            close: (Duration::from_hours(6), Duration::from_mins(10)),
            severity: Severity::Warning,
            critical: Some(Duration::from_hours(1)),
            window: Duration::from_hours(3),
            min_data: Duration::from_mins(30),
            min_fit: 0.95,
            min_used: 0.5,
            reach: 2.0,
            stale_after: STALE_AFTER,
            source_interval: None,
            most_volumes: MOST_VOLUMES,
            remedy:
                "Find what fills the disk and stop it, or make room: remove what is not needed, scavenge while there \
                     is space for it, or move to a larger disk."
                    .into(),
        }
    }

    /// Opens when strictly less than that is left. Default: 4 hours.
    pub fn with_open(mut self, below: Duration) -> Self {
        self.open = below;
        self
    }

    /// Closes when strictly more than `above` has been left for `held`; `above` is at least that of opening. Default: 6
    /// hours, for 10 minutes.
    pub fn with_close(mut self, above: Duration, held: Duration) -> Self {
        self.close = (above, held);
        self
    }

    /// How bad it is to begin with. Default: [`Severity::Warning`].
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// [`Severity::Critical`] while strictly less than that is left, which is at most that of opening; `None`: never.
    /// Default: an hour.
    pub fn with_critical(mut self, below: impl Into<Option<Duration>>) -> Self {
        self.critical = below.into();
        self
    }

    /// How far it looks back at most. Default: 3 hours.
    pub fn with_window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// How long a line must be at least, at most the window and no less than a 48th of it. A point is the mean of a tenth
    /// of that. Default: 30 minutes.
    pub fn with_min_data(mut self, min_data: Duration) -> Self {
        self.min_data = min_data;
        self
    }

    /// How much of the differences a line must explain (R²), above 0 and below 1. A jump is explained by 0.75 at most,
    /// two of them by 0.89. Default: 0.95.
    pub fn with_min_fit(mut self, min_fit: f64) -> Self {
        self.min_fit = min_fit;
        self
    }

    /// The share that must be used, at least 0 and below 1: what is emptier does not open it. Default: 0.5.
    pub fn with_min_used(mut self, min_used: f64) -> Self {
        self.min_used = min_used;
        self
    }

    /// For how many times as long as a line is it is trusted, above 0. Default: 2, so that 30 minutes foretell an hour.
    pub fn with_reach(mut self, reach: f64) -> Self {
        self.reach = reach;
        self
    }

    /// After how long without a measurement nothing is known any more. Default: 60 s.
    pub fn with_stale_after(mut self, stale_after: Duration) -> Self {
        self.stale_after = stale_after;
        self
    }

    /// How often the source measures, for [`build`](DiskFullSoonBuilder::build) to check that `stale_after` is at least
    /// three times that.
    pub fn with_source_interval(mut self, interval: Duration) -> Self {
        self.source_interval = Some(interval);
        self
    }

    /// How many volumes are remembered at most, some 1.2 KB each with the standard window. Past it the longest silent
    /// ones are forgotten, and where none is silent, new ones are ignored; those with an open issue always stay.
    /// Default: 30,000.
    pub fn with_most_volumes(mut self, most: usize) -> Self {
        self.most_volumes = most;
        self
    }

    /// What to do about it, as a sentence.
    pub fn with_remedy(mut self, remedy: impl Into<Name>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// Less than that left opens.
    pub fn open(&self) -> Duration {
        self.open
    }

    /// More than that left closes, and for how long it must be.
    pub fn close(&self) -> (Duration, Duration) {
        self.close
    }

    /// Less than that left is critical.
    pub fn critical(&self) -> Option<Duration> {
        self.critical
    }

    /// How far it looks back at most.
    pub fn window(&self) -> Duration {
        self.window
    }

    /// How long a line must be at least.
    pub fn min_data(&self) -> Duration {
        self.min_data
    }

    pub(super) fn stale_after(&self) -> Duration {
        self.stale_after
    }

    pub(super) fn remedy(&self) -> &Name {
        &self.remedy
    }

    /// The detector.
    ///
    /// # Errors
    /// When a figure is not finite or out of its range, something is zero that must not be, or two figures contradict
    /// each other.
    pub fn build(self) -> Result<DiskFullSoon, DetectError> {
        self.check_times()?;
        share("min_fit", self.min_fit, self.min_fit > 0.0, "above 0")?;
        share("min_used", self.min_used, self.min_used >= 0.0, "at least 0")?;
        if !(self.reach.is_finite() && self.reach > 0.0) {
            let context = format!("reach is {}; it must be a finite number above 0", self.reach);
            return Err(DetectError::new(DetectErrorKind::OutOfRange, context));
        }
        if self.most_volumes == 0 {
            let context = "most_volumes is 0; it must be at least 1".to_owned();
            return Err(DetectError::new(DetectErrorKind::Missing, context));
        }
        crate::threshold::check_stale_after(self.stale_after, self.source_interval)?;
        let ms = |duration| to_ms(duration) as f64;
        let (above, held) = self.close;
        let rules = Rules {
            open: ms(self.open),
            close: Side::new(Rule::consistently(ms(above), held)),
            severity: self.severity,
            critical: self.critical.map(ms),
            window: to_ms(self.window),
            min_data: to_ms(self.min_data),
            each: to_ms(self.min_data / POINTS).max(1),
            min_fit: self.min_fit,
            min_used: self.min_used,
            reach: self.reach,
        };
        let volumes = Watch::new(DiskFullSoon::KIND, self.stale_after, self.most_volumes);
        Ok(DiskFullSoon { stale_after: to_ms(self.stale_after), figures: self, rules, volumes })
    }

    fn check_times(&self) -> Result<(), DetectError> {
        for (field, value) in [("open.below", self.open), ("min_data", self.min_data)] {
            if to_ms(value) == 0 {
                return Err(DetectError::new(DetectErrorKind::Missing, format!("{field} is 0; it must be longer")));
            }
        }
        at_least("close.above", self.close.0, "open.below", self.open)?;
        at_least("window", self.window, "min_data", self.min_data)?;
        if let Some(critical) = self.critical.filter(|critical| *critical > self.open) {
            let (critical, open) = (duration(critical), duration(self.open));
            let context = format!("critical is {critical}; it must be at most open.below, which is {open}");
            return Err(DetectError::new(DetectErrorKind::Contradiction, context));
        }
        if self.window > self.min_data.saturating_mul(MOST_STRETCHES) {
            let (least, window) = (duration(self.window / MOST_STRETCHES), duration(self.window));
            let min_data = duration(self.min_data);
            let context = format!("min_data is {min_data}; for a window of {window} it must be at least {least}");
            return Err(DetectError::new(DetectErrorKind::Contradiction, context));
        }
        Ok(())
    }
}

fn at_least(field: &str, value: Duration, other: &str, least: Duration) -> Result<(), DetectError> {
    if value >= least {
        return Ok(());
    }
    let (value, least) = (duration(value), duration(least));
    let context = format!("{field} is {value}; it must be at least {other}, which is {least}");
    Err(DetectError::new(DetectErrorKind::Contradiction, context))
}

fn share(field: &str, value: f64, enough: bool, least: &str) -> Result<(), DetectError> {
    if enough && value < 1.0 {
        return Ok(());
    }
    let context = format!("{field} is {value}; it must be {least} and below 1");
    Err(DetectError::new(DetectErrorKind::OutOfRange, context))
}
