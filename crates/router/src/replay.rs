//! What an integration was told is told it once more: present states, and what the logs still hold.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tidegate_base::Random;
use tidegate_event::{Event, EventKind, time};
use tidegate_store::{Change, EventLog, Position, Space, StateStore, StoreError};

use crate::core::Book;
use crate::lane::{LaneRecord, Subject};
use crate::record::{read_record, unreadable};
use crate::records::{Records, stores};
use crate::stores::{end_of, look_through};
use crate::{Integration, RouterError};

const VERSION: u8 = 1;

/// What an integration is asked to be told once more: what happened since a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Replay {
    version: u8,
    #[serde(with = "time")]
    pub(crate) since: DateTime<Utc>,
    /// Makes its deliveries others than those before.
    pub(crate) salt: u64,
}

impl Replay {
    /// The one that `integration` is asked for.
    pub(crate) async fn find(state: &dyn StateStore, integration: &str) -> Result<Option<Self>, StoreError> {
        let key = LaneRecord::key(integration, LaneRecord::REPLAY);
        let found = state.load(Space::Lane, &key).await?.into_iter().find(|(found, _)| *found == key);
        let Some((_, bytes)) = found else { return Ok(None) };
        read_record(&bytes, VERSION).map(Some).map_err(|error| unreadable(Space::Lane, &key, error))
    }

    fn change(&self, integration: &str) -> Change {
        // Plain data with string keys: it cannot fail to become JSON.
        let value = serde_json::to_vec(self).unwrap_or_default();
        Change::put(Space::Lane, LaneRecord::key(integration, LaneRecord::REPLAY), value)
    }

    /// The change that forgets it.
    pub(crate) fn deletion(integration: &str) -> Change {
        Change::delete(Space::Lane, LaneRecord::key(integration, LaneRecord::REPLAY))
    }
}

/// What a replay would tell an integration.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ReplayPlan {
    /// The last event of each issue, and the last revision of each notification, in the order of happening.
    pub events: Vec<Arc<Event>>,
    /// How many log lines.
    pub logs: u64,
    /// How many samples.
    pub metrics: u64,
    /// When the oldest event happened that the journal, and the bulk log, still holds. Of issues that closed before,
    /// and of notifications, logs and metrics before, nothing can be told.
    pub held_since: [Option<DateTime<Utc>>; 2],
}

impl Records {
    /// What [`replay`](Records::replay) would tell `integration` now, over these logs.
    ///
    /// # Errors
    /// When the store or a log cannot be read.
    pub async fn plan_replay(
        &self,
        journal: &dyn EventLog,
        bulk: &dyn EventLog,
        integration: &Integration,
        since: DateTime<Utc>,
    ) -> Result<ReplayPlan, RouterError> {
        let failed = |error| stores("cannot read what there is to tell again".to_owned(), error);
        let (name, profile) = (integration.name(), integration.sink().profile());
        let subscription = integration.subscription().clone().limited_to(profile.kinds());
        let mut book = Book::load(self.state(), Random::seeded(0)).await.map_err(failed)?;
        book.fold_journal(journal).await.map_err(failed)?;
        let open: Vec<_> = book.ledger.open().map(|issue| Arc::new(Event::from(issue.clone()))).collect();
        let lane = LaneRecord::find(&**self.state(), name, LaneRecord::ISSUES).await.map_err(failed)?;
        let here = lane.filter(|lane| lane.destination == *profile.destination()).map(|lane| lane.since);
        let takes = |event: &Event| subscription.takes(name, event);
        let mut events = present(journal, &open, since, takes).await.map_err(failed)?;
        events.retain(|present| present.is_of(here));
        let events = events.into_iter().map(|present| present.event).collect();
        let mut plan = ReplayPlan { events, ..ReplayPlan::default() };
        if integration.has_batch_lane() {
            let end = end_of(bulk).await.map_err(failed)?;
            let from = first_since(bulk, since, end).await.map_err(failed)?.unwrap_or(end);
            let count = |_, event: &Arc<Event>| {
                if subscription.takes(name, event) {
                    *(if event.kind() == EventKind::Log { &mut plan.logs } else { &mut plan.metrics }) += 1;
                }
                true
            };
            look_through(bulk, from, end, count).await.map_err(failed)?;
        }
        for (log, held) in [journal, bulk].into_iter().zip(&mut plan.held_since) {
            let end = end_of(log).await.map_err(failed)?;
            let note = |_, event: &Arc<Event>| {
                *held = Some(event.at());
                false
            };
            look_through(log, Position::START, end, note).await.map_err(failed)?;
        }
        Ok(plan)
    }

