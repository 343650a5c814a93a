use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::Random;
use tidegate_event::{EpisodeId, IssueEvent, IssueKey, IssueState, Name, Resource};

use crate::ledger::content::Content;
use crate::{Condition, Finding};

mod content;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

/// How far apart the updates of an episode are that only bring other figures.
const UPDATE_INTERVAL: Duration = Duration::from_mins(5);
/// How many resources are remembered as retired.
const MOST_RETIRED: usize = 100_000;
/// How many closed episodes are remembered, so that an event of them that is folded once more is known as old.
const CLOSED: usize = 4_096;

/// Gives issues their identity: decides which finding opens an episode, which is an update, and which closes it.
///
/// Its state is a fold over its own events. After a restart [`restore`](Ledger::restore) it from a snapshot and
/// [`fold`](Ledger::fold) the events of the journal since, in order; events from before the snapshot do no harm.
///
/// - A first [`Met`](Condition::Met) opens an episode. A later one is an update: at once when the severity changes or
///   the issue was stale, and otherwise, when summary, cause, remedy or evidence differ, at most every
///   [`update_interval`](Ledger::with_update_interval). An update that is held back is told by
///   [`tick`](Ledger::tick); the latest wins.
/// - [`Cleared`](Condition::Cleared) closes the episode.
/// - [`Unknown`](Condition::Unknown) leaves it open and marks it stale, at once.
/// - What is found about a [retired](Ledger::retire) resource is ignored.
///
/// Times are cut to the millisecond, and an event is never before the one that precedes it in its episode. The same
/// findings and the same seed give the same events in the same order.
#[derive(Debug, Clone)]
pub struct Ledger {
    random: Random,
    update_interval: TimeDelta,
    open: BTreeMap<IssueKey, Entry>,
    retired: BTreeMap<Resource, String>,
    closed: Closed,
}

/// An open episode.
#[derive(Debug, Clone)]
struct Entry {
    last: IssueEvent,
    /// When `last` was told. Not `last.at`, which a clock that was set back leaves in the future.
    told: DateTime<Utc>,
    held_back: Option<Content>,
}

impl Ledger {
    /// A ledger without issues. The ids of its episodes come from `random`.
    pub fn new(random: Random) -> Self {
        Self {
            random,
            update_interval: to_delta(UPDATE_INTERVAL),
            open: BTreeMap::new(),
            retired: BTreeMap::new(),
            closed: Closed::default(),
        }
    }

    /// The same with updates that only bring other figures at least `interval` apart. Default: 5 minutes, the pace at
    /// which the slowest reader (Slack) takes them.
    pub fn with_update_interval(mut self, interval: Duration) -> Self {
        self.update_interval = to_delta(interval);
        self
    }

    /// Takes over what a snapshot holds: the last event of each issue that was [open](Ledger::open).
    pub fn restore(&mut self, open: impl IntoIterator<Item = IssueEvent>) {
        for event in open {
            self.fold(&event);
        }
    }

    /// Takes over an event of the journal. Events are folded in their order; one that is not newer than what is known
    /// is ignored.
    ///
    /// While an episode is open, an event of another episode of its key is from before it: the journal holds the close
    /// of an episode before the next one opens.
    pub fn fold(&mut self, event: &IssueEvent) {
        if self.closed.contains(event.episode) {
            return;
        }
        let known = self.open.get(&event.key);
        if known.is_some_and(|entry| entry.last.episode != event.episode || entry.last.sequence >= event.sequence) {
            return;
        }
        self.take(event.clone().truncated(), event.at);
    }

    /// Decides what `finding` means. `None`: nothing to tell, for now or at all.
    pub fn apply(&mut self, finding: Finding) -> Option<IssueEvent> {
        let Finding { key, condition, at } = finding;
        if self.is_retired(key.resource()) {
            return None;
        }
        match condition {
            Condition::Met(symptom) if !self.open.contains_key(&key) => {
                let episode = EpisodeId::new(at, self.random.bytes());
                let opening = Content::of(symptom).into_event(key, episode, at);
                Some(self.take(opening, at))
            }
            Condition::Met(symptom) => self.update(&key, Content::of(symptom), at),
            Condition::Unknown { why } => {
                let content = Content::unmeasured(self.open.get(&key)?, why);
                self.update(&key, content, at)
            }
            Condition::Cleared { cause, evidence } => {
                let mut event = self.open.get(&key)?.closing(cause, at);
                event.evidence = content::sound(evidence);
                Some(self.take(event, at))
            }
        }
    }

    /// Tells the updates that were held back and are now due, by key.
    pub fn tick(&mut self, now: DateTime<Utc>) -> Vec<IssueEvent> {
        let interval = self.update_interval;
        let due = |entry: &Entry| entry.held_back.is_some() && entry.is_due(now, interval);
        let keys: Vec<IssueKey> =
            self.open.iter().filter(|(_, entry)| due(entry)).map(|(key, _)| key.clone()).collect();
        keys.iter().filter_map(|key| self.tell_held_back(key, now)).collect()
    }

