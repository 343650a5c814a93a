use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::Random;
use tidegate_sink::{Probe, Profile, Rate, SinkError, SinkErrorKind};

use super::later;
use crate::Policy;

/// How long a paused gate waits between two tries.
const HALF_OPEN: Duration = Duration::from_mins(1);
/// The longest wait that a service may ask for. There is a bound at all because a header can be nonsense (a wrong clock, a
/// date far off, seconds for milliseconds), and must not silence an integration for years. What is meant is less: quotas
/// run for a day at the most.
const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// How long a gate must have failed before that is an issue.
const LONG: TimeDelta = TimeDelta::minutes(5);

/// What an integration's two lanes share: how fast, how many at once, and whether at all.
///
/// A wait that the service asks for (`Retry-After`) holds both lanes to the second, up to 24 hours; what it says beyond is
/// taken as that.
#[derive(Debug)]
pub struct Gate {
    concurrency: usize,
    in_flight: usize,
    bucket: Option<Bucket>,
    backoff: (Duration, Duration),
    random: Random,
    hold_until: Option<DateTime<Utc>>,
    failures: u32,
    failing_since: Option<DateTime<Utc>>,
    shut: Option<Shut>,
    last_error: Option<SinkError>,
    leaving: bool,
}

#[derive(Debug, Clone, Copy)]
struct Shut {
    since: DateTime<Utc>,
    /// When to try again; `None`: not until the configuration changes.
    next_try: Option<DateTime<Utc>>,
}

/// How an integration is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It delivers, or has nothing to deliver.
    Working,
    /// Its last deliveries failed, and it tries again.
    Failing {
        /// Since when.
        since: DateTime<Utc>,
        /// What the last failure was.
        why: String,
    },
    /// Its credentials or destination are wrong. It keeps everything and tries once a minute.
    Paused {
        /// Since when.
        since: DateTime<Utc>,
        /// What is wrong.
        why: String,
    },
    /// The receiver wants no more. It waits for another configuration.
    Stopped {
        /// Since when.
        since: DateTime<Utc>,
        /// What the receiver said.
        why: String,
    },
}

/// Whether a delivery may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may.
    Open,
    /// One delivery may, to see whether what was wrong is right again.
    HalfOpen,
    /// Not before then.
    Until(DateTime<Utc>),
    /// Not until one that is under way ends, or ever.
    Closed,
}

impl Gate {
    /// The gate of a sink with `profile`.
    pub fn new(profile: &Profile, policy: &Policy, random: Random) -> Self {
        Self {
            concurrency: profile.concurrency(),
            in_flight: 0,
            bucket: profile.rate().map(Bucket::new),
            backoff: policy.backoff,
            random,
            hold_until: None,
            failures: 0,
            failing_since: None,
            shut: None,
            last_error: None,
            leaving: false,
        }
    }

    /// Lets nothing start any more: the integration is about to end.
    pub fn leave(&mut self) {
        self.leaving = true;
    }

    /// How the integration is.
    pub fn health(&self) -> Health {
        let why = || self.last_error.as_ref().map(SinkError::words).unwrap_or_default();
        match (self.shut, self.failing_since) {
            (Some(Shut { since, next_try: None }), _) => Health::Stopped { since, why: why() },
            (Some(Shut { since, .. }), _) => Health::Paused { since, why: why() },
            (None, Some(since)) => Health::Failing { since, why: why() },
            (None, None) => Health::Working,
        }
    }

