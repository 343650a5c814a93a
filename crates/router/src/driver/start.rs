use std::ops::ControlFlow;
use std::time::Duration;

use tidegate_store::{Change, Position, Space, StoreError};

use super::{Command, Driver};
use crate::Integration;
use crate::lane::{BatchLane, IssueLane, LaneRecord, Openings};
use crate::mutation::{Mutation, left_out};
use crate::stores::{Stores, pause};

impl Driver {
    /// Brings the lanes to where their records left them, however often the store must be asked.
    ///
    /// Breaks off where it was told to leave before it began: it must not touch what the one before it has left.
    pub(super) async fn start(&mut self, mut openings: Openings) -> ControlFlow<()> {
        let mut failures = 0;
        loop {
            while let Ok(command) = self.commands.try_recv() {
                match command {
                    Command::Tell(newer) => openings = newer,
                    command => self.obey(command),
                }
            }
            if self.finish.is_some_and(|finish| finish.leaving) {
                return ControlFlow::Break(());
            }
            let Err(error) = self.try_start(&openings).await else { break };
            tracing::warn!(integration = %self.integration.name(), error = &error as &dyn std::error::Error,
                "cannot read the integration's state; trying again");
            self.board.with(|report| report.store_failing = Some(error.to_string()));
            tokio::time::sleep(pause(failures).max(Duration::from_secs(1))).await;
            failures += 1;
        }
        if failures > 0 {
            self.board.with(|report| report.store_failing = None);
        }
        ControlFlow::Continue(())
    }

    async fn try_start(&mut self, openings: &Openings) -> Result<(), StoreError> {
        for space in [Space::DeadLetter, Space::History] {
            let records = self.stores.state.load(space, &format!("{}/", self.integration.name())).await?;
            self.retention.restore(space, &records);
        }
        let begun = Begun { stores: &self.stores, integration: &self.integration };
        if self.lanes.issues && self.issue.is_none() {
            self.issue = Some(begun.issue_lane(openings).await?);
        }
        if self.lanes.batch && self.batch.is_none() {
            self.batch = Some(begun.batch_lane().await?);
        }
        Ok(())
    }
}

/// What lanes are made of.
struct Begun<'a> {
    stores: &'a Stores,
    integration: &'a Integration,
}

impl Begun<'_> {
    async fn issue_lane(&self, openings: &Openings) -> Result<IssueLane, StoreError> {
        let name = self.integration.name().clone();
        let (profile, policy) = (self.integration.sink().profile(), self.integration.policy());
        let subscription = self.integration.subscription().clone();
        let record = LaneRecord::find(self.stores, &name, LaneRecord::ISSUES).await?;
        let keys = self.stores.state.load(Space::Key, &format!("{name}/")).await?;
        let resumed = match &record {
            Some(record) if record.destination == *profile.destination() => {
                let end = self.stores.journal_end().await?;
                let lane =
                    IssueLane::resume(name.clone(), subscription.clone(), profile, policy, record.position, end, &keys);
                lane.inspect_err(|(key, error)| {
                    tracing::error!(integration = %name, record = key, %error,
                        "a record cannot be read; the integration begins anew with the issues that are open");
                })
                .ok()
            }
            _ => None,
        };
        if let Some(mut lane) = resumed {
            // A filter that is wider than it was takes issues that are open since before.
            lane.tell(openings.clone());
            return Ok(lane);
        }
        // Nothing of the old destination may survive, and the new one is saved last: until then this is done again.
        let deletions: Vec<Change> = keys.into_iter().map(|(key, _)| Change::delete(Space::Key, key)).collect();
        if !deletions.is_empty() {
            self.stores.state.save(&deletions).await?;
        }
        let mut openings = openings.clone();
        let next = LaneRecord::find(self.stores, &name, LaneRecord::NEXT).await?;
        let from =
            next.filter(|next| next.destination == *profile.destination()).map_or(openings.at, |next| next.position);
        if left_out(Mutation::TellDestinationWhileBehind) {
            openings.at = record.map_or(openings.at, |record| record.position);
        }
        Ok(IssueLane::begin(name, subscription, profile, policy, from, &openings))
    }

    async fn batch_lane(&self) -> Result<BatchLane, StoreError> {
        let record = LaneRecord::find(self.stores, self.integration.name(), LaneRecord::BATCH).await?;
        let (position, durable) = match record {
            Some(record) => (record.position, true),
            None => (self.stores.bulk_end().await?, false),
        };
        Ok(self.batch_lane_at(position, durable))
    }

    fn batch_lane_at(&self, position: Position, durable: bool) -> BatchLane {
        let integration = self.integration;
        BatchLane::new(
            integration.name().clone(),
            integration.subscription().clone(),
            integration.sink().profile(),
            integration.policy(),
            position,
            durable,
        )
    }
}
