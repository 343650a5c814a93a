//! From the bytes of a file to records, one after the other.

mod json;
mod text;

use chrono::{DateTime, Utc};
use memchr::memchr;
use tidegate_event::{LogLevel, LogRecord, Resource};

pub(crate) use self::json::JsonLines;
pub(crate) use self::text::{Start, TextLines};
use crate::raw::LONGEST;
use crate::{Clef, raw};

/// How the lines of a file are read.
#[derive(Debug)]
pub(crate) enum Lines {
    KurrentDb(Box<Clef>),
    Json(JsonLines),
    Text(TextLines),
}

/// What was made of the beginning of some bytes.
#[derive(Debug, PartialEq)]
pub(crate) struct Piece {
    /// How many bytes it took, with the line end.
    pub(crate) bytes: usize,
    /// What they say, where anybody wants it.
    pub(crate) record: Option<LogRecord>,
    /// Whether the line goes on behind them: the rest of it is to be left out.
    pub(crate) goes_on: bool,
}

impl Lines {
    /// The first record in `bytes`, which begin where a line does; `None` where more of the file is wanted before one can
    /// be told. `is_all`: nothing more will come. `at`: the time of lines that tell none.
    pub(crate) fn next(&mut self, bytes: &[u8], is_all: bool, at: DateTime<Utc>) -> Option<Piece> {
        let (end, taken) = match end_of(bytes, is_all)? {
            End::Long => return Some(self.long(bytes, at)),
            End::At { line, taken } => (line, taken),
        };
        if let Lines::Text(text) = self {
            return text.next(bytes, (end, taken), is_all, at);
        }
        let line = bytes.get(..end)?;
        let record = if line.is_empty() { None } else { self.read(line, at) };
        Some(Piece { bytes: taken, record, goes_on: false })
    }

    fn read(&mut self, line: &[u8], at: DateTime<Utc>) -> Option<LogRecord> {
        match self {
            Lines::KurrentDb(clef) => clef.read_wanted(line, at),
            Lines::Json(json) => json.read_wanted(line, at),
            Lines::Text(text) => text.read_wanted(line, at),
        }
    }

    /// The beginning of a line that is too long, as it is.
    fn long(&mut self, bytes: &[u8], at: DateTime<Utc>) -> Piece {
        let beginning = beginning(bytes);
        let record = self.read(beginning, at).map(raw::marked);
        Piece { bytes: beginning.len(), record, goes_on: true }
    }
}

/// Where a line ends.
enum End {
    /// After `line` bytes; `taken` with the line end.
    At { line: usize, taken: usize },
    /// Further than a line is carried.
    Long,
}

fn end_of(bytes: &[u8], is_all: bool) -> Option<End> {
    let near = bytes.get(..=LONGEST).unwrap_or(bytes);
    match memchr(b'\n', near) {
        Some(at) => {
            let line = at - usize::from(at > 0 && bytes.get(at - 1) == Some(&b'\r'));
            Some(End::At { line, taken: at + 1 })
        }
        None if bytes.len() > LONGEST => Some(End::Long),
        None if is_all && !bytes.is_empty() => Some(End::At { line: bytes.len(), taken: bytes.len() }),
        None => None,
    }
}

/// As much of a long line as is carried: whole characters.
fn beginning(bytes: &[u8]) -> &[u8] {
    let cut = bytes.get(..LONGEST).unwrap_or(bytes);
    let last = cut.iter().rev().take(4).position(|byte| byte & 0xC0 != 0x80);
    match last {
        // The first byte of the last character: left out, unless it is all of it.
        Some(back) if cut.len() > back + 1 && cut[cut.len() - 1 - back] >= 0xC0 => &cut[..cut.len() - 1 - back],
        _ => cut,
    }
}

/// The record of a line that is only text.
pub(crate) fn plain(resource: &Resource, line: &[u8], at: DateTime<Utc>) -> LogRecord {
    let (text, flag) = raw::text(line);
    raw::flagged(LogRecord::new(resource.clone(), text, at), flag)
}

/// Whether a line of `level` is wanted where `least` is. One without a level is.
pub(crate) fn is_wanted(level: Option<LogLevel>, least: Option<LogLevel>) -> bool {
    level.zip(least).is_none_or(|(level, least)| level >= least)
}
