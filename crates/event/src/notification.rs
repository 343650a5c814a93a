use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Name, Resource, Severity, time};

/// Something noteworthy that happened, told once. A later revision of the same id replaces the earlier ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// Names it, over all its revisions.
    pub id: String,
    /// Rises when there is something new to say of it. A revision that is not above those seen is taken and dropped.
    #[serde(default)]
    pub revision: u32,
    /// What sort of thing happened, such as `instances-provision-failed`.
    pub kind: Name,
    /// How bad it is.
    pub severity: Severity,
    /// What to tell people.
    pub message: String,
    /// Where it happened.
    #[serde(default)]
    pub resource: Resource,
    /// When it happened.
    #[serde(with = "time")]
    pub at: DateTime<Utc>,
}

impl Notification {
    /// The first revision of a notification, of severity [`Info`](Severity::Info).
    pub fn new(id: impl Into<String>, kind: impl Into<Name>, message: impl Into<String>, at: DateTime<Utc>) -> Self {
        Self {
            id: id.into(),
            revision: 0,
            kind: kind.into(),
            severity: Severity::Info,
            message: message.into(),
            resource: Resource::new(),
            at: time::truncate(at),
        }
    }

    /// The same as a later `revision`.
    pub fn with_revision(mut self, revision: u32) -> Self {
        self.revision = revision;
        self
    }

    /// The same with `severity`.
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same about `resource`.
    pub fn with_resource(mut self, resource: Resource) -> Self {
        self.resource = resource;
        self
    }

    pub(crate) fn text_bytes(&self) -> usize {
        self.id.len() + self.kind.len() + self.message.len() + self.resource.text_bytes()
    }
}
