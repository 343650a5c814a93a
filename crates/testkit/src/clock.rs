use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::Clock;

/// A [`Clock`] that stands still until it is told. Clones are the same clock.
#[derive(Clone)]
pub struct ManualClock {
    now: Arc<Mutex<DateTime<Utc>>>,
}

impl ManualClock {
    /// Where [`new`](ManualClock::new) starts: 24 November 2026, 03:00 in UTC, in seconds since 1970.
    const START: i64 = 1_795_489_200;

    /// A clock at 2026-11-24T03:00:00Z, so that a test says the same every day.
    pub fn new() -> Self {
        Self::starting_at(DateTime::from_timestamp(Self::START, 0).unwrap_or(DateTime::UNIX_EPOCH))
    }

    /// A clock at `start`.
    pub fn starting_at(start: DateTime<Utc>) -> Self {
        Self { now: Arc::new(Mutex::new(start)) }
    }

    /// Goes on by `duration`; gives the time it is then. It stops at the last time that chrono knows.
    pub fn advance(&self, duration: Duration) -> DateTime<Utc> {
        let mut now = self.lock();
        let delta = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        *now = now.checked_add_signed(delta).unwrap_or(DateTime::<Utc>::MAX_UTC);
        *now
    }

    /// Goes on to `at`; stays where it is when that is over already.
    pub fn set(&self, at: DateTime<Utc>) {
        let mut now = self.lock();
        *now = at.max(*now);
    }

    /// Goes back by `duration`, which a [`Clock`] never does: for the tests of what is handed times by others.
    pub fn set_back(&self, duration: Duration) {
        let mut now = self.lock();
        let delta = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        *now = now.checked_sub_signed(delta).unwrap_or(DateTime::<Utc>::MIN_UTC);
    }

    fn lock(&self) -> MutexGuard<'_, DateTime<Utc>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.lock()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManualClock({})", *self.lock())
    }
}
