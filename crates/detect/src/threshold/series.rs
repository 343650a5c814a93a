use tidegate_event::{IssueKey, Severity};

use super::rule::Rule;
use crate::pair::{Pair, Quotient};
use crate::ticks::{Step, to_ms};

/// Of a series of which nothing was heard yet, since no tick has told the time.
pub(super) const NEXT_TICK: i64 = i64::MAX;

/// The figures of a [`Threshold`](crate::Threshold). Times in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) open: Side,
    pub(super) close: Side,
    pub(super) severity: Severity,
    pub(super) critical: Option<f64>,
    pub(super) stale_after: i64,
}

/// A [`Rule`] as the engine counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    pub(super) limit: f64,
    duration: i64,
    samples: u32,
}

/// What is remembered of one series: no samples, only how the present run of them began.
#[derive(Debug, Default)]
pub(super) struct Series {
    pub(super) pair: Pair,
    /// The time of the last figure.
    last: Option<i64>,
    /// When the last figure came in, by the clock of the ticks. [`NEXT_TICK`]: silence counts from there.
    pub(super) heard: i64,
    /// The samples in a row that are on the side that changes the verdict.
    run: Run,
    open: Option<Box<Open>>,
    /// Why nothing can be told, where that was said. Boxed, since it is rare and the series are many.
    unknown: Option<Box<Unknown>>,
}

#[derive(Debug, Default)]
struct Run {
    since: i64,
    count: u32,
}

#[derive(Debug)]
struct Open {
    key: IssueKey,
    /// When the issue from before was last told of: the time of a gap before there is any better.
    at: i64,
    told: Option<Told>,
}

#[derive(Debug)]
struct Unknown {
    why: String,
}

/// What was last said while open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Told {
    pub(super) quotient: Quotient,
    pub(super) severity: Severity,
}

/// What a figure means.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Nothing new.
    Same,
    /// Over the limit since now; the key is the caller's to make.
    Opened(Told),
    /// Still open, with other figures.
    Changed(IssueKey, Told),
    Cleared(IssueKey, Quotient),
}

impl Side {
    pub(super) fn new(rule: Rule) -> Self {
        Self { limit: rule.limit(), duration: to_ms(rule.duration()), samples: rule.samples() }
    }
}

impl Rules {
    fn severity_of(&self, value: f64) -> Severity {
        match self.critical {
            Some(critical) if value >= critical => Severity::Critical,
            _ => self.severity,
        }
    }
}

impl Run {
    /// Counts a sample that is on the side, and tells whether the rule is now met.
    fn extend(&mut self, at: i64, side: &Side) -> bool {
        if self.count == 0 {
            self.since = at;
        }
        self.count = self.count.saturating_add(1);
        self.count >= side.samples && at - self.since >= side.duration
    }
}

impl Series {
    /// A figure of time `at`, which came in at `heard`.
    #[inline]
    pub(super) fn figure(&mut self, rules: &Rules, quotient: Quotient, at: i64, heard: i64) -> Verdict {
        if !self.advance(at, rules.stale_after) {
            return Verdict::Same;
        }
        self.heard = heard;
        if self.open.is_some() {
            return self.figure_while_open(rules, quotient, at);
        }
        self.unknown = None;
        if quotient.value <= rules.open.limit {
            self.run.count = 0;
            return Verdict::Same;
        }
        if !self.run.extend(at, &rules.open) {
            return Verdict::Same;
        }
        self.run.count = 0;
        Verdict::Opened(Told { quotient, severity: rules.severity_of(quotient.value) })
    }

    fn figure_while_open(&mut self, rules: &Rules, quotient: Quotient, at: i64) -> Verdict {
        let was_unknown = self.unknown.take().is_some();
        if quotient.value >= rules.close.limit {
            self.run.count = 0;
        } else if self.run.extend(at, &rules.close) {
            self.run.count = 0;
            return self.open.take().map_or(Verdict::Same, |open| Verdict::Cleared(open.key, quotient));
        }
        let Some(open) = &mut self.open else { return Verdict::Same };
        let told = Told { quotient, severity: rules.severity_of(quotient.value) };
        if open.told.replace(told) == Some(told) && !was_unknown {
            return Verdict::Same;
        }
        Verdict::Changed(open.key.clone(), told)
    }

    /// Moves on to `at`, where that is news.
    fn advance(&mut self, at: i64, stale_after: i64) -> bool {
        match Step::between(self.last, at, stale_after) {
            Step::Old => return false,
            Step::Next => {}
            Step::Anew => self.run.count = 0,
        }
        self.last = Some(at);
        true
    }

    /// Notes that the verdict of [`figure`](Series::figure) stands under `key`.
    pub(super) fn opened(&mut self, key: IssueKey, at: i64, told: Told) {
        self.open = Some(Box::new(Open { key, at, told: Some(told) }));
    }

    /// Takes over an issue that is open from before.
    pub(super) fn resume(&mut self, key: IssueKey, at: i64, now: Option<i64>) {
        self.open = Some(Box::new(Open { key, at, told: None }));
        self.run.count = 0;
        self.unknown = None;
        self.heard = now.unwrap_or(NEXT_TICK);
    }

    /// Nothing could be measured. Tells whether that says something new.
    pub(super) fn lose(&mut self, why: &str) -> bool {
        self.run.count = 0;
        if !self.is_known() || self.unknown.as_ref().is_some_and(|unknown| unknown.why == why) {
            return false;
        }
        self.unknown = Some(Box::new(Unknown { why: why.to_owned() }));
        true
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether there ever was a verdict.
    pub(super) fn is_known(&self) -> bool {
        self.last.is_some() || self.open.is_some()
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.unknown.is_some()
    }

    pub(super) fn key(&self) -> Option<&IssueKey> {
        self.open.as_ref().map(|open| &open.key)
    }

    /// The time of the last news, by whatever clock there is.
    pub(super) fn latest(&self) -> i64 {
        self.last.or(self.open.as_ref().map(|open| open.at)).unwrap_or(0)
    }
}
