//! Straight lines through what was used. Times in milliseconds, space in bytes.

use std::collections::VecDeque;

/// So much less well explained a longer stretch may be and still be taken for the same line.
const ALIKE: f64 = 0.01;
/// So much of what a stretch rose by must be beyond what was used before it.
const NEW: f64 = 0.25;
/// No hole may be longer than this part of the line through it.
const HOLE: i64 = 4;

/// The mean of some measurements that lie close together.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    at: i64,
    used: f64,
}

/// What was used over the window, thinned: the oldest first.
#[derive(Debug, Default)]
pub(super) struct Points {
    points: VecDeque<Point>,
    next: Mean,
}

/// The point in the making.
#[derive(Debug, Default)]
struct Mean {
    begin: i64,
    count: u32,
    /// The sum of how long after `begin`.
    later: i64,
    used: f64,
}

/// The line through a stretch of points up to now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// Bytes a millisecond.
    pub(super) rate: f64,
    /// How much of what the points differ the line explains, from 0 to 1 (R²).
    pub(super) fit: f64,
    /// How long the stretch is.
    pub(super) span: i64,
    /// How many points it has.
    count: usize,
}

/// Least squares, one point after the other. Means are kept, and sums about these means, so that large numbers close to
/// each other do not cancel out.
#[derive(Debug, Default)]
struct Fit {
    count: f64,
    at: f64,
    used: f64,
    at_at: f64,
    at_used: f64,
    used_used: f64,
}

impl Fit {
    fn add(&mut self, at: f64, used: f64) {
        self.count += 1.0;
        let (before_at, before_used) = (at - self.at, used - self.used);
        self.at += before_at / self.count;
        self.used += before_used / self.count;
        self.at_at += before_at * (at - self.at);
        self.at_used += before_at * (used - self.used);
        self.used_used += before_used * (used - self.used);
    }

    fn rate(&self) -> f64 {
        if self.at_at > 0.0 { self.at_used / self.at_at } else { 0.0 }
    }

    fn explained(&self) -> f64 {
        let all = self.at_at * self.used_used;
        // Of points that are all alike there is nothing to explain.
        if all > 0.0 { (self.at_used * self.at_used / all).min(1.0) } else { 0.0 }
    }
}

impl Points {
    /// Takes note of a measurement. Whether it began a new point, and so completed one.
    pub(super) fn add(&mut self, at: i64, used: f64, each: i64, window: i64) -> bool {
        if self.next.count > 0 && at < self.next.begin {
            // The clock was set back: what is known lies in the future.
            *self = Self::default();
        }
        let completed = self.next.count > 0 && at - self.next.begin >= each;
        if completed {
            self.points.push_back(self.next.point());
            self.next = Mean::default();
            while self.points.front().is_some_and(|oldest| oldest.at < at - window) {
                self.points.pop_front();
            }
        }
        self.next.add(at, used);
        completed
    }

    /// The lines through the last `least` and through ever more, up to all.
    fn lines(&self, least: i64) -> impl Iterator<Item = Line> {
        let end = self.points.back().map_or(0, |point| point.at);
        let (mut fit, mut hole, mut newer) = (Fit::default(), 0, end);
        self.points.iter().rev().enumerate().filter_map(move |(number, point)| {
            fit.add((point.at - end) as f64, point.used);
            hole = hole.max(newer - point.at);
            newer = point.at;
            let span = end - point.at;
            let line = || Line { rate: fit.rate(), fit: fit.explained(), span, count: number + 1 };
            (span >= least && hole <= span / HOLE).then(line)
        })
    }

    /// The line through the last `least`, however well it explains them.
    pub(super) fn recent(&self, least: i64) -> Option<Line> {
        self.lines(least).next()
    }

    /// The line that explains its stretch best and at least by `min_fit`, where it rises; of two that do so alike the
    /// longer one. `None` also where what it rose by is hardly more than what was freed before, within the window.
    pub(super) fn trend(&self, least: i64, min_fit: f64) -> Option<Line> {
        let rising = || self.lines(least).filter(|line| line.rate > 0.0);
        let best = rising().map(|line| line.fit).fold(0.0, f64::max);
        let line = rising().filter(|line| line.fit >= min_fit.max(best - ALIKE)).last()?;
        let begin = self.points.len() - line.count;
        let before = self.points.iter().take(begin).map(|point| point.used).fold(0.0, f64::max);
        let known = self.points.get(begin)?.used + line.rate * line.span as f64 * (1.0 - NEW);
        (before <= known).then_some(line)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.points.len()
    }
}

impl Mean {
    fn add(&mut self, at: i64, used: f64) {
        if self.count == 0 {
            self.begin = at;
        }
        self.count += 1;
        self.later += at - self.begin;
        self.used += (used - self.used) / f64::from(self.count);
    }

    fn point(&self) -> Point {
        Point { at: self.begin + self.later / i64::from(self.count.max(1)), used: self.used }
    }
}
