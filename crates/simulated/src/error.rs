/// Why a [`Cluster`](crate::Cluster) cannot be built: which field, what was found there, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct SimulatedError {
    kind: SimulatedErrorKind,
    context: String,
}

/// What can be wrong with the settings of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SimulatedErrorKind {
    /// A speed at which no story can be told.
    InvalidSpeed,
    /// No port is to be had for the nodes.
    NoPort,
    /// A name that must not be empty.
    Missing,
}

impl SimulatedError {
    pub(crate) fn new(kind: SimulatedErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }

    /// The sort of mistake.
    pub fn kind(&self) -> SimulatedErrorKind {
        self.kind
    }
}
