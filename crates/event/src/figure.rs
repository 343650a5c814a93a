//! Figures as people read them: one wording for every sink, and for the sentences of the detectors.
//!
//! ```
//! use tidegate_event::{Reading, figure};
//!
//! let reading = Reading::new("tidegate.disk_usage", 0.8246, "1").with_limit(0.8);
//! assert_eq!(figure::reading(&reading), "82.5 % (limit 80 %)");
//! assert_eq!(figure::bytes(442_703_754_854.4), "412.3 GiB");
//! ```

use chrono::{DateTime, TimeDelta, Utc};

use crate::Reading;

/// The most decimals that a figure is shown with.
const DECIMALS: usize = 6;
/// The most where there is no limit to be told from.
const DECIMALS_ALONE: usize = 3;

/// A figure and its limit, in units for people: `82.5 % (limit 80 %)`, `412.3 GiB`, `2.3 (limit 2)`.
///
/// A figure without a unit is a share, and so in percent, when its name ends with `usage`, `utilization` or `ratio`. One
/// with a limit has as many decimals as show on which side of it it is, at least one unless it is whole and at most six.
pub fn reading(reading: &Reading) -> String {
    let scale = Scale::of(reading);
    let value = reading.value * scale.factor;
    let Some(limit) = reading.limit.map(|limit| limit * scale.factor) else {
        return scale.alone(value);
    };
    let shown = decimals(value, decimals_beside(value, &[limit]).unwrap_or(DECIMALS));
    format!("{} (limit {})", scale.with_unit(&shown), scale.with_unit(&number(limit)))
}

/// Bytes in the largest unit of which there is one: `412.3 GiB`.
pub fn bytes(value: f64) -> String {
    let scale = Scale::bytes(value);
    scale.alone(value * scale.factor)
}

/// A number with no more decimals than it needs, and at most six: `4`, `0.85`.
pub fn number(value: f64) -> String {
    shortest(value, DECIMALS)
}

/// How many decimals show on which side of each of `limits` the `value` is, at least one; `None` where six do not.
pub fn decimals_beside(value: f64, limits: &[f64]) -> Option<usize> {
    let tells = |places: &usize| {
        let shown: f64 = format!("{value:.*}", *places).parse().unwrap_or(f64::NAN);
        limits.iter().all(|limit| shown.partial_cmp(limit) == value.partial_cmp(limit))
    };
    (1..=DECIMALS).find(tells)
}

/// A time to the second: `2026-11-24 03:00:00 UTC`.
pub fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// How long something took, in the two largest units: `2 h 5 min`, `10 s`, `less than 1 s`.
pub fn span(span: TimeDelta) -> String {
    let seconds = span.num_seconds();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let Some(first) = parts.iter().position(|(count, _)| *count > 0) else {
        return "less than 1 s".to_owned();
    };
    let (count, unit) = parts[first];
    match parts.get(first + 1) {
        Some((rest, below)) if *rest > 0 => format!("{count} {unit} {rest} {below}"),
        _ => format!("{count} {unit}"),
    }
}

/// Since when something holds, and at `now` for how long: `2026-11-24 03:00:00 UTC, for 2 h 5 min`; only since when in the
/// first second.
pub fn since(from: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let held = now - from;
    if held < TimeDelta::seconds(1) { time(from) } else { format!("{}, for {}", time(from), span(held)) }
}

/// What a figure is multiplied with to be read, and the unit that it is then in.
struct Scale<'a> {
    factor: f64,
    unit: &'a str,
    /// It is a part of so many bytes, which always has one decimal.
    rounded: bool,
}

impl<'a> Scale<'a> {
    fn of(reading: &'a Reading) -> Self {
        match &*reading.unit {
            "By" => Self::bytes(reading.value),
            "1" if is_share(&reading.name) => Self { factor: 100.0, unit: "%", rounded: false },
            "1" => Self { factor: 1.0, unit: "", rounded: false },
            // In braces stands what is counted, for people only.
            unit => Self { factor: 1.0, unit: unit.trim_matches(['{', '}']), rounded: false },
        }
    }

    fn bytes(value: f64) -> Self {
        const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        let mut scale = (1.0, "B");
        for unit in UNITS {
            // What would read as 1024.0 of one unit reads as 1.0 of the next.
            if value.abs() / scale.0 < 1023.95 {
                break;
            }
            scale = (scale.0 * 1024.0, unit);
        }
        Self { factor: 1.0 / scale.0, unit: scale.1, rounded: scale.1 != "B" }
    }

    /// A figure of this scale without a limit.
    fn alone(&self, value: f64) -> String {
        self.with_unit(&if self.rounded { format!("{value:.1}") } else { shortest(value, DECIMALS_ALONE) })
    }

    fn with_unit(&self, figure: &str) -> String {
        if self.unit.is_empty() { figure.to_owned() } else { format!("{figure} {}", self.unit) }
    }
}

