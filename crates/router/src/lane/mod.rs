//! Lanes: how an integration's sink hears of events, at its own pace, whatever fails.
//!
//! State machines without I/O or clock. A driver offers them what it reads, asks [`next`](IssueLane::next) what to do,
//! does it, and says how it went.

mod again;
mod batch;
mod dead;
#[cfg(test)]
mod fixture;
mod gate;
mod issue;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_sink::Delivery;
use tidegate_store::Change;

pub use batch::BatchLane;
pub use dead::DeadLetter;
pub use gate::{Gate, Health};
pub(crate) use issue::{Foretold, LaneRecord, Rewound, Subject, is_alarm};
pub use issue::{IssueLane, Openings};

/// What a lane wants done.
#[derive(Debug)]
pub enum Action {
    /// Make these changes durable, then call `saved`. A lane asks for one save at a time.
    Save(Vec<Change>),
    /// Hand these to the sink, then call `settle` with the ticket.
    Deliver(Ticket, Vec<Delivery>),
    /// Nothing before then.
    SleepUntil(DateTime<Utc>),
    /// Nothing until something is offered, saved or settled.
    Idle,
}

/// Names one batch on its way to the sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// `at` and `after`, however large `after` is.
pub(crate) fn later(at: DateTime<Utc>, after: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(after).ok().and_then(|after| at.checked_add_signed(after)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The earlier of two wishes to be woken.
fn sooner(a: Option<DateTime<Utc>>, b: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