    /// Has an integration told once more what happened since then, as other deliveries: by a router that is started over
    /// this store, or by one that runs once it is [told](crate::Handle::replay). Of issues and notifications the present
    /// states are told, and never an earlier one; logs and metrics are delivered from there on as far as the log still
    /// holds them, before those that are new. `random` makes what tells the deliveries from those before.
    ///
    /// # Errors
    /// When that cannot be saved.
    pub async fn replay(
        &self,
        integration: &str,
        since: DateTime<Utc>,
        random: &mut Random,
    ) -> Result<(), RouterError> {
        let replay = Replay { version: VERSION, since: time::truncate(since), salt: random.below(u64::MAX) | 1 };
        let failed = |error| stores("cannot save what is to be told again".to_owned(), error);
        self.state().save(&[replay.change(integration)]).await.map_err(failed)
    }
}

/// A present state.
#[derive(Debug)]
pub(crate) struct Present {
    pub(crate) event: Arc<Event>,
    /// Where it was found in the journal; `None` for an issue that is open.
    pub(crate) position: Option<Position>,
}

impl Present {
    /// Whether a lane tells it that hears of issues since then; `None`: since now. The close of an issue that only
    /// another destination has heard of is not told.
    pub(crate) fn is_of(&self, since: Option<Position>) -> bool {
        let before = self.position.is_some_and(|position| since.is_none_or(|since| position < since));
        !before || matches!(*self.event, Event::Notification(_))
    }
}

/// The present states since then that pass `takes`: of the issues that are `open`, of those that the journal closes
/// last, and of notifications.
pub(crate) async fn present(
    journal: &dyn EventLog,
    open: &[Arc<Event>],
    since: DateTime<Utc>,
    takes: impl Fn(&Event) -> bool,
) -> Result<Vec<Present>, StoreError> {
    let mut last: HashMap<Subject, Present> = HashMap::new();
    let end = end_of(journal).await?;
    let note = |position, event: &Arc<Event>| {
        if let Some(subject) = Subject::of(event) {
            last.insert(subject, Present { event: Arc::clone(event), position: Some(position) });
        }
        true
    };
    look_through(journal, Position::START, end, note).await?;
    let is_open = |event: &Event| matches!(event, Event::Issue(issue) if !issue.is_closed());
    // What is open is in `open`, be it in the journal or not any more.
    last.retain(|_, present| !is_open(&present.event));
    for event in open {
        if let Some(subject) = Subject::of(event) {
            last.insert(subject, Present { event: Arc::clone(event), position: None });
        }
    }
    let is_wanted = |present: &Present| present.event.at() >= since && takes(&present.event);
    let mut present: Vec<_> = last.into_values().filter(is_wanted).collect();
    // Two of one time in an order that is the same each time.
    let order = |present: &Present| (present.event.at(), Subject::of(&present.event));
    present.sort_by_cached_key(order);
    Ok(present)
}

/// Where the first event since then stands, if that is before `before`.
pub(crate) async fn first_since(
    log: &dyn EventLog,
    since: DateTime<Utc>,
    before: Position,
) -> Result<Option<Position>, StoreError> {
    let mut first = None;
    let find = |position, event: &Arc<Event>| {
        first = (event.at() >= since).then_some(position);
        first.is_none()
    };
    look_through(log, Position::START, before, find).await?;
    Ok(first)
}
