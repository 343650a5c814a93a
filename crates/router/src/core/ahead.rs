//! Issues that are told before they are in the journal, because that cannot be written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tidegate_event::{Cursor, EpisodeId, Event, IssueEvent};
use tidegate_store::{Change, EventLog, Mark, Position, Space, StateStore, StoreError};

use super::Core;
use super::alarm::LASTING;
use super::housekeeping::in_time;
use crate::driver::Command;
use crate::lane::{Foretold, is_alarm};
use crate::mutation::{Mutation, left_out};
use crate::record::{read_record, unreadable};
use crate::stores::{end_of, look_through};

/// The key of the note's one record.
const RECORD: &str = "ahead";
const VERSION: u8 = 1;
/// The mark of the journal that says which note it has all events of. No source can have that name.
const MARK: &str = "router/ahead";
/// How long it waits before it tries again to save a note.
const AGAIN: TimeDelta = TimeDelta::seconds(15);

/// What is known of events that were told, or are about to be, while the journal lacks them.
///
/// Before a lane may tell one, a note in the state store holds it: after a crash the journal gets it from there, and what
/// was told as open is told as closed. The journal says by a mark up to which note it has everything.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// The number of the last note that was saved, or may have been; they rise.
    number: u64,
    /// There is a note, or may be.
    noted: bool,
    /// What the lanes were given, and whether a note held it.
    told: BTreeMap<Place, bool>,
    again_at: Option<DateTime<Utc>>,
}

type Place = (EpisodeId, u32);

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    version: u8,
    number: u64,
    /// Where the journal ended, as far as was known: what was written all the same is behind it.
    at: Position,
    issues: Vec<IssueEvent>,
}

impl Ahead {
    /// What the last note holds and the journal lacks.
    pub(super) async fn load(
        state: &dyn StateStore,
        journal: &dyn EventLog,
    ) -> Result<(Self, Vec<IssueEvent>), StoreError> {
        let marks = journal.marks().await?;
        let written = marks.iter().find(|mark| *mark.name == *MARK).map_or(0, |mark| mark.number);
        let records = state.load(Space::Snapshot, RECORD).await?;
        let Some((key, bytes)) = records.into_iter().find(|(key, _)| key == RECORD) else {
            return Ok((Self { number: written, ..Self::default() }, Vec::new()));
        };
        let note: Note = read_record(&bytes, VERSION).map_err(|error| unreadable(Space::Snapshot, &key, error))?;
        let mut issues = note.issues;
        if note.number <= written || left_out(Mutation::ForgetNote) {
            issues.clear();
        }
        if !issues.is_empty() {
            // Written once more, it would be news to who did not hear of it then.
            let mut known = BTreeSet::new();
            let note_known = |_, event: &Arc<Event>| {
                known.insert(place(event));
                true
            };
            look_through(journal, note.at, end_of(journal).await?, note_known).await?;
            issues.retain(|issue| !known.contains(&(issue.episode, issue.sequence)));
        }
        // They are in the note already: the lanes may have them at once.
        let ahead = Self { number: note.number.max(written), noted: true, ..Self::default() };
        Ok((ahead, issues))
    }

    /// What goes with each append from when a note may have been saved until it is gone.
    pub(super) fn mark(&self) -> Option<Mark> {
        let mark = || Mark { name: MARK.into(), number: self.number, cursor: Cursor::new("") };
        self.noted.then(mark)
    }
}

impl Core {
    /// Tells the lanes what the journal cannot take for long, as far as a note holds it. That stores fail is told in any
    /// case.
    pub(super) async fn tell_ahead(&mut self, now: DateTime<Utc>) {
        let issues: Vec<Arc<Event>> =
            self.undurable().filter(|event| matches!(***event, Event::Issue(_))).map(Arc::clone).collect();
        if issues.is_empty() {
            self.forget_note(now).await;
            return;
        }
        let stuck = self.writing.as_ref().and_then(super::write::Writing::trouble);
        if stuck.is_none_or(|trouble| !trouble.has_lasted(LASTING, now)) {
            return;
        }
        let known = |event: &Arc<Event>| self.ahead.told.get(&place(event)).copied();
        if issues.iter().any(|event| known(event) != Some(true)) && self.ahead.again_at.is_none_or(|at| at <= now) {
            let saved = self.save_note(&issues).await;
            self.ahead.again_at = (!saved).then(|| now + AGAIN);
            self.tell_lanes(&issues, saved);
        } else {
            self.tell_lanes(&issues, false);
        }
    }

