//! What the stores tell without a router.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use tidegate_base::Random;
use tidegate_event::{EpisodeId, Event, IssueEvent};
use tidegate_store::{EventLog, Position, Space};

use crate::RouterError;
use crate::core::Book;
use crate::lane::LaneRecord;
use crate::records::{Records, stores};
use crate::stores::{end_of, look_through};

/// Of a record of any sort, how far whoever wrote it had read.
#[derive(Deserialize)]
struct Read {
    #[serde(default)]
    position: Option<Position>,
    #[serde(default)]
    from: Option<Position>,
}

impl Records {
    /// How far those who left records had come in the journal, and in the bulk log. A log that is begun anew beside these
    /// records, since its files were lost, must begin behind that: what it put before would be taken for told already.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn farthest(&self) -> Result<[Position; 2], RouterError> {
        let [mut journal, mut bulk] = [Position::START; 2];
        for space in [Space::Lane, Space::Key, Space::Snapshot] {
            let failed = |error| stores("cannot read how far the logs were read".to_owned(), error);
            for (key, bytes) in self.state().load(space, "").await.map_err(failed)? {
                // One that cannot be read says nothing, and is told of where it is used.
                let Ok(read) = serde_json::from_slice::<Read>(&bytes) else { continue };
                let is_of_bulk = space == Space::Lane && key.ends_with(&LaneRecord::key("", LaneRecord::BATCH));
                let farthest = if is_of_bulk { &mut bulk } else { &mut journal };
                *farthest = [read.position, read.from].into_iter().flatten().fold(*farthest, Position::max);
            }
        }
        Ok([journal, bulk])
    }

    /// What is known of the issues that `wanted` picks, by episode and in order: the events that `journal` still holds, and
    /// of an open one the last, whether it holds that or not.
    ///
    /// # Errors
    /// When the store or the journal cannot be read.
    pub async fn issues(
        &self,
        journal: &dyn EventLog,
        wanted: impl Fn(&IssueEvent) -> bool,
    ) -> Result<BTreeMap<EpisodeId, Vec<IssueEvent>>, RouterError> {
        let failed = |error| stores("cannot read what is known of issues".to_owned(), error);
        let mut found: BTreeMap<EpisodeId, BTreeMap<u32, IssueEvent>> = BTreeMap::new();
        let mut note = |issue: &IssueEvent| {
            if wanted(issue) {
                found.entry(issue.episode).or_default().insert(issue.sequence, issue.clone());
            }
        };
        let mut book = Book::load(self.state(), Random::seeded(0)).await.map_err(failed)?;
        book.fold_journal(journal).await.map_err(failed)?;
        book.ledger.open().for_each(&mut note);
        let end = end_of(journal).await.map_err(failed)?;
        let look = |_, event: &Arc<Event>| {
            if let Event::Issue(issue) = &**event {
                note(issue);
            }
            true
        };
        look_through(journal, Position::START, end, look).await.map_err(failed)?;
        Ok(found.into_iter().map(|(episode, events)| (episode, events.into_values().collect())).collect())
    }
}
