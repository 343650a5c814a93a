use std::error::Error;
use std::sync::Arc;

/// Why a store could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}: {kind}")]
pub struct StoreError {
    kind: StoreErrorKind,
    context: String,
    #[source]
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The ways in which a store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// There is no room left.
    #[error("full")]
    Full,
    /// The device or the network failed.
    #[error("input or output failed")]
    Io,
    /// What is stored is not what was written.
    #[error("damaged")]
    Damaged,
    /// The system does not let us: read-only, or without the right.
    #[error("not permitted")]
    Denied,
    /// Another process has it.
    #[error("in use")]
    InUse,
    /// What was asked can never be done.
    #[error("invalid")]
    Invalid,
}

impl StoreError {
    /// A failure of `kind`; `context` says in words what was being done.
    pub fn new(kind: StoreErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// The same with what caused it.
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The sort of failure.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}
