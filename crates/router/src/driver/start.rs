use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;
use tidegate_store::{Change, Space, StoreError};

use super::retention::Retention;
use super::{Command, Driver};
use crate::Integration;
use crate::lane::{BatchLane, DeadLetter, IssueLane, LaneRecord, Openings};
use crate::mutation::{Mutation, left_out};
use crate::status::Dealing;
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
            self.board.with(|report| report.dealt(Dealing::Start, Some(&error)));
            tokio::time::sleep(pause(failures).max(Duration::from_secs(1))).await;
            failures += 1;
        }
        if failures > 0 {
            self.board.with(|report| report.dealt(Dealing::Start, None));
        }
        ControlFlow::Continue(())
    }

    async fn try_start(&mut self, openings: &Openings) -> Result<(), StoreError> {
        let mut retention = Retention::default();
        let prefix = format!("{}/", self.integration.name());
        let letters = self.stores.state.load(Space::DeadLetter, &prefix).await?;
        retention.restore(Space::DeadLetter, &letters);
        retention.restore(Space::History, &self.stores.state.load(Space::History, &prefix).await?);
        self.retention = retention;
        let begun = Begun { stores: &self.stores, integration: &self.integration };
        if self.lanes.issues && self.issue.is_none() {
            self.issue = Some(begun.issue_lane(openings).await?);
        }
        if self.lanes.batch && self.batch.is_none() {
            self.batch = Some(begun.batch_lane().await?);
        }
        self.offer_again(DeadLetter::asked_for(&letters));
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
        let (name, destination) = (self.integration.name(), self.integration.sink().profile().destination());
        let record = LaneRecord::find(self.stores, name, LaneRecord::ISSUES).await?;
        let keys = self.stores.state.load(Space::Key, &format!("{name}/")).await?;
        let prefix = LaneRecord::key_prefix(name, destination);
        let (own, others): (Vec<_>, Vec<_>) = keys.into_iter().partition(|(key, _)| key.starts_with(&prefix));
        let others = others.into_iter().map(|(key, _)| key).collect();
        match record {
            Some(record) if record.destination == *destination => self.resumed(&record, own, others, openings).await,
            record => self.begun(record.as_ref(), own, others, openings).await,
        }
    }

    /// The lane where it was before.
    async fn resumed(
        &self,
        record: &LaneRecord,
        own: Vec<(String, Bytes)>,
        others: Vec<String>,
        openings: &Openings,
    ) -> Result<IssueLane, StoreError> {
        // A way to another destination was begun and taken back, or one away from there was cut short behind its end.
        self.delete(others).await?;
        let (name, subscription) = (self.integration.name().clone(), self.integration.subscription().clone());
        let (profile, policy) = (self.integration.sink().profile(), self.integration.policy());
        let end = self.stores.journal_end().await?;
        let (mut lane, unreadable) = IssueLane::resume(name, subscription, profile, policy, record.position, end, &own);
        for error in unreadable {
            tracing::error!(integration = %self.integration.name(), error = &error as &dyn std::error::Error,
                "a record cannot be read; what was told of its issue or notification is not known any more");
        }
        // A filter that is wider than it was takes issues that are open since before.
        lane.tell(openings.clone());
        Ok(lane)
    }

    /// The lane at a new destination. Until it is established there, all that was there before stays as it is, and this
    /// is done again at each start.
    async fn begun(
        &self,
        record: Option<&LaneRecord>,
        own: Vec<(String, Bytes)>,
        others: Vec<String>,
        openings: &Openings,
    ) -> Result<IssueLane, StoreError> {
        self.delete(own.into_iter().map(|(key, _)| key).collect()).await?;
        let (name, subscription) = (self.integration.name().clone(), self.integration.subscription().clone());
        let (profile, policy) = (self.integration.sink().profile(), self.integration.policy());
        let mut openings = openings.clone();
        let next = LaneRecord::find(self.stores, &name, LaneRecord::NEXT).await?;
        let from =
            next.filter(|next| next.destination == *profile.destination()).map_or(openings.at, |next| next.position);
        if left_out(Mutation::TellDestinationWhileBehind) {
            openings.at = record.map_or(openings.at, |record| record.position);
        }
        let mut lane = IssueLane::begin(name, subscription, profile, policy, from, &openings);
        lane.supersede(others);
        Ok(lane)
    }

    async fn delete(&self, keys: Vec<String>) -> Result<(), StoreError> {
        let deletions: Vec<Change> = keys.into_iter().map(|key| Change::delete(Space::Key, key)).collect();
        if deletions.is_empty() { Ok(()) } else { self.stores.state.save(&deletions).await }
    }

    async fn batch_lane(&self) -> Result<BatchLane, StoreError> {
        let (name, subscription) = (self.integration.name().clone(), self.integration.subscription().clone());
        let (profile, policy) = (self.integration.sink().profile(), self.integration.policy());
        let record = LaneRecord::find(self.stores, &name, LaneRecord::BATCH).await?;
        let end = self.stores.bulk_end().await?;
        Ok(match record {
            Some(record) => BatchLane::resume(name, subscription, profile, policy, record.position, end),
            None => BatchLane::begin(name, subscription, profile, policy, end),
        })
    }
}
