//! What a dialect reads from any answer.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, Utc};
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, Response};

/// The longest time to wait that is passed on: a year. What a lane honours is for the lane to say.
const LONGEST_WAIT: u64 = 365 * 24 * 60 * 60;

/// The longest excerpt of an answer: 500 characters.
const LONGEST_EXCERPT: usize = 500;

/// What stands for a secret.
const MASK: &str = "***";

/// How long the answer says to wait, in whole seconds, from its `Retry-After`: seconds (a fraction counts as a whole
/// one), or a date in any of HTTP's three forms, read against the answer's own `Date` and, without one, against `now`.
/// Zero when the date is over. `None` without a header that can be read.
pub fn retry_after<B>(answer: &Response<B>, now: DateTime<Utc>) -> Option<Duration> {
    let value = text(answer.headers(), &RETRY_AFTER)?;
    let seconds = if value.starts_with(|first: char| first.is_ascii_digit()) {
        seconds(value)?
    } else {
        let from = text(answer.headers(), &DATE).and_then(date).unwrap_or(now);
        let wait = date(value)?.signed_duration_since(from);
        // Up to the second, since a moment too early is too early.
        u64::try_from(wait.num_seconds() + i64::from(wait.subsec_nanos() > 0)).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds.min(LONGEST_WAIT)))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn seconds(value: &str) -> Option<u64> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    if ![whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let whole = whole.parse().unwrap_or(u64::MAX);
    Some(whole.saturating_add(u64::from(fraction.bytes().any(|digit| digit != b'0'))))
}

/// Of `Sun, 06 Nov 1994 08:49:37 GMT` and the two obsolete forms that a recipient must know.
fn date(value: &str) -> Option<DateTime<Utc>> {
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(value, form).ok())
        .map(|date| date.and_utc())
}

/// `text` with each of `secrets` masked, also where it is written as in JSON or in a URL.
pub fn masked(text: &str, secrets: &[&str]) -> String {
    let mut forms: Vec<String> = Vec::new();
    for &secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        forms.extend([secret.to_owned(), as_json(secret), as_url(secret)]);
    }
    // The longest first: a secret that holds another one goes as a whole.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.dedup();
    forms.iter().fold(text.to_owned(), |text, form| text.replace(form.as_str(), MASK))
}

fn as_json(secret: &str) -> String {
    let quoted = serde_json::Value::from(secret).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn as_url(secret: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    secret.bytes().map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") }).collect()
}

/// The beginning of an answer's body for an error or dead letter: one line of at most 500 characters, `secrets` masked,
/// marked with `…` where it goes on.
pub fn excerpt(answer: &Response<Bytes>, secrets: &[&str]) -> String {
    let text = masked(&String::from_utf8_lossy(answer.body()), secrets);
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        let space = usize::from(length > 0);
        if space == 1 {
            line.push(' ');
        }
        length += space;
        let room = LONGEST_EXCERPT.saturating_sub(length);
        if let Some((cut, _)) = word.char_indices().nth(room) {
            line.push_str(&word[..cut]);
            line.push('…');
            return line;
        }
        line.push_str(word);
        length += word.chars().count();
    }
    line
}

#[cfg(test)]
mod tests;
