//! One call of a store at a time.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tidegate_store::{Append, Change, Position, StoreError};

use super::Core;
use super::write::Write;
use crate::mutation::{Mutation, left_out};
use crate::status::Store;

/// What the store says; the end of the log after an append.
pub(super) type Ended = Result<Option<Position>, StoreError>;
/// A call of a store, which outlives everything that is done meanwhile.
pub(super) type Call = BoxFuture<'static, Ended>;

/// The part of a write that one call makes durable.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// The catalog without what was restored.
    Restored,
    /// The journal, and the marks where they go with it.
    Journal { marks: bool },
    /// The catalog with what was retired.
    Retired,
    /// The bulk log with the marks.
    Bulk,
}

impl Step {
    pub(super) fn store(self) -> Store {
        match self {
            Self::Restored | Self::Retired => Store::State,
            Self::Journal { .. } => Store::Journal,
            Self::Bulk => Store::Bulk,
        }
    }

    pub(super) fn is_append(self) -> bool {
        matches!(self, Self::Journal { .. } | Self::Bulk)
    }

    /// It is durable: nothing of it is left to write.
    pub(super) fn remove_from(self, write: &mut Write) {
        match self {
            Self::Restored => write.restored = false,
            Self::Retired => write.retired = false,
            Self::Journal { marks } => {
                write.journal.clear();
                if marks {
                    write.marks.clear();
                }
            }
            Self::Bulk => {
                write.bulk.clear();
                write.marks.clear();
            }
        }
    }
}

impl Core {
    /// The first step of what is left of `write`, begun; `None`: all is durable.
    pub(super) async fn next_step(&mut self, write: &Write) -> Option<(Step, Call)> {
        if write.restored {
            self.catalog_without_restored();
            return Some((Step::Restored, self.save(self.catalog.change())));
        }
        let marks = write.bulk.is_empty() && !write.retired && !write.marks.is_empty();
        if marks || !write.journal.is_empty() {
            if left_out(Mutation::SeenBeforeAppend) && !write.journal.is_empty() {
                self.save_book().await;
            }
            let of_sources = if marks { write.marks.clone() } else { Vec::new() };
            let marks_with_it = of_sources.into_iter().chain(self.mark_of_note()).collect();
            let append = Append::new().with_events(write.journal.clone()).with_marks(marks_with_it);
            let log = Arc::clone(&self.stores.journal);
            return Some((Step::Journal { marks }, async move { log.append(append).await.map(Some) }.boxed()));
        }
        if write.retired {
            self.catalog_of_now();
            return Some((Step::Retired, self.save(self.catalog.change())));
        }
        if write.bulk.is_empty() && write.marks.is_empty() {
            return None;
        }
        let append = Append::new().with_events(write.bulk.clone()).with_marks(write.marks.clone());
        let log = Arc::clone(&self.stores.bulk);
        Some((Step::Bulk, async move { log.append(append).await.map(Some) }.boxed()))
    }

    fn save(&self, change: Change) -> Call {
        let state = Arc::clone(&self.stores.state);
        async move { state.save(&[change]).await.map(|()| None) }.boxed()
    }
}
