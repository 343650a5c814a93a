use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{IssueEvent, LogRecord, Notification, Resource, Sample};

/// What is routed to sinks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// An issue opened, changed or closed.
    Issue(Box<IssueEvent>),
    /// Something noteworthy happened.
    Notification(Box<Notification>),
    /// A line of a log.
    Log(Box<LogRecord>),
    /// A measured value.
    Metric(Sample),
}

/// The four kinds of [`Event`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// Of an [`Event::Issue`].
    Issue,
    /// Of an [`Event::Notification`].
    Notification,
    /// Of an [`Event::Log`].
    Log,
    /// Of an [`Event::Metric`].
    Metric,
}

impl EventKind {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Issue, Self::Notification, Self::Log, Self::Metric];
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Issue => "issue",
            Self::Notification => "notification",
            Self::Log => "log",
            Self::Metric => "metric",
        })
    }
}

impl Event {
    /// Which of the four it is.
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Issue(_) => EventKind::Issue,
            Self::Notification(_) => EventKind::Notification,
            Self::Log(_) => EventKind::Log,
            Self::Metric(_) => EventKind::Metric,
        }
    }

    /// Where it happened.
    pub fn resource(&self) -> &Resource {
        match self {
            Self::Issue(issue) => issue.key.resource(),
            Self::Notification(notification) => &notification.resource,
            Self::Log(record) => &record.resource,
            Self::Metric(sample) => &sample.resource,
        }
    }

    /// When it happened.
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Issue(issue) => issue.at,
            Self::Notification(notification) => notification.at,
            Self::Log(record) => record.at,
            Self::Metric(sample) => sample.at,
        }
    }

    /// About how many bytes it takes in memory: what every bound in bytes counts by.
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Issue(issue) => size_of::<IssueEvent>() + issue.text_bytes(),
                Self::Notification(notification) => size_of::<Notification>() + notification.text_bytes(),
                Self::Log(record) => size_of::<LogRecord>() + record.text_bytes(),
                Self::Metric(sample) => sample.text_bytes(),
            }
    }
}

impl From<IssueEvent> for Event {
    fn from(issue: IssueEvent) -> Self {
        Self::Issue(Box::new(issue))
    }
}

impl From<Notification> for Event {
    fn from(notification: Notification) -> Self {
        Self::Notification(Box::new(notification))
    }
}

impl From<LogRecord> for Event {
    fn from(record: LogRecord) -> Self {
        Self::Log(Box::new(record))
    }
}

impl From<Sample> for Event {
    fn from(sample: Sample) -> Self {
        Self::Metric(sample)
    }
}
