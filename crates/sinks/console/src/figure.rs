//! Figures for people.

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_event::Reading;

/// The most decimals that a figure is shown with.
const DECIMALS: usize = 6;

/// A figure and its limit, in units for people: `82.5 % (limit 80 %)`. A figure never reads as equal to a limit that
/// it is not equal to, as far as six decimals go.
pub(crate) fn reading(reading: &Reading) -> String {
    let scale = Scale::of(reading);
    let value = reading.value * scale.factor;
    let Some(limit) = reading.limit.map(|limit| limit * scale.factor) else {
        let text = if scale.whole { shortest(value, 3) } else { format!("{value:.1}") };
        return scale.with_unit(&text);
    };
    let same_side =
        |text: &str| text.parse().is_ok_and(|shown: f64| shown.total_cmp(&limit) == value.total_cmp(&limit));
    let shown = (1..=DECIMALS).map(|places| decimals(value, places)).find(|text| same_side(text));
    let shown = shown.unwrap_or_else(|| decimals(value, DECIMALS));
    format!("{} (limit {})", scale.with_unit(&shown), scale.with_unit(&shortest(limit, DECIMALS)))
}

/// What a figure is multiplied with to be read, and the unit that it is then in.
struct Scale {
    factor: f64,
    unit: String,
    /// A whole number of it has no decimals.
    whole: bool,
}

impl Scale {
    fn of(reading: &Reading) -> Self {
        match &*reading.unit {
            "By" => Self::bytes(reading.value),
            "1" if is_share(&reading.name) => Self { factor: 100.0, unit: "%".to_owned(), whole: true },
            "1" => Self { factor: 1.0, unit: String::new(), whole: true },
            // In braces stands what is counted, for people only.
            unit => Self { factor: 1.0, unit: unit.trim_matches(['{', '}']).to_owned(), whole: true },
        }
    }

    /// The largest unit of which there is one.
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
        Self { factor: 1.0 / scale.0, unit: scale.1.to_owned(), whole: scale.1 == "B" }
    }

    fn with_unit(&self, figure: &str) -> String {
        if self.unit.is_empty() { figure.to_owned() } else { format!("{figure} {}", self.unit) }
    }
}

/// Whether a figure without a unit is a share of something, by its name.
fn is_share(name: &str) -> bool {
    ["usage", "utilization", "ratio"].iter().any(|ending| name.ends_with(ending))
}

/// With at most so many decimals; a whole number has none.
fn decimals(value: f64, places: usize) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { format!("{value:.places$}") }
}

/// With no more decimals than it needs, and at most so many.
fn shortest(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `2026-11-24 03:00:00 UTC`.
pub(crate) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The two largest units: `2 h 5 min`, `10 s`.
pub(crate) fn span(span: TimeDelta) -> String {
    let seconds = span.num_seconds();
    if seconds < 1 {
        return "less than 1 s".to_owned();
    }
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let largest = units.iter().position(|(size, _)| seconds >= *size).unwrap_or(units.len() - 1);
    let (size, unit) = units[largest];
    let whole = format!("{} {unit}", seconds / size);
    match units.get(largest + 1).map(|(size_below, below)| (seconds % size / size_below, below)) {
        Some((rest, below)) if rest > 0 => format!("{whole} {rest} {below}"),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_in_units_for_people_and_never_seem_at_a_limit_they_passed() {
        let table = [
            ("tidegate.disk_usage", 0.825, Some(0.8), "1", "82.5 % (limit 80 %)"),
            ("tidegate.disk_usage", 0.800_04, Some(0.8), "1", "80.004 % (limit 80 %)"),
            ("tidegate.disk_usage", 0.8, Some(0.8), "1", "80 % (limit 80 %)"),
            ("tidegate.core_load", 2.3, Some(2.0), "1", "2.3 (limit 2)"),
            ("tidegate.core_load", 2.04, Some(2.0), "1", "2.04 (limit 2)"),
            ("system.cpu.physical.count", 4.0, None, "1", "4"),
            ("system.filesystem.used", 442_703_754_854.4, None, "By", "412.3 GiB"),
            ("waiting", 250.0, Some(100.0), "{order}", "250 order (limit 100 order)"),
            ("free", 512.0, Some(1024.0), "By", "512 B (limit 1024 B)"),
            ("free", 1_048_575.0, None, "By", "1.0 MiB"),
            ("size", 536_870_912_000.0, None, "By", "500.0 GiB"),
            ("latency", 0.25, None, "s", "0.25 s"),
        ];
        for (name, value, limit, unit, text) in table {
            let mut figure = Reading::new(name, value, unit);
            figure.limit = limit;
            assert_eq!(reading(&figure), text);
        }
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
    }
}
