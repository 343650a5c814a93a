/// Why an answer of `/metrics` tells nothing at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {context}")]
pub struct MetricsError {
    kind: MetricsErrorKind,
    context: String,
}

/// What can be wrong with a whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsErrorKind {
    /// It is of another type, such as the page of a proxy.
    #[error("not metrics")]
    ContentType,
    /// It is larger than an answer may be.
    #[error("metrics too large")]
    TooLarge,
    /// Nothing in it is a sample.
    #[error("metrics cannot be read")]
    Malformed,
    /// There is nothing in it: the server keeps no metrics.
    #[error("no metrics")]
    Empty,
}

impl MetricsError {
    pub(crate) fn new(kind: MetricsErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }

    /// What is wrong.
    pub fn kind(&self) -> MetricsErrorKind {
        self.kind
    }
}
