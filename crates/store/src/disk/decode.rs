//! An event from bytes; `encode.rs` is its mirror.

use chrono::{DateTime, Utc};
use tidegate_event::{
    EpisodeId, Event, IssueEvent, IssueKey, IssueState, Labels, LogFlag, LogLevel, LogRecord, Name, Notification,
    Reading, Resource, Sample, SampleKind, Severity,
};
use uuid::Uuid;

use super::bytes::Input;
use super::encode::{ISSUE, JSON, LOG, METRIC, NOTIFICATION};

/// Names that were decoded lately. Most events repeat those of the one before, and share them then.
#[derive(Debug, Default)]
pub(super) struct Names {
    recent: Vec<Name>,
}

impl Names {
    const MOST: usize = 64;

    fn name(&mut self, text: &str) -> Name {
        let ends = text.as_bytes().first().zip(text.as_bytes().last());
        let (first, last) = ends.map_or((0, 0), |(first, last)| (usize::from(*first), usize::from(*last)));
        let slot = (text.len() + 7 * first + 31 * last) % Self::MOST;
        if self.recent.is_empty() {
            self.recent.resize(Self::MOST, Name::from(""));
        }
        let known = &mut self.recent[slot];
        if **known != *text {
            *known = Name::from(text);
        }
        known.clone()
    }
}

/// `None` where it is no event of this format. What stands behind the fields that are known is a newer program's.
pub(super) fn decode(bytes: &[u8], names: &mut Names) -> Option<Event> {
    let mut input = Input::new(bytes);
    let kind = input.byte()?;
    let mut reader = Reader { input: &mut input, names };
    match kind {
        JSON => serde_json::from_slice(bytes.get(1..)?).ok(),
        ISSUE => reader.issue(),
        NOTIFICATION => reader.notification(),
        LOG => reader.log(),
        METRIC => reader.sample(),
        _ => None,
    }
}

struct Reader<'a, 'b> {
    input: &'b mut Input<'a>,
    names: &'b mut Names,
}

impl Reader<'_, '_> {
    fn issue(&mut self) -> Option<Event> {
        let kind = self.name()?;
        let key = IssueKey::new(kind, self.resource()?);
        let episode = EpisodeId::from(Uuid::from_bytes(self.input.array()?));
        let sequence = self.varint_32()?;
        let state = match self.input.byte()? {
            0 => IssueState::Open,
            1 => IssueState::Closed,
            _ => return None,
        };
        let severity = self.severity()?;
        let summary = self.text()?;
        let cause = self.text()?;
        let remedy = self.name()?;
        let mut evidence = Vec::new();
        for _ in 0..self.input.varint()? {
            let name = self.name()?;
            let value = self.number()?;
            let limit = if self.flag()? { Some(self.number()?) } else { None };
            evidence.push(Reading { name, value, limit, unit: self.name()? });
        }
        let (is_stale, opened_at, at) = (self.flag()?, self.time()?, self.time()?);
        Some(
            IssueEvent {
                key,
                episode,
                sequence,
                state,
                severity,
                summary,
                cause,
                remedy,
                evidence,
                stale: is_stale,
                opened_at,
                at,
            }
            .into(),
        )
    }

    fn notification(&mut self) -> Option<Event> {
        let id = self.text()?;
        let revision = self.varint_32()?;
        let kind = self.name()?;
        let severity = self.severity()?;
        let message = self.text()?;
        let resource = self.resource()?;
        Some(Notification { id, revision, kind, severity, message, resource, at: self.time()? }.into())
    }

    fn log(&mut self) -> Option<Event> {
        let resource = self.resource()?;
        let at = self.time()?;
        let level = match self.input.byte()? {
            0 => None,
            1 => Some(LogLevel::Verbose),
            2 => Some(LogLevel::Debug),
            3 => Some(LogLevel::Information),
            4 => Some(LogLevel::Warning),
            5 => Some(LogLevel::Error),
            6 => Some(LogLevel::Fatal),
            _ => return None,
        };
        let message = self.text()?;
        let exception = if self.flag()? { Some(self.text()?) } else { None };
        let set = self.input.byte()?;
        let known = [(1, LogFlag::Truncated), (2, LogFlag::InvalidUtf8), (4, LogFlag::Unparsed)];
        let flags = known.into_iter().filter(|(bit, _)| set & bit != 0).map(|(_, flag)| flag).collect();
        let fields = match self.input.text()? {
            "" => serde_json::Map::new(),
            json => serde_json::from_str(json).ok()?,
        };
        Some(LogRecord { resource, at, level, message, exception, fields, flags }.into())
    }

    fn sample(&mut self) -> Option<Event> {
        let name = self.name()?;
        let resource = self.resource()?;
        let mut labels = Vec::new();
        for _ in 0..self.input.varint()? {
            labels.push((self.name()?, self.name()?));
        }
        let value = self.number()?;
        let unit = self.name()?;
        let mut sample = Sample::new(name, resource, value, unit, self.time()?).ok()?;
        sample.kind = match self.input.byte() {
            Some(1) => Some(SampleKind::Gauge),
            Some(2) => Some(SampleKind::Counter),
            _ => None,
        };
        Some(if labels.is_empty() { sample } else { sample.with_labels(Labels::from_iter(labels)) }.into())
    }

    fn name(&mut self) -> Option<Name> {
        Some(self.names.name(self.input.text()?))
    }

    fn text(&mut self) -> Option<String> {
        self.input.text().map(str::to_owned)
    }

    fn resource(&mut self) -> Option<Resource> {
        let set = self.input.byte()?;
        let mut part = |bit: u8| if set & bit == 0 { Some(None) } else { self.name().map(Some) };
        Some(Resource { cluster: part(1)?, node: part(2)?, part: part(4)? })
    }

    fn severity(&mut self) -> Option<Severity> {
        match self.input.byte()? {
            1 => Some(Severity::Info),
            2 => Some(Severity::Warning),
            3 => Some(Severity::Error),
            4 => Some(Severity::Critical),
            _ => None,
        }
    }

    fn varint_32(&mut self) -> Option<u32> {
        u32::try_from(self.input.varint()?).ok()
    }

    fn flag(&mut self) -> Option<bool> {
        match self.input.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<f64> {
        Some(f64::from_bits(u64::from_le_bytes(self.input.array()?)))
    }

    fn time(&mut self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(i64::from_le_bytes(self.input.array()?))
    }
}

#[cfg(test)]
mod tests;
