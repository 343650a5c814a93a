use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_event::Resource;
use tidegate_store::{Position, StoreError};

use super::{Core, GivenUp, Seat};
use crate::mutation::{Mutation, left_out};
use crate::stores::pause;

/// How often the book is saved, so that the journal can be released.
const INTERVAL: TimeDelta = TimeDelta::seconds(30);
/// After how much of the journal it is saved before that. A journal that is full waits for what is released, and while it
/// does the book is ahead of it and cannot be saved.
pub(super) const UNSAVED_BYTES: usize = 32 * 1024 * 1024;

impl Core {
    /// Saves the book when it is due, and lets the logs forget what nobody needs.
    pub(super) async fn keep_house(&mut self, now: DateTime<Utc>) {
        let due = self.snapshot_at.is_none_or(|at| now - at >= INTERVAL);
        if due && self.snapshot_position != self.book.position {
            self.snapshot_at = Some(now);
            self.save_snapshot().await;
        }
        self.release().await;
        // Drivers that were replaced or removed have ended; their results say nothing.
        while self.drivers.try_join_next().is_some() {}
    }

    pub(super) async fn save_snapshot(&mut self) {
        if self.ahead {
            return;
        }
        let (change, position) = (self.book.snapshot(), self.book.position);
        match self.stores.state.save(&[change]).await {
            Ok(()) => {
                self.snapshot_position = position;
                self.unsaved_bytes = 0;
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot save the ledger; trying again later");
            }
        }
    }

    /// Saves what the configuration names and what is retired.
    pub(super) async fn save_catalog(&mut self) -> Result<(), GivenUp> {
        self.catalog.watched = self.named_resources();
        self.catalog.retired =
            self.book.ledger.retired().map(|(resource, why)| (resource.clone(), why.to_owned())).collect();
        self.write_catalog().await
    }

    /// Takes out of the catalog what is not retired any more, and adds nothing yet.
    pub(super) async fn save_restored(&mut self) -> Result<(), GivenUp> {
        let retired: BTreeSet<&Resource> = self.book.ledger.retired().map(|(resource, _)| resource).collect();
        self.catalog.retired.retain(|(resource, _)| retired.contains(resource));
        self.write_catalog().await
    }

    async fn write_catalog(&mut self) -> Result<(), GivenUp> {
        let change = self.catalog.change();
        let mut failures = 0;
        while let Err(error) = self.stores.state.save(std::slice::from_ref(&change)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot save the catalog; trying again");
            self.wait_or_stop(pause(failures)).await?;
            failures += 1;
        }
        Ok(())
    }

    /// The journal is needed from the least of what the lanes and the book have made durable; the bulk log from the
    /// least of the lanes.
    pub(super) async fn release(&mut self) {
        let least = |of: fn(&Seat) -> Option<Option<Position>>| {
            self.seats.values().filter_map(of).map(|position| position.unwrap_or(Position::START)).min()
        };
        let lanes = least(|seat| seat.has_issue_lane.then(|| seat.board.with(|report| report.journal)));
        let bulk = least(|seat| seat.has_batch_lane.then(|| seat.board.with(|report| report.bulk)));
        let book = if left_out(Mutation::ReleaseAheadOfLedger) { self.book.position } else { self.snapshot_position };
        let journal = lanes.map_or(book, |lanes| lanes.min(book));
        if journal > self.released.0 {
            warn_of(self.stores.journal.release(journal).await);
            self.released.0 = journal;
        }
        if let Some(bulk) = bulk.filter(|bulk| *bulk > self.released.1) {
            warn_of(self.stores.bulk.release(bulk).await);
            self.released.1 = bulk;
        }
    }
}

fn warn_of(released: Result<(), StoreError>) {
    if let Err(error) = released {
        tracing::warn!(error = &error as &dyn std::error::Error, "a log cannot forget; it keeps more than it must");
    }
}
