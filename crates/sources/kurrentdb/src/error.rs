/// Why a [`KurrentDb`](crate::KurrentDb) cannot be built: which setting, what was found there, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct KurrentDbError {
    kind: KurrentDbErrorKind,
    key: &'static str,
    context: String,
}

/// What can be wrong with the settings of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KurrentDbErrorKind {
    /// A name or a list that must not be empty.
    Missing,
    /// The address of a node that is none, or is there twice.
    InvalidNode,
    /// A password would go over the network in the clear.
    PlainHttp,
    /// A number or a duration that makes no sense.
    InvalidFigure,
    /// Settings that need or exclude each other.
    Contradiction,
    /// A pattern of metric names that is none.
    InvalidPattern,
    /// A file of certificates or a key that cannot be read or is none.
    File,
}

impl KurrentDbError {
    pub(crate) fn new(kind: KurrentDbErrorKind, key: &'static str, context: impl Into<String>) -> Self {
        Self { kind, key, context: context.into() }
    }

    /// The sort of mistake.
    pub fn kind(&self) -> KurrentDbErrorKind {
        self.kind
    }

    /// The setting that it is about, by its key in a configuration file, such as `nodes`.
    pub fn key(&self) -> &'static str {
        self.key
    }
}
