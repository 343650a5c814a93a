use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_event::{IssueEvent, Name, Resource};
use tidegate_store::{Position, StoreError, StoreErrorKind};

use crate::Health;
use crate::error::chain;

/// Everything that a status page shows, at one moment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// The last event of each open issue, by key.
    pub issues: Vec<IssueEvent>,
    /// What is gone on purpose, and why.
    pub retired: Vec<(Resource, String)>,
    /// The sources, in the order they were given.
    pub sources: Vec<SourceStatus>,
    /// The integrations, by name.
    pub integrations: Vec<IntegrationStatus>,
    /// What a store last failed with, while it fails; or that it has not answered for ten seconds, while it does not.
    /// Where several fail, the one that has for the longest.
    pub store_failing: Option<String>,
    /// Signals that were handed in and could not be taken for what they were, such as issue events from a source.
    pub refused: u64,
}

/// How a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceStatus {
    /// Its name.
    pub name: Name,
    /// Since when it is away, and why; `None` while it is there.
    pub away: Option<(DateTime<Utc>, String)>,
    /// Whether it is closed, since all that it watches is retired.
    pub resting: bool,
    /// Whether it has said all it had to say.
    pub ended: bool,
}

/// How an integration is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntegrationStatus {
    /// Its name.
    pub name: Name,
    /// How its sink takes it.
    pub health: Health,
    /// Issues and notifications that wait or are on their way.
    pub issues_waiting: usize,
    /// Logs and metrics that wait or are on their way.
    pub batch_waiting: usize,
    /// About how many bytes all of them take.
    pub waiting_bytes: usize,
    /// Items accepted since the start.
    pub delivered: u64,
    /// Items rejected since the start. They are in the dead letters.
    pub rejected: u64,
    /// At most how many logs and metrics were given up since the start, for age or size.
    pub lost: u64,
    /// Episodes given up, untold, because the window was full, since the start.
    pub given_up: u64,
}

impl IntegrationStatus {
    pub(crate) fn new(name: Name) -> Self {
        Self {
            name,
            health: Health::Working,
            issues_waiting: 0,
            batch_waiting: 0,
            waiting_bytes: 0,
            delivered: 0,
            rejected: 0,
            lost: 0,
            given_up: 0,
        }
    }
}

/// What a driver tells the router.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) status: IntegrationStatus,
    /// From when on it has been away for long enough to tell others: a driver that waits for its next try does not
    /// report that the time has come.
    pub(crate) unavailable_from: Option<DateTime<Utc>>,
    /// It has delivered, or has nothing to deliver: it is not away any more.
    pub(crate) recovered: bool,
    /// It needs the open issues as they are now, with this salt: those that it was given were out of date.
    pub(crate) wants_openings: Option<u64>,
    /// Where the lane of issues and that of logs and metrics have read to.
    pub(crate) read: (Option<Position>, Option<Position>),
    /// Up to where the journal is not needed any more.
    pub(crate) journal: Option<Position>,
    /// Up to where the bulk log is not needed any more.
    pub(crate) bulk: Option<Position>,
    /// What each of its dealings with the stores last failed with, while it fails.
    pub(crate) store_failing: [Option<Trouble>; 5],
    /// Since when each lane has been waiting for its state to be saved.
    pub(crate) saving_since: [Option<DateTime<Utc>>; 2],
}

/// A dealing of a driver with the stores.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dealing {
    Start,
    Journal,
    Bulk,
    SaveIssues,
    SaveBatch,
}

/// One of the places where everything is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Store {
    Journal,
    Bulk,
    State,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Journal => "journal (issues and notifications)",
            Self::Bulk => "log of logs and metrics",
            Self::State => "state",
        })
    }
}

/// What a store fails with, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) store: Store,
    pub(crate) since: DateTime<Utc>,
    /// `None`: it has not answered yet.
    pub(crate) kind: Option<StoreErrorKind>,
    pub(crate) why: String,
}

impl Trouble {
    pub(crate) fn new(store: Store, error: &StoreError, since: DateTime<Utc>) -> Self {
        Self { store, since, kind: Some(error.kind()), why: chain(error) }
    }

    pub(crate) fn late(store: Store, since: DateTime<Utc>) -> Self {
        Self { store, since, kind: None, why: format!("the {store} does not answer") }
    }

    pub(crate) fn is_late(&self) -> bool {
        self.kind.is_none()
    }

    /// A clock that was set back must not hide it.
    pub(crate) fn has_lasted(&self, long: TimeDelta, now: DateTime<Utc>) -> bool {
        (now - self.since).abs() >= long
    }
}

impl Dealing {
    fn store(self) -> Store {
        match self {
            Self::Journal => Store::Journal,
            Self::Bulk => Store::Bulk,
            Self::Start | Self::SaveIssues | Self::SaveBatch => Store::State,
        }
    }
}

impl Report {
    /// Notes how a dealing with the stores went. Whether that is news: it begins to fail, or does no more.
    pub(crate) fn dealt(&mut self, dealing: Dealing, error: Option<&StoreError>, now: DateTime<Utc>) -> bool {
        let Some(failing) = self.store_failing.get_mut(dealing as usize) else { return false };
        let since = failing.as_ref().map_or(now, |before| before.since);
        let trouble = error.map(|error| Trouble::new(dealing.store(), error, since));
        let news = failing.is_some() != trouble.is_some();
        *failing = trouble;
        news
    }

    /// What its dealings with the stores fail with. A save that is tried again is not late as well.
    pub(crate) fn troubles(&self) -> impl Iterator<Item = Trouble> {
        let saves = [Dealing::SaveIssues, Dealing::SaveBatch].map(|save| &self.store_failing[save as usize]);
        let waiting = self.saving_since.iter().zip(saves).filter(|(_, failing)| failing.is_none());
        let late = waiting.filter_map(|(since, _)| since.map(|since| Trouble::late(Store::State, since)));
        self.store_failing.iter().flatten().cloned().chain(late)
    }
}

/// A driver's report, shared with the router.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    report: Arc<Mutex<Report>>,
}

impl Board {
    pub(crate) fn new(name: Name) -> Self {
        let status = IntegrationStatus::new(name);
        let report = Report {
            status,
            unavailable_from: None,
            recovered: false,
            wants_openings: None,
            read: (None, None),
            journal: None,
            bulk: None,
            store_failing: [const { None }; 5],
            saving_since: [None; 2],
        };
        Self { report: Arc::new(Mutex::new(report)) }
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Report) -> T) -> T {
        look(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What was left when a router had stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leftover {
    /// The integrations that still had something to deliver, and how much: issues and notifications, logs and
    /// metrics; 0 and 0 where one was given up that had not begun. With a store on disk it is delivered after the next
    /// start.
    pub integrations: Vec<(Name, usize, usize)>,
}

impl Leftover {
    /// Whether everything was delivered.
    pub fn is_empty(&self) -> bool {
        self.integrations.is_empty()
    }
}