fn is_share(name: &str) -> bool {
    ["usage", "utilization", "ratio"].iter().any(|ending| name.ends_with(ending))
}

/// With so many decimals; a whole number has none.
fn decimals(value: f64, places: usize) -> String {
    let places = if value.fract() == 0.0 { 0 } else { places };
    format!("{value:.places$}")
}

/// With no more decimals than it needs, and at most so many.
fn shortest(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_in_units_for_people_and_never_seem_at_a_limit_they_passed() {
        let table = [
            ("tidegate.disk_usage", 0.825, Some(0.8), "1", "82.5 % (limit 80 %)"),
            ("tidegate.disk_usage", 0.8246, Some(0.8), "1", "82.5 % (limit 80 %)"),
            ("tidegate.disk_usage", 0.800_04, Some(0.8), "1", "80.004 % (limit 80 %)"),
            ("tidegate.disk_usage", 0.8, Some(0.8), "1", "80 % (limit 80 %)"),
            ("tidegate.disk_usage", 0.824_61, None, "1", "82.461 %"),
            ("tidegate.core_load", 2.3, Some(2.0), "1", "2.3 (limit 2)"),
            ("tidegate.core_load", 2.04, Some(2.0), "1", "2.04 (limit 2)"),
            ("tidegate.core_load", 1.999_9, Some(2.0), "1", "1.9999 (limit 2)"),
            ("system.cpu.physical.count", 4.0, None, "1", "4"),
            ("system.filesystem.used", 442_703_754_854.4, None, "By", "412.3 GiB"),
            ("waiting", 250.0, Some(100.0), "{order}", "250 order (limit 100 order)"),
            ("drift", -0.000_4, Some(0.0), "s", "-0.0004 s (limit 0 s)"),
            ("free", 512.0, Some(1024.0), "By", "512 B (limit 1024 B)"),
            ("free", 100.0, None, "By", "100 B"),
            ("free", 1_048_575.0, None, "By", "1.0 MiB"),
            ("size", 536_870_912_000.0, None, "By", "500.0 GiB"),
            ("change", -2048.0, None, "By", "-2.0 KiB"),
            ("latency", 0.25, None, "s", "0.25 s"),
            ("large", 2e15, None, "1", "2000000000000000"),
        ];
        for (name, value, limit, unit, text) in table {
            let mut figure = Reading::new(name, value, unit);
            figure.limit = limit;
            assert_eq!(reading(&figure), text);
        }
    }

    #[test]
    fn bytes_are_in_the_largest_unit_of_which_there_is_one() {
        let gib = 1024.0 * 1024.0 * 1024.0;
        assert_eq!([bytes(0.0), bytes(1023.0), bytes(1024.0)], ["0 B", "1023 B", "1.0 KiB"]);
        assert_eq!(
            [bytes(412.3 * gib), bytes(1023.96 * gib), bytes(2e30)],
            ["412.3 GiB", "1.0 TiB", "1734723475976.8 EiB"]
        );
    }

    #[test]
    fn numbers_have_no_more_decimals_than_they_need() {
        assert_eq!([number(4.0), number(0.85), number(0.000_000_1), number(100.0)], ["4", "0.85", "0", "100"]);
    }

    #[test]
    fn decimals_show_the_side_of_every_limit_or_there_are_none() {
        assert_eq!(decimals_beside(2.3, &[]), Some(1));
        assert_eq!(decimals_beside(89.996, &[80.0, 90.0]), Some(3));
        assert_eq!(decimals_beside(2.0, &[2.0]), Some(1));
        assert_eq!(decimals_beside(2.000_001, &[2.0]), Some(6));
        assert_eq!(decimals_beside(2.000_000_01, &[2.0]), None);
    }

    #[test]
    fn spans_have_two_units() {
        let table = [
            (-5, "less than 1 s"),
            (0, "less than 1 s"),
            (1, "1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (130, "2 min 10 s"),
            (7_500, "2 h 5 min"),
            (7_210, "2 h"),
            (266_400, "3 d 2 h"),
        ];
        for (seconds, text) in table {
            assert_eq!(span(TimeDelta::seconds(seconds)), text);
        }
        assert_eq!(span(TimeDelta::milliseconds(999)), "less than 1 s");
    }

    #[test]
    fn what_has_just_begun_has_no_span_yet() {
        let from = DateTime::from_timestamp(1_795_489_200, 0).expect("a time");
        let after = |milliseconds| since(from, from + TimeDelta::milliseconds(milliseconds));
        assert_eq!([after(-5_000), after(0), after(999)], ["2026-11-24 03:00:00 UTC"; 3]);
        assert_eq!(after(1_000), "2026-11-24 03:00:00 UTC, for 1 s");
        assert_eq!(after(7_500_000), "2026-11-24 03:00:00 UTC, for 2 h 5 min");
    }
}
