use chrono::{DateTime, Utc};
use tidegate_event::{IssueKey, Name, Reading, Severity, Signal};

/// Decides when one kind of issue is there.
///
/// Synchronous and without a clock: time is in the signals and in [`tick`](Detector::tick). A detector emits a
/// finding when its verdict or the evidence for it changes. At start it is shown the issues of its kind that are open
/// from before, as open issue events; nothing else ever shows it an issue.
pub trait Detector: Send {
    /// The kind of issue that it finds, such as `disk-usage`. One detector for each kind.
    fn kind(&self) -> &str;

    /// Takes note of a signal, of its own kind or not, and adds what it now finds to `findings`.
    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>);

    /// Takes note that it is now `now`, and adds what it now finds to `findings`. Called each second.
    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>);
}

impl<T: Detector + ?Sized> Detector for Box<T> {
    fn kind(&self) -> &str {
        (**self).kind()
    }

    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        (**self).observe(signal, findings);
    }

    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        (**self).tick(now, findings);
    }
}

/// What a detector found out about one issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Of which issue.
    pub key: IssueKey,
    /// Whether it is there.
    pub condition: Condition,
    /// When that was so.
    pub at: DateTime<Utc>,
}

/// Whether an issue is there.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// It is, with these signs.
    Met(Symptom),
    /// It is not.
    Cleared {
        /// Why not, as a sentence with the measured figures.
        cause: String,
        /// The figures.
        evidence: Vec<Reading>,
    },
    /// Nobody can tell: there is no measurement. Opens nothing and closes nothing.
    Unknown {
        /// Why not, as a sentence.
        why: String,
    },
}

/// The signs of an issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Symptom {
    /// How bad it is.
    pub severity: Severity,
    /// One line: what is wrong.
    pub summary: String,
    /// Sentences with the measured figures, the limit and the unit, for the person on call.
    pub cause: String,
    /// What to do about it.
    pub remedy: Name,
    /// The figures.
    pub evidence: Vec<Reading>,
}
