use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{StoreError, StoreErrorKind};

/// What sort of record a key names. Each space has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Space {
    /// A lane's place: `<integration>/<lane>`.
    Lane,
    /// What a lane knows of one issue or notification: `<integration>/<destination>/<i or n>/<key>`.
    Key,
    /// Snapshots that the router folds the journal onto.
    Snapshot,
    /// What is watched, and what is retired.
    Catalog,
    /// Items that a service rejected: `<integration>/<delivery id>`.
    DeadLetter,
    /// The last attempts for an episode: `<integration>/<episode>`.
    History,
}

impl Space {
    /// All spaces.
    pub const ALL: [Self; 6] = [Self::Lane, Self::Key, Self::Snapshot, Self::Catalog, Self::DeadLetter, Self::History];
}

/// One record to write, or to delete.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub space: Space,
    /// Its name in the space, of at most [`LONGEST_KEY`](Change::LONGEST_KEY).
    pub key: String,
    /// What to write; `None` deletes.
    pub value: Option<Bytes>,
}

impl Change {
    /// The most bytes of a key. A broker's key-value store takes no long ones.
    pub const LONGEST_KEY: usize = 1024;

    /// Writes `value` as `key`.
    pub fn put(space: Space, key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self { space, key: key.into(), value: Some(value.into()) }
    }

    /// Deletes `key`.
    pub fn delete(space: Space, key: impl Into<String>) -> Self {
        Self { space, key: key.into(), value: None }
    }

    /// What every store asks before it makes the change.
    ///
    /// # Errors
    /// [`StoreErrorKind::Invalid`] when the key is too long.
    pub fn check(&self) -> Result<(), StoreError> {
        if self.key.len() <= Self::LONGEST_KEY {
            return Ok(());
        }
        let context = format!("a key of {} bytes, where {} are allowed", self.key.len(), Self::LONGEST_KEY);
        Err(StoreError::new(StoreErrorKind::Invalid, context))
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "put {:?} {} ({} bytes)", self.space, self.key, value.len()),
            None => write!(f, "delete {:?} {}", self.space, self.key),
        }
    }
}

/// Records by key. Atomic for each key and for nothing more, since a distributed store gives no more: records are
/// written so that one that lags behind the others is harmless.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// All records of `space` whose key starts with `prefix`, by key.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError>;

    /// Makes all `changes`; of two of the same key the later one counts. Returns once they are durable.
    ///
    /// # Errors
    /// When not all are durable: any of them may be. [`StoreErrorKind::Invalid`] when a key is too long.
    async fn save(&self, changes: &[Change]) -> Result<(), StoreError>;
}

#[async_trait]
impl<T: StateStore + ?Sized> StateStore for Box<T> {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        (**self).load(space, prefix).await
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        (**self).save(changes).await
    }
}

#[async_trait]
impl<T: StateStore + ?Sized> StateStore for Arc<T> {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        (**self).load(space, prefix).await
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        (**self).save(changes).await
    }
}
