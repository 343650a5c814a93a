//! Events that are larger than the service takes.

use tidegate_event::LogRecord;
use tidegate_sink::Reason;

use super::Messages;
use super::line::{Context, LogLine};

/// The most bytes of one message: what a call takes, less what the service adds to each event. *API Reference*,
/// `PutLogEvents`; what is told of 256 KB is older.
pub(crate) const LARGEST: usize = 1_048_576 - 26;

/// What becomes of a log line that is larger than the service takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Oversize {
    /// Its texts are cut, marked with `…`, and `cut` names them.
    #[default]
    Cut,
    /// It becomes several events, numbered by `piece` of `pieces`, whose texts are the whole one after the other.
    Split,
}

/// What the mark and the names of the fields take beside the texts.
const MARKS: usize = 64;
/// What numbers take beside them.
const PIECE: usize = 64;

/// A line of a log in as many bytes.
pub(super) fn fit(
    record: &LogRecord,
    context: Context<'_>,
    limit: usize,
    oversize: Oversize,
) -> Result<Messages, Reason> {
    let frame = LogLine { cut: &["message", "exception", "properties"], ..LogLine::frame(record, context) };
    let room = limit.saturating_sub(frame.json(512).len() + MARKS);
    let messages = match oversize {
        Oversize::Cut => Messages::One(cut(record, context, room)),
        Oversize::Split => Messages::Many(split(record, context, room.saturating_sub(PIECE))),
    };
    let fits = match &messages {
        Messages::One(message) => message.len() <= limit,
        Messages::Many(pieces) => pieces.iter().all(|piece| piece.len() <= limit),
    };
    if fits { Ok(messages) } else { Err(too_large(limit)) }
}

/// A line whose texts take at most `room` bytes: first the message, then the exception, then the properties if all of them
/// fit.
fn cut(record: &LogRecord, context: Context<'_>, mut room: usize) -> String {
    let mut cut = Vec::new();
    let mut fitted = |name, text: &str| {
        let (head, rest) = prefix(text, room);
        room -= escaped_len(head);
        if rest.is_empty() {
            return head.to_owned();
        }
        cut.push(name);
        format!("{head}…")
    };
    let message = fitted("message", &record.message);
    let exception = record.exception.as_deref().map(|exception| fitted("exception", exception));
    let whole = LogLine::new(record, context);
    let properties = whole.properties.filter(|properties| json_len(properties) <= room);
    if properties.is_none() && whole.properties.is_some() {
        cut.push("properties");
    }
    let line = LogLine { message: &message, exception: exception.as_deref(), properties, cut: &cut, ..whole };
    line.json(room + message.len() + 1_024)
}

/// The pieces of a line, whose texts take at most `room` bytes in each.
fn split(record: &LogRecord, context: Context<'_>, room: usize) -> Vec<String> {
    let frame = LogLine::frame(record, context);
    let mut pieces: Vec<LogLine<'_>> =
        chunks(&record.message, room).map(|message| LogLine { message, ..frame }).collect();
    let exceptions = record.exception.as_deref().into_iter().flat_map(|exception| chunks(exception, room));
    pieces.extend(exceptions.map(|exception| LogLine { exception: Some(exception), ..frame }));
    let whole = LogLine::new(record, context);
    match whole.properties {
        Some(properties) if json_len(properties) <= room => {
            pieces.push(LogLine { properties: Some(properties), ..frame });
        }
        Some(_) => pieces.push(LogLine { cut: &["properties"], ..frame }),
        None => {}
    }
    let count = pieces.len();
    let numbered = pieces.into_iter().zip(1..).map(|(piece, number)| LogLine { piece: Some((number, count)), ..piece });
    numbered.map(|piece| piece.json(room + 1_024)).collect()
}

/// `text` in parts that take at most `room` bytes each as JSON; one at least, and none without a character.
fn chunks(text: &str, room: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (mut head, mut tail) = prefix(rest?, room);
        if head.is_empty() && !tail.is_empty() {
            // No room for anything: what is too large is told by who looks at its size.
            (head, tail) = (tail, "");
        }
        rest = Some(tail).filter(|tail| !tail.is_empty());
        Some(head)
    })
}

/// As much of the beginning of `text` as takes at most `room` bytes as JSON, and the rest.
fn prefix(text: &str, room: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, letter) in text.char_indices() {
        used += letter_len(letter);
        if used > room {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// How many bytes `letter` takes in a text of JSON.
fn letter_len(letter: char) -> usize {
    match letter {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        letter => letter.len_utf8(),
    }
}

fn escaped_len(text: &str) -> usize {
    text.chars().map(letter_len).sum()
}

fn json_len(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).map_or(usize::MAX, |json| json.len())
}

/// What `line` gives for texts of at most so many units of UTF-16, as long as they can be.
pub(super) fn fit_texts(limit: usize, line: impl Fn(usize) -> String) -> Result<Messages, Reason> {
    let mut most = limit;
    while most > 16 {
        let message = line(most);
        if message.len() <= limit {
            return Ok(Messages::One(message));
        }
        most /= 4;
    }
    Err(too_large(limit))
}

fn too_large(limit: usize) -> Reason {
    Reason::new(format!("it is over {limit} bytes even when all that can be cut is: the names in it are too long"))
}
