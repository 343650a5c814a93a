use tidegate_event::{IssueKey, Severity};

use crate::book;
use crate::pair::{Pair, Quotient};
use crate::run::{Run, Side};
use crate::ticks::{NEXT_TICK, Step};

/// The figures of a [`Threshold`](crate::Threshold). Times in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) open: Side,
    pub(super) close: Side,
    pub(super) severity: Severity,
    pub(super) critical: Option<f64>,
    pub(super) stale_after: i64,
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

impl Rules {
    fn severity_of(&self, value: f64) -> Severity {
        match self.critical {
            Some(critical) if value >= critical => Severity::Critical,
            _ => self.severity,
        }
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
            self.run.end();
            return Verdict::Same;
        }
        if !self.run.extend(at, &rules.open) {
            return Verdict::Same;
        }
        self.run.end();
        Verdict::Opened(Told { quotient, severity: rules.severity_of(quotient.value) })
    }

    fn figure_while_open(&mut self, rules: &Rules, quotient: Quotient, at: i64) -> Verdict {
        let was_unknown = self.unknown.take().is_some();
        if quotient.value >= rules.close.limit {
            self.run.end();
        } else if self.run.extend(at, &rules.close) {
            self.run.end();
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
            Step::Anew => self.run.end(),
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
        self.run.end();
        self.unknown = None;
        self.heard = now.unwrap_or(NEXT_TICK);
    }

    /// Nothing could be measured. Tells whether that says something new.
    pub(super) fn lose(&mut self, why: &str) -> bool {
        self.run.end();
        if !book::Series::is_known(self) || self.unknown.as_ref().is_some_and(|unknown| unknown.why == why) {
            return false;
        }
        self.unknown = Some(Box::new(Unknown { why: why.to_owned() }));
        true
    }

    pub(super) fn key(&self) -> Option<&IssueKey> {
        self.open.as_ref().map(|open| &open.key)
    }

    /// The time of the last news, by whatever clock there is.
    pub(super) fn latest(&self) -> i64 {
        self.last.or(self.open.as_ref().map(|open| open.at)).unwrap_or(0)
    }
}

impl book::Series for Series {
    #[inline]
    fn heard(&self) -> i64 {
        self.heard
    }

    #[inline]
    fn hear(&mut self, heard: i64) {
        self.heard = heard;
    }

    #[inline]
    fn is_known(&self) -> bool {
        self.last.is_some() || self.open.is_some()
    }

    #[inline]
    fn is_unknown(&self) -> bool {
        self.unknown.is_some()
    }

    #[inline]
    fn is_open(&self) -> bool {
        self.open.is_some()
    }
}
