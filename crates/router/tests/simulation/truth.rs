use std::collections::{BTreeMap, BTreeSet};

use tidegate_event::{EpisodeId, Event, IssueEvent, IssueKey};
use tidegate_router::{SINK_UNAVAILABLE, SOURCE_UNAVAILABLE, STORE_FAILING};
use tidegate_store::Space;

use crate::world::{KINDS, LIMIT, NODES, RETIRED, World, resource};

/// What the journal says that happened, as far as it became durable.
#[derive(Default)]
pub(crate) struct Truth {
    /// The first and the last event of each episode, in the order in which they opened.
    pub(crate) episodes: Vec<(IssueEvent, IssueEvent)>,
    places: BTreeMap<EpisodeId, usize>,
    open: BTreeMap<IssueKey, usize>,
    /// The episodes that were closed by a certain number of events.
    closed_by: BTreeMap<EpisodeId, usize>,
    pub(crate) notifications: BTreeMap<String, u32>,
}

impl Truth {
    /// Reads it, and checks what the ledger promises.
    pub(crate) fn read(world: &World) -> Result<Self, String> {
        let mut truth = Self::default();
        for (number, event) in world.stores.journal().iter().enumerate() {
            match &**event {
                Event::Issue(issue) => {
                    truth.take(issue).map_err(|what| format!("{what}: {issue:?}"))?;
                    if issue.is_closed() {
                        truth.closed_by.entry(issue.episode).or_insert(number + 1);
                        justified(world, &truth, issue).map_err(|what| format!("{what}: {issue:?}"))?;
                    }
                }
                Event::Notification(notification) => {
                    let known = truth.notifications.entry(notification.id.clone()).or_insert(notification.revision);
                    *known = notification.revision.max(*known);
                }
                Event::Log(_) | Event::Metric(_) => return Err("a log or metric in the journal".to_owned()),
            }
        }
        Ok(truth)
    }

    /// With what a full or failing journal lacks and a note holds: that is told already.
    pub(crate) async fn with_note(mut self, world: &World) -> Result<Self, String> {
        for (_, note) in world.stores.records(Space::Snapshot, "ahead").await {
            let mut note: serde_json::Value = serde_json::from_slice(&note).map_err(|error| error.to_string())?;
            let issues = serde_json::from_value::<Vec<IssueEvent>>(note["issues"].take());
            for issue in issues.map_err(|error| error.to_string())? {
                let known = self.last(issue.episode).map_or(0, |last| last.sequence);
                if issue.sequence > known {
                    self.take(&issue).map_err(|what| format!("{what} by the note: {issue:?}"))?;
                }
            }
        }
        Ok(self)
    }

    /// The last event of each open issue.
    pub(crate) fn open(&self) -> impl Iterator<Item = &IssueEvent> {
        self.open.values().map(|place| &self.episodes[*place].1)
    }

    /// The last event of each open issue that `integration` is told of.
    pub(crate) fn open_for<'a>(&'a self, integration: &'a str) -> impl Iterator<Item = &'a IssueEvent> {
        self.open().filter(move |issue| is_told(issue, integration))
    }

    /// The keys of the open issues that detectors found.
    pub(crate) fn found(&self) -> BTreeSet<IssueKey> {
        self.open.keys().filter(|key| KINDS.contains(&&**key.kind())).cloned().collect()
    }

    /// Whether this was told while nothing could be made durable, and a crash lost it: only that stores fail is.
    pub(crate) fn has_lost(&self, event: &Event) -> bool {
        matches!(event, Event::Issue(issue) if &**issue.key.kind() == STORE_FAILING && self.last(issue.episode).is_none())
    }

    pub(crate) fn last(&self, episode: EpisodeId) -> Option<&IssueEvent> {
        self.places.get(&episode).map(|place| &self.episodes[*place].1)
    }

    /// Whether nothing later became durable of the episode or notification that `event` is of.
    pub(crate) fn is_last(&self, event: &Event) -> bool {
        match event {
            Event::Issue(issue) => self.last(issue.episode).is_some_and(|last| last.sequence == issue.sequence),
            Event::Notification(notification) => {
                self.notifications.get(&notification.id) == Some(&notification.revision)
            }
            Event::Log(_) | Event::Metric(_) => false,
        }
    }

    /// Whether `episode` was closed before the event of that number.
    pub(crate) fn was_closed_by(&self, episode: EpisodeId, number: usize) -> bool {
        self.closed_by.get(&episode).is_some_and(|closed| *closed <= number)
    }

    fn take(&mut self, issue: &IssueEvent) -> Result<(), String> {
        if let Some(place) = self.places.get(&issue.episode) {
            let last = &mut self.episodes[*place].1;
            if issue.sequence <= last.sequence {
                // A repeated append. What stands twice must be the same.
                let differs = issue.sequence == last.sequence && issue != last;
                return if differs { Err("two events of one sequence".to_owned()) } else { Ok(()) };
            }
            if last.is_closed() {
                return Err("an event after the close of its episode".to_owned());
            }
            if issue.sequence != last.sequence + 1 {
                return Err(format!("a hole in the sequence after {}", last.sequence));
            }
            *last = issue.clone();
            if issue.is_closed() {
                self.open.remove(&issue.key);
            }
            return Ok(());
        }
        if issue.sequence != 1 || issue.is_closed() {
            return Err("an episode that does not begin with an opening".to_owned());
        }
        let place = self.episodes.len();
        self.episodes.push((issue.clone(), issue.clone()));
        self.places.insert(issue.episode, place);
        match self.open.insert(issue.key.clone(), place) {
            Some(_) => Err("a second open episode of its key".to_owned()),
            None => Ok(()),
        }
    }
}

/// Whether an integration is told of `issue` at all: not that it is away itself.
pub(crate) fn is_told(issue: &IssueEvent, integration: &str) -> bool {
    &**issue.key.kind() != SINK_UNAVAILABLE || issue.key.resource().part.as_deref() != Some(integration)
}

/// Whether there is a reason for a close: good news, a retirement, or the configuration.
fn justified(world: &World, truth: &Truth, closed: &IssueEvent) -> Result<(), String> {
    let kind = &**closed.key.kind();
    if [SINK_UNAVAILABLE, SOURCE_UNAVAILABLE, STORE_FAILING].contains(&kind) {
        return Ok(());
    }
    let node = (0..NODES).find(|node| resource(*node) == *closed.key.resource()).ok_or("no such node")?;
    let by_hand = (closed.cause == RETIRED && world.ever_retired.contains(&node))
        || (closed.cause.contains("does not name") && world.unnamed.contains(&node))
        || (closed.cause.contains("is not configured") && kind == KINDS[1]);
    if by_hand {
        return Ok(());
    }
    let value = closed.evidence.first().map(|reading| reading.value).ok_or("closed without evidence")?;
    let opening = truth.places.get(&closed.episode).map(|place| &truth.episodes[*place].0).ok_or("never opened")?;
    let opened_at = opening.evidence.first().and_then(|reading| world.said.get(&reading.value.to_bits()));
    let good = world.said.get(&value.to_bits());
    match (opened_at, good) {
        (Some((first_bad, _)), Some((_, last_good)))
            if value < LIMIT && (world.feed.followed(*first_bad, *last_good) || first_bad == last_good) =>
        {
            Ok(())
        }
        _ => Err("closed without good news".to_owned()),
    }
}
