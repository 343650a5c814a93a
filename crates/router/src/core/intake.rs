use std::sync::Arc;
use std::time::Duration;

use tidegate_event::{Event, IssueEvent, Resource, Sample, Signal};
use tidegate_source::{Ack, Intake};
use tidegate_store::{Append, EventLog, Mark, Position};

use super::housekeeping::UNSAVED_BYTES;
use super::{Core, GivenUp, Input};
use crate::mutation::{Mutation, left_out};
use crate::stores::pause;

/// What is to become durable at once, in this order: what is restored, journal, bulk and marks, what is retired; then
/// the acks. So nothing is open in the journal that the catalog calls retired, wherever a crash falls between.
#[derive(Debug, Default)]
pub(super) struct Batch {
    journal: Vec<Arc<Event>>,
    bulk: Vec<Arc<Event>>,
    marks: Vec<Mark>,
    acks: Vec<Ack>,
    restored: bool,
    retired: bool,
}

impl Core {
    /// Takes what has come in: decides, makes durable, acknowledges.
    pub(crate) async fn take(&mut self, inputs: &mut Vec<Input>) -> Result<(), GivenUp> {
        let mut batch = Batch::default();
        let mut resumes = Vec::new();
        for input in inputs.drain(..) {
            match input {
                Input::Intake { source, intake } => self.take_intake(source, intake, &mut batch),
                Input::Down { source, error, resume } => {
                    self.source_down(source, &error, &mut batch);
                    resumes.push((source, resume));
                }
                Input::Up { source } => self.source_up(source),
                Input::Ended { source } => self.source_ended(source, &mut batch),
            }
        }
        self.commit(batch).await?;
        for (source, resume) in resumes {
            let cursor = self.sources.get(source).and_then(|source| source.cursor.clone());
            // A pump that is gone does not want to know.
            let _ = resume.send(cursor);
        }
        Ok(())
    }

    fn take_intake(&mut self, source: Option<usize>, intake: Intake, batch: &mut Batch) {
        if let Some(source) = source {
            self.source_heard(source, batch);
        }
        for signal in intake.signals {
            self.take_signal(signal, batch);
        }
        if let Some((source, cursor)) = source.and_then(|source| self.sources.get_mut(source)).zip(intake.cursor) {
            source.mark += 1;
            source.cursor = Some(cursor.clone());
            batch.marks.retain(|mark| mark.name != source.name);
            batch.marks.push(Mark { name: source.name.clone(), number: source.mark, cursor });
        }
        batch.acks.push(intake.ack);
    }

    fn take_signal(&mut self, signal: Signal, batch: &mut Batch) {
        self.observe(&signal, batch);
        match signal {
            Signal::Event(Event::Issue(issue)) => {
                // The ledger alone opens and closes: an issue from elsewhere would have no episode in it.
                self.refused += 1;
                tracing::warn!(issue = %issue.key, "issues come from detectors; one handed in by a source is not taken");
            }
            Signal::Event(event @ Event::Notification(_)) => {
                if let Event::Notification(notification) = &event
                    && self.book.seen.is_new(notification)
                {
                    batch.journal.push(Arc::new(event));
                }
            }
            Signal::Event(event @ (Event::Log(_) | Event::Metric(_))) => {
                if self.is_wanted(&event) {
                    batch.bulk.push(Arc::new(event));
                }
            }
            Signal::Retired { resource, why } => self.retire(&resource, &why, batch),
            Signal::Restored { resource } => {
                self.book.ledger.reinstate(&resource);
                batch.restored = true;
            }
            Signal::Views(_) | Signal::Gap { .. } => {}
        }
    }

    fn observe(&mut self, signal: &Signal, batch: &mut Batch) {
        if matches!(signal, Signal::Event(Event::Issue(_))) {
            return;
        }
        let hidden = left_out(Mutation::DetectorsKeepRetired)
            && matches!(signal, Signal::Retired { .. } | Signal::Restored { .. });
        if !hidden {
            for detector in &mut self.detectors {
                detector.observe(signal, &mut self.findings);
            }
        }
        self.apply_findings(batch);
        if matches!(signal, Signal::Event(Event::Metric(_))) {
            let mut ratios: Vec<Sample> = Vec::new();
            self.ratios.observe(signal, &mut ratios);
            for ratio in ratios {
                let event = Event::Metric(ratio);
                if self.is_wanted(&event) {
                    batch.bulk.push(Arc::new(event));
                }
            }
        }
    }

