//! A durable place for each lane, before anything is acknowledged that the lane must not miss.

use tidegate_store::{Change, Position, Space, StoreError};

use super::{Core, GivenUp};
use crate::Integration;
use crate::lane::LaneRecord;
use crate::stores::{Stores, pause};

/// Where an integration's lanes begin, where they have no place yet: behind everything there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) journal: Position,
    pub(super) bulk: Position,
}

impl Core {
    /// Places the lanes of `integration`, however often the store must be asked.
    pub(super) async fn place_surely(&mut self, integration: &Integration) -> Result<(), GivenUp> {
        let mut failures = 0;
        while let Err(error) = place(&self.stores, self.book.position, integration).await {
            tracing::warn!(integration = %integration.name(), error = &error as &dyn std::error::Error,
                "cannot save where the integration begins; trying again");
            self.wait_or_stop(pause(failures)).await?;
            failures += 1;
        }
        Ok(())
    }
}

/// Gives each lane of `integration` that has none a place behind everything that was acknowledged so far. A lane that
/// is to send to another destination keeps its old place until its new one is established; where that is to begin is
/// saved beside it.
pub(super) async fn place(stores: &Stores, journal: Position, integration: &Integration) -> Result<(), StoreError> {
    let ends = Ends { journal, bulk: stores.bulk_end().await? };
    let changes = places(stores, ends, integration).await?;
    if changes.is_empty() { Ok(()) } else { stores.state.save(&changes).await }
}

async fn places(stores: &Stores, ends: Ends, integration: &Integration) -> Result<Vec<Change>, StoreError> {
    let destination = integration.sink().profile().destination();
    let mut changes = Vec::new();
    if integration.has_batch_lane() && LaneRecord::find(stores, integration.name(), LaneRecord::BATCH).await?.is_none()
    {
        let record = LaneRecord::new(ends.bulk, destination.clone());
        changes.push(record.change(integration.name(), LaneRecord::BATCH));
    }
    if !integration.has_issue_lane() {
        return Ok(changes);
    }
    let present = LaneRecord::find(stores, integration.name(), LaneRecord::ISSUES).await?;
    let next = LaneRecord::find(stores, integration.name(), LaneRecord::NEXT).await?;
    match (present, next) {
        (None, _) => {
            let record = LaneRecord::new(ends.journal, destination.clone());
            changes.push(record.change(integration.name(), LaneRecord::ISSUES));
        }
        (Some(present), next) if present.destination == *destination => {
            let key = LaneRecord::key(integration.name(), LaneRecord::NEXT);
            changes.extend(next.map(|_| Change::delete(Space::Lane, key)));
        }
        // On its way there already.
        (_, Some(next)) if next.destination == *destination => {}
        (Some(present), next) => {
            // What was acknowledged on the way to a place that was never reached is for this one.
            let unreached = next.filter(|next| next.destination != present.destination);
            let from = unreached.map_or(ends.journal, |next| next.position);
            let record = LaneRecord::new(from, destination.clone());
            changes.push(record.change(integration.name(), LaneRecord::NEXT));
        }
    }
    Ok(changes)
}
