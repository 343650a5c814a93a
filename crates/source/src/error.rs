use std::error::Error;
use std::sync::Arc;

/// Why a source cannot be opened, or ended.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}: {kind}")]
pub struct SourceError {
    kind: SourceErrorKind,
    context: String,
    #[source]
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The ways in which a source fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SourceErrorKind {
    /// It cannot be reached, or went away. Trying again may help.
    #[error("unreachable")]
    Unreachable,
    /// It wants other credentials.
    #[error("unauthorized")]
    Unauthorized,
    /// It cannot work as it is configured, or on this machine.
    #[error("misconfigured")]
    Misconfigured,
    /// It said something that cannot be understood.
    #[error("malformed")]
    Malformed,
}

impl SourceError {
    /// A failure of `kind`; `context` says in words what was being done, without a secret in it.
    pub fn new(kind: SourceErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// The same with what caused it.
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The sort of failure.
    pub fn kind(&self) -> SourceErrorKind {
        self.kind
    }
}
