//! The one form of time on the wire: RFC 3339, UTC, milliseconds. Use with `#[serde(with = "tidegate_event::time")]`.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, Serializer, de};

/// Cuts to the millisecond and into the years 0 to 9999, so that what is written is read back equal.
#[must_use]
pub fn truncate(at: DateTime<Utc>) -> DateTime<Utc> {
    const EARLIEST: i64 = -62_167_219_200; // 0000-01-01T00:00:00Z
    const LATEST: i64 = 253_402_300_799; // 9999-12-31T23:59:59Z
    let seconds = at.timestamp();
    if (EARLIEST..=LATEST).contains(&seconds) {
        return at.trunc_subsecs(3);
    }
    DateTime::from_timestamp(seconds.clamp(EARLIEST, LATEST), 0).unwrap_or(DateTime::UNIX_EPOCH)
}

/// The text of a time: `2026-11-24T03:00:00.000Z`.
#[must_use]
pub fn format(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Writes a time.
///
/// # Errors
/// Only those of the serializer.
pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*at))
}

/// Reads a time of any offset.
///
/// # Errors
/// When the text is not RFC 3339.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    DateTime::parse_from_rfc3339(&text)
        .map(|at| truncate(at.to_utc()))
        .map_err(|error| de::Error::custom(format!("`{text}` is not a time in RFC 3339: {error}")))
}
