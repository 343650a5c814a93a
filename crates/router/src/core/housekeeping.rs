use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::Random;
use tidegate_event::Resource;
use tidegate_store::{Position, StoreError, StoreErrorKind};

use super::aside::Aside;
use super::book::Book;
use super::{Core, Seat};
use crate::mutation::{Mutation, left_out};
use crate::status::{Store, Trouble};
use crate::stores::Stores;

/// How often the book is saved, so that the journal can be released.
const INTERVAL: TimeDelta = TimeDelta::seconds(30);
/// How soon it is tried again after a failure.
const AGAIN: TimeDelta = TimeDelta::seconds(15);
/// After how much of the journal it is saved before that, so that little must be read again for it.
const UNSAVED_BYTES: usize = 32 * 1024 * 1024;
/// How long a store may take for what only keeps house. Nothing else is done meanwhile.
const LONGEST: Duration = Duration::from_secs(5);

impl Core {
    /// Saves the book when it is due, and lets the logs forget what nobody needs.
    pub(super) async fn keep_house(&mut self, now: DateTime<Utc>) {
        // A clock that was set back must not hold it up until it has caught up.
        let interval = if self.book_trouble.is_some() { AGAIN } else { INTERVAL };
        let due = self.book_saved_at.is_none_or(|at| (now - at).abs() >= interval);
        // What was appended and said to have failed is in the journal beyond the book.
        if due && self.book_saving.is_none() && (self.is_ahead() || self.book_position != self.book.position) {
            self.begin_to_save_book();
        }
        self.book_ended().await;
        self.release().await;
        self.look_after_drivers();
    }

    pub(super) async fn save_if_much_is_unsaved(&mut self) {
        if self.unsaved_bytes > UNSAVED_BYTES {
            // Whatever comes of it: where it fails, the next tick or so many bytes more are soon enough.
            self.unsaved_bytes = 0;
            if self.book_saving.is_none() {
                self.begin_to_save_book();
                self.book_ended().await;
            }
        }
    }

    /// Saves what is known of the journal; what was begun before it does not matter any more.
    pub(super) async fn save_book(&mut self) {
        self.begin_to_save_book();
        if let Some(saving) = self.book_saving.take() {
            let ended = in_time(saving.wait()).await;
            self.book_saved_or_not(ended);
        }
    }

    /// While the journal lacks what was decided last, the book is saved by what the journal says itself, as after a restart.
    fn begin_to_save_book(&mut self) {
        let now = self.now();
        self.book_saved_at = Some(now);
        let stores = self.stores.clone();
        self.book_saving = Some(if self.is_ahead() {
            Aside::begin(save_book_of_journal(stores), now)
        } else {
            let (change, position) = (self.book.change(), self.book.position);
            Aside::begin(async move { stores.state.save(&[change]).await.map(|()| position) }, now)
        });
    }

    async fn book_ended(&mut self) {
        if let Some(ended) = Aside::ended(&mut self.book_saving).await {
            self.book_saved_or_not(ended);
        }
    }

    fn book_saved_or_not(&mut self, ended: Result<Position, StoreError>) {
        match ended {
            Ok(position) => self.book_saved(position),
            Err(error) => self.book_failed(&error),
        }
    }

    fn book_saved(&mut self, position: Position) {
        self.book_position = position;
        self.unsaved_bytes = 0;
        if self.book_trouble.take().is_some() {
            tracing::warn!("the ledger is saved again");
        }
    }

    fn book_failed(&mut self, error: &StoreError) {
        let since = self.book_trouble.as_ref().map_or(self.now(), |before| before.since);
        if self.book_trouble.replace(Trouble::new(Store::State, error, since)).is_none() {
            tracing::warn!(error = error as &dyn std::error::Error, "cannot save the ledger; trying again");
        }
    }

    /// The catalog says what the configuration names and what is retired.
    pub(super) fn catalog_of_now(&mut self) {
        self.catalog.watched = self.named_resources();
        self.catalog.retired =
            self.book.ledger.retired().map(|(resource, why)| (resource.clone(), why.to_owned())).collect();
    }

    /// Takes out of the catalog what is not retired any more, and adds nothing yet.
    pub(super) fn catalog_without_restored(&mut self) {
        let retired: BTreeSet<&Resource> = self.book.ledger.retired().map(|(resource, _)| resource).collect();
        self.catalog.retired.retain(|(resource, _)| retired.contains(resource));
    }

    /// The journal is needed from the least of what the lanes and the book have made durable; the bulk log from the
    /// least of the lanes.
    pub(super) async fn release(&mut self) {
        let least = |of: fn(&Seat) -> Option<Option<Position>>| {
            self.seats.values().filter_map(of).map(|position| position.unwrap_or(Position::START)).min()
        };
        let lanes = least(|seat| seat.lanes.issues.then(|| seat.board.with(|report| report.journal)));
        let bulk = least(|seat| seat.lanes.batch.then(|| seat.board.with(|report| report.bulk)));
        let book = if left_out(Mutation::ReleaseAheadOfLedger) { self.book.position } else { self.book_position };
        let journal = lanes.map_or(book, |lanes| lanes.min(book));
        if journal > self.released.0 {
            warn_of(in_time(self.stores.journal.release(journal)).await);
            self.released.0 = journal;
        }
        if let Some(bulk) = bulk.filter(|bulk| *bulk > self.released.1) {
            warn_of(in_time(self.stores.bulk.release(bulk)).await);
            self.released.1 = bulk;
        }
    }
}

async fn save_book_of_journal(stores: Stores) -> Result<Position, StoreError> {
    let mut book = Book::load(&stores.state, Random::seeded(0)).await?;
    book.fold_journal(&*stores.journal).await?;
    stores.state.save(&[book.change()]).await?;
    Ok(book.position)
}

/// A store that hangs must not hold up what only keeps house, nor a stop.
pub(super) async fn in_time<T>(dealing: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let late = |_| Err(StoreError::new(StoreErrorKind::Io, "a store does not answer"));
    tokio::time::timeout(LONGEST, dealing).await.unwrap_or_else(late)
}

fn warn_of(released: Result<(), StoreError>) {
    if let Err(error) = released {
        tracing::warn!(error = &error as &dyn std::error::Error, "a log cannot forget; it keeps more than it must");
    }
}
