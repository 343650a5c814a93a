/// Why a [`Host`](crate::Host) cannot be built: which field, what was found there, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct HostError {
    kind: HostErrorKind,
    context: String,
}

/// What can be wrong with the settings of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostErrorKind {
    /// A name or an interval that must not be empty or zero.
    Missing,
    /// A volume that cannot be a mount point.
    InvalidVolume,
    /// The node has no name, and the machine does not tell its own.
    Unnamed,
}

impl HostError {
    pub(crate) fn new(kind: HostErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }

    /// The sort of mistake.
    pub fn kind(&self) -> HostErrorKind {
        self.kind
    }
}
