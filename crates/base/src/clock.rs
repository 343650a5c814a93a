use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// Where everything that needs the time gets it.
pub trait Clock: Send + Sync {
    /// The time now, in UTC. Never less than an earlier answer of the same clock.
    fn now(&self) -> DateTime<Utc>;
}

impl<T: Clock + ?Sized> Clock for Arc<T> {
    fn now(&self) -> DateTime<Utc> {
        (**self).now()
    }
}

impl<T: Clock + ?Sized> Clock for Box<T> {
    fn now(&self) -> DateTime<Utc> {
        (**self).now()
    }
}

/// The machine's clock, made to never run backwards.
///
/// When somebody sets the machine's clock back, this one goes on at half speed until the machine has caught up:
/// intervals still end, order is kept, and the error goes away by itself. When the machine's clock is set forward
/// (or the machine slept), this one follows at once.
#[derive(Clone)]
pub struct SystemClock {
    last: Arc<Mutex<Reading>>,
}

#[derive(Clone, Copy)]
struct Reading {
    told: DateTime<Utc>,
    at: Instant,
}

impl SystemClock {
    /// A clock that starts at the machine's time.
    #[allow(clippy::disallowed_methods)] // the one place that reads the machine's clock
    pub fn new() -> Self {
        Self { last: Arc::new(Mutex::new(Reading { told: Utc::now(), at: Instant::now() })) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SystemClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemClock")
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place that reads the machine's clock
    fn now(&self) -> DateTime<Utc> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let at = Instant::now();
        let elapsed = TimeDelta::from_std(at.saturating_duration_since(last.at)).unwrap_or(TimeDelta::MAX);
        *last = Reading { told: follow(last.told, elapsed, Utc::now()), at };
        last.told
    }
}

/// What to tell after `elapsed` since `told` was told, while the machine's clock shows `machine`.
fn follow(told: DateTime<Utc>, elapsed: TimeDelta, machine: DateTime<Utc>) -> DateTime<Utc> {
    let slow = told.checked_add_signed(elapsed / 2).unwrap_or(told);
    machine.max(slow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a date of this century")
    }

    #[test]
    fn follows_the_machine_while_it_runs_forward() {
        assert_eq!(follow(at(0), TimeDelta::seconds(10), at(10)), at(10));
        assert_eq!(follow(at(0), TimeDelta::seconds(10), at(5_000)), at(5_000));
    }

    #[test]
    fn goes_on_at_half_speed_until_a_machine_that_was_set_back_has_caught_up() {
        let mut told = at(3_600);
        let mut machine = at(0);
        for _ in 0..720 {
            let earlier = told;
            machine += TimeDelta::seconds(10);
            told = follow(told, TimeDelta::seconds(10), machine);
            assert!(told > earlier);
        }
        assert_eq!(told, machine);
    }

    #[test]
    fn two_answers_are_in_order() {
        let clock = SystemClock::new();
        let mut earlier = clock.now();
        for _ in 0..1_000 {
            let now = clock.now();
            assert!(now >= earlier);
            earlier = now;
        }
    }
}
