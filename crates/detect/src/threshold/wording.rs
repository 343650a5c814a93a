use std::fmt;

use tidegate_event::{Resource, Severity};

use crate::figure::{Place, beside, capitalized, plain};

/// How a [`Threshold`](crate::Threshold) words what it finds, for the person on call.
pub trait Wording: fmt::Debug + Send + Sync {
    /// One line without a full stop and without figures that change: `Disk over 80 % full at /var on node a`.
    fn summary(&self, figures: &Figures<'_>) -> String;

    /// One sentence with figures, limit and unit: `Load 9.2 on 4 physical cores (2.3 a core, limit 2.0) on node a.`
    /// Of an issue that is open as of one that is over.
    fn cause(&self, figures: &Figures<'_>) -> String;

    /// A limit with its unit: `80 %`.
    fn limit(&self, limit: f64) -> String;
}

/// What there is to word.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Figures<'a> {
    /// Where.
    pub resource: &'a Resource,
    /// The figure that is over its limit, or was.
    pub value: f64,
    /// Of a ratio what was divided; otherwise `value`.
    pub numerator: f64,
    /// Of a ratio what it was divided by; otherwise 1.
    pub denominator: f64,
    /// The limit over which it opens.
    pub open: f64,
    /// The limit below which it closes.
    pub close: f64,
    /// From which figure on it is critical.
    pub critical: Option<f64>,
    /// How bad it is.
    pub severity: Severity,
}

impl Figures<'_> {
    /// Every limit that a figure must not seem to be on the other side of.
    pub fn limits(&self) -> Vec<f64> {
        [Some(self.open), Some(self.close), self.critical].into_iter().flatten().collect()
    }

    /// The limit that it is over: the critical one where it is critical by that.
    pub fn passed(&self) -> f64 {
        self.critical.filter(|critical| self.value >= *critical).unwrap_or(self.open)
    }
}

/// Which limit is passed: `over 80 %`, or `at least 90 %` where that makes it critical.
pub(crate) fn degree(wording: &dyn Wording, figures: &Figures<'_>) -> String {
    match figures.critical.filter(|critical| figures.value >= *critical) {
        Some(critical) => format!("at least {}", wording.limit(critical)),
        None => format!("over {}", wording.limit(figures.open)),
    }
}

/// The limits in brackets: `limit 80 %`, and the critical one where it is reached.
pub(crate) fn limits(wording: &dyn Wording, figures: &Figures<'_>) -> String {
    let limit = wording.limit(figures.open);
    match figures.critical.filter(|critical| figures.value >= *critical) {
        Some(critical) => format!("limit {limit}, critical from {}", wording.limit(critical)),
        None => format!("limit {limit}"),
    }
}

/// The wording of a measure that has none of its own: `Queue length 120.0 (limit 100.0) on node a.`
#[derive(Debug, Clone)]
pub(super) struct Plain {
    pub(super) subject: String,
}

impl Plain {
    /// The subject with a capital letter.
    fn title(&self) -> String {
        capitalized(&self.subject)
    }
}

impl Wording for Plain {
    fn summary(&self, figures: &Figures<'_>) -> String {
        format!("{} {}{}", self.title(), degree(self, figures), Place(figures.resource))
    }

    fn cause(&self, figures: &Figures<'_>) -> String {
        let value = beside(figures.value, &figures.limits());
        format!("{} {value} ({}){}.", self.title(), limits(self, figures), Place(figures.resource))
    }

    fn limit(&self, limit: f64) -> String {
        plain(limit)
    }
}
