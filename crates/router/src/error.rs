use std::error::Error;
use std::sync::Arc;

/// Why a router cannot be built, started or asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}: {kind}")]
pub struct RouterError {
    kind: RouterErrorKind,
    context: String,
    #[source]
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The ways in which a router fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RouterErrorKind {
    /// Two parts have one name, or a name is not fit for one.
    #[error("invalid name")]
    InvalidName,
    /// There is no part of that name.
    #[error("no such part")]
    NotFound,
    /// A part of that name is about to end; try again.
    #[error("still ending")]
    Busy,
    /// What is stored cannot be read.
    #[error("the state cannot be read")]
    Unreadable,
    /// The store failed.
    #[error("the store failed")]
    Store,
    /// The router does not run.
    #[error("the router does not run")]
    Stopped,
}

impl RouterError {
    pub(crate) fn new(kind: RouterErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    pub(crate) fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The sort of failure.
    pub fn kind(&self) -> RouterErrorKind {
        self.kind
    }
}

/// An error with what caused it, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
