/// Why a line is no sample: where, what was found there, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}, found {found}")]
pub struct LineError {
    kind: LineErrorKind,
    line: usize,
    column: usize,
    found: String,
}

/// What can be wrong with a line. Each says what would be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LineErrorKind {
    /// A byte that belongs to no character.
    #[error("wanted UTF-8")]
    NotUtf8,
    /// No name of a metric at the beginning.
    #[error("wanted the name of a metric ([a-zA-Z_:][a-zA-Z0-9_:]*)")]
    Name,
    /// Something after the name that is neither labels nor a value.
    #[error("wanted `{{` or a blank after the name")]
    AfterName,
    /// No name of a label.
    #[error("wanted the name of a label ([a-zA-Z_][a-zA-Z0-9_]*)")]
    LabelName,
    /// No `=` or no quotation mark after the name of a label.
    #[error("wanted `=\"` after the name of a label")]
    LabelStart,
    /// A value of a label without an end.
    #[error("wanted `\"` at the end of a label's value")]
    LabelEnd,
    /// Neither a comma nor the end after a label.
    #[error("wanted `,` or `}}` after a label")]
    AfterLabel,
    /// No value, or none that is a number.
    #[error("wanted a number such as 1.5, 1E-06, NaN or +Inf")]
    Value,
    /// A time that is none.
    #[error("wanted a time: milliseconds as an integer in the text format, seconds in OpenMetrics")]
    Timestamp,
    /// Something behind value and time.
    #[error("wanted the end of the line")]
    Trailing,
    /// The last line has no end: its value may be cut.
    #[error("wanted a line feed at the end of the last sample, whose value may be cut off")]
    CutOff,
    /// Longer than [`Limits::line_bytes`](crate::Limits::line_bytes).
    #[error("wanted a shorter line")]
    LineTooLong,
    /// More than [`Limits::labels`](crate::Limits::labels).
    #[error("wanted fewer labels")]
    TooManyLabels,
    /// A name or value longer than [`Limits::label_bytes`](crate::Limits::label_bytes).
    #[error("wanted a shorter label")]
    LabelTooLong,
}

/// How many bytes of what was found an error shows.
const SHOWN: usize = 32;

impl LineError {
    /// Of the `line`, numbered from 1, whose bytes are `bytes`, at the offset `at`.
    #[cold]
    pub(crate) fn new(kind: LineErrorKind, line: usize, bytes: &[u8], at: usize) -> Self {
        let rest = bytes.get(at..).unwrap_or_default();
        let found = match rest.get(..SHOWN) {
            _ if rest.is_empty() => "the end of the line".to_owned(),
            Some(shown) if rest.len() > SHOWN => format!("\"{}\"…", shown.escape_ascii()),
            _ => format!("\"{}\"", rest.escape_ascii()),
        };
        Self { kind, line, column: at + 1, found }
    }

    /// What is wrong.
    pub fn kind(&self) -> LineErrorKind {
        self.kind
    }

    /// The line, numbered from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The byte in the line, numbered from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}
