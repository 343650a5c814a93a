use std::time::Duration;

use tidegate_event::{Name, Severity};

use super::rule::finite;
use super::series::Rules;
use super::wording::Plain;
use super::{Measure, Rule, Threshold, Wording};
use crate::book::Book;
use crate::figure::{duration, plain};
use crate::run::Side;
use crate::ticks::{Ticks, to_ms};
use crate::{DetectError, DetectErrorKind};

/// After how long without a measurement nothing is known any more.
const STALE_AFTER: Duration = Duration::from_mins(1);
const MOST_SERIES: usize = 100_000;

/// The figures of a [`Threshold`]. [`build`](ThresholdBuilder::build) checks them all.
#[derive(Debug)]
#[must_use]
pub struct ThresholdBuilder {
    kind: Name,
    measure: Measure,
    open: Rule,
    close: Rule,
    severity: Severity,
    critical: Option<f64>,
    remedy: Name,
    subject: String,
    wording: Option<Box<dyn Wording>>,
    stale_after: Duration,
    source_interval: Option<Duration>,
    most_series: usize,
}

impl ThresholdBuilder {
    pub(super) fn new(kind: Name, measure: Measure, open: Rule) -> Self {
        Self {
            subject: kind.replace('-', " "),
            kind,
            measure,
            open,
            close: Rule::at_once(open.limit()),
            severity: Severity::Warning,
            critical: None,
            remedy: "Find out why the figure is so high.".into(),
            wording: None,
            stale_after: STALE_AFTER,
            source_interval: None,
            most_series: MOST_SERIES,
        }
    }

    /// When it opens: strictly above the limit.
    pub fn with_open(mut self, open: Rule) -> Self {
        self.open = open;
        self
    }

    /// When it closes: strictly below the limit, which is at most that of opening. Default: at once below that.
    pub fn with_close(mut self, close: Rule) -> Self {
        self.close = close;
        self
    }

    /// How bad it is to begin with. Default: [`Severity::Warning`].
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// From which figure on an open issue is [`Severity::Critical`], that figure included; at least the limit of
    /// opening. `None`, the default of a detector of one's own: never.
    pub fn with_critical(mut self, critical: impl Into<Option<f64>>) -> Self {
        self.critical = critical.into();
        self
    }

    /// What to do about it, as a sentence.
    pub fn with_remedy(mut self, remedy: impl Into<Name>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// What is measured, within a sentence: `core load`. Default: the kind with blanks for hyphens.
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// How it is worded. Default: `Queue length 120.0 (limit 100.0) on node a.`, after the subject.
    pub fn with_wording(mut self, wording: impl Wording + 'static) -> Self {
        self.wording = Some(Box::new(wording));
        self
    }

    /// After how long without a measurement nothing is known any more. A longer gap between two samples starts what is
    /// counted consistently anew. Default: 60 s.
    pub fn with_stale_after(mut self, stale_after: Duration) -> Self {
        self.stale_after = stale_after;
        self
    }

    /// How often the source measures, for [`build`](ThresholdBuilder::build) to check that `stale_after` leaves room
    /// for two measurements that fail.
    pub fn with_source_interval(mut self, interval: Duration) -> Self {
        self.source_interval = Some(interval);
        self
    }

    /// How many series are remembered at most, some 300 bytes each. Past it the longest silent ones are forgotten,
    /// and where none is silent, new ones are ignored; those with an open issue always stay. Default: 100,000.
    pub fn with_most_series(mut self, most: usize) -> Self {
        self.most_series = most;
        self
    }

    /// When it opens.
    pub fn open(&self) -> Rule {
        self.open
    }

    /// When it closes.
    pub fn close(&self) -> Rule {
        self.close
    }

    /// From which figure on it is critical.
    pub fn critical(&self) -> Option<f64> {
        self.critical
    }

    /// The detector.
    ///
    /// # Errors
    /// When a figure is not finite, something is empty or zero that must not be, or two figures contradict each other.
    pub fn build(self) -> Result<Threshold, DetectError> {
        self.check_texts()?;
        self.check_limits()?;
        check_stale_after(self.stale_after, self.source_interval)?;
        let rules = Rules {
            open: Side::new(self.open),
            close: Side::new(self.close),
            severity: self.severity,
            critical: self.critical,
            stale_after: to_ms(self.stale_after),
        };
        let wording = self.wording.unwrap_or_else(|| Box::new(Plain { subject: self.subject.clone() }));
        Ok(Threshold {
            kind: self.kind,
            measure: self.measure,
            rules,
            close: self.close,
            stale_after: self.stale_after,
            wording,
            remedy: self.remedy,
            subject: self.subject,
            book: Book::new(self.most_series),
            ticks: Ticks::default(),
            next_check: i64::MIN,
        })
    }

    fn check_texts(&self) -> Result<(), DetectError> {
        let missing = |field: &str| Err(DetectError::new(DetectErrorKind::Missing, format!("{field} is empty")));
        if self.kind.is_empty() {
            return missing("kind");
        }
        if self.subject.is_empty() {
            return missing("subject");
        }
        if self.measure.names().any(|name| name.is_empty()) {
            return missing("a name of the measure");
        }
        if self.most_series == 0 {
            let context = "most_series is 0; it must be at least 1".to_owned();
            return Err(DetectError::new(DetectErrorKind::Missing, context));
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<(), DetectError> {
        self.open.check("open", "above", "samples")?;
        self.close.check("close", "below", "samples")?;
        let (open, close) = (self.open.limit(), self.close.limit());
        if close > open {
            let context = format!("close.below is {close}; it must be at most open.above, which is {open}");
            return Err(DetectError::new(DetectErrorKind::Contradiction, context));
        }
        let Some(critical) = self.critical else { return Ok(()) };
        finite("critical", critical)?;
        if critical < open {
            let (critical, open) = (plain(critical), plain(open));
            let context = format!("critical is {critical}; it must be at least open.above, which is {open}");
            return Err(DetectError::new(DetectErrorKind::Contradiction, context));
        }
        Ok(())
    }
}

/// Refuses a `stale_after` that does not outlast two measurements that fail.
pub(crate) fn check_stale_after(stale_after: Duration, interval: Option<Duration>) -> Result<(), DetectError> {
    if to_ms(stale_after) == 0 {
        let context = "stale_after is 0; it must be at least three times the source's interval".to_owned();
        return Err(DetectError::new(DetectErrorKind::Missing, context));
    }
    match interval {
        Some(interval) if stale_after < interval.saturating_mul(3) => {
            let (stale_after, least) = (duration(stale_after), duration(interval.saturating_mul(3)));
            let context = format!(
                "stale_after is {stale_after}; it must be at least {least}, three times the source's interval of {}",
                duration(interval)
            );
            Err(DetectError::new(DetectErrorKind::Contradiction, context))
        }
        _ => Ok(()),
    }
}
