use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tidegate_event::{Event, Name, time};
use tidegate_sink::{Delivery, DeliveryId, Reason, Receipt};
use tidegate_store::{Change, Space, StoreError};

use crate::record::{read_record, unreadable};

/// The version of its record.
const VERSION: u8 = 1;

/// An item that a service would not take as it was, kept for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Which delivery it was, at first.
    pub id: DeliveryId,
    /// What was to be told.
    pub event: Arc<Event>,
    /// Why it was not taken, the last time.
    pub reason: Reason,
    /// When it was rejected last.
    #[serde(with = "time")]
    pub at: DateTime<Utc>,
    /// Where it was to be delivered.
    pub destination: Name,
    /// The last receipt from there, which the delivery had with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Receipt>,
    /// It is to be delivered again, as another delivery that this salt makes; then it is here no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<u64>,
    /// It was to be delivered again, and was not: its issue or notification had moved on, and what is later was told or
    /// waits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outdated: bool,
}

#[derive(Serialize)]
struct Record<'a> {
    version: u8,
    #[serde(flatten)]
    letter: &'a DeadLetter,
}

impl DeadLetter {
    pub(super) fn new(delivery: &Delivery, destination: &Name, reason: Reason, at: DateTime<Utc>) -> Self {
        Self {
            id: delivery.id,
            event: Arc::clone(&delivery.event),
            reason,
            at: time::truncate(at),
            destination: Name::clone(destination),
            prior: delivery.prior.clone(),
            asked: None,
            outdated: false,
        }
    }

    /// The same in the place of the letter `before`, which was rejected once more.
    pub(super) fn known_as(self, before: Option<DeliveryId>) -> Self {
        Self { id: before.unwrap_or(self.id), ..self }
    }

    /// The change that keeps it.
    pub(crate) fn change(&self, integration: &str) -> Change {
        // A dead letter is plain data with string keys: it cannot fail to become JSON.
        let value = serde_json::to_vec(&Record { version: VERSION, letter: self }).unwrap_or_default();
        Change::put(Space::DeadLetter, key(integration, self.id), value)
    }

    /// Those of `records` that are to be delivered again.
    pub(crate) fn asked_for(records: &[(String, Bytes)]) -> Vec<Self> {
        // Most are not, and there may be many.
        const SIGN: &[u8] = br#""asked":"#;
        let signed = records.iter().filter(|(_, bytes)| bytes.windows(SIGN.len()).any(|bytes| bytes == SIGN));
        let letters = signed.filter_map(|(key, bytes)| Self::read(key, bytes).ok());
        letters.filter(|letter| letter.asked.is_some()).collect()
    }

    /// The change that forgets the one of delivery `id`.
    pub(crate) fn deletion(integration: &str, id: DeliveryId) -> Change {
        Change::delete(Space::DeadLetter, key(integration, id))
    }

    /// The one under `key`.
    ///
    /// # Errors
    /// As [`StoreErrorKind::Damaged`](tidegate_store::StoreErrorKind::Damaged) when it cannot be read.
    pub(crate) fn read(key: &str, bytes: &Bytes) -> Result<Self, StoreError> {
        read_record(bytes, VERSION).map_err(|error| unreadable(Space::DeadLetter, key, error))
    }
}

/// The key of its record.
fn key(integration: &str, id: DeliveryId) -> String {
    format!("{integration}/{id}")
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
