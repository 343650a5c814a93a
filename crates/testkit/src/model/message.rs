use std::fmt;
use std::sync::MutexGuard;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tidegate_event::{EpisodeId, EventKind};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Receipt, Sink, SinkError};

use super::desk::{Book, Desk, service};
use super::watch::Watch;
use super::{Subject, Telling};
use crate::Crash;
use crate::faults::{Faults, FaultySink};

/// A service like Slack: messages that can be edited, and nothing that tells a repetition from a new one.
///
/// It edits the message that [`prior`](Delivery::prior) names, and posts a new one where there is none. What
/// [`may have been applied`](Delivery::maybe_applied), or was a message that is gone, it looks up first by the episode or
/// the notification, which each message carries; [`with_lookup(false)`](MessageService::with_lookup) is a service that
/// cannot, and posts once more, [marked](Message::marked).
///
/// Default profile: issues and notifications, one item a call, four calls at once, keeps messages.
#[derive(Clone)]
pub struct MessageService {
    sink: FaultySink<Desk<Messages>>,
    watch: Watch,
}

/// One message, with all that it ever said.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its number, from 1.
    pub id: u64,
    /// What it is about, as said when it was posted.
    pub subject: Subject,
    /// It says of itself that it may be a repetition.
    pub marked: bool,
    /// Somebody deleted it.
    pub gone: bool,
    /// What it said, the post first, then each edit.
    pub history: Vec<Telling>,
}

impl Message {
    /// What it says now.
    pub fn last(&self) -> Option<&Telling> {
        self.history.last()
    }

    /// The number of the telling that it was posted with.
    fn posted_at(&self) -> u64 {
        self.history.first().map_or(0, |telling| telling.number)
    }

    /// Whether people see it say that an issue is open.
    pub fn is_open(&self) -> bool {
        !self.gone && self.last().is_some_and(Telling::is_open)
    }

    /// Whether it was ever made to tell of another episode or notification than it was posted for.
    pub fn is_mixed(&self) -> bool {
        self.history.iter().any(|telling| telling.subject() != self.subject)
    }
}

#[derive(Debug)]
pub(super) struct Messages {
    lookup: bool,
    lag: u64,
    told: u64,
    posted: Vec<Message>,
}

/// What a receipt says.
#[derive(Serialize, Deserialize)]
struct Posted {
    message: u64,
}

impl Messages {
    fn find(&mut self, id: u64) -> Option<&mut Message> {
        self.posted.iter_mut().find(|message| message.id == id && !message.gone)
    }

    /// The message to edit, if there is one.
    fn target(&mut self, delivery: &Delivery) -> Option<u64> {
        let prior = delivery.prior.as_ref().and_then(|receipt| receipt.read::<Posted>().ok());
        if let Some(Posted { message }) = prior {
            if self.find(message).is_some() {
                return Some(message);
            }
        } else if !delivery.maybe_applied {
            return None;
        }
        if !self.lookup {
            return None;
        }
        let subject = Subject::of(delivery);
        let seen = self.told.saturating_sub(1).saturating_sub(self.lag);
        let found = |message: &&Message| message.subject == subject && !message.gone && message.posted_at() <= seen;
        self.posted.iter().rev().find(found).map(|message| message.id)
    }
}

impl Book for Messages {
    fn apply(&mut self, delivery: &Delivery) -> Outcome {
        self.told += 1;
        let telling = Telling { number: self.told, delivery: delivery.id, event: delivery.event.clone() };
        let target = self.target(delivery);
        let id = if let Some(message) = target.and_then(|id| self.find(id)) {
            message.history.push(telling);
            message.id
        } else {
            let id = self.posted.len() as u64 + 1;
            let marked = delivery.maybe_applied && !self.lookup;
            let subject = Subject::of(delivery);
            self.posted.push(Message { id, subject, marked, gone: false, history: vec![telling] });
            id
        };
        Outcome::Accepted(Receipt::new(&Posted { message: id }).ok())
    }
}

impl MessageService {
    /// A service that can look messages up, at `destination`.
    pub fn new(destination: &str) -> Self {
        let profile = Profile::new(destination)
            .with_kinds([EventKind::Issue, EventKind::Notification].into())
            .with_concurrency(4);
        let messages = Messages { lookup: true, lag: 0, told: 0, posted: Vec::new() };
        Self { sink: FaultySink::faultless(Desk::new(profile, messages)), watch: Watch::default() }
    }

    /// Whether it can look messages up.
    pub fn with_lookup(self, lookup: bool) -> Self {
        self.book().lookup = lookup;
        self
    }

    /// A look-up does not yet see the last `tellings` that were applied. Such a service may post twice.
    pub fn with_lookup_lag(self, tellings: u64) -> Self {
        self.book().lag = tellings;
        self
    }

    /// All messages, in the order of their posts.
    pub fn messages(&self) -> Vec<Message> {
        self.book().posted.clone()
    }

    /// The messages that were posted for `episode`.
    pub fn posts(&self, episode: EpisodeId) -> Vec<Message> {
        self.about(&Subject::Episode(episode))
    }

    /// The messages that were posted about `subject`.
    pub fn about(&self, subject: &Subject) -> Vec<Message> {
        self.book().posted.iter().filter(|message| message.subject == *subject).cloned().collect()
    }

    /// All that was told of `episode`, over all messages, in order.
    pub fn tellings(&self, episode: EpisodeId) -> Vec<Telling> {
        let book = self.book();
        let all = book.posted.iter().flat_map(|message| &message.history);
        let mut tellings: Vec<Telling> = all.filter(|telling| telling.episode() == Some(episode)).cloned().collect();
        tellings.sort_by_key(|telling| telling.number);
        tellings
    }

    /// The episodes of which the last word is that they are open, whatever an earlier message still says, in order of
    /// episode.
    pub fn open(&self) -> Vec<EpisodeId> {
        let book = self.book();
        let mut last = std::collections::BTreeMap::<EpisodeId, &Telling>::new();
        for telling in book.posted.iter().flat_map(|message| &message.history) {
            if let Some(episode) = telling.episode() {
                let known = last.entry(episode).or_insert(telling);
                if telling.number > known.number {
                    *known = telling;
                }
            }
        }
        last.into_iter().filter(|(_, telling)| telling.is_open()).map(|(episode, _)| episode).collect()
    }

    /// The messages that still say that an issue is open, whatever a later message says.
    pub fn open_messages(&self) -> Vec<Message> {
        self.book().posted.iter().filter(|message| message.is_open()).cloned().collect()
    }

    /// Somebody deletes the message `id`. Whether it was there.
    pub fn delete(&self, id: u64) -> bool {
        self.book().find(id).map(|message| message.gone = true).is_some()
    }
}

service!(MessageService, Messages);
