//! What was decided, and how it becomes durable.

use std::sync::Arc;
use std::time::Duration;

use tidegate_event::{Event, IssueEvent};
use tidegate_source::Ack;
use tidegate_store::{Append, EventLog, Mark, StoreError, StoreErrorKind};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use super::{Core, GivenUp};
use crate::mutation::{Mutation, left_out};
use crate::stores::pause;

/// How long a store may take for a write when the router has been told to stop.
const LONGEST_WRITE: Duration = Duration::from_secs(5);

/// What is to become durable at once, in this order: what is restored, journal, what is retired, bulk and marks; then the
/// acks. So nothing is open in the journal that the catalog calls retired, wherever a crash falls between, and no mark
/// is past what was not written. Without anything for the bulk log and the catalog, the marks go with the journal.
///
/// What is durable is taken out of it, so that it can be gone on with after a failure.
#[derive(Debug, Default)]
pub(super) struct Write {
    pub(super) journal: Vec<Arc<Event>>,
    pub(super) bulk: Vec<Arc<Event>>,
    pub(super) marks: Vec<Mark>,
    pub(super) acks: Vec<Ack>,
    pub(super) restored: bool,
    pub(super) retired: bool,
    /// Sources that are to be told where to begin again, once this is durable.
    pub(super) resumes: Vec<(usize, oneshot::Sender<Option<tidegate_event::Cursor>>)>,
    /// The room that its intakes take.
    pub(super) room: Vec<OwnedSemaphorePermit>,
}

impl Write {
    pub(super) fn extend(&mut self, issues: impl IntoIterator<Item = IssueEvent>) {
        self.journal.extend(issues.into_iter().map(|issue| Arc::new(Event::from(issue))));
    }
}

/// A write that has yet to succeed. Nothing later is decided before it has.
#[derive(Debug)]
pub(super) struct Writing {
    write: Write,
    failures: u32,
    again_at: Instant,
}

impl Core {
    /// Whether something was decided that is not durable yet.
    pub(crate) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Whether what is known here is ahead of the journal. Then it must not be saved over what the journal says, nor
    /// told to anybody.
    pub(super) fn is_ahead(&self) -> bool {
        self.given_up || self.writing.as_ref().is_some_and(|writing| !writing.write.journal.is_empty())
    }

    /// When to try again to write; never, where there is nothing to write.
    pub(crate) fn write_again_at(&self) -> Option<Instant> {
        self.writing.as_ref().map(|writing| writing.again_at)
    }

    /// Makes `write` durable, or begins to.
    pub(super) async fn commit(&mut self, write: Write) {
        self.go_on(Writing { write, failures: 0, again_at: Instant::now() }).await;
    }

    /// Tries again what failed.
    pub(crate) async fn write_on(&mut self) {
        if let Some(writing) = self.writing.take() {
            self.go_on(writing).await;
        }
    }

    /// Tries until it succeeds, or the router is stopped and `patience` is over.
    pub(crate) async fn write_surely(&mut self, patience: Duration) -> Result<(), GivenUp> {
        let mut stopped_at = None;
        while let Some(again_at) = self.write_again_at() {
            if *self.stopping.borrow() {
                let since = *stopped_at.get_or_insert_with(Instant::now);
                if since.elapsed() >= patience {
                    self.given_up = self.is_ahead();
                    self.writing = None;
                    return Err(GivenUp);
                }
            }
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(again_at) => {}
                _ = self.stopping.wait_for(|stopping| *stopping), if stopped_at.is_none() => {}
            }
            self.write_on().await;
        }
        Ok(())
    }

    /// A store that hangs must not keep a router from stopping: then it is as if it failed.
    async fn try_write_in_time(&mut self, write: &mut Write) -> Result<(), StoreError> {
        let mut stopping = self.stopping.clone();
        let late = async {
            // An error means that nobody can stop it any more.
            if stopping.wait_for(|stopping| *stopping).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(LONGEST_WRITE).await;
        };
        tokio::select! {
            biased;
            written = self.try_write(write) => written,
            () = late => Err(StoreError::new(StoreErrorKind::Io, "a store does not answer")),
        }
    }

    async fn go_on(&mut self, mut writing: Writing) {
        match self.try_write_in_time(&mut writing.write).await {
            Ok(()) => {
                self.store_failing = None;
                self.written(writing.write);
                self.save_if_much_is_unsaved().await;
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a store fails; trying again");
                self.store_failing = Some(crate::error::chain(&error));
                writing.again_at = Instant::now() + pause(writing.failures);
                writing.failures += 1;
                self.writing = Some(writing);
                if error.kind() == StoreErrorKind::Full {
                    // The next tick saves the book, so that what nobody needs any more can be released.
                    self.book_saved_at = None;
                }
            }
        }
    }

    fn written(&mut self, write: Write) {
        write.acks.into_iter().for_each(Ack::complete);
        for (source, resume) in write.resumes {
            let cursor = self.sources.get(source).and_then(|source| source.cursor.clone());
            // A pump that is gone does not want to know.
            let _ = resume.send(cursor);
        }
    }

    async fn try_write(&mut self, write: &mut Write) -> Result<(), StoreError> {
        if write.restored {
            self.save_restored().await?;
            write.restored = false;
        }
        if left_out(Mutation::SeenBeforeAppend) && !write.journal.is_empty() {
            self.save_book().await;
        }
        let last = write.bulk.is_empty() && !write.retired;
        let marks = if last { std::mem::take(&mut write.marks) } else { Vec::new() };
        let append = Append::new().with_events(write.journal.clone()).with_marks(marks.clone());
        if !append.is_empty() {
            match self.stores.journal.append(append).await {
                Ok(end) => {
                    self.unsaved_bytes += write.journal.iter().map(|event| event.size_bytes()).sum::<usize>();
                    self.book.position = end;
                    write.journal.clear();
                }
                Err(_) if left_out(Mutation::DropFailedAppend) => write.journal.clear(),
                Err(error) => {
                    write.marks.extend(marks);
                    return Err(error);
                }
            }
        }
        if write.retired {
            self.save_catalog().await?;
            write.retired = false;
        }
        self.append_bulk(write).await
    }

    async fn append_bulk(&mut self, write: &mut Write) -> Result<(), StoreError> {
        let append = Append::new().with_events(write.bulk.clone()).with_marks(write.marks.clone());
        if append.is_empty() {
            return Ok(());
        }
        let log: Arc<dyn EventLog> = Arc::clone(&self.stores.bulk);
        match log.append(append).await {
            Err(error) if !left_out(Mutation::DropFailedAppend) => Err(error),
            _ => {
                write.bulk.clear();
                write.marks.clear();
                Ok(())
            }
        }
    }
}
