/// Why a [`Tail`](crate::Tail) cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct TailError {
    kind: TailErrorKind,
    context: String,
}

/// The ways in which the settings of a tail are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TailErrorKind {
    /// A name is empty.
    Name,
    /// The path is none that files can be found by.
    Path,
    /// The series are those of another format, or none.
    Series,
    /// The names of the fields are empty, or the same.
    Fields,
    /// The expression for the beginning of a record is not one.
    Start,
    /// A level is wanted where lines have none.
    MinLevel,
    /// The interval is too short, or longer than lines may take to be delivered.
    Interval,
}

impl TailError {
    pub(crate) fn new(kind: TailErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }

    /// The sort of mistake.
    pub fn kind(&self) -> TailErrorKind {
        self.kind
    }
}
