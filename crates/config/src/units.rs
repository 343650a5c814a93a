//! Durations, sizes and rates, as a person writes them.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use tidegate_sink::Rate;

/// How the reader and the filler know the types of this module.
pub(crate) const DURATION: &str = "$tidegate::Duration";
pub(crate) const SIZE: &str = "$tidegate::Size";
pub(crate) const RATE: &str = "$tidegate::Rate";

const TIMES: [(&str, u32); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: [(&str, u64); 6] =
    [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("PiB", 1 << 50)];

/// The longest duration that makes sense in a configuration.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// A duration in a configuration: a number and a unit, such as `"500ms"`, `"30s"`, `"5m"`, `"1.5h"` or `"2d"`; `"0"`
/// needs no unit. At most a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DurationConfig(Duration);

impl DurationConfig {
    /// The duration.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl From<DurationConfig> for Duration {
    fn from(config: DurationConfig) -> Self {
        config.0
    }
}

/// A number of bytes in a configuration: a whole number and a unit of 1,024, such as `"64MiB"`, `"16GiB"` or
/// `"512B"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SizeConfig(u64);

impl SizeConfig {
    /// How many bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

/// So many calls in a stretch of time in a configuration, such as `"10/s"`, `"300/m"` or `"1/500ms"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateConfig(Rate);

impl RateConfig {
    /// The rate.
    pub fn get(self) -> Rate {
        self.0
    }
}

fn parse_duration(text: &str) -> Result<DurationConfig, String> {
    let wrong = || "a duration is a number and a unit: 500ms, 30s, 5m, 1h or 2d".to_owned();
    if text == "0" {
        return Ok(DurationConfig(Duration::ZERO));
    }
    let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
    let (_, milliseconds) = TIMES.into_iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let duration = Duration::try_from_secs_f64(number * f64::from(milliseconds) / 1_000.0).map_err(|_| wrong())?;
    if duration > LONGEST {
        return Err("the longest duration is a year, 365d".to_owned());
    }
    Ok(DurationConfig(duration))
}

fn parse_size(text: &str) -> Result<SizeConfig, String> {
    let wrong = || "a size is a whole number and a unit of 1,024: 512B, 64KiB, 64MiB or 16GiB".to_owned();
    let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
    let (_, bytes) = SIZES.into_iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(bytes).map(SizeConfig).ok_or_else(|| "that is more than any machine has".to_owned())
}

fn parse_rate(text: &str) -> Result<RateConfig, String> {
    let wrong = || "a rate is a number of calls from 1 and a time: 10/s, 300/m or 1/500ms".to_owned();
    let (calls, per) = text.split_once('/').ok_or_else(wrong)?;
    let calls: u32 = calls.trim().parse().map_err(|_| wrong())?;
    let per = per.trim();
    let per = if per.starts_with(|letter: char| letter.is_ascii_digit()) { per.to_owned() } else { format!("1{per}") };
    let per = parse_duration(&per).map_err(|_| wrong())?.get();
    if calls == 0 || per < Duration::from_millis(1) {
        return Err(wrong());
    }
    Ok(RateConfig(Rate::new(calls, per)))
}

fn number_and_unit(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, unit) = text.split_at(end);
    Some((number, unit.trim_start()))
}

/// Reads a text by a function, under the name of a newtype.
struct Text<T> {
    expected: &'static str,
    parse: fn(&str) -> Result<T, String>,
}

impl<'de, T> Visitor<'de> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Deserialize<'de> for DurationConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text { expected: "a duration in quotes, such as \"30s\"", parse: parse_duration };
        deserializer.deserialize_newtype_struct(DURATION, text)
    }
}

impl<'de> Deserialize<'de> for SizeConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text { expected: "a size in quotes, such as \"64MiB\"", parse: parse_size };
        deserializer.deserialize_newtype_struct(SIZE, text)
    }
}

impl<'de> Deserialize<'de> for RateConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text { expected: "a rate in quotes, such as \"10/s\"", parse: parse_rate };
        deserializer.deserialize_newtype_struct(RATE, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        let table = [("0", 0), ("500ms", 500), ("30s", 30_000), ("1.5s", 1_500), ("5m", 300_000), ("1h", 3_600_000)];
        for (text, milliseconds) in table {
            assert_eq!(parse_duration(text).expect(text).get().as_millis(), milliseconds, "{text}");
        }
        assert_eq!(parse_duration("2d").expect("two days").get(), Duration::from_hours(48));
        for text in
            ["", "5", "s", "-1s", "5 minutes", "1..2s", "nan", "1e3s", "2y", "400d", "99999999999999999999h", "ſ"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_a_whole_number_and_a_unit_of_1024() {
        for (text, bytes) in [("0B", 0), ("512B", 512), ("64MiB", 64 << 20), ("16 GiB", 16 << 30), ("1PiB", 1 << 50)] {
            assert_eq!(parse_size(text).expect(text).bytes(), bytes, "{text}");
        }
        for text in ["", "64", "MiB", "64MB", "64mib", "-1B", "1.5GiB", "99999999PiB", "1e3B"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_calls_in_a_time() {
        let rate = |calls, seconds| Rate::new(calls, Duration::from_secs(seconds));
        for (text, expected) in [("10/s", rate(10, 1)), ("300 / m", rate(300, 60)), ("5/2s", rate(5, 2))] {
            assert_eq!(parse_rate(text).expect(text).get(), expected, "{text}");
        }
        for text in ["", "10", "/s", "0/s", "-1/s", "10/", "10/0s", "10/second", "1.5/s", "10/s/s"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }
}