    /// Those that lanes do not know yet, or not that a note holds them.
    fn tell_lanes(&mut self, issues: &[Arc<Event>], noted: bool) {
        let mut events = Vec::new();
        // After the close of another episode that nobody may hear of yet, an opening would take its place.
        let first = issues.iter().find(|event| is_alarm(event)).map(|event| place(event));
        for event in issues {
            let known = self.ahead.told.get(&place(event)).copied();
            let news = if noted {
                known != Some(true)
            } else {
                known.is_none() && opens_alarm(event) && first == Some(place(event))
            };
            if news {
                self.ahead.told.insert(place(event), noted);
                events.push(Arc::clone(event));
            }
        }
        if !events.is_empty() {
            self.give(&Foretold { at: self.book.position, events, noted });
        }
    }

    fn give(&self, foretold: &Foretold) {
        for seat in self.seats.values() {
            // A driver that is gone is begun anew, with what is open then.
            let _ = seat.commands.send(Command::Foretell(foretold.clone()));
        }
    }

    async fn save_note(&mut self, issues: &[Arc<Event>]) -> bool {
        let issues = issues.iter().filter_map(|event| match &**event {
            Event::Issue(issue) => Some((**issue).clone()),
            _ => None,
        });
        self.ahead.number += 1;
        // What failed may be saved all the same.
        self.ahead.noted = true;
        let note =
            Note { version: VERSION, number: self.ahead.number, at: self.book.position, issues: issues.collect() };
        // Plain data with string keys: it cannot fail to become JSON.
        let change = Change::put(Space::Snapshot, RECORD, serde_json::to_vec(&note).unwrap_or_default());
        match in_time(self.stores.state.save(&[change])).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "cannot note what the journal lacks");
                false
            }
        }
    }

    /// Everything is in the journal. A note that stays does no harm.
    async fn forget_note(&mut self, now: DateTime<Utc>) {
        self.ahead.told.clear();
        if self.ahead.noted && self.ahead.again_at.is_none_or(|at| at <= now) {
            let deleted = in_time(self.stores.state.save(&[Change::delete(Space::Snapshot, RECORD)])).await;
            self.ahead.noted = deleted.is_err();
            self.ahead.again_at = deleted.is_err().then(|| now + AGAIN);
        }
    }

    /// The router stops, and nothing durable knows of the issue that says that stores fail: nobody would ever close it.
    pub(super) fn take_back_alarm(&mut self) {
        let Some(event) = self.book.ledger.find(&super::alarm::key()).cloned() else { return };
        // Where the journal or a note has its opening, the next start finds it there.
        let told = &self.ahead.told;
        let of_it = || told.iter().filter(|((episode, _), _)| *episode == event.episode);
        let opened_here = of_it().any(|((_, sequence), _)| *sequence == 1);
        if !self.given_up || !opened_here || of_it().any(|(_, noted)| *noted) {
            return;
        }
        let cause = "The router was stopped while its stores failed: whether they still do is not watched any more.";
        let closing = self.book.ledger.close(&event.key, cause, self.now());
        let events: Vec<Arc<Event>> = closing.into_iter().map(|event| Arc::new(Event::from(event))).collect();
        self.give(&Foretold { at: Position::START, events, noted: false });
    }
}

/// Whether it says first that stores fail. That is worth the risk that it is told twice; what follows is not.
fn opens_alarm(event: &Event) -> bool {
    is_alarm(event) && place(event).1 == 1
}

/// The episode that it opens.
pub(super) fn opened_by(event: &Event) -> Option<EpisodeId> {
    Some(place(event)).filter(|(_, sequence)| *sequence == 1).map(|(episode, _)| episode)
}

fn place(event: &Event) -> Place {
    match event {
        Event::Issue(issue) => (issue.episode, issue.sequence),
        _ => (EpisodeId::from(uuid::Uuid::nil()), 0),
    }
}
