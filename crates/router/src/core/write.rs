//! What was decided, and how it becomes durable.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{Cursor, Event, IssueEvent};
use tidegate_source::Ack;
use tidegate_store::{Mark, StoreError, StoreErrorKind};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::step::{Call, Ended, Step};
use super::{Core, GivenUp};
use crate::error::chain;
use crate::mutation::{Mutation, left_out};
use crate::status::Trouble;
use crate::stores::pause;

/// How long the core waits for a store before it does other things meanwhile.
pub(super) const IN_PLACE: Duration = Duration::from_millis(250);
/// The most events that wait for the journal beside those that are being written. A lane remembers as many closes: what
/// a failed append wrote all the same is read twice.
const MOST_EVENTS: usize = 4096;
/// About what an intake takes of memory beside its events.
const INTAKE_BYTES: usize = 256;

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
    pub(super) resumes: Vec<(usize, oneshot::Sender<Option<Cursor>>)>,
    /// The room that its intakes take.
    pub(super) room: Vec<OwnedSemaphorePermit>,
    /// About what it took of the reserve.
    reserved: usize,
}

impl Write {
    pub(super) fn extend(&mut self, issues: impl IntoIterator<Item = IssueEvent>) {
        self.journal.extend(issues.into_iter().map(|issue| Arc::new(Event::from(issue))));
    }

    /// Takes in what was decided later. That counts against the reserve, no longer against the room of what comes in.
    fn absorb(&mut self, later: Self) {
        let events = later.journal.iter().chain(&later.bulk).map(|event| event.size_bytes()).sum::<usize>();
        self.reserved += later.reserved.max(events + later.acks.len() * INTAKE_BYTES);
        self.journal.extend(later.journal);
        self.bulk.extend(later.bulk);
        for mark in later.marks {
            self.marks.retain(|known| known.name != mark.name);
            self.marks.push(mark);
        }
        self.acks.extend(later.acks);
        self.restored |= later.restored;
        self.retired |= later.retired;
        self.resumes.extend(later.resumes);
    }
}

/// A write that has yet to succeed. Nothing later is made durable before it has.
pub(super) struct Writing {
    pub(super) write: Write,
    /// The store that has not answered yet, and since when it is being waited for.
    call: Option<(Step, Call, DateTime<Utc>)>,
    ended: Option<(Step, Ended)>,
    failures: u32,
    again_at: Instant,
    /// What it failed with last.
    trouble: Option<(Step, Trouble)>,
}

impl Writing {
    fn new(write: Write) -> Self {
        Self { write, call: None, ended: None, failures: 0, again_at: Instant::now(), trouble: None }
    }

    /// What keeps it from being durable: an error, or that the store does not answer.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let late = self.call.as_ref().map(|(step, _, since)| Trouble::late(step.store(), *since));
        self.trouble.as_ref().map(|(_, trouble)| trouble.clone()).or(late)
    }
}

impl Core {
    /// Whether something was decided that is not durable yet.
    pub(crate) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Whether what is known here is ahead of the journal. Then it must not be saved over what the journal says, nor
    /// told to anybody but by [`tell_ahead`](Core::tell_ahead).
    pub(super) fn is_ahead(&self) -> bool {
        self.given_up || self.undurable().next().is_some()
    }

    /// The events that the journal does not have yet, in order.
    pub(super) fn undurable(&self) -> impl Iterator<Item = &Arc<Event>> {
        let writing = self.writing.iter().flat_map(|writing| &writing.write.journal);
        writing.chain(self.behind.iter().flat_map(|behind| &behind.journal))
    }

    /// Whether more may be decided: the reserve holds it until what was decided before is durable.
    pub(crate) fn has_room(&self) -> bool {
        let Some(writing) = &self.writing else { return true };
        let reserved = writing.write.reserved + self.behind.as_ref().map_or(0, |behind| behind.reserved);
        reserved < self.reserve && self.undurable().count() < MOST_EVENTS
    }

    /// Makes `write` durable, or begins to; what is being written comes first.
    pub(super) async fn commit(&mut self, write: Write) {
        let Some(writing) = &mut self.writing else { return self.go_on(Writing::new(write)).await };
        if !write.journal.is_empty() && writing.write.journal.is_empty() && writing.call.is_none() {
            // What fails is another store: these need not wait for their sake.
            writing.again_at = Instant::now();
        }
        self.behind.get_or_insert_default().absorb(write);
    }

