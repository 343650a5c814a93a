//! What the API's model and reference say of a call.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::place::LogsEvent;
use super::{Refusal, refuse};

/// The most events of a call.
const MOST: usize = 10_000;
/// The most bytes of a call.
const LARGEST: usize = 1_048_576;
/// What each event counts beside its message.
const OVERHEAD: usize = 26;
/// From the first to the last event that is not refused.
const SPAN: i64 = 24 * 60 * 60 * 1_000;
/// How old an event may be.
const PAST: TimeDelta = TimeDelta::days(14);
/// How far ahead it may be.
const FUTURE: TimeDelta = TimeDelta::hours(2);

fn invalid<T>(message: impl Into<String>) -> Result<T, Refusal> {
    refuse("InvalidParameterException", message)
}

pub(super) fn group(body: &Value) -> Result<String, Refusal> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-/#".contains(letter);
    name(body, "logGroupName", allowed)
}

pub(super) fn stream(body: &Value) -> Result<String, Refusal> {
    name(body, "logStreamName", |letter| !matches!(letter, ':' | '*'))
}

fn name(body: &Value, field: &str, allowed: impl Fn(char) -> bool) -> Result<String, Refusal> {
    match body[field].as_str() {
        Some(name) if (1..=512).contains(&name.chars().count()) && name.chars().all(allowed) => Ok(name.to_owned()),
        name => invalid(format!("Value at '{field}' failed to satisfy constraint: {name:?}")),
    }
}

/// The events of a call.
pub(super) struct Put {
    pub(super) events: Vec<LogsEvent>,
}

/// Which events of a call are refused for their time.
pub(super) struct Bounds {
    old: usize,
    expired: usize,
    new: usize,
    count: usize,
}

impl Put {
    pub(super) fn read(body: &Value) -> Result<Self, Refusal> {
        let events = body["logEvents"].as_array().into_iter().flatten().map(|event| {
            match (event["timestamp"].as_i64(), event["message"].as_str()) {
                (Some(timestamp @ 0..), Some(message)) if !message.is_empty() => {
                    Ok(LogsEvent { timestamp, message: message.to_owned() })
                }
                _ => invalid(format!("Log event is not valid: {event}")),
            }
        });
        Ok(Self { events: events.collect::<Result<_, _>>()? })
    }

    /// What they count.
    pub(super) fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.message.len() + OVERHEAD).sum()
    }

    pub(super) fn check(&self, now: DateTime<Utc>, retention: Option<TimeDelta>) -> Result<Bounds, Refusal> {
        let (count, bytes) = (self.events.len(), self.bytes());
        if !(1..=MOST).contains(&count) {
            return invalid(format!("{count} events: a batch has 1 to {MOST}"));
        }
        if let Some(event) = self.events.iter().find(|event| event.message.len() + OVERHEAD > LARGEST) {
            return invalid(format!("Log event too large: {} bytes", event.message.len()));
        }
        if bytes > LARGEST {
            return invalid(format!("Upload too large: {bytes} bytes exceeds limit of {LARGEST}"));
        }
        if !self.events.is_sorted_by_key(|event| event.timestamp) {
            return invalid("Log events in a single PutLogEvents request must be in chronological order.");
        }
        let before = |at: DateTime<Utc>| self.events.partition_point(|event| event.timestamp < at.timestamp_millis());
        let after = (now + FUTURE).timestamp_millis();
        let bounds = Bounds {
            old: before(now - PAST),
            expired: retention.map_or(0, |retention| before(now - retention)),
            new: self.events.partition_point(|event| event.timestamp <= after),
            count,
        };
        let taken: Vec<_> =
            (0..count).filter(|place| bounds.takes(*place)).map(|place| self.events[place].timestamp).collect();
        if let (Some(first), Some(last)) = (taken.first(), taken.last())
            && last - first > SPAN
        {
            return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
        }
        Ok(bounds)
    }
}

impl Bounds {
    /// Whether the event at `place` is kept.
    pub(super) fn takes(&self, place: usize) -> bool {
        (self.old.max(self.expired)..self.new).contains(&place)
    }

    /// The body of the answer.
    pub(super) fn answer(&self) -> Value {
        let refused = [
            ("tooOldLogEventEndIndex", self.old, self.old > 0),
            ("expiredLogEventEndIndex", self.expired, self.expired > 0),
            ("tooNewLogEventStartIndex", self.new, self.new < self.count),
        ];
        let info: Map<String, Value> = refused
            .into_iter()
            .filter(|(_, _, there)| *there)
            .map(|(name, place, _)| (name.to_owned(), place.into()))
            .collect();
        let token = "49600000000000000000000000000000000000000000000000000001";
        if info.is_empty() {
            return json!({ "nextSequenceToken": token });
        }
        json!({ "nextSequenceToken": token, "rejectedLogEventsInfo": info })
    }
}
