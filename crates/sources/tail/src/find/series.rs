use serde::{Deserialize, Serialize};

use crate::Series;

/// Where a file stands in its series: the later ones are greater.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub(crate) struct Order(String, u32);

/// What the name of one of KurrentDB's files says: `log-stats2026072513_001.json`.
pub(super) fn parse(name: &str) -> Option<(Series, Order)> {
    let stem = name.strip_prefix("log")?.strip_suffix(".json")?;
    let (series, rest) = if let Some(rest) = stem.strip_prefix("-err") {
        (Series::Errors, rest)
    } else if let Some(rest) = stem.strip_prefix("-stats") {
        (Series::Statistics, rest)
    } else {
        (Series::Log, stem)
    };
    let (period, sequence) = rest.split_once('_').map_or((rest, None), |(period, number)| (period, Some(number)));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // None where one file is for ever; else year, month, day, hour, minute.
    if !is_digits(period) || !matches!(period.len(), 0 | 4 | 6 | 8 | 10 | 12) {
        return None;
    }
    let number = match sequence {
        None => 0,
        Some(digits) if digits.len() >= 3 && is_digits(digits) => digits.parse().ok()?,
        Some(_) => return None,
    };
    Some((series, Order(period.to_owned(), number)))
}

/// How the names of `series` begin.
pub(super) fn prefix(series: Series) -> &'static str {
    match series {
        Series::Log => "log",
        Series::Errors => "log-err",
        Series::Statistics => "log-stats",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_interval_are_known_and_others_are_not() {
        let known = [
            ("log20260725.json", Series::Log),
            ("log2026072523_001.json", Series::Log),
            ("log.json", Series::Log),
            ("log_1000.json", Series::Log),
            ("log-err202607.json", Series::Errors),
            ("log-stats202607252359.json", Series::Statistics),
            ("log-err2026.json", Series::Errors),
        ];
        for (name, series) in known {
            assert_eq!(parse(name).map(|(series, _)| series), Some(series), "{name}");
        }
        let unknown = [
            "log20260725.txt",
            "log20260725.json.gz",
            "log-20260725.json",
            "log202607251.json",
            "log20260725_1.json",
            "log20260725_.json",
            "log20260725_0x1.json",
            "logs.json",
            "log-errors.json",
            "xlog.json",
            "",
        ];
        for name in unknown {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn later_files_are_greater() {
        let names = [
            "log20251231_002.json",
            "log20260725.json",
            "log20260725_001.json",
            "log20260725_002.json",
            "log20260725_999.json",
            "log20260725_1000.json",
            "log20260726.json",
        ];
        let orders: Vec<Order> = names.iter().map(|name| parse(name).expect("a name").1).collect();
        assert!(orders.is_sorted());
    }
}
