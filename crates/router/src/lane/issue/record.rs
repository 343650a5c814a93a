use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tidegate_event::{EpisodeId, Event, IssueKey, Name, Resource, Severity};
use tidegate_sink::Receipt;
use tidegate_store::{Change, Position, Space, StoreError};
use uuid::Uuid;

use crate::stores::Stores;

/// The version of both records. A later one that reads this one must say so here.
const VERSION: u8 = 1;

/// What events are told in order of: an issue over all its episodes, or a notification over all its revisions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Subject {
    Issue(IssueKey),
    Notification(Name),
}

impl Subject {
    /// Whose event it is; `None` for logs and metrics, which have no order to keep.
    pub(super) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Issue(issue) => Some(Self::Issue(issue.key.clone())),
            Event::Notification(notification) => Some(Self::Notification(notification.id.as_str().into())),
            Event::Log(_) | Event::Metric(_) => None,
        }
    }

    /// The key of its record, of bounded length and plain characters.
    pub(super) fn record_key(&self, integration: &str) -> String {
        let space = match self {
            Self::Issue(_) => 'i',
            Self::Notification(_) => 'n',
        };
        format!("{integration}/{space}/{}", self.record_name())
    }

    /// What it is called in keys, among its like.
    pub(super) fn record_name(&self) -> String {
        match self {
            Self::Issue(key) => key.id(),
            Self::Notification(id) => IssueKey::new("", Resource::new().with_part(id.clone())).id(),
        }
    }
}

/// Where an event stands among those of its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Its episode; all revisions of a notification are of one.
    pub(super) episode: EpisodeId,
    /// Rises within the episode.
    pub(super) order: u64,
    pub(super) closes: bool,
    pub(super) severity: Severity,
}

impl Place {
    pub(super) fn of(event: &Event) -> Self {
        match event {
            Event::Issue(issue) => Self {
                episode: issue.episode,
                order: u64::from(issue.sequence),
                closes: issue.is_closed(),
                severity: issue.severity,
            },
            Event::Notification(notification) => Self {
                episode: EpisodeId::from(Uuid::nil()),
                order: u64::from(notification.revision) + 1,
                closes: false,
                severity: notification.severity,
            },
            Event::Log(_) | Event::Metric(_) => {
                Self { episode: EpisodeId::from(Uuid::nil()), order: 0, closes: false, severity: Severity::Info }
            }
        }
    }
}

/// What is known of the episode that was last attempted, or is about to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) episode: EpisodeId,
    /// An attempt was accepted, or may have been applied.
    pub(super) seen: bool,
    /// Nothing more is to be told of it.
    pub(super) settled: bool,
    /// The order of the latest event that was offered to the sink.
    pub(super) order: u64,
    /// The severity last accepted.
    pub(super) severity: Option<Severity>,
    /// When something was last accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<DateTime<Utc>>,
    /// The last receipt, and the destination that it is good for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) prior: Option<(Name, Receipt)>,
    /// How many attempts were made, for the history.
    #[serde(default)]
    pub(super) attempts: u32,
}

impl Told {
    pub(super) fn nothing(episode: EpisodeId) -> Self {
        Self { episode, seen: false, settled: false, order: 0, severity: None, at: None, prior: None, attempts: 0 }
    }
}

/// One key's record: what was told of it, and what waits. Everything of the journal before `from` is in it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeyRecord {
    version: u8,
    pub(super) subject: Subject,
    pub(super) from: Position,
    pub(super) told: Option<Told>,
    #[serde(default)]
    pub(super) pending: Vec<Arc<Event>>,
}

impl KeyRecord {
    pub(super) fn new(subject: Subject, from: Position, told: Option<Told>, pending: Vec<Arc<Event>>) -> Self {
        Self { version: VERSION, subject, from, told, pending }
    }

    pub(super) fn change(&self, integration: &str) -> Change {
        Change::put(Space::Key, self.subject.record_key(integration), json(self))
    }

    pub(super) fn read(bytes: &Bytes) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// A lane's own record: how far its keys' records hold the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LaneRecord {
    version: u8,
    /// Everything before it is in the keys' records.
    pub(crate) position: Position,
    /// Where the sink sends to. Another one means: begin anew.
    pub(crate) destination: Name,
}

impl LaneRecord {
    pub(crate) fn new(position: Position, destination: Name) -> Self {
        Self { version: VERSION, position, destination }
    }

    /// The lane of issues and notifications.
    pub(crate) const ISSUES: &str = "issues";
    /// The lane of logs and metrics.
    pub(crate) const BATCH: &str = "batch";
    /// Where the lane of issues begins at a destination at which it is not established yet.
    pub(crate) const NEXT: &str = "next";

    pub(crate) fn key(integration: &str, lane: &str) -> String {
        format!("{integration}/{lane}")
    }

    pub(crate) fn change(&self, integration: &str, lane: &str) -> Change {
        Change::put(Space::Lane, Self::key(integration, lane), json(self))
    }

    /// The record of `lane`; none where it cannot be read, for the lane can begin anew.
    pub(crate) async fn find(stores: &Stores, integration: &str, lane: &str) -> Result<Option<Self>, StoreError> {
        let key = Self::key(integration, lane);
        let records = stores.state.load(Space::Lane, &key).await?;
        let bytes = records.into_iter().find(|(found, _)| *found == key).map(|(_, bytes)| bytes);
        Ok(bytes.and_then(|bytes| {
            serde_json::from_slice(&bytes)
                .inspect_err(|error| {
                    tracing::error!(record = key, %error, "a record cannot be read; the lane begins anew");
                })
                .ok()
        }))
    }
}

/// Our records are plain data with string keys and finite numbers: they cannot fail to become JSON. Without the room it
/// grew by, since a store in memory keeps it as it is.
fn json(record: &impl Serialize) -> Bytes {
    serde_json::to_vec(record).unwrap_or_default().into_boxed_slice().into()
}
