//! What the tests of gate and lanes share.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::Random;
use tidegate_event::{EpisodeId, Event, IssueKey, Notification};
use tidegate_sink::{Delivery, Outcome, Profile, Reason, SinkError, SinkErrorKind};
use tidegate_testkit::sample::{self, Episode};

use super::{Gate, Ticket};
use crate::Policy;

/// So many milliseconds after the start.
pub(super) fn ms(milliseconds: i64) -> DateTime<Utc> {
    sample::at() + TimeDelta::milliseconds(milliseconds)
}

/// So many seconds after the start.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    ms(seconds * 1_000)
}

pub(super) fn gate(profile: &Profile) -> Gate {
    Gate::new(profile, &Policy::new(), Random::seeded(1))
}

pub(super) fn failure(kind: SinkErrorKind) -> SinkError {
    SinkError::new(kind, "the service")
}

/// All of a batch failed.
pub(super) fn failed(kind: SinkErrorKind) -> Result<Vec<Outcome>, SinkError> {
    Err(failure(kind))
}

pub(super) fn rejected() -> Outcome {
    Outcome::Rejected(Reason::new("too long").with_answer("400"))
}

/// Episode `number` of the one issue of `kind`. No other issue has an episode of that id.
pub(super) fn episode(kind: &str, number: u32) -> Episode {
    let of_kind = kind.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    Episode::of(IssueKey::new(kind, sample::node()), sample::episode(of_kind.wrapping_mul(1_000).wrapping_add(number)))
}

pub(super) fn notification(id: &str, revision: u32) -> Notification {
    sample::notification(id).with_revision(revision)
}

/// What one delivery says: an issue's kind, the number of its event and its state, or a notification and its revision.
pub(super) fn said(delivery: &Delivery) -> String {
    match &*delivery.event {
        Event::Issue(issue) => {
            let state = issue.state.as_str();
            format!("{} {} {state}", issue.key.kind(), issue.sequence)
        }
        Event::Notification(notification) => format!("{} {}", notification.id, notification.revision),
        Event::Log(record) => record.message.clone(),
        Event::Metric(sample) => format!("{} {}", sample.name, sample.value()),
    }
}

pub(super) fn episode_of(event: &Event) -> Option<EpisodeId> {
    match event {
        Event::Issue(issue) => Some(issue.episode),
        _ => None,
    }
}

pub(super) fn event(event: impl Into<Event>) -> Arc<Event> {
    Arc::new(event.into())
}

/// A batch that a lane wants delivered.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) ticket: Ticket,
    pub(super) batch: Vec<Delivery>,
}

impl Sent {
    /// What is said, item by item.
    pub(super) fn said(&self) -> Vec<String> {
        self.batch.iter().map(said).collect()
    }

    /// The one item.
    pub(super) fn only(&self) -> &Delivery {
        match &*self.batch {
            [only] => only,
            batch => panic!("one item, not {}", batch.len()),
        }
    }
}
