use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tidegate_event::{EpisodeId, Event, IssueKey, Name, Resource, Severity};
use tidegate_sink::Receipt;
use tidegate_store::{Change, Position, Space, StateStore, StoreError, StoreErrorKind};
use uuid::Uuid;

use super::slot::Waiting;
use crate::record::{RecordError, read_record, unreadable};

/// The version of both records.
const VERSION: u8 = 1;

/// What events are told in order of: an issue over all its episodes, or a notification over all its revisions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Subject {
    Issue(IssueKey),
    Notification(Name),
}

impl Subject {
    /// Whose event it is; `None` for logs and metrics, which have no order to keep.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Issue(issue) => Some(Self::Issue(issue.key.clone())),
            Event::Notification(notification) => Some(Self::Notification(notification.id.as_str().into())),
            Event::Log(_) | Event::Metric(_) => None,
        }
    }

    /// The key of its record at the destination whose keys begin with `prefix`, of bounded length and plain characters.
    pub(super) fn record_key(&self, prefix: &str) -> String {
        let space = match self {
            Self::Issue(_) => 'i',
            Self::Notification(_) => 'n',
        };
        format!("{prefix}{space}/{}", self.record_name())
    }

    /// What it is called in keys, among its like.
    pub(super) fn record_name(&self) -> String {
        match self {
            Self::Issue(key) => key.id(),
            Self::Notification(id) => plain(id),
        }
    }

    /// The bytes of its own text.
    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Issue(key) => {
                let Resource { cluster, node, part } = key.resource();
                key.kind().len() + [cluster, node, part].into_iter().flatten().map(|name| name.len()).sum::<usize>()
            }
            Self::Notification(id) => id.len(),
        }
    }
}

/// Any name, of bounded length and plain characters, and none like another.
fn plain(name: &Name) -> String {
    IssueKey::new("", Resource::new().with_part(name.clone())).id()
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

/// The last event that was told, or is to be, before the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Early {
    pub(super) episode: EpisodeId,
    pub(super) order: u64,
    /// The episodes that were over by then: what the journal says of them is news to nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) over: Vec<EpisodeId>,
}

/// One key's record: what was told of it, and what waits. Everything of the journal before `from` is in it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeyRecord {
    version: u8,
    pub(super) subject: Subject,
    pub(super) from: Position,
    pub(super) told: Option<Told>,
    #[serde(default)]
    pending: Vec<Arc<Event>>,
    /// The salts of `pending`, in that order; none where all are 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    salts: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ahead: Option<Early>,
}

impl KeyRecord {
    pub(super) fn new(subject: Subject, from: Position, told: Option<Told>, waiting: &[&Waiting]) -> Self {
        let pending = waiting.iter().map(|waiting| Arc::clone(&waiting.event)).collect();
        let mut salts: Vec<u64> = waiting.iter().map(|waiting| waiting.salt).collect();
        if salts.iter().all(|salt| *salt == 0) {
            salts.clear();
        }
        Self { version: VERSION, subject, from, told, pending, salts, ahead: None }
    }

    /// The same of a key of which something is known before the journal has it.
    pub(super) fn with_ahead(self, ahead: Option<Early>) -> Self {
        Self { ahead, ..self }
    }

    /// What waits.
    pub(super) fn waiting(&self) -> impl Iterator<Item = Waiting> {
        let salts = self.salts.iter().copied().chain(std::iter::repeat(0));
        self.pending.iter().zip(salts).map(|(event, salt)| Waiting { event: Arc::clone(event), salt })
    }

    pub(super) fn change(&self, prefix: &str) -> Change {
        Change::put(Space::Key, self.subject.record_key(prefix), json(self))
    }

    /// The record under `key`.
    ///
    /// # Errors
    /// As [`StoreErrorKind::Damaged`] when it cannot be read.
    pub(super) fn read(key: &str, bytes: &Bytes) -> Result<Self, StoreError> {
        read_record(bytes, VERSION).map_err(|error| unreadable(Space::Key, key, error))
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
    /// What the journal says of issues before it was told to another destination, or to nobody.
    #[serde(default, skip_serializing_if = "is_start")]
    pub(crate) since: Position,
    /// What was or is delivered once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rewound: Option<Rewound>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_start(position: &Position) -> bool {
    *position == Position::START
}

/// A lane of logs and metrics was set back: what is before `until` is delivered once more, as other deliveries that
/// `salt` makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rewound {
    pub(crate) until: Position,
    pub(crate) salt: u64,
}

impl LaneRecord {
    pub(crate) fn new(position: Position, destination: Name) -> Self {
        Self { version: VERSION, position, destination, since: Position::START, rewound: None }
    }

    /// The same where the destination hears of issues since then.
    pub(crate) fn with_since(self, since: Position) -> Self {
        Self { since, ..self }
    }

    /// The same, set back.
    pub(crate) fn with_rewound(self, rewound: Option<Rewound>) -> Self {
        Self { rewound, ..self }
    }

    /// The lane of issues and notifications.
    pub(crate) const ISSUES: &str = "issues";
    /// The lane of logs and metrics.
    pub(crate) const BATCH: &str = "batch";
    /// Where the lane of issues begins at a destination at which it is not established yet.
    pub(crate) const NEXT: &str = "next";
    /// What is to be told once more: no lane.
    pub(crate) const REPLAY: &str = "replay";

    /// What the keys of all [`KeyRecord`]s of `integration` at `destination` begin with. Each destination has its own, so that
    /// one on its way to another overwrites nothing before it is there.
    pub(crate) fn key_prefix(integration: &str, destination: &Name) -> String {
        format!("{integration}/{}/", plain(destination))
    }

    pub(crate) fn key(integration: &str, lane: &str) -> String {
        format!("{integration}/{lane}")
    }

    pub(crate) fn change(&self, integration: &str, lane: &str) -> Change {
        Change::put(Space::Lane, Self::key(integration, lane), json(self))
    }

    /// The record of `lane`.
    ///
    /// # Errors
    /// When the store fails, and as [`StoreErrorKind::Damaged`] when the record cannot be read: begun anew, the lane would
    /// forget what it has told.
    pub(crate) async fn find(
        state: &dyn StateStore,
        integration: &str,
        lane: &str,
    ) -> Result<Option<Self>, StoreError> {
        let key = Self::key(integration, lane);
        let records = state.load(Space::Lane, &key).await?;
        let Some((_, bytes)) = records.into_iter().find(|(found, _)| *found == key) else { return Ok(None) };
        let unreadable = |error: RecordError| {
            let context = format!("`{key}` cannot be read; deleting it makes the lane begin anew");
            StoreError::new(StoreErrorKind::Damaged, context).with_source(error)
        };
        read_record(&bytes, VERSION).map(Some).map_err(unreadable)
    }
}

/// Our records are plain data with string keys and finite numbers: they cannot fail to become JSON. Without the room it
/// grew by, since a store in memory keeps it as it is.
fn json(record: &impl Serialize) -> Bytes {
    serde_json::to_vec(record).unwrap_or_default().into_boxed_slice().into()
}
