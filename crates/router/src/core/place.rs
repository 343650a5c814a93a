//! A durable place for each lane, before anything is acknowledged that the lane must not miss.

use tidegate_store::{Change, Position, Space, StoreError, StoreErrorKind};

use super::{Core, GivenUp};
use crate::lane::LaneRecord;
use crate::mutation::{Mutation, left_out};
use crate::stores::{Stores, pause};
use crate::{Integration, RouterError, RouterErrorKind};

/// Where an integration's lanes begin, where they have no place yet: behind everything there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) journal: Position,
    pub(super) bulk: Position,
}

/// Which lanes an integration has. One that was told of issues keeps its lane for them when it is to be told of no more:
/// what it was told as open, it is told as closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lanes {
    pub(crate) issues: bool,
    pub(crate) batch: bool,
}

impl Core {
    /// Places the lanes of `integration`, however often the store must be asked.
    pub(super) async fn place_surely(&mut self, integration: &Integration) -> Result<Lanes, RouterError> {
        let mut failures = 0;
        loop {
            let error = match place(&self.stores, self.book.position, integration).await {
                Ok(lanes) => return Ok(lanes),
                Err(error) => error,
            };
            if error.kind() == StoreErrorKind::Damaged {
                let context = format!("cannot read where the integration `{}` was", integration.name());
                return Err(RouterError::new(RouterErrorKind::Unreadable, context).with_source(error));
            }
            tracing::warn!(integration = %integration.name(), error = &error as &dyn std::error::Error,
                "cannot save where the integration begins; trying again");
            if self.wait_or_stop(pause(failures)).await.is_err() {
                return Err(GivenUp.into());
            }
            failures += 1;
        }
    }
}

/// Gives each lane of `integration` that has none a place behind everything that was acknowledged so far. A lane that
/// is to send to another destination keeps its old place until its new one is established; where that is to begin is
/// saved beside it.
pub(super) async fn place(stores: &Stores, journal: Position, integration: &Integration) -> Result<Lanes, StoreError> {
    let ends = Ends { journal, bulk: stores.bulk_end().await? };
    let (lanes, changes) = places(stores, ends, integration).await?;
    if !changes.is_empty() && !left_out(Mutation::PlaceAtFirstCheckpoint) {
        stores.state.save(&changes).await?;
    }
    Ok(lanes)
}

async fn places(stores: &Stores, ends: Ends, integration: &Integration) -> Result<(Lanes, Vec<Change>), StoreError> {
    let (name, destination) = (integration.name(), integration.sink().profile().destination());
    let mut changes = Vec::new();
    let delete = |lane| Change::delete(Space::Lane, LaneRecord::key(name, lane));
    let batch = LaneRecord::find(&*stores.state, name, LaneRecord::BATCH).await?;
    match (integration.has_batch_lane(), batch) {
        (true, None) => changes.push(LaneRecord::new(ends.bulk, destination.clone()).change(name, LaneRecord::BATCH)),
        // Taken up again later, it is not to be told of what came meanwhile.
        (false, Some(_)) => changes.push(delete(LaneRecord::BATCH)),
        _ => {}
    }
    let present = LaneRecord::find(&*stores.state, name, LaneRecord::ISSUES).await?;
    let lanes =
        Lanes { issues: integration.has_issue_lane() || present.is_some(), batch: integration.has_batch_lane() };
    if !lanes.issues {
        return Ok((lanes, changes));
    }
    let next = LaneRecord::find(&*stores.state, name, LaneRecord::NEXT).await?;
    match (present, next) {
        (None, _) => {
            let record = LaneRecord::new(ends.journal, destination.clone()).with_since(ends.journal);
            changes.push(record.change(name, LaneRecord::ISSUES));
        }
        (Some(present), next) if present.destination == *destination => {
            changes.extend(next.map(|_| delete(LaneRecord::NEXT)));
        }
        // On its way there already.
        (_, Some(next)) if next.destination == *destination => {}
        (Some(present), next) => {
            // What was acknowledged on the way to a place that was never reached is for this one.
            let unreached = next.filter(|next| next.destination != present.destination);
            let from = unreached.map_or(ends.journal, |next| next.position);
            changes.push(LaneRecord::new(from, destination.clone()).change(name, LaneRecord::NEXT));
        }
    }
    Ok((lanes, changes))
}
