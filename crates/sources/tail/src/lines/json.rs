use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Map;
use tidegate_event::{LogFlag, LogLevel, LogRecord, Resource};

use super::{is_wanted, plain};
use crate::json::{Member, Scanner, Text, Token};
use crate::{JsonNames, level, raw, time};

/// Lines that are JSON objects, with fields of any names.
#[derive(Debug)]
pub(crate) struct JsonLines {
    resource: Resource,
    names: JsonNames,
    least: Option<LogLevel>,
}

/// What is said of a line in fields of their own.
#[derive(Default)]
struct Parts<'a> {
    time: Option<DateTime<Utc>>,
    level: Option<LogLevel>,
    message: Option<Text<'a>>,
    exception: Option<Text<'a>>,
    fields: Vec<(Text<'a>, Token<'a>)>,
}

impl JsonLines {
    pub(crate) fn new(resource: Resource, names: JsonNames, least: Option<LogLevel>) -> Self {
        Self { resource, names, least }
    }

    /// The record of `line`, where its level is wanted. `at` is its time where it tells none.
    pub(super) fn read_wanted(&self, line: &[u8], at: DateTime<Utc>) -> Option<LogRecord> {
        let (text, flag) = raw::text(line);
        let Some((message, parts)) = self.parts(&text).and_then(|parts| Some((parts.message?, parts))) else {
            return Some(plain(&self.resource, line, at).with_flag(LogFlag::Unparsed));
        };
        if !is_wanted(parts.level, self.least) {
            return None;
        }
        let mut record = LogRecord::new(self.resource.clone(), message.decode(), parts.time.unwrap_or(at));
        record.level = parts.level;
        record.exception = parts.exception.map(|text| text.decode().into_owned());
        let field = |(name, value): (Text<'_>, Token<'_>)| (name.decode().into_owned(), value.to_value());
        record.fields = parts.fields.into_iter().map(field).collect::<Map<_, _>>();
        Some(raw::flagged(record, flag))
    }

    fn parts<'a>(&self, line: &'a str) -> Option<Parts<'a>> {
        let mut scanner = Scanner::new(line);
        let mut parts = Parts::default();
        let mut first = true;
        if !scanner.take(b'{') {
            return None;
        }
        loop {
            match scanner.member(first) {
                Member::Next(name, value) => self.take(name, value, &mut parts),
                Member::End => return scanner.is_at_end().then_some(parts),
                Member::Broken => return None,
            }
            first = false;
        }
    }

    /// A field whose value is not what its name says stays among the others.
    fn take<'a>(&self, name: Text<'a>, value: Token<'a>, parts: &mut Parts<'a>) {
        let found = if name.is(&self.names.time) {
            let time = time_of(value);
            parts.time = time.or(parts.time);
            time.is_some()
        } else if name.is(&self.names.level) {
            let level = if let Token::Text(text) = value { level::parse(&text.decode()) } else { None };
            parts.level = level.or(parts.level);
            level.is_some()
        } else if let Token::Text(text) = value {
            let part = if name.is(&self.names.message) {
                &mut parts.message
            } else if name.is(&self.names.exception) {
                &mut parts.exception
            } else {
                parts.fields.push((name, value));
                return;
            };
            *part = Some(text);
            true
        } else {
            false
        };
        if !found {
            parts.fields.push((name, value));
        }
    }
}

/// RFC 3339, or a number of seconds or milliseconds since 1970.
fn time_of(value: Token<'_>) -> Option<DateTime<Utc>> {
    /// Milliseconds from here on: as seconds it would be the year 5138.
    const MILLISECONDS: f64 = 1e11;
    match value {
        Token::Text(text) => time::parse(&text.decode()),
        Token::Number(token) => {
            let number: f64 = token.parse().ok()?;
            let milliseconds = if number.abs() < MILLISECONDS { number * 1e3 } else { number };
            if !(0.0..2.5e14).contains(&milliseconds) {
                return None;
            }
            #[expect(clippy::cast_possible_truncation, reason = "within the range that was looked at")]
            DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::milliseconds(milliseconds.round() as i64))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(line: &str) -> LogRecord {
        let lines = JsonLines::new(Resource::new().with_node("a"), JsonNames::default(), None);
        lines.read_wanted(line.as_bytes(), DateTime::UNIX_EPOCH).expect("every level is wanted")
    }

    #[test]
    fn fields_go_where_their_names_say() {
        let record = read(
            r#"{"time":"2026-07-25T00:00:01.5+02:00","level":"warn","message":"a\tb","exception":"x\ny","user":{"id":7},"ok":true}"#,
        );
        assert_eq!(record.at.to_rfc3339(), "2026-07-24T22:00:01.500+00:00");
        assert_eq!(record.level, Some(LogLevel::Warning));
        assert_eq!((record.message.as_str(), record.exception.as_deref()), ("a\tb", Some("x\ny")));
        assert_eq!(Value::Object(record.fields), json!({"user": {"id": 7}, "ok": true}));
    }

    #[test]
    fn times_may_be_numbers() {
        let at = |time: &str| read(&format!(r#"{{"time":{time},"message":"m"}}"#)).at.to_rfc3339();
        assert_eq!(at("1784937601"), "2026-07-25T00:00:01+00:00");
        assert_eq!(at("1784937601.25"), "2026-07-25T00:00:01.250+00:00");
        assert_eq!(at("1784937601250"), "2026-07-25T00:00:01.250+00:00");
        assert_eq!(at("-1e300"), "1970-01-01T00:00:00+00:00");
    }

    #[test]
    fn what_is_not_what_its_name_says_stays_a_field() {
        let record = read(r#"{"time":"soon","level":30,"message":"m","exception":null}"#);
        assert_eq!(record.message, "m");
        assert_eq!(Value::Object(record.fields), json!({"time": "soon", "level": 30, "exception": null}));
        assert!(record.flags.is_empty());
    }

    #[test]
    fn what_has_no_message_passes_as_it_is() {
        for line in [r#"{"msg":"m"}"#, r#"{"message":7}"#, "plain", r#"{"message":"m""#] {
            let record = read(line);
            assert_eq!(record.message, line);
            assert!(record.flags.contains(&LogFlag::Unparsed), "{line}");
        }
    }
}
