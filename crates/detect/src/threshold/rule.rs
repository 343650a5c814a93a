use std::time::Duration;

use crate::figure::duration;
use crate::{DetectError, DetectErrorKind};

/// A limit, and how long a figure must be strictly beyond it: at once, or consistently.
///
/// Consistently: every sample is beyond the limit, they are at least [`samples`](Rule::samples) and span at least
/// [`duration`](Rule::duration), and no gap between them is too long. A value equal to the limit is not beyond it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    limit: f64,
    duration: Duration,
    samples: u32,
}

impl Rule {
    /// One sample beyond `limit` is enough.
    pub fn at_once(limit: f64) -> Self {
        Self { limit, duration: Duration::ZERO, samples: 1 }
    }

    /// All samples beyond `limit` for `duration`.
    pub fn consistently(limit: f64, duration: Duration) -> Self {
        Self { duration, ..Self::at_once(limit) }
    }

    /// The same with another limit.
    pub fn with_limit(self, limit: f64) -> Self {
        Self { limit, ..self }
    }

    /// The same over at least `duration`; zero: at once.
    pub fn with_duration(self, duration: Duration) -> Self {
        Self { duration, ..self }
    }

    /// The same with at least `samples` samples.
    pub fn with_samples(self, samples: u32) -> Self {
        Self { samples, ..self }
    }

    /// The limit, in the unit of what is measured.
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// How long all samples must be beyond it.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// How many samples it takes at least.
    pub fn samples(&self) -> u32 {
        self.samples
    }

    /// How long it must be so, to follow other words: ` for 5 min`, ` in 3 samples in a row`, or nothing where it is at once.
    /// `samples` is what those are called.
    pub(crate) fn held(&self, samples: &str) -> String {
        match (self.duration, self.samples) {
            (Duration::ZERO, 1) => String::new(),
            (Duration::ZERO, count) => format!(" in {count} {samples} in a row"),
            (held, _) => format!(" for {}", duration(held)),
        }
    }

    /// Refuses figures that make no sense. `limit` and `samples` are what those are called within `side`.
    pub(crate) fn check(&self, side: &str, limit: &str, samples: &str) -> Result<(), DetectError> {
        finite(&format!("{side}.{limit}"), self.limit)?;
        if self.samples == 0 {
            let context = format!("{side}.{samples} is 0; it must be at least 1");
            return Err(DetectError::new(DetectErrorKind::Missing, context));
        }
        Ok(())
    }
}

pub(crate) fn finite(name: &str, value: f64) -> Result<(), DetectError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(DetectError::new(DetectErrorKind::NotFinite, format!("{name} is {value}; it must be a finite number")))
}
