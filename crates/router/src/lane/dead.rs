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
