use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{Event, IssueEvent, IssueKey, Name, Resource, Sample, Signal};

use crate::book::Book;
use crate::figure::{Place, duration};
use crate::pair::Quotient;
use crate::ticks::Ticks;
use crate::{Condition, Detector, Finding, Symptom};
use series::{Rules, Series, Told, Verdict};

mod builder;
mod measure;
mod rule;
mod series;
#[cfg(test)]
mod tests;
mod wording;

pub use builder::ThresholdBuilder;
pub(crate) use builder::check_stale_after;
pub use measure::Measure;
pub use rule::Rule;
pub use wording::{Figures, Wording};
pub(crate) use wording::{degree, limits};

/// A number over a limit: one series for each resource, each open or closed with hysteresis.
///
/// It opens by one [`Rule`] and closes by another. Both limits are strict: a figure equal to the limit neither opens
/// nor closes. While a series is open, each other figure is found anew; the ledger decides what is told.
///
/// - **No measurement** for longer than `stale_after`, or a [`Gap`](Signal::Gap): the condition is unknown, and what is
///   counted consistently starts anew. Silence is counted by the clock of the ticks from when a sample came in, so that
///   a source whose clock is wrong is not taken for silent. Silence never closes anything.
/// - **Out of order**: a sample at or before the last one is ignored; one that is before it by more than `stale_after`
///   means that the clock was set back, and counting starts anew from there.
/// - **No sense**: a ratio of a negative numerator or over a denominator that is not positive is no measurement.
/// - **Memory** is bounded: [`with_most_series`](ThresholdBuilder::with_most_series), and a closed series that was
///   silent for an hour is forgotten.
///
/// ```
/// use tidegate_detect::{Detector, Measure, Rule, Threshold};
///
/// let queue = Threshold::builder("queue-length", Measure::value("queue.length", "{item}"), Rule::at_once(100.0))
///     .with_remedy("See what holds the consumer up.")
///     .build()?;
/// assert_eq!(queue.kind(), "queue-length");
/// # Ok::<(), tidegate_detect::DetectError>(())
/// ```
#[derive(Debug)]
pub struct Threshold {
    kind: Name,
    measure: Measure,
    rules: Rules,
    close: Rule,
    stale_after: Duration,
    wording: Box<dyn Wording>,
    remedy: Name,
    subject: String,
    book: Book<Series>,
    ticks: Ticks,
    /// Before then no series falls silent or is forgotten.
    next_check: i64,
}

impl Threshold {
    /// A detector of issues of `kind`, where `measure` is above the limit of `open`.
    pub fn builder(kind: impl Into<Name>, measure: Measure, open: Rule) -> ThresholdBuilder {
        ThresholdBuilder::new(kind.into(), measure, open)
    }

    /// How many series it remembers.
    pub fn series(&self) -> usize {
        self.book.len()
    }

    #[inline]
    fn sample(&mut self, sample: &Sample, findings: &mut Vec<Finding>) {
        let Some(part) = self.measure.part(sample) else { return };
        let at = sample.at.timestamp_millis();
        let heard = self.ticks.heard(at, self.rules.stale_after);
        // No less than what the check expects of a series that speaks.
        self.next_check = self.next_check.min(heard + self.rules.stale_after);
        let series = match self.book.get_mut(&sample.resource) {
            Some(series) => series,
            None => match self.book.add(&sample.resource, heard) {
                Some(series) => series,
                None => return,
            },
        };
        let stale_after = self.rules.stale_after;
        let Some(quotient) = part.complete(&mut series.pair, sample.value(), at, stale_after) else { return };
        match series.figure(&self.rules, quotient, at, heard) {
            Verdict::Same => {}
            verdict => self.tell(verdict, sample, findings),
        }
    }

    #[cold]
    fn tell(&mut self, verdict: Verdict, sample: &Sample, findings: &mut Vec<Finding>) {
        let (key, condition) = match verdict {
            Verdict::Same => return,
            Verdict::Opened(told) => {
                let key = IssueKey::new(self.kind.clone(), sample.resource.clone());
                if let Some(series) = self.book.get_mut(&sample.resource) {
                    series.opened(key.clone(), sample.at.timestamp_millis(), told);
                }
                (key, self.met(&sample.resource, told))
            }
            Verdict::Changed(key, told) => (key, self.met(&sample.resource, told)),
            Verdict::Cleared(key, quotient) => (key, self.cleared(&sample.resource, quotient)),
        };
        findings.push(Finding { key, condition, at: sample.at });
    }

