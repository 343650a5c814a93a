//! Lines as they are, before anybody knows what they say.

use std::borrow::Cow;

use tidegate_event::{LogFlag, LogRecord};

/// The longest line that is carried, in bytes. What is longer is cut.
pub(crate) const LONGEST: usize = 1024 * 1024;

/// The text of `line`, and the flag for one that is not UTF-8.
pub(crate) fn text(line: &[u8]) -> (Cow<'_, str>, Option<LogFlag>) {
    // `from_utf8_lossy` goes byte by byte: a tenth of what a line costs.
    match std::str::from_utf8(line) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(_) => (String::from_utf8_lossy(line), Some(LogFlag::InvalidUtf8)),
    }
}

pub(crate) fn flagged(record: LogRecord, flag: Option<LogFlag>) -> LogRecord {
    match flag {
        Some(flag) => record.with_flag(flag),
        None => record,
    }
}

/// `record` with a message that is not too long, and a mark where it was cut.
pub(crate) fn cut(mut record: LogRecord) -> LogRecord {
    record.message.truncate(record.message.floor_char_boundary(LONGEST));
    marked(record)
}

/// `record` with a mark where its message was cut.
pub(crate) fn marked(mut record: LogRecord) -> LogRecord {
    record.message.push('…');
    record.with_flag(LogFlag::Truncated)
}
