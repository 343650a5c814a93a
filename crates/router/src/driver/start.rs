use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;
use tidegate_event::Event;
use tidegate_store::{Change, Space, StoreError};

use super::retention::Retention;
use super::{Command, Driver};
use crate::Integration;
use crate::lane::{BatchLane, DeadLetter, IssueLane, LaneRecord, Openings, Rewound};
use crate::mutation::{Mutation, left_out};
use crate::replay::{self, Replay};
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
            let now = self.stores.clock.now();
            self.board.with(|report| report.dealt(Dealing::Start, Some(&error), now));
            tokio::time::sleep(pause(failures).max(Duration::from_secs(1))).await;
            failures += 1;
        }
        if failures > 0 {
            let now = self.stores.clock.now();
            self.board.with(|report| report.dealt(Dealing::Start, None, now));
        }
        if let Some(lane) = &mut self.issue {
            self.complete_at.into_iter().for_each(|end| lane.nothing_is_ahead(end));
            for foretold in std::mem::take(&mut self.foretold) {
                lane.foretell(foretold);
            }
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
        let replay = Replay::find(&*self.stores.state, self.integration.name()).await?;
        if self.lanes.batch && self.batch.is_none() {
            self.batch = Some(begun.batch_lane(replay.as_ref()).await?);
        }
        if let Some(replay) = replay {
            self.replay(&replay, openings).await?;
        }
        self.offer_again(DeadLetter::asked_for(&letters));
        Ok(())
    }

    /// Tells the present states since then once more; logs and metrics are on their way already.
    async fn replay(&mut self, replay: &Replay, openings: &Openings) -> Result<(), StoreError> {
        let (name, kinds) = (self.integration.name(), self.integration.sink().profile().kinds());
        let done = Replay::deletion(name);
        let Some(lane) = &mut self.issue else { return self.stores.state.save(&[done]).await };
        let subscription = self.integration.subscription().clone().limited_to(kinds);
        let takes = |event: &Event| subscription.takes(name, event);
        let events = replay::present(&*self.stores.journal, &openings.issues, replay.since, takes).await?;
        tracing::info!(integration = %name, events = events.len(), "issues and notifications are told once more");
        lane.replay(events, replay.salt, done);
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
        let record = LaneRecord::find(&*self.stores.state, name, LaneRecord::ISSUES).await?;
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
        lane.told_since(record.since);
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
        let next = LaneRecord::find(&*self.stores.state, &name, LaneRecord::NEXT).await?;
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

    async fn batch_lane(&self, replay: Option<&Replay>) -> Result<BatchLane, StoreError> {
        let (name, subscription) = (self.integration.name().clone(), self.integration.subscription().clone());
        let (profile, policy) = (self.integration.sink().profile(), self.integration.policy());
        let record = LaneRecord::find(&*self.stores.state, &name, LaneRecord::BATCH).await?;
        let record = match (record, replay) {
            (Some(record), Some(replay)) => Some(self.set_back(record, replay).await?),
            (record, _) => record,
        };
        let end = self.stores.bulk_end().await?;
        Ok(match record {
            Some(record) => {
                let lane = BatchLane::resume(name, subscription, profile, policy, record.position, end);
                lane.rewound(record.rewound)
            }
            None => BatchLane::begin(name, subscription, profile, policy, end),
        })
    }

    /// Where the lane goes on so that it delivers once more what `replay` asks for; saved, so that it is done once.
    async fn set_back(&self, record: LaneRecord, replay: &Replay) -> Result<LaneRecord, StoreError> {
        if record.rewound.is_some_and(|rewound| rewound.salt == replay.salt) {
            return Ok(record);
        }
        let first = replay::first_since(&*self.stores.bulk, replay.since, record.position).await?;
        let until = record.rewound.map_or(record.position, |before| before.until.max(record.position));
        let position = first.unwrap_or(record.position);
        let rewound = Some(Rewound { until, salt: replay.salt });
        let record = LaneRecord::new(position, record.destination).with_rewound(rewound);
        self.stores.state.save(&[record.change(self.integration.name(), LaneRecord::BATCH)]).await?;
        Ok(record)
    }
}
