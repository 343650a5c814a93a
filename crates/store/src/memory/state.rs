use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Change, Space, StateStore, StoreError};

type Records = BTreeMap<Space, BTreeMap<String, Bytes>>;

/// A [`StateStore`] in memory. It needs no runtime, and makes all changes of a save at once.
#[derive(Default)]
pub struct MemoryState {
    records: Mutex<Records>,
}

impl MemoryState {
    /// A store without a record.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many records it holds, over all spaces.
    pub fn len(&self) -> usize {
        self.lock().values().map(BTreeMap::len).sum()
    }

    /// Whether it holds no record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        // Each change stands for itself, so that a panic between two leaves nothing torn.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryState").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[async_trait]
impl StateStore for MemoryState {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        let records = self.lock();
        let Some(records) = records.get(&space) else { return Ok(Vec::new()) };
        Ok(records
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        changes.iter().try_for_each(Change::check)?;
        let mut records = self.lock();
        for Change { space, key, value } in changes {
            let records = records.entry(*space).or_default();
            match value {
                Some(value) => records.insert(key.clone(), value.clone()),
                None => records.remove(key),
            };
        }
        Ok(())
    }
}
