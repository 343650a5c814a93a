use tidegate_event::Severity;

use super::FULL;
use super::trend::{Line, Points};
use crate::book::Series;
use crate::pair::{Pair, Quotient};
use crate::run::{Run, Side};
use crate::watch::{Counts, Watched};

/// The figures of a [`DiskFullSoon`](super::DiskFullSoon). Times in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Less than that left opens.
    pub(super) open: f64,
    /// More than that left closes.
    pub(super) close: Side,
    pub(super) severity: Severity,
    pub(super) critical: Option<f64>,
    pub(super) window: i64,
    /// How long a line must be.
    pub(super) min_data: i64,
    /// How far apart points are.
    pub(super) each: i64,
    pub(super) min_fit: f64,
    pub(super) min_used: f64,
    pub(super) reach: f64,
}

/// What is remembered of one volume.
#[derive(Debug, Default)]
pub(super) struct Volume {
    pub(super) pair: Pair,
    points: Points,
    calm: Run,
    told: Option<Box<Estimate>>,
}

/// How a volume fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) line: Line,
    /// How long until it is full, in milliseconds; infinite where it does not fill.
    pub(super) left: f64,
    pub(super) used: f64,
    pub(super) size: f64,
    pub(super) severity: Severity,
    /// It is on its way to be closed.
    pub(super) calm: bool,
}

/// What a measurement means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// Nothing new.
    Same,
    Met(Estimate),
    Cleared(Estimate),
}

impl Estimate {
    fn new(rules: &Rules, line: Line, space: Quotient) -> Self {
        let free = (space.denominator - space.numerator).max(0.0);
        let left = if line.rate > 0.0 { free / line.rate } else { f64::INFINITY };
        let (used, size) = (space.numerator, space.denominator);
        let estimate = Self { line, left, used, size, severity: rules.severity, calm: false };
        let is_critical = rules.critical.is_some_and(|critical| left < critical || estimate.is_full());
        if is_critical { Self { severity: Severity::Critical, ..estimate } } else { estimate }
    }

    /// It has no room that it could fill.
    pub(super) fn is_full(&self) -> bool {
        self.used >= self.size * FULL
    }
}

impl Counts for Volume {
    fn start_anew(&mut self) {
        self.calm.end();
    }
}

impl Watched<Volume> {
    /// A measurement at `at`.
    #[inline]
    pub(super) fn figure(&mut self, rules: &Rules, space: Quotient, at: i64) -> Verdict {
        let was_unknown = self.know();
        if self.counts.points.add(at, space.numerator, rules.each, rules.window) {
            self.judge(rules, space, at)
        } else {
            // What was told holds still, and is known again.
            let again = self.counts.told.as_deref().filter(|_| was_unknown);
            again.map_or(Verdict::Same, |told| Verdict::Met(*told))
        }
    }

    /// There is a new point.
    fn judge(&mut self, rules: &Rules, space: Quotient, at: i64) -> Verdict {
        let is_open = self.is_open();
        let counts = &mut self.counts;
        if !is_open && space.value <= rules.min_used {
            return Verdict::Same;
        }
        let Some(recent) = counts.points.recent(rules.min_data) else { return Verdict::Same };
        let recent = Estimate::new(rules, recent, space);
        let calm = recent.left > rules.close.limit && !recent.is_full();
        let trend = || counts.points.trend(rules.min_data, rules.min_fit);
        if !is_open {
            let opens = |estimate: &Estimate| {
                estimate.left < rules.open && estimate.left <= rules.reach * estimate.line.span as f64
            };
            let trend = if calm { None } else { trend() };
            let estimate = trend.map(|line| Estimate::new(rules, line, space)).filter(opens);
            return estimate.map_or(Verdict::Same, |estimate| {
                self.open(at);
                self.met(estimate)
            });
        }
        if calm {
            if counts.calm.extend(at, &rules.close) {
                counts.start_anew();
                counts.told = None;
                self.close();
                return Verdict::Cleared(recent);
            }
            return self.met(Estimate { calm, ..recent });
        }
        let line = trend().unwrap_or(recent.line);
        counts.calm.end();
        self.met(Estimate::new(rules, line, space))
    }

    fn met(&mut self, estimate: Estimate) -> Verdict {
        self.counts.told = Some(Box::new(estimate));
        Verdict::Met(estimate)
    }

    #[cfg(test)]
    pub(super) fn points(&self) -> usize {
        self.counts.points.len()
    }
}