    fn met(&self, resource: &Resource, told: Told) -> Condition {
        let figures = self.figures(resource, told);
        let mut cause = self.wording.cause(&figures);
        if figures.value <= figures.open {
            let limit = self.wording.limit(figures.close);
            // Writing to a String cannot fail.
            let _ = match &*self.close.held("samples") {
                "" => write!(cause, " It closes once it is below {limit}."),
                held => write!(cause, " It closes once it has been below {limit}{held}."),
            };
        }
        Condition::Met(Symptom {
            severity: told.severity,
            summary: self.wording.summary(&figures),
            cause,
            remedy: self.remedy.clone(),
            evidence: self.measure.evidence(told.quotient, figures.passed()),
        })
    }

    fn cleared(&self, resource: &Resource, quotient: Quotient) -> Condition {
        let figures = self.figures(resource, Told { quotient, severity: self.rules.severity });
        let mut cause = self.wording.cause(&figures);
        let held = self.close.held("samples");
        if !held.is_empty() {
            let _ = write!(cause, " Below {}{held}.", self.wording.limit(figures.close));
        }
        Condition::Cleared { cause, evidence: self.measure.evidence(quotient, figures.open) }
    }

    fn figures<'a>(&self, resource: &'a Resource, told: Told) -> Figures<'a> {
        let Quotient { value, numerator, denominator } = told.quotient;
        Figures {
            resource,
            value,
            numerator,
            denominator,
            open: self.rules.open.limit,
            close: self.rules.close.limit,
            critical: self.rules.critical,
            severity: told.severity,
        }
    }

    fn resume(&mut self, issue: &IssueEvent) {
        if *issue.key.kind() != self.kind || issue.is_closed() {
            return;
        }
        let now = self.ticks.now();
        self.book.add_always(issue.key.resource()).resume(issue.key.clone(), issue.at.timestamp_millis(), now);
        self.next_check = i64::MIN;
    }

    fn forget(&mut self, resource: &Resource) {
        for covered in self.book.covered(resource) {
            self.book.remove(&covered);
        }
    }

    /// Nothing could be measured of what `resource` covers.
    fn gap(&mut self, resource: &Resource, why: &str, findings: &mut Vec<Finding>) {
        for covered in self.book.covered(resource) {
            self.lose(&covered, why, findings);
        }
    }

    fn lose(&mut self, resource: &Resource, why: &str, findings: &mut Vec<Finding>) {
        let Some(series) = self.book.get_mut(resource) else { return };
        if !series.lose(why) {
            return;
        }
        let key = series.key().cloned().unwrap_or_else(|| IssueKey::new(self.kind.clone(), resource.clone()));
        let at = self.ticks.now().unwrap_or_else(|| Series::latest(series));
        let at = DateTime::from_timestamp_millis(at).unwrap_or(DateTime::UNIX_EPOCH);
        findings.push(Finding { key, condition: Condition::Unknown { why: why.to_owned() }, at });
    }
}

impl Detector for Threshold {
    fn kind(&self) -> &str {
        &self.kind
    }

    #[inline]
    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        match signal {
            Signal::Event(Event::Metric(sample)) => self.sample(sample, findings),
            Signal::Event(Event::Issue(issue)) => self.resume(issue),
            Signal::Gap { resource, why } => self.gap(resource, why, findings),
            Signal::Retired { resource, .. } | Signal::Restored { resource } => self.forget(resource),
            Signal::Event(_) | Signal::Views(_) => {}
        }
    }

    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        let now = now.timestamp_millis();
        let set_back = self.ticks.set(now);
        if now <= self.next_check && !set_back {
            return;
        }
        let (silent, next) = self.book.tick(now, self.rules.stale_after);
        self.next_check = next;
        for resource in silent {
            let held = duration(self.stale_after);
            let why = format!("No measurement of the {}{} for {held}.", self.subject, Place(&resource));
            self.lose(&resource, &why, findings);
        }
    }
}
