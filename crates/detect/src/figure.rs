//! Figures in sentences for people.

use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

use tidegate_event::Resource;
use tidegate_event::figure::{bytes, decimals_beside, number};

/// `value` with one decimal, or as many more as show on which side of each of `limits` it is, or "just over" or "just
/// under" the nearest: what is over a limit never reads as equal to it.
pub(crate) fn beside(value: f64, limits: &[f64]) -> String {
    if let Some(decimals) = decimals_beside(value, limits) {
        return format!("{value:.decimals$}");
    }
    let nearest = limits.iter().copied().min_by(|a, b| (a - value).abs().total_cmp(&(b - value).abs()));
    let limit = nearest.unwrap_or(value);
    format!("just {} {}", if value > limit { "over" } else { "under" }, plain(limit))
}

/// A figure with its own decimals, at least one: `2.0`, `0.85`.
pub(crate) fn plain(value: f64) -> String {
    let text = number(value);
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// The words with a capital letter.
pub(crate) fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A share as percent beside its limits: `82.5 %`.
pub(crate) fn percent_beside(share: f64, limits: &[f64]) -> String {
    let limits: Vec<f64> = limits.iter().map(|limit| limit * 100.0).collect();
    format!("{} %", beside(share * 100.0, &limits))
}

/// A limit as percent with no more decimals than it needs: `80 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

/// So many bytes, told apart from each of `limits`: `3.2 GiB`, and `just over 64.0 MiB` where both would read the same.
pub(crate) fn bytes_beside(value: f64, limits: &[f64]) -> String {
    let text = bytes(value);
    for limit in limits.iter().filter(|limit| bytes(**limit) == text) {
        match value.partial_cmp(limit) {
            Some(Ordering::Greater) => return format!("just over {text}"),
            Some(Ordering::Less) => return format!("just under {text}"),
            _ => {}
        }
    }
    text
}

/// A duration in whole units: `5 min`, `90 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        _ if duration.subsec_millis() > 0 => format!("{} s", plain(duration.as_secs_f64())),
        3_600.. if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        120.. if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

/// Where it is, to end a sentence: ` at /var on node a`, ` on node a`, and nothing for the empty resource.
pub(crate) struct Place<'a>(pub(crate) &'a Resource);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            resource if resource.is_empty() => Ok(()),
            resource if resource.part.is_some() => write!(f, " at {resource}"),
            resource => write!(f, " on {resource}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_figure_shows_its_side_of_the_limit() {
        let table = [
            (2.3, 2.0, "2.3"),
            (2.04, 2.0, "2.04"),
            (1.96, 2.0, "1.96"),
            (2.0, 2.0, "2.0"),
            (2.000_4, 2.0, "2.0004"),
            (2.000_000_01, 2.0, "just over 2.0"),
            (1.999_999_99, 2.0, "just under 2.0"),
            (0.0, 2.0, "0.0"),
        ];
        for (value, limit, text) in table {
            assert_eq!(beside(value, &[limit]), text);
        }
        assert_eq!(percent_beside(0.899_96, &[0.8, 0.9]), "89.996 %");
        assert_eq!(percent_beside(0.825, &[0.8]), "82.5 %");
    }

    #[test]
    fn bytes_never_read_as_a_limit_that_they_are_not_at() {
        const MIB: f64 = 1024.0 * 1024.0;
        let table =
            [(65.0, "65.0 MiB"), (64.0, "64.0 MiB"), (64.01, "just over 64.0 MiB"), (63.99, "just under 64.0 MiB")];
        for (value, text) in table {
            assert_eq!(bytes_beside(value * MIB, &[MIB, 64.0 * MIB]), text);
        }
    }

    #[test]
    fn limits_have_no_more_decimals_than_they_need() {
        assert_eq!([plain(2.0), plain(0.85)], ["2.0", "0.85"]);
        assert_eq!([percent(0.8), percent(0.925), percent(0.07)], ["80 %", "92.5 %", "7 %"]);
    }

    #[test]
    fn durations_are_in_whole_units() {
        let texts = [1_500, 60_000, 90_000, 120_000, 300_000, 7_200_000].map(|ms| duration(Duration::from_millis(ms)));
        assert_eq!(texts, ["1.5 s", "60 s", "90 s", "2 min", "5 min", "2 h"]);
    }

    #[test]
    fn a_place_ends_a_sentence() {
        let node = Resource::new().with_node("a");
        assert_eq!(format!("Load{}.", Place(&node)), "Load on node a.");
        assert_eq!(format!("Full{}.", Place(&node.with_part("/var"))), "Full at /var on node a.");
        assert_eq!(format!("Full{}.", Place(&Resource::new())), "Full.");
    }

    proptest! {
        #[test]
        fn no_figure_over_a_limit_reads_as_the_limit(limit in 0.01_f64..100.0, excess in 1e-15_f64..1.0) {
            let value = limit + excess;
            prop_assume!(value > limit);
            prop_assert_ne!(beside(value, &[limit]), plain(limit));
            prop_assert_ne!(beside(limit, &[value]), plain(value));
        }
    }
}
