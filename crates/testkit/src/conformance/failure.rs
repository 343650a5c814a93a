//! What goes wrong at a service, and what a sink may say of it.

use std::fmt;
use std::time::Duration;

use tidegate_sink::{Outcome, SinkErrorKind};

/// How exact a wait must be that a service asked for: a date has whole seconds, and time goes on.
const EXACT: Duration = Duration::from_secs(2);

/// What went wrong at a service, and so what a sink may say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Something, which may be told as a failure of any kind.
    Any,
    /// It may have been applied: no complete answer came, or one that says that the service failed inside. Told as
    /// [`Unconfirmed`](SinkErrorKind::Unconfirmed) or [`Unavailable`](SinkErrorKind::Unavailable).
    InDoubt,
    /// Too much at once, and nothing was applied. Told as [`Throttled`](SinkErrorKind::Throttled), with how long the
    /// service asked to wait where it did.
    Throttled(Option<Duration>),
    /// It was applied, and the answer came late, in part, or odd. Told as accepted, or as in doubt.
    Applied,
}

impl Failure {
    /// Whether `outcome` is a way to tell it.
    pub(super) fn may_be_told_as(self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Applied, Outcome::Accepted(_)) => true,
            (_, Outcome::Accepted(_)) => false,
            // Rejected, it would go to the dead letters; untouched, it would count as never sent.
            (Self::InDoubt | Self::Applied, Outcome::Failed(error)) => error.kind().may_have_applied(),
            (Self::Throttled(wait), Outcome::Failed(error)) => {
                error.kind() == SinkErrorKind::Throttled
                    && wait.is_none_or(|wait| error.retry_after().is_some_and(|told| told.abs_diff(wait) <= EXACT))
            }
            (Self::Any, _) => true,
            (_, Outcome::Rejected(_) | Outcome::Untouched) => false,
        }
    }
}

/// What is right.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("anything but accepted"),
            Self::InDoubt => f.write_str("failed as unconfirmed or unavailable"),
            Self::Throttled(None) => f.write_str("failed as throttled"),
            Self::Throttled(Some(wait)) => write!(f, "failed as throttled with a retry-after of {wait:?}"),
            Self::Applied => f.write_str("accepted, or failed as unconfirmed or unavailable"),
        }
    }
}

/// A sink over a service that fails.
pub(super) struct Failing<S> {
    pub(super) sink: S,
    pub(super) failure: Failure,
    /// What is wrong with the service, in words that go after "a service".
    pub(super) how: String,
}
