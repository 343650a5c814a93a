use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_event::time;

/// How the time of the story and ours belong together: equal at `since`, and from there on the story's runs `speed`
/// times as fast. Which moment that is does not matter, as detectors look at distances only; it must be the same for
/// all of one story.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tempo {
    pub(crate) since: DateTime<Utc>,
    /// Finite and above zero.
    pub(crate) speed: f64,
}

impl Tempo {
    /// The story's time at our `at`.
    pub(crate) fn story(self, at: DateTime<Utc>) -> DateTime<Utc> {
        add(self.since, at - self.since, self.speed)
    }

    /// Our time at the story's `at`, to the nearest millisecond: it came from whole ones.
    pub(crate) fn real(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let real = add(self.since, at - self.since, 1.0 / self.speed);
        time::truncate(real.checked_add_signed(TimeDelta::microseconds(500)).unwrap_or(real))
    }

    /// How long `story` lasts for us.
    pub(crate) fn lasts(self, story: Duration) -> Duration {
        Duration::try_from_secs_f64(story.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }

    /// How much of the story is told in `real`.
    pub(crate) fn tells(self, real: Duration) -> Duration {
        Duration::try_from_secs_f64(real.as_secs_f64() * self.speed).unwrap_or(Duration::MAX)
    }
}

/// `start` and so many times `delta`, as far as there are dates.
fn add(start: DateTime<Utc>, delta: TimeDelta, factor: f64) -> DateTime<Utc> {
    let seconds = delta.as_seconds_f64() * factor;
    let size = Duration::try_from_secs_f64(seconds.abs()).ok().and_then(|size| TimeDelta::from_std(size).ok());
    let size = size.unwrap_or(TimeDelta::MAX);
    if seconds < 0.0 {
        start.checked_sub_signed(size).unwrap_or(DateTime::<Utc>::MIN_UTC)
    } else {
        start.checked_add_signed(size).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_795_489_200_000 + millis).expect("a date of this century")
    }

    #[test]
    fn there_and_back_is_the_same_millisecond() {
        for speed in [0.1, 1.0, 3.0, 24.0, 1_000.0] {
            let tempo = Tempo { since: at(0), speed };
            for millis in [0, 1, 7, 417, 999, 37_499, 86_400_123, -1, -3_333, -600_001] {
                assert_eq!(tempo.real(tempo.story(at(millis))), at(millis), "{millis} at {speed}");
            }
        }
    }

    #[test]
    fn distances_are_stretched_in_both_directions() {
        let tempo = Tempo { since: at(0), speed: 24.0 };
        assert_eq!((tempo.story(at(1_000)), tempo.story(at(-1_000))), (at(24_000), at(-24_000)));
        assert_eq!(tempo.lasts(Duration::from_mins(2)), Duration::from_secs(5));
        assert_eq!(tempo.tells(Duration::from_secs(5)), Duration::from_mins(2));
    }

    #[test]
    fn what_no_date_can_tell_is_the_last_one_that_can() {
        let far = Tempo { since: DateTime::UNIX_EPOCH, speed: 1e300 };
        assert_eq!(far.story(at(0)), DateTime::<Utc>::MAX_UTC);
        assert_eq!(far.story(DateTime::UNIX_EPOCH - TimeDelta::seconds(1)), DateTime::<Utc>::MIN_UTC);
        let slow = Tempo { speed: 1e-300, ..far };
        assert_eq!(slow.lasts(Duration::from_secs(1)), Duration::MAX);
        assert_eq!(slow.real(at(0)).timestamp(), 253_402_300_799, "the end of the year 9999");
    }
}
