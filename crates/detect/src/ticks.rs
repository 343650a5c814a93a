//! Time as a detector knows it, in milliseconds.

use std::time::Duration;

/// Of what nothing was heard yet, since no tick has told the time.
pub(crate) const NEXT_TICK: i64 = i64::MAX;

/// The clock of the ticks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ticks {
    now: Option<i64>,
}

impl Ticks {
    /// The time of the last tick.
    pub(crate) fn now(self) -> Option<i64> {
        self.now
    }

    /// Lets it be `now`. Whether the clock was set back.
    pub(crate) fn set(&mut self, now: i64) -> bool {
        self.now.replace(now).is_some_and(|earlier| now < earlier)
    }

    /// When that came in which was measured at `at`. Ticks are a second apart: what is a little ahead of the last one
    /// is right, and anything else comes from another clock or was held up on its way.
    #[inline]
    pub(crate) fn heard(self, at: i64, stale_after: i64) -> i64 {
        match self.now {
            Some(now) if at < now || at > now + stale_after => now,
            _ => at,
        }
    }
}

/// How a measurement follows the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Out of order, or known already.
    Old,
    /// In order, without a gap between.
    Next,
    /// After a gap, or the clock was set back by more than disorder explains: counting starts anew.
    Anew,
}

impl Step {
    #[inline]
    pub(crate) fn between(last: Option<i64>, at: i64, stale_after: i64) -> Self {
        match last.map(|last| at - last) {
            Some(step) if step.abs() > stale_after => Self::Anew,
            Some(step) if step <= 0 => Self::Old,
            None | Some(_) => Self::Next,
        }
    }
}

/// A duration of at most some 30,000 years, so that sums do not overflow.
pub(crate) fn to_ms(duration: Duration) -> i64 {
    const LONGEST: i64 = 1 << 50;
    i64::try_from(duration.as_millis()).map_or(LONGEST, |ms| ms.min(LONGEST))
}
