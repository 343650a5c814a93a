//! Counts what is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tidegate::event::{EpisodeId, Event, EventKind};
use tidegate::router::{Integration, Subscription};
use tidegate::sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};

/// What its integration is called.
const NAME: &str = "tidegate.tally";

/// Whether the integration of this name is one.
pub(crate) fn is_one(name: &str) -> bool {
    name == NAME
}

/// A sink that counts. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    profile: Profile,
    counts: Arc<Mutex<Counts>>,
}

/// What was told so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// Each episode, and whether it is closed.
    pub(crate) episodes: BTreeMap<EpisodeId, bool>,
    pub(crate) notifications: usize,
}

impl Tally {
    pub(crate) fn new() -> Self {
        let kinds = [EventKind::Issue, EventKind::Notification];
        Self { profile: Profile::new(NAME).with_kinds(kinds.into()), counts: Arc::default() }
    }

    pub(crate) fn integration(&self) -> Integration {
        Integration::new(NAME, self.clone(), Subscription::new([EventKind::Issue, EventKind::Notification]))
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Sink for Tally {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for delivery in batch {
            match &*delivery.event {
                Event::Issue(issue) => {
                    counts.episodes.insert(issue.episode, issue.is_closed());
                }
                Event::Notification(_) => counts.notifications += 1,
                Event::Log(_) | Event::Metric(_) => {}
            }
        }
        Ok(vec![Outcome::Accepted(None); batch.len()])
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new())
    }
}
