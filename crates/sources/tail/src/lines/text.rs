use chrono::{DateTime, Utc};
use regex::bytes::Regex;
use tidegate_event::{LogLevel, LogRecord, Resource};

use super::{End, Piece, end_of, is_wanted, plain};
use crate::raw::LONGEST;
use crate::{level, time};

/// Lines of text, of which several may be one record.
#[derive(Debug)]
pub(crate) struct TextLines {
    resource: Resource,
    start: Start,
    least: Option<LogLevel>,
}

/// By what the first line of a record is told from those that continue it.
#[derive(Debug, Clone)]
pub(crate) enum Start {
    /// It does not begin with a blank, and is not empty.
    NoBlank,
    /// It matches. What the groups `time` and `level` match, the record has.
    Matches(Regex),
}

impl Start {
    fn is_first(&self, line: &[u8]) -> bool {
        match self {
            Start::NoBlank => !matches!(line.first(), None | Some(b' ' | b'\t' | b'\r')),
            Start::Matches(regex) => regex.is_match(line),
        }
    }

    /// Whether records have a level.
    pub(crate) fn tells_level(&self) -> bool {
        matches!(self, Start::Matches(regex) if regex.capture_names().flatten().any(|name| name == "level"))
    }
}

impl TextLines {
    pub(crate) fn new(resource: Resource, start: Start, least: Option<LogLevel>) -> Self {
        Self { resource, start, least }
    }

    /// As [`Lines::next`](super::Lines::next): the first record, with the lines that continue it. Its first line ends
    /// after `first.0` bytes, and with the line end after `first.1`.
    pub(super) fn next(&self, bytes: &[u8], first: (usize, usize), is_all: bool, at: DateTime<Utc>) -> Option<Piece> {
        let (mut end, mut taken) = first;
        loop {
            let rest = bytes.get(taken..)?;
            if rest.is_empty() && is_all {
                break;
            }
            // Lines beyond what is carried at once make a record of their own.
            match end_of(rest, is_all) {
                None if taken + rest.len() <= LONGEST => return None,
                None | Some(End::Long) => break,
                Some(End::At { line, taken: more }) => {
                    if taken + more > LONGEST || self.start.is_first(rest.get(..line)?) {
                        break;
                    }
                    // Blank lines count only where others follow.
                    if line > 0 {
                        end = taken + line;
                    }
                    taken += more;
                }
            }
        }
        let text = bytes.get(..end)?;
        let record = if text.trim_ascii().is_empty() { None } else { self.read_wanted(text, at) };
        Some(Piece { bytes: taken, record, goes_on: false })
    }

    pub(super) fn read_wanted(&self, text: &[u8], at: DateTime<Utc>) -> Option<LogRecord> {
        let record = self.read(text, at);
        is_wanted(record.level, self.least).then_some(record)
    }

    fn read(&self, text: &[u8], at: DateTime<Utc>) -> LogRecord {
        let mut record = plain(&self.resource, text, at);
        if record.message.contains('\r') {
            record.message = record.message.replace("\r\n", "\n");
        }
        let Start::Matches(regex) = &self.start else { return record };
        // A regex without groups has one, the whole.
        if regex.captures_len() > 1
            && let Some(captures) = regex.captures(text)
        {
            let group = |name: &str| std::str::from_utf8(captures.name(name)?.as_bytes()).ok();
            if let Some(at) = group("time").and_then(time::parse) {
                record = LogRecord { at: tidegate_event::time::truncate(at), ..record };
            }
            record.level = group("level").and_then(level::parse);
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::super::Lines;
    use super::*;

    fn records(start: Start, text: &str, is_all: bool) -> (Vec<String>, usize) {
        let mut lines = Lines::Text(TextLines::new(Resource::new(), start, None));
        let (mut at, mut messages) = (0, Vec::new());
        while let Some(piece) = lines.next(&text.as_bytes()[at..], is_all, DateTime::UNIX_EPOCH) {
            at += piece.bytes;
            messages.extend(piece.record.map(|record| record.message));
        }
        (messages, at)
    }

    #[test]
    fn lines_that_begin_with_a_blank_continue_the_one_before() {
        let text = "one\n  at x\n\n\tat y\ntwo\r\n at z\r\n\r\nthree\n";
        let (messages, at) = records(Start::NoBlank, text, true);
        assert_eq!(messages, ["one\n  at x\n\n\tat y", "two\n at z", "three"]);
        assert_eq!(at, text.len());

        let (messages, at) = records(Start::NoBlank, text, false);
        assert_eq!(messages.len(), 2, "the last may go on");
        assert_eq!(&text[at..], "three\n");
    }

    #[test]
    fn an_expression_tells_where_a_record_begins_and_its_time_and_level() {
        let regex = Regex::new(r"^\[(?<time>\S+) (?<level>\w+)\]").expect("a regex");
        let mut lines = Lines::Text(TextLines::new(Resource::new(), Start::Matches(regex.clone()), None));
        let text = "[2026-07-25T00:00:01.5Z WARN] a\nb\n[2026-07-25T00:00:02Z INF] c\n";
        let piece = lines.next(text.as_bytes(), false, DateTime::UNIX_EPOCH).expect("a record");
        let record = piece.record.expect("not blank");
        assert_eq!(record.message, "[2026-07-25T00:00:01.5Z WARN] a\nb");
        assert_eq!(record.at.to_rfc3339(), "2026-07-25T00:00:01.500+00:00");
        assert_eq!(record.level, Some(LogLevel::Warning));
        let (messages, _) = records(Start::Matches(regex), "lost beginning\n[x y] a\n", true);
        assert_eq!(messages, ["lost beginning", "[x y] a"]);
    }

    #[test]
    fn blank_lines_alone_say_nothing() {
        assert_eq!(records(Start::NoBlank, "\n \n\r\n", true), (vec![], 5));
    }

    #[test]
    fn a_record_without_end_is_several() {
        let text = format!("first\n{}", " continued\n".repeat(300_000));
        let (messages, at) = records(Start::NoBlank, &text, true);
        assert_eq!(at, text.len());
        assert!(messages.iter().all(|message| message.len() <= LONGEST));
        assert_eq!(messages.join("\n") + "\n", text);
    }
}
