//! The objects, each field where people look for it: what it says first, which one it is last.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use tidegate_event::{EpisodeId, IssueEvent, IssueState, LogRecord, Notification, Reading, Severity, text};
use tidegate_sink::{Delivery, DeliveryId};

use super::time::Time;

/// What is the same in every message of a delivery.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Context<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a str>,
    id: DeliveryId,
}

impl<'a> Context<'a> {
    pub(super) fn new(delivery: &'a Delivery) -> Self {
        let resource = delivery.event.resource();
        let (cluster, node) = (resource.cluster.as_deref(), resource.node.as_deref());
        Self { cluster, node, part: resource.part.as_deref(), id: delivery.id }
    }

    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        write_some(map, "cluster", self.cluster)?;
        write_some(map, "node", self.node)?;
        write_some(map, "part", self.part)?;
        map.serialize_entry("id", &self.id)
    }
}

fn write_some<M: SerializeMap, T: Serialize>(map: &mut M, name: &str, value: Option<T>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, &value))
}

/// A line of a log, or a part of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogLine<'a> {
    pub(super) record: &'a LogRecord,
    pub(super) message: &'a str,
    pub(super) exception: Option<&'a str>,
    pub(super) properties: Option<&'a Map<String, Value>>,
    /// What of it was cut.
    pub(super) cut: &'a [&'static str],
    /// Which piece it is of how many.
    pub(super) piece: Option<(usize, usize)>,
    pub(super) context: Context<'a>,
}

impl<'a> LogLine<'a> {
    pub(super) fn new(record: &'a LogRecord, context: Context<'a>) -> Self {
        Self {
            record,
            message: &record.message,
            exception: record.exception.as_deref(),
            properties: Some(&record.fields).filter(|fields| !fields.is_empty()),
            cut: &[],
            piece: None,
            context,
        }
    }

    /// The same without what can be long.
    pub(super) fn frame(record: &'a LogRecord, context: Context<'a>) -> Self {
        Self { message: "", exception: None, properties: None, ..Self::new(record, context) }
    }

    pub(super) fn json(&self, about: usize) -> String {
        json(self, about)
    }
}

impl Serialize for LogLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message", self.message)?;
        write_some(&mut map, "level", self.record.level)?;
        map.serialize_entry("time", &Time(self.record.at))?;
        write_some(&mut map, "exception", self.exception)?;
        write_some(&mut map, "properties", self.properties)?;
        if !self.record.flags.is_empty() {
            map.serialize_entry("flags", &self.record.flags)?;
        }
        if !self.cut.is_empty() {
            map.serialize_entry("cut", self.cut)?;
        }
        if let Some((piece, pieces)) = self.piece {
            map.serialize_entry("piece", &piece)?;
            map.serialize_entry("pieces", &pieces)?;
        }
        self.context.write(&mut map)?;
        map.end()
    }
}

/// An issue event whose texts are at most so long.
pub(super) fn issue_line(issue: &IssueEvent, context: Context<'_>, most: usize) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        message: String,
        level: Severity,
        time: Time,
        r#type: &'static str,
        state: IssueState,
        kind: &'a str,
        cause: String,
        remedy: String,
        evidence: &'a [Reading],
        stale: bool,
        opened_at: Time,
        issue: String,
        episode: EpisodeId,
        sequence: u32,
        #[serde(flatten)]
        context: Context<'a>,
    }
    let line = Line {
        message: text::cut(&issue.summary, most),
        level: issue.severity,
        time: Time(issue.at),
        r#type: "issue",
        state: issue.state,
        kind: issue.key.kind(),
        cause: text::cut(&issue.cause, most),
        remedy: text::cut(&issue.remedy, most),
        evidence: &issue.evidence[..issue.evidence.len().min(most)],
        stale: issue.stale,
        opened_at: Time(issue.opened_at),
        issue: issue.key.id(),
        episode: issue.episode,
        sequence: issue.sequence,
        context,
    };
    json(&line, 1_024)
}

/// A notification whose texts are at most so long.
pub(super) fn notification_line(notification: &Notification, context: Context<'_>, most: usize) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        message: String,
        level: Severity,
        time: Time,
        r#type: &'static str,
        kind: &'a str,
        notification: String,
        revision: u32,
        #[serde(flatten)]
        context: Context<'a>,
    }
    let line = Line {
        message: text::cut(&notification.message, most),
        level: notification.severity,
        time: Time(notification.at),
        r#type: "notification",
        kind: &notification.kind,
        notification: text::cut(&notification.id, most),
        revision: notification.revision,
        context,
    };
    json(&line, 512)
}

/// `line` as JSON, which takes about so many bytes.
fn json(line: &impl Serialize, about: usize) -> String {
    let mut bytes = Vec::with_capacity(about);
    // Texts, numbers and names as keys: nothing that JSON has no words for, into memory that does not fail.
    let _ = serde_json::to_writer(&mut bytes, line);
    String::from_utf8(bytes).unwrap_or_default()
}
