use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::MutexGuard;

use async_trait::async_trait;
use tidegate_event::{EpisodeId, Event, EventKind, IssueKey, Severity};
use tidegate_sink::{Delivery, Keeps, Outcome, Probe, Profile, Sink, SinkError};

use super::Telling;
use super::desk::{Book, Desk, service};
use super::watch::Watch;
use crate::Crash;
use crate::faults::{Faults, FaultySink};

/// A service like Opsgenie and PagerDuty: alerts known by our key, [`IssueKey::id`].
///
/// An open event opens an alert where none of its key is open, and updates it otherwise, so that a repetition does
/// no harm. A closed event closes the open alert of its key, and does nothing where none is. After that an open event
/// opens a new alert: somebody is woken again. A notification is an alert by its own id that nothing closes.
///
/// Default profile: issues and notifications, one item a call, four calls at once, deduplicates, keeps alerts.
#[derive(Clone)]
pub struct AlertService {
    sink: FaultySink<Desk<Alerts>>,
    watch: Watch,
}

/// One alert: somebody was woken for it once.
#[derive(Debug, Clone)]
pub struct Alert {
    /// What it is known by.
    pub key: String,
    /// What opened it.
    pub opened: Telling,
    /// What it was told while open, in order; repetitions of the opening too.
    pub updates: Vec<Telling>,
    /// What closed it.
    pub closed: Option<Telling>,
}

impl Alert {
    /// Whether it is still open.
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// How bad it is by what it was last told.
    pub fn severity(&self) -> Option<Severity> {
        self.updates.last().unwrap_or(&self.opened).severity()
    }

    /// All that it was told, in order.
    pub fn history(&self) -> impl Iterator<Item = &Telling> {
        std::iter::once(&self.opened).chain(&self.updates).chain(&self.closed)
    }

    /// The episodes that it was told of, each once, in order. More than one is an alert that outlived its episode.
    pub fn episodes(&self) -> Vec<EpisodeId> {
        let mut episodes: Vec<EpisodeId> = self.history().filter_map(Telling::episode).collect();
        episodes.dedup();
        episodes
    }
}

#[derive(Debug, Default)]
pub(super) struct Alerts {
    told: u64,
    by_key: BTreeMap<String, Vec<Alert>>,
    idle_closes: u64,
    queue: VecDeque<Delivery>,
    depth: usize,
}

impl Book for Alerts {
    fn apply(&mut self, delivery: &Delivery) -> Outcome {
        self.queue.push_back(delivery.clone());
        self.work_off(self.depth);
        Outcome::Accepted(None)
    }
}

impl Alerts {
    /// Works the queue off, down to `left`.
    fn work_off(&mut self, left: usize) {
        while self.queue.len() > left
            && let Some(delivery) = self.queue.pop_front()
        {
            self.work(&delivery);
        }
    }

    fn work(&mut self, delivery: &Delivery) {
        self.told += 1;
        let telling = Telling { number: self.told, delivery: delivery.id, event: delivery.event.clone() };
        let key = match &*delivery.event {
            Event::Issue(issue) => issue.key.id(),
            Event::Notification(notification) => notification.id.clone(),
            Event::Log(_) | Event::Metric(_) => delivery.id.to_string(),
        };
        let alerts = self.by_key.entry(key.clone()).or_default();
        let open = alerts.last_mut().filter(|alert| alert.is_open());
        match (open, telling.is_closed()) {
            (Some(alert), true) => alert.closed = Some(telling),
            (Some(alert), false) => alert.updates.push(telling),
            (None, true) => self.idle_closes += 1,
            (None, false) => alerts.push(Alert { key, opened: telling, updates: Vec::new(), closed: None }),
        }
    }
}

impl AlertService {
    /// A service at `destination`.
    pub fn new(destination: &str) -> Self {
        let profile = Profile::new(destination)
            .with_kinds([EventKind::Issue, EventKind::Notification].into())
            .with_concurrency(4)
            .with_deduplication()
            .with_keeps(Keeps::Alerts);
        Self { sink: FaultySink::faultless(Desk::new(profile, Alerts::default())), watch: Watch::default() }
    }

    /// It takes requests into a queue and works them off later, in order, so that the last `requests` show nowhere yet:
    /// Opsgenie's 202.
    pub fn with_queue(self, requests: usize) -> Self {
        self.book().depth = requests;
        self
    }

    /// Works the queue off.
    pub fn settle(&self) {
        self.book().work_off(0);
    }

    /// All alerts of the issue `key`, in order.
    pub fn alerts(&self, key: &IssueKey) -> Vec<Alert> {
        self.alerts_by(&key.id())
    }

    /// All alerts known by `id`: an [`IssueKey::id`], or a notification's id.
    pub fn alerts_by(&self, id: &str) -> Vec<Alert> {
        self.book().by_key.get(id).cloned().unwrap_or_default()
    }

    /// All alerts, by key, those of one key in order.
    pub fn all(&self) -> Vec<Alert> {
        self.book().by_key.values().flatten().cloned().collect()
    }

    /// The keys of the issues whose alert is open, sorted. Notifications, which nothing closes, are left out.
    pub fn open(&self) -> Vec<String> {
        let book = self.book();
        let open = book.by_key.values().flatten().filter(|alert| alert.is_open() && alert.opened.is_open());
        open.map(|alert| alert.key.clone()).collect()
    }

    /// The alerts that were opened for `episode`, in order: one, if the promise is kept.
    pub fn opened_for(&self, episode: EpisodeId) -> Vec<Alert> {
        let book = self.book();
        let mut alerts: Vec<Alert> =
            book.by_key.values().flatten().filter(|alert| alert.opened.episode() == Some(episode)).cloned().collect();
        alerts.sort_by_key(|alert| alert.opened.number);
        alerts
    }

    /// How many closes found nothing to close.
    pub fn idle_closes(&self) -> u64 {
        self.book().idle_closes
    }

    /// Somebody closes the alert of `key` by hand. Whether one was open.
    pub fn close_by_hand(&self, key: &IssueKey) -> bool {
        let mut book = self.book();
        let Some(alert) = book.by_key.get_mut(&key.id()).and_then(|alerts| alerts.last_mut()) else { return false };
        let was_open = alert.is_open();
        if was_open {
            alert.closed = Some(alert.updates.last().unwrap_or(&alert.opened).clone());
        }
        was_open
    }
}

service!(AlertService, Alerts);