    /// Deliveries under way.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn admission(&mut self, now: DateTime<Utc>) -> Admission {
        match self.shut {
            Some(Shut { next_try: None, .. }) => return Admission::Closed,
            Some(Shut { next_try: Some(at), .. }) if self.in_flight > 0 || now < at => {
                return if self.in_flight > 0 { Admission::Closed } else { Admission::Until(at) };
            }
            _ => {}
        }
        if self.leaving || self.in_flight >= self.concurrency {
            return Admission::Closed;
        }
        let filled = self.bucket.as_mut().and_then(|bucket| bucket.ready_at(now));
        let held = self.hold_until.filter(|until| now < *until);
        match held.into_iter().chain(filled).max() {
            Some(at) => Admission::Until(at),
            None if self.shut.is_some() => Admission::HalfOpen,
            None => Admission::Open,
        }
    }

    pub(super) fn started(&mut self, now: DateTime<Utc>) {
        self.in_flight += 1;
        if let Some(bucket) = &mut self.bucket {
            bucket.take();
        }
        self.probed(now);
    }

    pub(super) fn ended(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// When the sink may be asked whether it is well again; `None` where it is not known to be ill, or will stay so.
    pub fn probe_at(&self) -> Option<DateTime<Utc>> {
        let ill_until = match (self.shut, self.failing_since) {
            (Some(shut), _) => shut.next_try?,
            (None, since) => since?,
        };
        (self.in_flight == 0 && !self.leaving).then(|| self.hold_until.map_or(ill_until, |held| held.max(ill_until)))
    }

    /// It is being asked.
    pub fn probed(&mut self, now: DateTime<Utc>) {
        if let Some(shut) = &mut self.shut {
            shut.next_try = shut.next_try.map(|_| later(now, HALF_OPEN));
        }
    }

    /// A probe went well. Where the integration is paused for its credentials, that must have shown that they are right.
    pub fn probed_well(&mut self, probe: &Probe) {
        let unauthorized = self.last_error.as_ref().is_some_and(|error| error.kind() == SinkErrorKind::Unauthorized);
        if probe.proves_credentials() || self.shut.is_none() || !unauthorized {
            self.answered();
        }
    }

    /// The service took something, or rejected one item by itself: it is there and the credentials are right.
    /// Returns whether that ends an outage.
    pub fn answered(&mut self) -> bool {
        let outage = self.failures > 1 || self.shut.is_some();
        self.failures = 0;
        self.failing_since = None;
        if self.shut.is_none_or(|shut| shut.next_try.is_some()) {
            self.shut = None;
            self.last_error = None;
        }
        outage
    }

    /// The service was asked for something, and failed so.
    pub fn failed(&mut self, error: &SinkError, now: DateTime<Utc>) {
        if self.shut.is_some_and(|shut| shut.next_try.is_none()) {
            // A call that was under way when the receiver said that it is gone changes nothing.
            return;
        }
        self.last_error = Some(error.clone());
        if error.is_of_item() {
            // An answer, and not about the key; the others need not wait. Whether it takes any shows when it does.
            self.shut = None;
            self.failing_since.get_or_insert(now);
            return;
        }
        let since = self.shut.map_or(now, |shut| shut.since);
        match error.kind() {
            SinkErrorKind::Gone => self.shut = Some(Shut { since, next_try: None }),
            SinkErrorKind::Unauthorized | SinkErrorKind::Misconfigured => {
                self.shut = Some(Shut { since, next_try: Some(later(now, HALF_OPEN)) });
            }
            SinkErrorKind::Throttled | SinkErrorKind::Unavailable => {
                // An answer, and not about the key.
                self.shut = None;
                self.back_off(error, now);
            }
            SinkErrorKind::Unreachable | SinkErrorKind::Unconfirmed => self.back_off(error, now),
        }
    }

    fn back_off(&mut self, error: &SinkError, now: DateTime<Utc>) {
        self.failures = self.failures.saturating_add(1);
        self.failing_since.get_or_insert(now);
        let own = self.wait(self.failures);
        let asked = error.retry_after().filter(|asked| !asked.is_zero());
        let wait = asked.map_or(own, |asked| asked.min(LONGEST_WAIT));
        let until = later(now, wait);
        self.hold_until = Some(self.hold_until.map_or(until, |held| held.max(until)));
    }

    /// A random wait before try number `failures + 1`: full jitter under a ceiling that doubles.
    pub(super) fn wait(&mut self, failures: u32) -> Duration {
        let (first, longest) = self.backoff;
        let factor = 1_u32.checked_shl(failures.saturating_sub(1)).filter(|factor| *factor != 0).unwrap_or(u32::MAX);
        self.random.duration(first.saturating_mul(factor).min(longest))
    }

    /// Whether it has been away for long enough to tell others.
    pub fn is_unavailable(&self, now: DateTime<Utc>) -> bool {
        self.unavailable_from().is_some_and(|from| from <= now)
    }

    /// From when on it has been away for long enough to tell others, if nothing changes until then.
    pub fn unavailable_from(&self) -> Option<DateTime<Utc>> {
        let shut = self.shut.map(|shut| shut.since);
        shut.or_else(|| self.failing_since.map(|since| since.checked_add_signed(LONG).unwrap_or(since)))
    }
}

/// Holds up to `calls` tokens and fills evenly.
#[derive(Debug)]
struct Bucket {
    rate: Rate,
    tokens: f64,
    counted_at: Option<DateTime<Utc>>,
}

impl Bucket {
    fn new(rate: Rate) -> Self {
        Self { rate, tokens: f64::from(rate.calls()), counted_at: None }
    }

    /// When there is a token; `None`: now.
    fn ready_at(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let calls = f64::from(self.rate.calls());
        let elapsed = self.counted_at.map_or(TimeDelta::zero(), |at| now - at).to_std().unwrap_or_default();
        self.tokens = (self.tokens + calls * elapsed.as_secs_f64() / self.rate.per().as_secs_f64()).min(calls);
        self.counted_at = Some(now);
        // The rest of a rounding error must not become a wait of nothing.
        let missing = 1.0 - self.tokens;
        (missing > 1e-9).then(|| later(now, self.rate.per().mul_f64(missing / calls) + Duration::from_nanos(1)))
    }

    fn take(&mut self) {
        self.tokens -= 1.0;
    }
}

#[cfg(test)]
mod tests;
