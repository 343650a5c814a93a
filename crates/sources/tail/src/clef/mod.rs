//! The lines of KurrentDB's log files.

mod envelope;
mod render;
mod template;
mod templates;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde_json::Map;
use tidegate_event::{LogFlag, LogLevel, LogRecord, Name, Resource};

use self::envelope::{Envelope, Extent};
use self::templates::Templates;
use crate::raw;

/// Reads the lines of KurrentDB's log files: compact JSON with a message template, as Serilog writes it.
///
/// It keeps the templates that it has parsed, at most 2,048 of them and 4 MiB.
///
/// ```
/// use chrono::DateTime;
/// use tidegate_event::{LogLevel, Resource};
/// use tidegate_source_tail::Clef;
///
/// let mut clef = Clef::new(Resource::new().with_cluster("orders").with_node("10.0.0.1:2113"));
/// let line = r#"{"@t":"2026-07-25T00:00:08.3521000+00:00","@mt":"ELECTIONS: (V={view}) SHIFT TO LEADER ELECTION.","@l":"Information","@i":3874731227,"view":12,"ThreadId":9}"#;
/// let record = clef.read(line.as_bytes(), DateTime::UNIX_EPOCH);
/// assert_eq!(record.message, "ELECTIONS: (V=12) SHIFT TO LEADER ELECTION.");
/// assert_eq!(record.level, Some(LogLevel::Information));
/// assert_eq!(record.fields["view"], 12);
///
/// // What is not of the format passes as it is.
/// let record = clef.read(b"Unhandled exception.", DateTime::UNIX_EPOCH);
/// assert_eq!(record.message, "Unhandled exception.");
/// assert_eq!(record.flags.len(), 1);
/// ```
#[derive(Debug)]
pub struct Clef {
    resource: Resource,
    /// The node of the last line that named its own.
    host: Option<Name>,
    least: Option<LogLevel>,
    templates: Templates,
}

impl Clef {
    /// A reader of lines that `resource` wrote. Where that has no node, it is the line's `@host`.
    pub fn new(resource: Resource) -> Self {
        Self { resource, host: None, least: None, templates: Templates::default() }
    }

    /// The same, which passes over lines of a lower level in [`read_wanted`](Clef::read_wanted).
    pub fn with_min_level(mut self, level: LogLevel) -> Self {
        self.least = Some(level);
        self
    }

    /// The record of `line`, which has no line end. `at` is its time where it tells none.
    pub fn read(&mut self, line: &[u8], at: DateTime<Utc>) -> LogRecord {
        let (line, flag) = raw::text(line);
        let mut envelope = Envelope::default();
        let record = match envelope.read(&line, None) {
            Extent::Whole => self.record(&envelope, line.len(), at),
            Extent::Unwanted | Extent::Broken => self.unparsed(&envelope, &line, at),
        };
        raw::flagged(record, flag)
    }

    /// The same, where its level is wanted.
    pub fn read_wanted(&mut self, line: &[u8], at: DateTime<Utc>) -> Option<LogRecord> {
        let (line, flag) = raw::text(line);
        let mut envelope = Envelope::default();
        let record = match envelope.read(&line, self.least) {
            Extent::Whole => self.record(&envelope, line.len(), at),
            Extent::Unwanted => return None,
            Extent::Broken => self.unparsed(&envelope, &line, at),
        };
        Some(raw::flagged(record, flag))
    }

    fn record(&mut self, envelope: &Envelope<'_>, length: usize, at: DateTime<Utc>) -> LogRecord {
        let mut message = String::new();
        let mut is_whole = true;
        if let Some(rendered) = envelope.message {
            rendered.decode_into(&mut message);
        } else if let Some(raw) = envelope.template {
            // Of a line that is short no template makes more than this.
            let limit = raw::LONGEST.max(length);
            is_whole = self.templates.with(raw, |template| {
                message.reserve(template.text_bytes + 16 * template.pieces.len());
                render::render(template, &envelope.properties, envelope.rendered, limit, &mut message)
            });
        }
        let mut record = LogRecord::new(self.node(envelope), message, envelope.time.unwrap_or(at));
        record.level = envelope.level;
        record.exception = envelope.exception.map(|text| text.decode().into_owned());
        let mut fields = Map::new();
        for property in &envelope.properties {
            fields.insert(property.name.decode().into_owned(), property.value.to_value());
        }
        record.fields = fields;
        if is_whole { record } else { raw::cut(record) }
    }

    /// A line that is not of the format, with what of it could be read.
    fn unparsed(&mut self, envelope: &Envelope<'_>, line: &str, at: DateTime<Utc>) -> LogRecord {
        let mut record = LogRecord::new(self.node(envelope), line, envelope.time.unwrap_or(at));
        record.level = envelope.level;
        record.with_flag(LogFlag::Unparsed)
    }

    fn node(&mut self, envelope: &Envelope<'_>) -> Resource {
        let resource = self.resource.clone();
        let Some(host) = envelope.host.filter(|_| resource.node.is_none()) else { return resource };
        let host = host.decode();
        let known = self.host.take().filter(|known| **known == *host);
        let name = known.unwrap_or_else(|| Name::from(&*host));
        self.host = Some(name.clone());
        resource.with_node(name)
    }
}

/// `text` rendered where there is no property.
#[cfg(any(fuzzing, test))]
pub(crate) fn fuzz_template(text: &str) -> String {
    let mut out = String::new();
    render::render(&template::Template::parse(text), &[], None, usize::MAX, &mut out);
    out
}
