//! Issues that are told before they are in the journal, because that cannot be written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tidegate_event::{Cursor, EpisodeId, Event, IssueEvent};
use tidegate_store::{Change, EventLog, Mark, Position, Space, StateStore, StoreError};

use super::Core;
use super::alarm::LASTING;
use super::aside::Aside;
use crate::driver::Command;
use crate::lane::{Foretold, is_alarm};
use crate::mutation::{Mutation, left_out};
use crate::record::{read_record, unreadable};
use crate::status::{Store, Trouble};
use crate::stores::{end_of, look_through};

/// The key of the note's one record.
const RECORD: &str = "ahead";
const VERSION: u8 = 1;
/// The mark of the journal that says which note it has all events of. No source can have that name.
const MARK: &str = "router/ahead";
/// How long it waits before it tries again to save a note.
const AGAIN: TimeDelta = TimeDelta::seconds(15);
/// How long for each event of a note before the next one: each holds all of them, and what is written is to stay within
/// bounds however fast they come.
const PAUSE_FOR_EACH: TimeDelta = TimeDelta::milliseconds(4);

/// What is known of events that were told, or are about to be, while the journal lacks them.
///
/// Before a lane may tell one, a note in the state store holds it: after a crash the journal gets it from there, and what
/// was told as open is told as closed. The journal says by a mark up to which note it has everything.
#[derive(Default)]
pub(super) struct Ahead {
    /// The number of the last note that was saved, or may have been; they rise.
    number: u64,
    /// There is a note, or may be.
    noted: bool,
    /// What the lanes were given and the journal lacks, and whether a note held it.
    told: BTreeMap<Place, bool>,
    /// A lane may know, now or from before it was begun, what the journal lacks.
    pub(super) given: bool,
    /// The note that is being saved with these events, or without any the end of the last.
    saving: Option<Aside<BTreeSet<Place>>>,
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

    /// Whether a note may be saved, or its end.
    fn may_save(&self, now: DateTime<Utc>) -> bool {
        self.saving.is_none() && self.again_at.is_none_or(|at| at <= now)
    }

    /// That the state has not taken a note yet.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.saving.as_ref().map(|saving| Trouble::late(Store::State, saving.since))
    }
}

impl Core {
    /// What goes with each append of all that there is, from when a note may have been saved until it is gone: with less, the
    /// journal would say that it has what it may never get.
    pub(super) fn mark_of_note(&self) -> Option<Mark> {
        let all = self.behind.as_ref().is_none_or(|behind| behind.journal.is_empty());
        let mark = || Mark { name: MARK.into(), number: self.ahead.number, cursor: Cursor::new("") };
        (self.ahead.noted && all).then(mark)
    }

    /// Tells the lanes what the journal cannot take for long, as far as a note holds it. That stores fail is told in any
    /// case.
    pub(super) async fn tell_ahead(&mut self, now: DateTime<Utc>) {
        let issues = self.issues_ahead();
        if issues.is_empty() {
            self.nothing_is_ahead(now).await;
            return;
        }
        let places: BTreeSet<Place> = issues.iter().map(|event| place(event)).collect();
        self.ahead.told.retain(|place, _| places.contains(place));
        let stuck = self.writing.as_ref().and_then(super::write::Writing::trouble);
        if stuck.is_some_and(|trouble| trouble.has_lasted(LASTING, now)) {
            let is_news = places.iter().any(|place| self.ahead.told.get(place) != Some(&true));
            if is_news && self.ahead.may_save(now) {
                self.begin_note(&issues, places, now);
            }
            self.tell_lanes(&issues, &BTreeSet::new());
        }
        // What the journal has by now is none of theirs: they read it there.
        if let Some(noted) = self.note_ended(now).await.filter(|noted| !noted.is_empty()) {
            self.tell_lanes(&issues, &noted);
        }
    }

    fn issues_ahead(&self) -> Vec<Arc<Event>> {
        self.undurable().filter(|event| matches!(***event, Event::Issue(_))).map(Arc::clone).collect()
    }

    /// Those that lanes do not know yet, or not that a note holds them: those that are `noted`, and that stores fail.
    fn tell_lanes(&mut self, issues: &[Arc<Event>], noted: &BTreeSet<Place>) {
        // After the close of another episode that nobody may hear of yet, an opening would take its place.
        let first = issues.iter().find(|event| is_alarm(event)).map(|event| place(event));
        let is_noted = !noted.is_empty();
        let mut events = Vec::new();
        for event in issues {
            let place = place(event);
            let known = self.ahead.told.get(&place).copied();
            let news = if is_noted {
                noted.contains(&place) && known != Some(true)
            } else {
                known.is_none() && opens_alarm(event) && first == Some(place)
            };
            if news {
                self.ahead.told.insert(place, is_noted);
                events.push(Arc::clone(event));
            }
        }
        if !events.is_empty() {
            self.give(&Foretold { at: self.book.position, events, noted: is_noted });
        }
    }

    fn give(&mut self, foretold: &Foretold) {
        self.ahead.given = true;
        self.tell_issue_lanes(|| Command::Foretell(foretold.clone()));
    }

    fn tell_issue_lanes(&self, command: impl Fn() -> Command) {
        for seat in self.seats.values().filter(|seat| seat.lanes.issues) {
            // A driver that is gone is begun anew, with what is open then.
            let _ = seat.commands.send(command());
        }
    }

    fn begin_note(&mut self, issues: &[Arc<Event>], places: BTreeSet<Place>, now: DateTime<Utc>) {
        self.ahead.number += 1;
        // What failed may be saved all the same.
        self.ahead.noted = true;
        let issues = issues.iter().filter_map(|event| match &**event {
            Event::Issue(issue) => Some((**issue).clone()),
            _ => None,
        });
        let note =
            Note { version: VERSION, number: self.ahead.number, at: self.book.position, issues: issues.collect() };
        // Plain data with string keys: it cannot fail to become JSON.
        let change = Change::put(Space::Snapshot, RECORD, serde_json::to_vec(&note).unwrap_or_default());
        self.save_aside(change, places, now);
    }

    fn save_aside(&mut self, change: Change, places: BTreeSet<Place>, now: DateTime<Utc>) {
        let state = Arc::clone(&self.stores.state);
        self.ahead.saving = Some(Aside::begin(async move { state.save(&[change]).await.map(|()| places) }, now));
    }

    /// Takes note of how the saving of a note ended, and tells what it holds.
    async fn note_ended(&mut self, now: DateTime<Utc>) -> Option<BTreeSet<Place>> {
        match Aside::ended(&mut self.ahead.saving).await? {
            Ok(noted) => {
                let pause = PAUSE_FOR_EACH * i32::try_from(noted.len()).unwrap_or(i32::MAX);
                self.ahead.again_at = Some(now + pause);
                self.ahead.noted &= !noted.is_empty();
                Some(noted)
            }
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "cannot note what the journal lacks");
                self.ahead.again_at = Some(now + AGAIN);
                None
            }
        }
    }

    /// Everything is in the journal. A note that stays does no harm.
    async fn nothing_is_ahead(&mut self, now: DateTime<Utc>) {
        self.ahead.told.clear();
        if std::mem::take(&mut self.ahead.given) {
            let end = self.book.position;
            self.tell_issue_lanes(|| Command::NothingIsAhead(end));
        }
        self.note_ended(now).await;
        if self.ahead.noted && self.ahead.may_save(now) {
            self.save_aside(Change::delete(Space::Snapshot, RECORD), BTreeSet::new(), now);
            self.note_ended(now).await;
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
