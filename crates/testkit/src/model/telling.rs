use std::sync::Arc;

use tidegate_event::{EpisodeId, Event, EventKind, IssueState, Severity};
use tidegate_sink::{Delivery, DeliveryId};

/// What a message or alert is about, as a service finds it again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An episode of an issue.
    Episode(EpisodeId),
    /// A notification, by its id, over all its revisions.
    Notification(String),
    /// A log line or a sample.
    Item(DeliveryId),
}

impl Subject {
    /// What `delivery` is about.
    pub fn of(delivery: &Delivery) -> Self {
        Self::of_event(&delivery.event, delivery.id)
    }

    fn of_event(event: &Event, id: DeliveryId) -> Self {
        match event {
            Event::Issue(issue) => Self::Episode(issue.episode),
            Event::Notification(notification) => Self::Notification(notification.id.clone()),
            Event::Log(_) | Event::Metric(_) => Self::Item(id),
        }
    }
}

/// One thing that a service was told, and applied.
#[derive(Debug, Clone)]
pub struct Telling {
    /// Which one it is, over all that the service was told, from 1.
    pub number: u64,
    /// What it came as.
    pub delivery: DeliveryId,
    /// What it said.
    pub event: Arc<Event>,
}

impl Telling {
    /// What it is about.
    pub fn subject(&self) -> Subject {
        Subject::of_event(&self.event, self.delivery)
    }

    /// The kind of event.
    pub fn kind(&self) -> EventKind {
        self.event.kind()
    }

    /// Of an issue its state.
    pub fn state(&self) -> Option<IssueState> {
        match &*self.event {
            Event::Issue(issue) => Some(issue.state),
            _ => None,
        }
    }

    /// Whether it says that an issue is open.
    pub fn is_open(&self) -> bool {
        self.state() == Some(IssueState::Open)
    }

    /// Whether it says that an issue is closed.
    pub fn is_closed(&self) -> bool {
        self.state() == Some(IssueState::Closed)
    }

    /// Of an issue the episode.
    pub fn episode(&self) -> Option<EpisodeId> {
        match &*self.event {
            Event::Issue(issue) => Some(issue.episode),
            _ => None,
        }
    }

    /// Of an issue its event's number in the episode, of a notification its revision, otherwise 0.
    pub fn sequence(&self) -> u32 {
        match &*self.event {
            Event::Issue(issue) => issue.sequence,
            Event::Notification(notification) => notification.revision,
            Event::Log(_) | Event::Metric(_) => 0,
        }
    }

    /// Of an issue or notification how bad it is.
    pub fn severity(&self) -> Option<Severity> {
        match &*self.event {
            Event::Issue(issue) => Some(issue.severity),
            Event::Notification(notification) => Some(notification.severity),
            Event::Log(_) | Event::Metric(_) => None,
        }
    }

    /// What people read.
    pub fn text(&self) -> String {
        match &*self.event {
            Event::Issue(issue) => issue.summary.clone(),
            Event::Notification(notification) => notification.message.clone(),
            Event::Log(record) => record.message.clone(),
            Event::Metric(sample) => format!("{} = {}", sample.name, sample.value()),
        }
    }
}