    pub(super) fn apply_findings(&mut self, batch: &mut Batch) {
        for finding in self.findings.drain(..) {
            batch.journal.extend(self.book.ledger.apply(finding).map(|issue| Arc::new(Event::from(issue))));
        }
    }

    fn retire(&mut self, resource: &Resource, why: &str, batch: &mut Batch) {
        if resource.is_empty() {
            self.refused += 1;
            tracing::warn!("the empty resource cannot be retired: name a cluster, a node or a part");
            return;
        }
        let now = self.now();
        batch.extend(self.book.ledger.retire(resource, why, now));
        batch.retired = true;
    }

    /// Whether any lane takes this log line or sample. What none takes is shown to detectors and not stored.
    fn is_wanted(&self, event: &Event) -> bool {
        self.seats.iter().any(|(name, seat)| {
            seat.has_batch_lane && seat.kinds.contains(event.kind()) && seat.subscription.takes(name, event)
        })
    }

    /// Lets time pass for detectors and ledger.
    pub(crate) async fn tick(&mut self) -> Result<(), GivenUp> {
        let now = self.now();
        let mut batch = Batch::default();
        for detector in &mut self.detectors {
            detector.tick(now, &mut self.findings);
        }
        self.apply_findings(&mut batch);
        batch.extend(self.book.ledger.tick(now));
        self.check_sources(now, &mut batch);
        self.check_integrations(now, &mut batch);
        self.commit(batch).await?;
        self.answer_integrations();
        self.keep_house(now).await;
        Ok(())
    }

    pub(super) async fn commit(&mut self, batch: Batch) -> Result<(), GivenUp> {
        let Batch { journal, bulk, marks, acks, restored, retired } = batch;
        if restored {
            self.save_restored().await?;
        }
        if left_out(Mutation::SeenBeforeAppend) && !journal.is_empty() {
            self.save_snapshot().await;
        }
        let (journal_marks, bulk_marks) = if bulk.is_empty() { (marks, Vec::new()) } else { (Vec::new(), marks) };
        let append = Append::new().with_events(journal).with_marks(journal_marks);
        if !append.is_empty() {
            self.unsaved_bytes += append.events.iter().map(|event| event.size_bytes()).sum::<usize>();
            let log = Arc::clone(&self.stores.journal);
            if let Some(end) = self.append(&*log, append).await? {
                self.book.position = end;
            }
        }
        let append = Append::new().with_events(bulk).with_marks(bulk_marks);
        if !append.is_empty() {
            let log = Arc::clone(&self.stores.bulk);
            self.append(&*log, append).await?;
        }
        if retired {
            self.save_catalog().await?;
        }
        if self.unsaved_bytes > UNSAVED_BYTES {
            self.save_snapshot().await;
        }
        acks.into_iter().for_each(Ack::complete);
        Ok(())
    }

    /// Appends, again and again until it succeeds: nothing later is appended before, nothing acknowledged.
    async fn append(&mut self, log: &dyn EventLog, append: Append) -> Result<Option<Position>, GivenUp> {
        let mut failures = 0;
        loop {
            let error = match log.append(append.clone()).await {
                Ok(end) => {
                    self.store_failing = None;
                    return Ok(Some(end));
                }
                Err(error) => error,
            };
            if left_out(Mutation::DropFailedAppend) {
                return Ok(None);
            }
            tracing::error!(error = &error as &dyn std::error::Error, "cannot append to a log; trying again");
            self.store_failing = Some(error.to_string());
            // A log that is full has room again once what the lanes have read is forgotten.
            self.release().await;
            if let Err(given_up) = self.wait_or_stop(pause(failures)).await {
                self.ahead = true;
                return Err(given_up);
            }
            failures += 1;
        }
    }

    /// Waits, unless the router is stopped in the meantime: then nobody would hear of it any more.
    pub(super) async fn wait_or_stop(&mut self, wait: Duration) -> Result<(), GivenUp> {
        tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => Err(GivenUp),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }
}

impl Batch {
    pub(super) fn extend(&mut self, issues: impl IntoIterator<Item = IssueEvent>) {
        self.journal.extend(issues.into_iter().map(|issue| Arc::new(Event::from(issue))));
    }
}
