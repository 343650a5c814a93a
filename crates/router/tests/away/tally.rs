use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chrono::TimeDelta;
use tidegate_base::Clock;
use tidegate_event::{EpisodeId, Event, EventKind, IssueEvent};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError, SinkErrorKind};

use crate::clock::SimulatedClock;
use crate::detector::LEVEL;

/// A service that keeps count of what it is told, and can be away.
#[derive(Clone)]
pub(crate) struct Tally {
    profile: Profile,
    clock: SimulatedClock,
    away: Arc<AtomicBool>,
    told: Arc<Mutex<Told>>,
}

/// What it was told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// How many log lines, which are numbered from 0, and of them those that were not the next.
    pub(crate) lines: usize,
    pub(crate) out_of_order: usize,
    /// The last that was told of each episode, in the order in which they opened.
    pub(crate) issues: BTreeMap<EpisodeId, (u32, bool)>,
    /// How many times something was told of an episode that was not later than what had been.
    pub(crate) backwards: usize,
    /// The longest that anything took to be told.
    pub(crate) latest: TimeDelta,
}

impl Told {
    /// How many episodes are shown as open.
    pub(crate) fn open(&self) -> usize {
        self.issues.values().filter(|(_, closed)| !closed).count()
    }

    /// Keeps the episodes only that are shown as open.
    pub(crate) fn forget_closed(&mut self) {
        self.issues.retain(|_, (_, closed)| !*closed);
    }

    fn issue(&mut self, issue: &IssueEvent) {
        let told = self.issues.entry(issue.episode).or_default();
        if issue.sequence <= told.0 {
            self.backwards += 1;
        }
        *told = (issue.sequence, issue.is_closed());
    }
}

impl Tally {
    /// One that takes `batch` items at once.
    pub(crate) fn new(name: &'static str, clock: SimulatedClock, kinds: &[EventKind], batch: usize) -> Self {
        let profile = Profile::new(name).with_kinds(kinds.iter().copied().collect()).with_batch(batch);
        Self { profile, clock, away: Arc::default(), told: Arc::default() }
    }

    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect("no test panics here")
    }
}

#[async_trait]
impl Sink for Tally {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(SinkError::new(SinkErrorKind::Unreachable, "it is away"));
        }
        let mut told = self.told();
        for delivery in batch {
            let at = match &*delivery.event {
                Event::Issue(issue) if **issue.key.kind() == *LEVEL => {
                    told.issue(issue);
                    issue.at
                }
                Event::Log(line) => {
                    let next = line.message.rsplit(' ').next().and_then(|number| number.parse().ok());
                    told.out_of_order += usize::from(next != Some(told.lines));
                    told.lines += 1;
                    line.at
                }
                _ => continue,
            };
            told.latest = told.latest.max(self.clock.now() - at);
        }
        Ok(vec![Outcome::Accepted(None); batch.len()])
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new())
    }
}
