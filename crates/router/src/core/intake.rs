use std::sync::Arc;

use tidegate_event::{Event, Resource, Sample, Signal};
use tidegate_source::Intake;
use tidegate_store::Mark;

use super::write::Write;
use super::{Core, Input};
use crate::mutation::{Mutation, left_out};

impl Core {
    /// Takes what has come in: decides, makes durable, acknowledges. What is decided while something is
    /// [being written](Core::is_writing) waits for that; only while there [is room](Core::has_room) for it.
    pub(crate) async fn take(&mut self, inputs: &mut Vec<Input>) {
        let mut write = Write::default();
        for input in inputs.drain(..) {
            match input {
                Input::Intake { source, intake, room } => {
                    self.take_intake(source, intake, &mut write);
                    write.room.push(room);
                }
                Input::Down { source, error, resume } => {
                    self.source_down(source, &error, &mut write);
                    write.resumes.push((source, resume));
                }
                Input::Rests { source, resume } => write.resumes.push((source, resume)),
                Input::Up { source } => self.source_up(source),
                Input::Ended { source } => self.source_ended(source, &mut write),
            }
        }
        self.commit(write).await;
    }

    fn take_intake(&mut self, source: Option<usize>, intake: Intake, write: &mut Write) {
        if let Some(source) = source {
            self.source_heard(source);
        }
        for signal in intake.signals {
            self.take_signal(signal, write);
        }
        if let Some((source, cursor)) = source.and_then(|source| self.sources.get_mut(source)).zip(intake.cursor) {
            source.mark += 1;
            source.cursor = Some(cursor.clone());
            write.marks.retain(|mark| mark.name != source.name);
            write.marks.push(Mark { name: source.name.clone(), number: source.mark, cursor });
        }
        write.acks.push(intake.ack);
    }

    fn take_signal(&mut self, signal: Signal, write: &mut Write) {
        if let Signal::Restored { resource } = &signal {
            self.restore(resource, &signal, write);
            return;
        }
        self.observe(&signal, write);
        match signal {
            Signal::Event(Event::Issue(issue)) => {
                // The ledger alone opens and closes: an issue from elsewhere would have no episode in it.
                self.refused += 1;
                tracing::warn!(
                    issue = issue.key.id(),
                    "issues come from detectors; one handed in by a source is not taken"
                );
            }
            Signal::Event(event @ Event::Notification(_)) => {
                if let Event::Notification(notification) = &event
                    && self.book.seen.is_new(notification)
                {
                    write.journal.push(Arc::new(event));
                }
            }
            Signal::Event(event @ (Event::Log(_) | Event::Metric(_))) => {
                if self.is_wanted(&event) {
                    write.bulk.push(Arc::new(event));
                }
            }
            Signal::Retired { resource, why } => self.retire(&resource, &why, write),
            Signal::Restored { .. } | Signal::Views(_) | Signal::Gap { .. } => {}
        }
    }

    fn observe(&mut self, signal: &Signal, write: &mut Write) {
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
        self.apply_findings(write);
        let mut ratios: Vec<Sample> = Vec::new();
        self.ratios.observe(signal, &mut ratios);
        for ratio in ratios {
            let event = Event::Metric(ratio);
            if self.is_wanted(&event) {
                write.bulk.push(Arc::new(event));
            }
        }
    }

    pub(super) fn apply_findings(&mut self, write: &mut Write) {
        for finding in self.findings.drain(..) {
            write.journal.extend(self.book.ledger.apply(finding).map(|issue| Arc::new(Event::from(issue))));
        }
    }

    /// What was not retired is not restored: its detectors would forget what is open. A source says it again where a crash
    /// came before its mark was durable.
    fn restore(&mut self, resource: &Resource, signal: &Signal, write: &mut Write) {
        if resource.is_empty() {
            self.refused += 1;
            tracing::warn!("the empty resource cannot be restored: name a cluster, a node or a part");
            return;
        }
        let before = self.book.ledger.retired().count();
        self.book.ledger.reinstate(resource);
        if self.book.ledger.retired().count() == before {
            return;
        }
        write.restored = true;
        self.rest_sources(write);
        self.observe(signal, write);
        // Of what it covers, some may never have been retired.
        self.show_open_issues(|issue| resource.covers(issue.key.resource()));
    }

    fn retire(&mut self, resource: &Resource, why: &str, write: &mut Write) {
        if resource.is_empty() {
            self.refused += 1;
            tracing::warn!("the empty resource cannot be retired: name a cluster, a node or a part");
            return;
        }
        let now = self.now();
        write.extend(self.book.ledger.retire(resource, why, now));
        write.retired = true;
        self.rest_sources(write);
    }

    /// Whether any lane takes this log line or sample. What none takes is shown to detectors and not stored.
    fn is_wanted(&self, event: &Event) -> bool {
        self.seats.iter().any(|(name, seat)| {
            seat.lanes.batch && seat.kinds.contains(event.kind()) && seat.integration.subscription().takes(name, event)
        })
    }

    /// Lets time pass for detectors and ledger. They wait while there is no room for what they would find.
    pub(crate) async fn tick(&mut self) {
        let now = self.now();
        let mut write = Write::default();
        if self.has_room() {
            for detector in &mut self.detectors {
                detector.tick(now, &mut self.findings);
            }
            self.apply_findings(&mut write);
            write.extend(self.book.ledger.tick(now));
            self.check_sources(now, &mut write);
            self.check_integrations(now, &mut write);
        }
        self.check_stores(now, &mut write);
        self.commit(write).await;
        self.tell_ahead(now).await;
        self.answer_integrations();
        self.keep_house(now).await;
    }
}
