use std::collections::BTreeMap;

use tidegate_base::Random;
use tidegate_detect::{Detector, Ratios};
use tidegate_event::{Event, IssueEvent, Signal};
use tidegate_store::{Change, Mark, Position, Space, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::book::Book;
use super::catalog::Catalog;
use super::intake::Batch;
use super::own_issues::{integration_key, source_key};
use super::{Core, GivenUp, Watched};
use crate::mutation::{Mutation, left_out};
use crate::stores::Stores;
use crate::{Integration, RouterError, RouterErrorKind, SINK_UNAVAILABLE, SOURCE_UNAVAILABLE};

/// About how much of the journal is folded at once.
const READ_BYTES: usize = 1024 * 1024;

impl Core {
    /// Brings everything to where the store left it, closes what nothing can close any more, and starts the drivers.
    pub(crate) async fn start(
        stores: Stores,
        mut random: Random,
        detectors: Vec<Box<dyn Detector>>,
        sources: Vec<Watched>,
        integrations: Vec<Integration>,
        stopping: watch::Receiver<bool>,
    ) -> Result<Result<Self, GivenUp>, RouterError> {
        let book = load_book(&stores, random.fork()).await?;
        let catalog = load_catalog(&stores).await?;
        let mut core = Self {
            snapshot_position: book.position,
            stores,
            random,
            detectors,
            ratios: Ratios::standard(),
            book,
            catalog,
            sources,
            seats: BTreeMap::new(),
            leaving: BTreeMap::new(),
            drivers: JoinSet::new(),
            findings: Vec::new(),
            store_failing: None,
            refused: 0,
            snapshot_at: None,
            unsaved_bytes: 0,
            released: (Position::START, Position::START),
            stopping,
            ahead: false,
        };
        core.fold_journal().await.map_err(|error| store_error("cannot read the journal", error))?;
        core.restore_marks().await?;
        forget_others(&core.stores, &integrations)
            .await
            .map_err(|error| store_error("cannot forget old lanes", error))?;
        if core.close_orphans(&integrations).await.is_err() {
            return Ok(Err(GivenUp));
        }
        core.show_open_issues();
        for integration in integrations {
            if core.place_surely(&integration).await.is_err() {
                return Ok(Err(GivenUp));
            }
            core.seat(integration);
        }
        Ok(Ok(core))
    }

    async fn fold_journal(&mut self) -> Result<(), StoreError> {
        let end = self.stores.journal_end().await?;
        while self.book.position < end {
            let chunk = self.stores.journal.read(self.book.position, READ_BYTES).await?;
            for (_, event) in &chunk.events {
                self.book.fold(event);
            }
            self.book.position = chunk.next;
        }
        Ok(())
    }

    /// Of each source's marks over both logs the highest number counts.
    async fn restore_marks(&mut self) -> Result<(), RouterError> {
        let failed = |error| store_error("cannot read how far the sources have come", error);
        let journal = self.stores.journal.marks().await.map_err(failed)?;
        let bulk = self.stores.bulk.marks().await.map_err(failed)?;
        for mark in bulk.into_iter().chain(journal) {
            let Mark { name, number, cursor } = mark;
            let newer = |source: &&mut Watched| number > source.mark || left_out(Mutation::UnnumberedMarks);
            if let Some(source) = self.sources.iter_mut().find(|source| source.name == name).filter(newer) {
                source.mark = number;
                source.cursor = Some(cursor);
            }
        }
        Ok(())
    }

    /// Closes the issues that nothing would ever close: their detector, source or integration is not configured any
    /// more, or the configuration named their resource and does so no longer.
    async fn close_orphans(&mut self, integrations: &[Integration]) -> Result<(), GivenUp> {
        let now = self.now();
        let open: Vec<IssueEvent> = self.book.ledger.open().cloned().collect();
        let mut batch = Batch::default();
        for (resource, why) in self.catalog.retired.clone() {
            // Its issues were closed before the catalog was saved; one that is open all the same is closed now.
            batch.extend(self.book.ledger.retire(&resource, &why, now));
        }
        for issue in open {
            if let Some(cause) = self.orphaned(&issue, integrations) {
                batch.extend(self.book.ledger.close(&issue.key, &cause, now));
            }
        }
        for source in &mut self.sources {
            source.reported = self.book.ledger.find(&source_key(source)).is_some();
        }
        self.commit(batch).await?;
        if self.catalog.watched != self.named_resources() {
            self.save_catalog().await?;
        }
        Ok(())
    }

    fn orphaned(&self, issue: &IssueEvent, integrations: &[Integration]) -> Option<String> {
        let (kind, resource) = (&**issue.key.kind(), issue.key.resource());
        let owned = match kind {
            SINK_UNAVAILABLE => integrations.iter().any(|known| integration_key(known.name()) == issue.key),
            SOURCE_UNAVAILABLE => self.sources.iter().any(|source| source_key(source) == issue.key),
            kind => self.detectors.iter().any(|detector| detector.kind() == kind),
        };
        if !owned && !left_out(Mutation::OrphansStayOpen) {
            return Some(match kind {
                SINK_UNAVAILABLE => "The integration is not configured any more.".to_owned(),
                SOURCE_UNAVAILABLE => "The source is not configured any more.".to_owned(),
                kind => format!("The detector {kind} is not configured any more."),
            });
        }
        if matches!(kind, SINK_UNAVAILABLE | SOURCE_UNAVAILABLE) {
            return None;
        }
        let named = self.named_resources();
        let missing = if left_out(Mutation::UnnamedIsMissing) {
            !named.iter().any(|name| name.covers(resource))
        } else {
            self.catalog.has_lost(resource, &named)
        };
        missing.then(|| format!("The configuration does not name {resource} any more."))
    }

    fn show_open_issues(&mut self) {
        for issue in self.book.ledger.open() {
            let signal = Signal::Event(Event::from(issue.clone()));
            let of_its_kind = |detector: &&mut Box<dyn Detector>| detector.kind() == &**issue.key.kind();
            if let Some(detector) = self.detectors.iter_mut().find(of_its_kind) {
                detector.observe(&signal, &mut self.findings);
            }
        }
    }
}

/// Lanes of integrations that are not configured any more leave nothing behind.
async fn forget_others(stores: &Stores, integrations: &[Integration]) -> Result<(), StoreError> {
    let lanes = stores.state.load(Space::Lane, "").await?;
    for (key, _) in lanes {
        let name = key.split('/').next().unwrap_or_default();
        if integrations.iter().all(|integration| **integration.name() != *name) {
            forget_integration(stores, name).await?;
        }
    }
    Ok(())
}

/// Deletes what the lanes of an integration have stored, its place last: until then it is done again.
pub(super) async fn forget_integration(stores: &Stores, name: &str) -> Result<(), StoreError> {
    let prefix = format!("{name}/");
    for space in [Space::Key, Space::Lane] {
        let records = stores.state.load(space, &prefix).await?;
        let deletions: Vec<Change> = records.into_iter().map(|(key, _)| Change::delete(space, key)).collect();
        if !deletions.is_empty() {
            stores.state.save(&deletions).await?;
        }
    }
    Ok(())
}

async fn load_book(stores: &Stores, random: Random) -> Result<Book, RouterError> {
    let records = stores
        .state
        .load(Space::Snapshot, "")
        .await
        .map_err(|error| store_error("cannot read the ledger's snapshot", error))?;
    let Some((key, bytes)) = records.into_iter().find(|(key, _)| Book::is_record(key)) else {
        return Ok(Book::new(random));
    };
    Book::restore(random, &bytes).map_err(|error| unreadable(&format!("the snapshot `{key}`"), error))
}

async fn load_catalog(stores: &Stores) -> Result<Catalog, RouterError> {
    let records =
        stores.state.load(Space::Catalog, "").await.map_err(|error| store_error("cannot read the catalog", error))?;
    records.into_iter().next().map_or(Ok(Catalog::default()), |(key, bytes)| {
        Catalog::read(&bytes).map_err(|error| unreadable(&format!("the record `{key}`"), error))
    })
}

fn store_error(context: &str, error: StoreError) -> RouterError {
    RouterError::new(RouterErrorKind::Store, context).with_source(error)
}

fn unreadable(what: &str, error: serde_json::Error) -> RouterError {
    RouterError::new(RouterErrorKind::Unreadable, what).with_source(error)
}
