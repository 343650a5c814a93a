//! Times as log files have them.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// A time in RFC 3339, to the millisecond.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    usual(text.as_bytes()).or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()))
}

/// `2026-07-25T00:00:01.0521000+00:00`, which is what nearly every line has: `None` where it is anything else.
fn usual(text: &[u8]) -> Option<DateTime<Utc>> {
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(figure(text, 0, 4, 0)?).ok()?,
        figure(text, 5, 2, b'-')?,
        figure(text, 8, 2, b'-')?,
    )?;
    let (hour, minute, second) = (figure(text, 11, 2, b'T')?, figure(text, 14, 2, b':')?, figure(text, 17, 2, b':')?);
    let milli = figure(text, 20, 3, b'.')?;
    let local = date.and_hms_milli_opt(hour, minute, second, milli)?.and_utc();
    let digits = text.get(23..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let zone = text.get(23 + digits..)?;
    let east = match zone {
        b"Z" | b"+00:00" => return Some(local),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let (hours, minutes) = (figure(zone, 1, 2, 0)?, figure(zone, 4, 2, b':')?);
    if zone.len() != 6 || hours > 23 || minutes > 59 {
        return None;
    }
    local.checked_sub_signed(TimeDelta::minutes(east * i64::from(hours * 60 + minutes)))
}

/// The number of `digits` digits at `at`, with `before` just before it; 0: whatever stands there.
fn figure(text: &[u8], at: usize, digits: usize, before: u8) -> Option<u32> {
    if before != 0 && text.get(at - 1) != Some(&before) {
        return None;
    }
    let mut value = 0;
    for byte in text.get(at..at + digits)? {
        value = value * 10 + u32::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_form_is_read_as_the_general_reader_does() {
        let texts = [
            "2026-07-25T00:00:01.0521000+00:00",
            "2026-07-25T23:59:59.9999999+02:00",
            "2026-02-28T03:04:05.678-09:30",
            "2024-02-29T03:04:05.678901234Z",
            "2026-07-25T00:00:01Z",
            "2026-07-25T00:00:01.5Z",
            "1969-12-31t23:59:60.123z",
        ];
        for text in texts {
            let expected = DateTime::parse_from_rfc3339(text).expect("a time").to_utc();
            let parsed = parse(text).expect("a time");
            assert_eq!(parsed.timestamp_millis(), expected.timestamp_millis(), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_none() {
        let texts = ["", "now", "2026-13-01T00:00:00.000Z", "2026-02-29T00:00:00.000Z", "2026-07-25T24:00:00.000Z"];
        let more = ["2026-07-25T00:00:00.000", "2026-07-25T00:00:00.000+0000", "2026-07-25T00:00:00.000+24:00x"];
        for text in texts.into_iter().chain(more) {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
