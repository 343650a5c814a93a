use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tidegate_event::{Event, time};
use tidegate_sink::{Delivery, DeliveryId, Reason};
use tidegate_store::{Change, Space};

/// An item that a service will never take as it is, kept for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Which delivery it was.
    pub id: DeliveryId,
    /// What was to be told.
    pub event: Arc<Event>,
    /// Why it was not taken.
    pub reason: Reason,
    /// When it was rejected.
    #[serde(with = "time")]
    pub at: DateTime<Utc>,
}

impl DeadLetter {
    /// The change that keeps it, as `<integration>/<delivery id>`.
    pub(super) fn change(integration: &str, delivery: &Delivery, reason: Reason, at: DateTime<Utc>) -> Change {
        let letter = Self { id: delivery.id, event: Arc::clone(&delivery.event), reason, at };
        // A dead letter is plain data with string keys: it cannot fail to become JSON.
        let value = serde_json::to_vec(&letter).unwrap_or_default();
        Change::put(Space::DeadLetter, format!("{integration}/{}", letter.id), value)
    }
}

/// Dead letters that are not durable yet: bounded, since a sink can reject faster than a store saves.
#[derive(Debug, Default)]
pub(super) struct Letters {
    waiting: Vec<Change>,
    /// Those that wait, and those that are being saved.
    bytes: usize,
}

impl Letters {
    pub(super) fn bury(&mut self, letter: Change) {
        self.bytes += size(&letter);
        self.waiting.push(letter);
    }

    /// Those that wait, to be saved.
    pub(super) fn take(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.waiting)
    }

    /// What was taken is durable.
    pub(super) fn saved(&mut self) {
        self.bytes = self.waiting.iter().map(size).sum();
    }

    /// Whether none waits to be saved.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there are so many that nothing may be sent that could add to them.
    pub(super) fn are_full(&self, bound: usize) -> bool {
        self.bytes > 0 && self.bytes >= bound
    }
}

fn size(letter: &Change) -> usize {
    letter.key.len() + letter.value.as_ref().map_or(0, bytes::Bytes::len)
}
