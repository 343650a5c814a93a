//! Figures in units for people.

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_event::Reading;

/// The most decimals that a figure is shown with.
const DECIMALS: usize = 6;

/// A figure and its limit: `82.5 % (limit 80 %)`. It has as many decimals as it takes not to look equal to a limit that
/// it is not equal to.
pub(super) fn reading(reading: &Reading) -> String {
    let (factor, unit) = scale(reading);
    let value = reading.value * factor;
    let Some(limit) = reading.limit.map(|limit| limit * factor) else {
        return with_unit(&shortest(value, if unit == "%" || unit.ends_with("iB") { 1 } else { 3 }), &unit);
    };
    let tells = |text: &String| {
        let shown: f64 = text.parse().unwrap_or(f64::NAN);
        shown.partial_cmp(&limit) == value.partial_cmp(&limit)
    };
    let value = (1..=DECIMALS).map(|places| shortest(value, places)).find(tells);
    let value = value.unwrap_or_else(|| shortest(reading.value * factor, DECIMALS));
    format!("{} (limit {})", with_unit(&value, &unit), with_unit(&shortest(limit, DECIMALS), &unit))
}

/// What a figure is multiplied with to be read, and the unit that it is then in.
fn scale(reading: &Reading) -> (f64, String) {
    match &*reading.unit {
        "By" => {
            let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
            let mut step = 0;
            // What would read as 1024 of one unit is 1 of the next.
            while step + 1 < units.len() && reading.value.abs() / 1024_f64.powi(step_exponent(step)) >= 1023.95 {
                step += 1;
            }
            (1024_f64.powi(-step_exponent(step)), units[step].to_owned())
        }
        "1" if ["usage", "utilization", "ratio"].iter().any(|ending| reading.name.ends_with(ending)) => {
            (100.0, "%".to_owned())
        }
        "1" => (1.0, String::new()),
        // In braces stands what is counted, for people only.
        unit => (1.0, unit.trim_matches(['{', '}']).to_owned()),
    }
}

fn step_exponent(step: usize) -> i32 {
    i32::try_from(step).unwrap_or(0)
}

fn with_unit(figure: &str, unit: &str) -> String {
    if unit.is_empty() { figure.to_owned() } else { format!("{figure} {unit}") }
}

/// With no more decimals than it needs, and at most so many.
fn shortest(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `2026-11-24 03:00:00 UTC`.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The two largest units: `2 h 5 min`, `10 s`. `None` below a second.
pub(super) fn span(span: TimeDelta) -> Option<String> {
    let seconds = span.num_seconds();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let first = parts.iter().position(|(count, _)| *count > 0)?;
    let (count, unit) = parts[first];
    Some(match parts.get(first + 1) {
        Some((rest, below)) if *rest > 0 => format!("{count} {unit} {rest} {below}"),
        _ => format!("{count} {unit}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_in_units_for_people_and_tell_which_side_of_the_limit_they_are() {
        let table = [
            ("tidegate.disk_usage", 0.8246, Some(0.8), "1", "82.5 % (limit 80 %)"),
            ("tidegate.disk_usage", 0.800_04, Some(0.8), "1", "80.004 % (limit 80 %)"),
            ("tidegate.core_load", 2.3, Some(2.0), "1", "2.3 (limit 2)"),
            ("system.cpu.physical.count", 4.0, None, "1", "4"),
            ("system.filesystem.used", 442_703_754_854.4, None, "By", "412.3 GiB"),
            ("free", 1_048_575.0, None, "By", "1 MiB"),
            ("free", 100.0, None, "By", "100 B"),
            ("waiting", 250.0, Some(100.0), "{order}", "250 order (limit 100 order)"),
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
            (-5, None),
            (0, None),
            (1, Some("1 s")),
            (60, Some("1 min")),
            (130, Some("2 min 10 s")),
            (7_500, Some("2 h 5 min")),
            (7_210, Some("2 h")),
            (266_400, Some("3 d 2 h")),
        ];
        for (seconds, text) in table {
            assert_eq!(span(TimeDelta::seconds(seconds)).as_deref(), text, "{seconds}");
        }
    }
}