    /// Takes `resource` out of service: closes its issues and those of all that lies within it, with `why` as their
    /// cause, and ignores what is found about it until it is [reinstated](Ledger::reinstate).
    ///
    /// What lies within it need not be remembered beside it. At most 100,000 resources are remembered as retired; past
    /// that the issues close all the same, and what is found later opens them again.
    pub fn retire(&mut self, resource: &Resource, why: &str, at: DateTime<Utc>) -> Vec<IssueEvent> {
        self.retired.retain(|retired, _| !resource.covers(retired));
        if self.retired.len() < MOST_RETIRED && !self.is_retired(resource) {
            self.retired.insert(resource.clone(), why.to_owned());
        }
        let covered = |key: &&IssueKey| resource.covers(key.resource());
        let keys: Vec<IssueKey> = self.open.keys().filter(covered).cloned().collect();
        keys.iter().filter_map(|key| self.close(key, why, at)).collect()
    }

    /// Puts `resource` back into service, with all that was retired within it. What it lies in stays as it is: a node
    /// of a retired cluster stays retired with it.
    pub fn reinstate(&mut self, resource: &Resource) {
        self.retired.retain(|retired, _| !resource.covers(retired));
    }

    /// What is retired and why, by resource.
    pub fn retired(&self) -> impl Iterator<Item = (&Resource, &str)> {
        self.retired.iter().map(|(resource, why)| (resource, why.as_str()))
    }

    /// Closes the issue of `key`, where one is open, for a reason that no detector finds: that its detector is not
    /// configured any more, for example.
    pub fn close(&mut self, key: &IssueKey, cause: &str, at: DateTime<Utc>) -> Option<IssueEvent> {
        let event = self.open.get(key)?.closing(cause.to_owned(), at);
        Some(self.take(event, at))
    }

    /// The last event of each open issue, by key.
    pub fn open(&self) -> impl Iterator<Item = &IssueEvent> {
        self.open.values().map(|entry| &entry.last)
    }

    /// The last event of the issue of `key`, where one is open.
    pub fn find(&self, key: &IssueKey) -> Option<&IssueEvent> {
        self.open.get(key).map(|entry| &entry.last)
    }

    /// Whether `resource`, or what it lies in, is retired.
    ///
    /// Asks for each resource that could cover it, rather than each that is retired.
    pub fn is_retired(&self, resource: &Resource) -> bool {
        let Resource { cluster, node, part } = resource;
        !self.retired.is_empty()
            && (1..8).any(|parts| {
                let kept = |bit: u8, name: &Option<Name>| name.clone().filter(|_| parts & bit != 0);
                let wider = Resource { cluster: kept(1, cluster), node: kept(2, node), part: kept(4, part) };
                self.retired.contains_key(&wider)
            })
    }

    /// Brings an open issue up to date, now or later.
    fn update(&mut self, key: &IssueKey, content: Content, at: DateTime<Utc>) -> Option<IssueEvent> {
        let interval = self.update_interval;
        let entry = self.open.get_mut(key)?;
        if content.is_that_of(&entry.last) {
            entry.held_back = None;
            return None;
        }
        let at_once = content.severity != entry.last.severity || content.stale != entry.last.stale;
        entry.held_back = Some(content);
        if at_once || entry.is_due(at, interval) { self.tell_held_back(key, at) } else { None }
    }

    fn tell_held_back(&mut self, key: &IssueKey, at: DateTime<Utc>) -> Option<IssueEvent> {
        let entry = self.open.get_mut(key)?;
        let event = entry.held_back.take()?.into_next(&entry.last, at);
        Some(self.take(event, at))
    }

    /// Makes `event` the last of its episode.
    fn take(&mut self, event: IssueEvent, told: DateTime<Utc>) -> IssueEvent {
        if event.is_closed() {
            self.open.remove(&event.key);
            self.closed.insert(event.episode);
        } else {
            let entry = Entry { last: event.clone(), told, held_back: None };
            self.open.insert(event.key.clone(), entry);
        }
        event
    }
}

impl Entry {
    /// Whether the last event is long enough ago. A clock that was set back must not hold updates back until it has
    /// caught up, so the distance counts in both directions.
    fn is_due(&self, now: DateTime<Utc>, interval: TimeDelta) -> bool {
        now.signed_duration_since(self.told).abs() >= interval
    }

    fn closing(&self, cause: String, at: DateTime<Utc>) -> IssueEvent {
        let content = Content { cause, stale: false, ..Content::latest(self) };
        IssueEvent { state: IssueState::Closed, ..content.into_next(&self.last, at) }
    }
}

/// The last episodes that closed.
#[derive(Debug, Clone, Default)]
struct Closed {
    episodes: BTreeSet<EpisodeId>,
    order: VecDeque<EpisodeId>,
}

impl Closed {
    fn contains(&self, episode: EpisodeId) -> bool {
        self.episodes.contains(&episode)
    }

    fn insert(&mut self, episode: EpisodeId) {
        if self.episodes.insert(episode) {
            self.order.push_back(episode);
        }
        if self.order.len() > CLOSED
            && let Some(oldest) = self.order.pop_front()
        {
            self.episodes.remove(&oldest);
        }
    }
}

fn to_delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
