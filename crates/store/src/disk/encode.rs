//! An event as bytes. Each kind begins with its byte, its fields follow in a fixed order, and fields that come later are
//! put at the end: `docs/log-format.md`.

use chrono::{DateTime, Utc};
use tidegate_event::{
    Event, IssueEvent, IssueState, LogFlag, LogLevel, LogRecord, Notification, Reading, Resource, Sample, SampleKind,
    Severity,
};

use super::bytes::{put_text, put_varint};

/// The event's JSON form follows: of what has no form of its own here.
pub(super) const JSON: u8 = 0;
pub(super) const ISSUE: u8 = 1;
pub(super) const NOTIFICATION: u8 = 2;
pub(super) const LOG: u8 = 3;
pub(super) const METRIC: u8 = 4;

pub(super) fn encode(event: &Event, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    match event {
        Event::Issue(issue) => put_issue(bytes, issue),
        Event::Notification(notification) => put_notification(bytes, notification),
        Event::Metric(sample) => put_sample(bytes, sample),
        Event::Log(record) if put_log(bytes, record).is_some() => {}
        Event::Log(_) => {
            bytes.truncate(start);
            bytes.push(JSON);
            // It fails for a map whose keys are no texts, and an event has none.
            let _ = serde_json::to_writer(bytes, event);
        }
    }
}

// Each names every field, so that one which is added does not compile until it is stored.

fn put_issue(bytes: &mut Vec<u8>, issue: &IssueEvent) {
    let IssueEvent { key, episode, sequence, state, severity, summary, cause, remedy, evidence, stale, opened_at, at } =
        issue;
    bytes.push(ISSUE);
    put_text(bytes, key.kind());
    put_resource(bytes, key.resource());
    bytes.extend_from_slice(episode.as_uuid().as_bytes());
    put_varint(bytes, u64::from(*sequence));
    bytes.push(match state {
        IssueState::Open => 0,
        IssueState::Closed => 1,
    });
    bytes.push(severity_byte(*severity));
    for text in [summary, cause] {
        put_text(bytes, text);
    }
    put_text(bytes, remedy);
    put_varint(bytes, evidence.len() as u64);
    for Reading { name, value, limit, unit } in evidence {
        put_text(bytes, name);
        put_number(bytes, *value);
        bytes.push(u8::from(limit.is_some()));
        if let Some(limit) = limit {
            put_number(bytes, *limit);
        }
        put_text(bytes, unit);
    }
    bytes.push(u8::from(*stale));
    put_time(bytes, *opened_at);
    put_time(bytes, *at);
}

fn put_notification(bytes: &mut Vec<u8>, notification: &Notification) {
    let Notification { id, revision, kind, severity, message, resource, at } = notification;
    bytes.push(NOTIFICATION);
    put_text(bytes, id);
    put_varint(bytes, u64::from(*revision));
    put_text(bytes, kind);
    bytes.push(severity_byte(*severity));
    put_text(bytes, message);
    put_resource(bytes, resource);
    put_time(bytes, *at);
}

fn put_log(bytes: &mut Vec<u8>, record: &LogRecord) -> Option<()> {
    let LogRecord { resource, at, level, message, exception, fields, flags } = record;
    bytes.push(LOG);
    put_resource(bytes, resource);
    put_time(bytes, *at);
    bytes.push(level.map_or(0, level_byte));
    put_text(bytes, message);
    bytes.push(u8::from(exception.is_some()));
    if let Some(exception) = exception {
        put_text(bytes, exception);
    }
    let mut set = 0;
    for flag in flags {
        set |= flag_bit(*flag)?;
    }
    bytes.push(set);
    if fields.is_empty() {
        put_varint(bytes, 0);
    } else {
        put_text(bytes, &serde_json::to_string(fields).ok()?);
    }
    Some(())
}

fn put_sample(bytes: &mut Vec<u8>, sample: &Sample) {
    bytes.push(METRIC);
    put_text(bytes, &sample.name);
    put_resource(bytes, &sample.resource);
    put_varint(bytes, sample.labels.iter().count() as u64);
    for (name, value) in sample.labels.iter() {
        put_text(bytes, name);
        put_text(bytes, value);
    }
    put_number(bytes, sample.value());
    put_text(bytes, &sample.unit);
    put_time(bytes, sample.at);
    // The last field, and left out where it is not known, as in logs of before there were kinds.
    bytes.extend(sample.kind.and_then(kind_byte));
}

fn put_resource(bytes: &mut Vec<u8>, resource: &Resource) {
    let Resource { cluster, node, part } = resource;
    let names = [cluster, node, part];
    bytes.push(names.iter().enumerate().map(|(bit, name)| u8::from(name.is_some()) << bit).sum());
    for name in names.into_iter().flatten() {
        put_text(bytes, name);
    }
}

fn put_number(bytes: &mut Vec<u8>, number: f64) {
    bytes.extend_from_slice(&number.to_bits().to_le_bytes());
}

/// To the millisecond, as every form of an event has it.
fn put_time(bytes: &mut Vec<u8>, at: DateTime<Utc>) {
    bytes.extend_from_slice(&at.timestamp_millis().to_le_bytes());
}

/// None for a newer one, until it has a byte here.
fn kind_byte(kind: SampleKind) -> Option<u8> {
    match kind {
        SampleKind::Gauge => Some(1),
        SampleKind::Counter => Some(2),
        _ => None,
    }
}

fn severity_byte(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 1,
        Severity::Warning => 2,
        Severity::Error => 3,
        Severity::Critical => 4,
    }
}

fn level_byte(level: LogLevel) -> u8 {
    match level {
        LogLevel::Verbose => 1,
        LogLevel::Debug => 2,
        LogLevel::Information => 3,
        LogLevel::Warning => 4,
        LogLevel::Error => 5,
        LogLevel::Fatal => 6,
    }
}

fn flag_bit(flag: LogFlag) -> Option<u8> {
    match flag {
        LogFlag::Truncated => Some(1),
        LogFlag::InvalidUtf8 => Some(2),
        LogFlag::Unparsed => Some(4),
        // A newer one goes by its JSON form until it has a bit here.
        _ => None,
    }
}
