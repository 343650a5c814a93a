use std::fmt;
use std::sync::Arc;

use tidegate_event::Signal;

/// Why something could not be published.
#[derive(Clone, thiserror::Error)]
#[error("publishing through source `{source_name}`: {kind}")]
pub struct PushError {
    kind: PushErrorKind,
    source_name: Arc<str>,
    signals: Vec<Signal>,
}

/// The ways in which publishing fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PushErrorKind {
    /// It was handed in and not taken, as the router stopped first. It may be published again.
    #[error("the router stopped before it had taken it")]
    NotTaken,
    /// The source is dropped: nothing is taken any more.
    #[error("the source is closed")]
    Closed,
    /// There is no room now.
    #[error("the queue is full")]
    Full,
    /// The empty resource cannot be retired or restored.
    #[error("the empty resource names nothing")]
    NoResource,
    /// What a control plane tells is about a cluster.
    #[error("the notification names no cluster")]
    NoCluster,
}

impl PushError {
    pub(crate) fn new(kind: PushErrorKind, source_name: &Arc<str>, signals: Vec<Signal>) -> Self {
        Self { kind, source_name: Arc::clone(source_name), signals }
    }

    /// The sort of failure.
    pub fn kind(&self) -> PushErrorKind {
        self.kind
    }

    /// What was to be published, after [`PushErrorKind::Full`], [`PushErrorKind::Closed`] and
    /// [`PushErrorKind::NoCluster`]. Nothing after
    /// [`PushErrorKind::NotTaken`]: the router has had it, so keep what you may want to publish again.
    pub fn into_signals(self) -> Vec<Signal> {
        self.signals
    }
}

impl fmt::Debug for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushError")
            .field("kind", &self.kind)
            .field("source_name", &self.source_name)
            .field("signals", &self.signals.len())
            .finish()
    }
}