    /// Waits until what is being written can be gone on with. May be given up and called again.
    pub(crate) async fn progress(&mut self) {
        let Some(writing) = &mut self.writing else { return std::future::pending().await };
        match &mut writing.call {
            Some((_, call, _)) => {
                let ended = call.await;
                writing.ended = writing.call.take().map(|(step, ..)| (step, ended));
            }
            None if writing.ended.is_some() => {}
            None => tokio::time::sleep_until(writing.again_at).await,
        }
    }

    /// Goes on with what is being written, after [`progress`](Core::progress).
    pub(crate) async fn write_on(&mut self) {
        let Some(mut writing) = self.writing.take_if(|writing| writing.call.is_none()) else { return };
        if writing.ended.is_none()
            && let Some(behind) = self.behind.take()
        {
            writing.write.absorb(behind);
        }
        self.go_on(writing).await;
    }

    /// Tries until it succeeds, or the router is stopped and `patience` is over.
    pub(crate) async fn write_surely(&mut self, patience: Duration) -> Result<(), GivenUp> {
        let mut stopping = self.stopping.clone();
        let mut deadline = None;
        while self.is_writing() {
            if *stopping.borrow() {
                let deadline = *deadline.get_or_insert_with(|| Instant::now() + patience);
                if timeout_at(deadline, self.progress()).await.is_err() {
                    self.given_up = self.is_ahead();
                    (self.writing, self.behind) = (None, None);
                    return Err(GivenUp);
                }
            } else {
                let stopped = async {
                    // An error means that nobody can stop it any more.
                    if stopping.wait_for(|stopping| *stopping).await.is_err() {
                        std::future::pending::<()>().await;
                    }
                };
                tokio::select! {
                    biased;
                    () = self.progress() => {}
                    () = stopped => continue,
                }
            }
            self.write_on().await;
        }
        Ok(())
    }

    /// One step after the other, until all is durable, one fails, or a store takes long.
    async fn go_on(&mut self, mut writing: Writing) {
        loop {
            let ended = match writing.ended.take() {
                Some(ended) => Some(ended),
                None => match self.next_step(&writing.write).await {
                    Some((step, mut call)) => {
                        let begun = self.now();
                        let Ok(ended) = timeout(IN_PLACE, &mut call).await else {
                            writing.call = Some((step, call, begun));
                            self.writing = Some(writing);
                            return;
                        };
                        Some((step, ended))
                    }
                    None => None,
                },
            };
            match ended {
                Some((step, Ok(end))) => self.took(&mut writing, step, end),
                Some((step, Err(error))) => {
                    if left_out(Mutation::DropFailedAppend) && step.is_append() {
                        step.remove_from(&mut writing.write);
                        continue;
                    }
                    return self.failed(writing, step, &error);
                }
                None => {
                    self.written(writing);
                    self.save_if_much_is_unsaved().await;
                    match self.behind.take() {
                        Some(behind) => writing = Writing::new(behind),
                        None => return,
                    }
                }
            }
        }
    }

    /// A step is durable.
    fn took(&mut self, writing: &mut Writing, step: Step, end: Option<tidegate_store::Position>) {
        if let (Step::Journal { .. }, Some(end)) = (step, end) {
            self.unsaved_bytes += writing.write.journal.iter().map(|event| event.size_bytes()).sum::<usize>();
            self.book.position = end;
            self.appended.send_replace(end);
        }
        step.remove_from(&mut writing.write);
        if writing.trouble.take_if(|(failed, _)| failed.store() == step.store()).is_some() {
            writing.failures = 0;
            tracing::warn!(store = %step.store(), "the store takes again what is written");
        }
    }

    fn failed(&mut self, mut writing: Writing, step: Step, error: &StoreError) {
        let mut trouble = Trouble::new(step.store(), error, self.now());
        match &writing.trouble {
            Some((_, before)) if before.store == trouble.store => {
                trouble.since = before.since;
                if before.kind != trouble.kind {
                    tracing::error!(store = %trouble.store, why = chain(error), "the store still fails; trying again");
                }
            }
            _ => tracing::error!(store = %trouble.store, why = chain(error),
                "a store fails; what comes in waits in memory and is tried again"),
        }
        writing.trouble = Some((step, trouble));
        writing.again_at = Instant::now() + pause(writing.failures);
        writing.failures += 1;
        self.writing = Some(writing);
        if error.kind() == StoreErrorKind::Full {
            // The next tick saves the book, so that what nobody needs any more can be released.
            self.book_saved_at = None;
        }
    }

    fn written(&mut self, writing: Writing) {
        writing.write.acks.into_iter().for_each(Ack::complete);
        for (source, resume) in writing.write.resumes {
            let cursor = self.sources.get(source).and_then(|source| source.cursor.clone());
            // A pump that is gone does not want to know.
            let _ = resume.send(cursor);
        }
    }
}
