use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Names one episode of an issue: from its first open event to its closed one. A UUID of version 7, so that episodes
/// sort by when they opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpisodeId(Uuid);

impl EpisodeId {
    /// The id of an episode that opens at `at`, with `random` bits of the caller's seeded generator.
    pub fn new(at: DateTime<Utc>, random: [u8; 10]) -> Self {
        let milliseconds = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
    }

    /// The UUID itself.
    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl From<Uuid> for EpisodeId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for EpisodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}
