use std::fmt;

/// Why a detector cannot be built: which field, what was found there, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectError {
    kind: DetectErrorKind,
    context: String,
}

/// What can be wrong with the figures of a detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DetectErrorKind {
    /// A figure that is NaN or infinite.
    NotFinite,
    /// A figure outside the range in which it makes sense.
    OutOfRange,
    /// A text, count or duration that must not be empty or zero.
    Missing,
    /// Two figures that contradict each other.
    Contradiction,
}

impl DetectError {
    pub(crate) fn new(kind: DetectErrorKind, context: String) -> Self {
        Self { kind, context }
    }

    /// The sort of mistake.
    pub fn kind(&self) -> DetectErrorKind {
        self.kind
    }
}

impl fmt::Display for DetectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}

impl std::error::Error for DetectError {}
