use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tidegate_event::Resource;
use tidegate_store::{Change, Space, StateStore, StoreError};

use crate::record::{read_record, unreadable};

/// The key of the catalog's one record.
const RECORD: &str = "catalog";
const VERSION: u8 = 1;

/// What the configuration names, and what is gone on purpose: neither stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Catalog {
    version: u8,
    /// The resources that the configuration named at the last start.
    pub(super) watched: BTreeSet<Resource>,
    pub(super) retired: Vec<(Resource, String)>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self { version: VERSION, watched: BTreeSet::new(), retired: Vec::new() }
    }
}

impl Catalog {
    /// As it was saved last; an empty one where none was.
    pub(super) async fn load(state: &Arc<dyn StateStore>) -> Result<Self, StoreError> {
        let records = state.load(Space::Catalog, RECORD).await?;
        let Some((key, bytes)) = records.into_iter().find(|(key, _)| key == RECORD) else {
            return Ok(Self::default());
        };
        read_record(&bytes, VERSION).map_err(|error| unreadable(Space::Catalog, &key, error))
    }

    pub(super) fn change(&self) -> Change {
        // Plain data with string keys: it cannot fail to become JSON.
        Change::put(Space::Catalog, RECORD, serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether `resource` was named by the configuration before, itself or by what it lies in, and is not any more.
    /// What no configuration ever named cannot be missing from it.
    pub(super) fn has_lost(&self, resource: &Resource, watched: &BTreeSet<Resource>) -> bool {
        let named = |names: &BTreeSet<Resource>| names.iter().any(|name| name.covers(resource));
        named(&self.watched) && !named(watched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_named_can_be_missing() {
        let node = |name: &str| Resource::new().with_cluster("orders").with_node(name);
        let mut catalog = Catalog::default();
        catalog.watched.extend([node("a"), node("b")]);
        let now = BTreeSet::from([node("a")]);
        assert!(catalog.has_lost(&node("b"), &now));
        assert!(catalog.has_lost(&node("b").with_part("/data"), &now));
        assert!(!catalog.has_lost(&node("a").with_part("/data"), &now));
        assert!(!catalog.has_lost(&node("discovered"), &now));
    }
}
