//! Durations and shares, as a person writes and reads them.

use std::time::Duration;

use tidegate::event::figure::number;

/// The units of a duration and how many milliseconds each has.
const UNITS: [(&str, u32); 6] =
    [("ms", 1), ("s", 1_000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads `500ms`, `30s`, `5m` (or `5min`), `1h`, `2d`; `0` needs no unit.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a duration is a number and a unit: 500ms, 30s, 5m, 1h or 2d".to_owned();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let (_, milliseconds) = UNITS.into_iter().find(|(name, _)| *name == unit.trim()).ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let duration = Duration::try_from_secs_f64(number * f64::from(milliseconds) / 1_000.0).map_err(|_| wrong())?;
    if duration > Duration::from_hours(24 * 365) {
        return Err("that is longer than a year".to_owned());
    }
    Ok(duration)
}

/// The same of at least 100 ms, so that measuring takes little of what it measures.
pub(crate) fn parse_interval(text: &str) -> Result<Duration, String> {
    let interval = parse_duration(text)?;
    if interval < SHORTEST_INTERVAL {
        return Err(format!("the shortest is {}", duration(SHORTEST_INTERVAL)));
    }
    Ok(interval)
}

/// The shortest interval between two measurements.
pub(crate) const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// Reads a share of the whole: `0.8` or `80%`.
pub(crate) fn parse_share(text: &str) -> Result<f64, String> {
    let wrong = || "a share is a number from 0 to 1, or percent: 0.8 or 80%".to_owned();
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0,
        None => text.parse().map_err(|_| wrong())?,
    };
    if share > 1.0 && share <= 100.0 && !text.ends_with('%') {
        return Err(format!("that is more than the whole; for {text} percent write {} or {text}%", share / 100.0));
    }
    if share > 0.0 && share <= 1.0 { Ok(share) } else { Err(wrong()) }
}

/// The same of less than the whole, which nothing is above.
pub(crate) fn parse_part(text: &str) -> Result<f64, String> {
    let share = parse_share(text)?;
    if share < 1.0 { Ok(share) } else { Err("nothing is above the whole; write less, such as 0.99 or 99%".to_owned()) }
}

/// Reads a load a core: a number above 0.
pub(crate) fn parse_load(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(load) if load.is_finite() && load > 0.0 => Ok(load),
        _ => Err("a load is a number above 0, such as 2.0".to_owned()),
    }
}

/// `500 ms`, `30 s`, `5 min`, `1 h`.
pub(crate) fn duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let units = [("h", 3_600_000), ("min", 60_000), ("s", 1_000)];
    if milliseconds == 0 {
        return "0 s".to_owned();
    }
    let whole = units.into_iter().find(|(_, size)| milliseconds.is_multiple_of(*size));
    match whole {
        Some((unit, size)) => format!("{} {unit}", milliseconds / size),
        None if milliseconds >= 1_000 => format!("{} s", number(duration.as_secs_f64())),
        None => format!("{milliseconds} ms"),
    }
}

/// `80 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        let table = [
            ("0", 0, "0 s"),
            ("500ms", 500, "500 ms"),
            ("2s", 2_000, "2 s"),
            ("1.5s", 1_500, "1.5 s"),
            ("90s", 90_000, "90 s"),
            ("5m", 300_000, "5 min"),
            ("2min", 120_000, "2 min"),
            ("1h", 3_600_000, "1 h"),
            ("2d", 172_800_000, "48 h"),
        ];
        for (text, milliseconds, shown) in table {
            let read = parse_duration(text).expect("a duration");
            assert_eq!((read.as_millis(), duration(read).as_str()), (milliseconds, shown), "{text}");
        }
        for text in ["", "5", "s", "-1s", "5 minutes", "1..2s", "nan", "1e3s", "2y", "400d", "99999999999999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert!(parse_interval("99ms").is_err());
    }

    #[test]
    fn shares_are_read_as_such_or_as_percent() {
        for (text, share) in [("0.8", 0.8), ("80%", 0.8), ("1", 1.0), ("100 %", 1.0)] {
            assert!((parse_share(text).expect("a share") - share).abs() < 1e-12, "{text}");
        }
        for text in ["0", "-0.1", "101%", "nan", "inf", "", "%", "80 percent"] {
            assert!(parse_share(text).is_err(), "{text}");
        }
        assert!(parse_part("99.9%").is_ok() && parse_part("2%").is_ok());
        for text in ["1", "100%", "1.0"] {
            let error = parse_part(text).expect_err("nothing is above that");
            assert_eq!(error, "nothing is above the whole; write less, such as 0.99 or 99%", "{text}");
        }
        let error = parse_share("80").expect_err("more than the whole");
        assert_eq!(error, "that is more than the whole; for 80 percent write 0.8 or 80%");
    }

    #[test]
    fn figures_are_shown_short() {
        assert_eq!((percent(0.825).as_str(), percent(0.8).as_str()), ("82.5 %", "80 %"));
    }
}
