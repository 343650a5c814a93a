use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Resource, time};

/// One line of a log. `message` is the original message; the rest is what could be told about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogRecord {
    /// Which node wrote it.
    #[serde(default)]
    pub resource: Resource,
    /// When it was written, by the writer's clock.
    #[serde(with = "time")]
    pub at: DateTime<Utc>,
    /// How bad the writer thought it, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<LogLevel>,
    /// What it says.
    pub message: String,
    /// An exception's text, several lines as a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// Whatever else the writer gave by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// What had to be done to it on the way.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<LogFlag>,
}

/// How bad a log line is, in rising order. The names are Serilog's, which KurrentDB writes, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Every step.
    Verbose,
    /// For whoever mends the program.
    Debug,
    /// The usual course of things. Read from `info` too.
    #[serde(alias = "info")]
    Information,
    /// Not as it should be, and bearable.
    Warning,
    /// Something failed.
    Error,
    /// The program ends.
    Fatal,
}

/// What had to be done to a log line on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LogFlag {
    /// It was longer than is carried, and was cut.
    Truncated,
    /// It was not UTF-8; what was not was replaced.
    InvalidUtf8,
    /// It was not of the format its file should have, and passes as it is.
    Unparsed,
}

impl LogRecord {
    /// A line without level, exception or fields.
    pub fn new(resource: Resource, message: impl Into<String>, at: DateTime<Utc>) -> Self {
        Self {
            resource,
            at: time::truncate(at),
            level: None,
            message: message.into(),
            exception: None,
            fields: Map::new(),
            flags: BTreeSet::new(),
        }
    }

    /// The same at `level`.
    pub fn with_level(mut self, level: LogLevel) -> Self {
        self.level = Some(level);
        self
    }

    /// The same with the text of an exception.
    pub fn with_exception(mut self, exception: impl Into<String>) -> Self {
        self.exception = Some(exception.into());
        self
    }

    /// The same with `fields`.
    pub fn with_fields(mut self, fields: Map<String, Value>) -> Self {
        self.fields = fields;
        self
    }

    /// The same with `flag` set.
    pub fn with_flag(mut self, flag: LogFlag) -> Self {
        self.flags.insert(flag);
        self
    }

    pub(crate) fn text_bytes(&self) -> usize {
        let fields: usize = self.fields.iter().map(|(name, value)| 64 + name.len() + value_bytes(value)).sum();
        self.resource.text_bytes() + self.message.len() + self.exception.as_ref().map_or(0, String::len) + fields
    }
}

fn value_bytes(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(value_bytes).sum(),
            Value::Object(fields) => fields.iter().map(|(name, value)| 64 + name.len() + value_bytes(value)).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
}
