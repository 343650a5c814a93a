/// Why something is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {context}")]
pub struct EventError {
    kind: EventErrorKind,
    context: String,
}

impl EventError {
    pub(crate) fn new(kind: EventErrorKind, context: String) -> Self {
        Self { kind, context }
    }

    /// What is wrong.
    pub fn kind(&self) -> EventErrorKind {
        self.kind
    }
}

/// What can be wrong with a would-be event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventErrorKind {
    /// A value that is NaN or infinite.
    #[error("value is not a finite number")]
    NotFinite,
}
