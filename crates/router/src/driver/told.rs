//! What a driver tells whoever reads the program's own log.

use chrono::{DateTime, Utc};
use tidegate_event::Name;
use tidegate_store::StoreError;

use crate::Health;
use crate::status::{Board, Dealing};

pub(super) fn tell_health(integration: &Name, health: &Health) {
    match health {
        // As loud as what it takes back: whoever reads of the one must read of the other.
        Health::Working => tracing::warn!(%integration, "the integration delivers again"),
        Health::Failing { why, .. } => {
            tracing::warn!(%integration, why, "a delivery failed; trying again with backoff");
        }
        Health::Paused { why, .. } => {
            tracing::error!(%integration, why, "the integration is paused; nothing is lost, and it tries once a minute");
        }
        Health::Stopped { why, .. } => {
            tracing::error!(%integration, why, "the receiver wants no more; change the configuration");
        }
    }
}

pub(super) fn note_save(board: &Board, dealing: Dealing, error: Option<&StoreError>, now: DateTime<Utc>) {
    let news = board.with(|report| report.dealt(dealing, error, now));
    let name = || board.with(|report| report.status.name.clone());
    match error {
        Some(error) if news => tracing::warn!(integration = %name(), error = error as &dyn std::error::Error,
            "cannot save state; trying again until it can"),
        None if news => tracing::warn!(integration = %name(), "state is saved again"),
        _ => {}
    }
}
