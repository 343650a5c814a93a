//! A time in the form of [`tidegate_event::time`], written without its formatter: each line has one.

use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::{Serialize, Serializer};
use tidegate_event::time;

/// `2026-11-24T03:00:00.000Z`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time(pub(super) DateTime<Utc>);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = self.0.naive_utc();
        let millis = at.nanosecond() / 1_000_000;
        let (Ok(year @ 0..=9999), 0..=999) = (u32::try_from(at.year()), millis) else {
            return time::serialize(&self.0, serializer);
        };
        let mut text = *b"0000-00-00T00:00:00.000Z";
        put(&mut text[0..4], year);
        put(&mut text[5..7], at.month());
        put(&mut text[8..10], at.day());
        put(&mut text[11..13], at.hour());
        put(&mut text[14..16], at.minute());
        put(&mut text[17..19], at.second());
        put(&mut text[20..23], millis);
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// Writes the digits of `number` into `place`, from its end.
fn put(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};

    use super::*;

    #[test]
    fn it_is_what_the_formatter_writes() {
        let leap = NaiveDate::from_ymd_opt(2016, 12, 31).and_then(|day| day.and_hms_milli_opt(23, 59, 59, 1_500));
        let times = [i64::MIN / 4, -62_167_219_200_001, -1, 0, 951_782_399_999, 1_795_489_200_123, 253_402_300_799_999];
        let times = times.into_iter().filter_map(DateTime::from_timestamp_millis);
        let days = (0..4_000).map(|day| DateTime::UNIX_EPOCH + TimeDelta::milliseconds(day * 86_400_001 * 5));
        for at in times.chain(days).chain(leap.map(|at| at.and_utc())) {
            let written = serde_json::to_string(&Time(at)).expect("a text");
            assert_eq!(written, format!("{:?}", time::format(at)));
        }
    }
}
