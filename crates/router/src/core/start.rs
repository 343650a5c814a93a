use std::collections::{BTreeMap, BTreeSet};

use tidegate_base::Random;
use tidegate_detect::{Detector, Ratios};
use tidegate_event::{Event, IssueEvent, Signal};
use tidegate_store::{Change, Mark, Position, Space, StoreError, StoreErrorKind};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ahead::Ahead;
use super::book::Book;
use super::catalog::Catalog;
use super::own_issues::{integration_key, source_key};
use super::write::Write;
use super::{Core, Watched};
use crate::mutation::{Mutation, left_out};
use crate::stores::Stores;
use crate::{Integration, RouterError, RouterErrorKind, SINK_UNAVAILABLE, SOURCE_UNAVAILABLE, STORE_FAILING};

impl Core {
    /// Brings everything to where the store left it, closes what nothing can close any more, and starts the drivers.
    pub(crate) async fn start(
        stores: Stores,
        mut random: Random,
        detectors: Vec<Box<dyn Detector>>,
        sources: Vec<Watched>,
        integrations: Vec<Integration>,
        reserve: usize,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, RouterError> {
        let mut book =
            Book::load(&stores.state, random.fork()).await.map_err(|error| failed("cannot read the ledger", error))?;
        let book_position = book.position;
        book.fold_journal(&*stores.journal).await.map_err(|error| failed("cannot read the journal", error))?;
        let catalog = Catalog::load(&stores.state).await.map_err(|error| failed("cannot read the catalog", error))?;
        let (ahead, noted) = Ahead::load(&*stores.state, &*stores.journal)
            .await
            .map_err(|error| failed("cannot read what the journal lacks", error))?;
        // What was told ahead of it comes to the journal yet: until then no lane may forget.
        let certain = if noted.is_empty() { book.position } else { Position::new(u64::MAX - 1) };
        let mut core = Self {
            book_position,
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
            refused: 0,
            book_saved_at: None,
            book_saving: None,
            book_trouble: None,
            unsaved_bytes: 0,
            released: (Position::START, Position::START),
            stopping,
            writing: None,
            behind: None,
            reserve,
            appended: watch::Sender::new(certain),
            ahead,
            stores_well_since: None,
            given_up: false,
        };
        core.restore_marks().await?;
        forget_others(&core.stores, &integrations).await.map_err(|error| failed("cannot forget old lanes", error))?;
        core.close_orphans(&integrations, noted).await;
        core.show_open_issues(|_| true);
        for integration in integrations {
            let lanes = core.place_surely(&integration).await?;
            core.seat(integration, lanes);
        }
        Ok(core)
    }

    /// Of each source's marks over both logs the highest number counts.
    async fn restore_marks(&mut self) -> Result<(), RouterError> {
        let failed = |error| failed("cannot read how far the sources have come", error);
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
    ///
    /// Before that the journal gets what was `noted` for it while it could not be written.
    async fn close_orphans(&mut self, integrations: &[Integration], noted: Vec<IssueEvent>) {
        let now = self.now();
        let mut write = Write::default();
        for issue in noted {
            self.book.ledger.fold(&issue);
            write.extend([issue]);
        }
        let open: Vec<IssueEvent> = self.book.ledger.open().cloned().collect();
        for (resource, why) in self.catalog.retired.clone() {
            // Its issues were closed before the catalog was saved; one that is open all the same is closed now.
            write.extend(self.book.ledger.retire(&resource, &why, now));
        }
        for issue in open {
            if let Some(cause) = self.orphaned(&issue, integrations) {
                write.extend(self.book.ledger.close(&issue.key, &cause, now));
            }
        }
        for source in &mut self.sources {
            source.reported = self.book.ledger.find(&source_key(source)).is_some();
        }
        self.rest_sources(&mut write);
        // The catalog with what is watched now goes with it.
        write.retired = self.catalog.watched != self.named_resources();
        // Where that fails it is tried again beside the lanes: what they have read may be what makes room for it. Nothing
        // comes in before it is written.
        self.commit(write).await;
    }

    fn orphaned(&self, issue: &IssueEvent, integrations: &[Integration]) -> Option<String> {
        let (kind, resource) = (&**issue.key.kind(), issue.key.resource());
        let owned = match kind {
            SINK_UNAVAILABLE => integrations.iter().any(|known| integration_key(known.name()) == issue.key),
            SOURCE_UNAVAILABLE => self.sources.iter().any(|source| source_key(source) == issue.key),
            STORE_FAILING => true,
            kind => self.detectors.iter().any(|detector| detector.kind() == kind),
        };
        if !owned && !left_out(Mutation::OrphansStayOpen) {
            return Some(match kind {
                SINK_UNAVAILABLE => "The integration is not configured any more.".to_owned(),
                SOURCE_UNAVAILABLE => "The source is not configured any more.".to_owned(),
                kind => format!("The detector {kind} is not configured any more."),
            });
        }
        if matches!(kind, SINK_UNAVAILABLE | SOURCE_UNAVAILABLE | STORE_FAILING) {
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

    /// Tells detectors of their issues that are open.
    pub(super) fn show_open_issues(&mut self, which: impl Fn(&IssueEvent) -> bool) {
        for issue in self.book.ledger.open().filter(|issue| which(issue)) {
            let signal = Signal::Event(Event::from(issue.clone()));
            let of_its_kind = |detector: &&mut Box<dyn Detector>| detector.kind() == &**issue.key.kind();
            if let Some(detector) = self.detectors.iter_mut().find(of_its_kind) {
                detector.observe(&signal, &mut self.findings);
            }
        }
    }
}

/// Lanes of integrations that are not configured any more leave nothing behind but their dead letters.
async fn forget_others(stores: &Stores, integrations: &[Integration]) -> Result<(), StoreError> {
    let mut unknown = BTreeSet::new();
    for space in [Space::Lane, Space::History] {
        for (key, _) in stores.state.load(space, "").await? {
            let name = key.split('/').next().unwrap_or_default();
            if integrations.iter().all(|integration| **integration.name() != *name) {
                unknown.insert(name.to_owned());
            }
        }
    }
    for name in unknown {
        forget_integration(stores, &name, &[Space::Key, Space::History, Space::Lane]).await?;
    }
    Ok(())
}

/// Deletes what an integration has stored in `spaces`. The place of its lanes comes last: until then it is done again.
pub(super) async fn forget_integration(stores: &Stores, name: &str, spaces: &[Space]) -> Result<(), StoreError> {
    let prefix = format!("{name}/");
    for space in spaces {
        let records = stores.state.load(*space, &prefix).await?;
        let deletions: Vec<Change> = records.into_iter().map(|(key, _)| Change::delete(*space, key)).collect();
        if !deletions.is_empty() {
            stores.state.save(&deletions).await?;
        }
    }
    Ok(())
}

fn failed(context: &str, error: StoreError) -> RouterError {
    let kind = match error.kind() {
        StoreErrorKind::Damaged => RouterErrorKind::Unreadable,
        _ => RouterErrorKind::Store,
    };
    RouterError::new(kind, context).with_source(error)
}
