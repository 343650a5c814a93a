use std::fmt;
use std::sync::Arc;

/// How many mistakes are printed; the others are counted.
const PRINTED: usize = 50;

/// One mistake in a configuration: where it is, what was found there, and what would be right.
///
/// `Display` is one line that begins with the place: `tidegate.toml:12:1: unknown key …`. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub(crate) kind: ConfigErrorKind,
    pub(crate) file: Arc<str>,
    pub(crate) place: Option<Place>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// Where in the file, and how that line reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The line, with `***` for what may be a secret.
    pub(crate) text: String,
    /// Which characters of that text it is about.
    pub(crate) marked: std::ops::Range<usize>,
}

/// The sorts of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// The file cannot be read, is no file, too large, or not text.
    Unreadable,
    /// It is not TOML.
    Syntax,
    /// A key that nobody knows.
    UnknownKey,
    /// A source, sink or detector that nobody registered.
    UnknownKind,
    /// A value that is not what the key takes.
    InvalidValue,
    /// Something that must be there is not.
    Missing,
    /// Two parts have one name.
    Duplicate,
    /// Two values that do not fit together.
    Contradiction,
    /// A secret that is not there, or cannot be read.
    Secret,
}

impl ConfigError {
    /// The sort of mistake.
    pub fn kind(&self) -> ConfigErrorKind {
        self.kind
    }

    /// The file, as it was named.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1; `None` where it is about the file as a whole.
    pub fn line(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.line)
    }

    /// The character in that line, from 1; `None` where it is about the file as a whole.
    pub fn column(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.column)
    }

    /// What was found and what would be right, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What else helps, such as which keys there are.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// As a block with the line of the file and a mark below it.
    fn write_block(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, message, .. } = self;
        writeln!(f, "error: {message}")?;
        let Some(Place { line, column, text, marked }) = &self.place else {
            return self.help.as_ref().map_or(Ok(()), |help| writeln!(f, " = help: {help}"));
        };
        let margin = " ".repeat(line.to_string().len());
        let (blank, marks) = (" ".repeat(marked.start), "^".repeat(marked.len().max(1)));
        writeln!(f, "{margin}--> {file}:{line}:{column}")?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{line} | {text}")?;
        writeln!(f, "{margin} | {blank}{marks}")?;
        self.help.as_ref().map_or(Ok(()), |help| writeln!(f, "{margin} = help: {help}"))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(Place { line, column, .. }) => write!(f, "{}:{line}:{column}: {}", self.file, self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for ConfigError {}

/// All mistakes of a configuration, in the order of the file; at least one.
///
/// `Display` is for people and takes several lines: each mistake as a block with the line of the file and a mark below
/// it, and at the end how many they are. What may be a secret is `***`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors {
    errors: Vec<ConfigError>,
}

impl ConfigErrors {
    pub(crate) fn new(mut errors: Vec<ConfigError>) -> Self {
        errors.sort_by_key(|error| error.place.as_ref().map(|place| (place.line, place.column)));
        Self { errors }
    }

    /// Each of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ConfigError> {
        self.errors.iter()
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self::new(vec![error])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in self.errors.iter().take(PRINTED) {
            error.write_block(f)?;
            writeln!(f)?;
        }
        let file = self.errors.first().map_or("", |error| &error.file);
        match self.errors.len() {
            1 => write!(f, "1 error in {file}"),
            number if number > PRINTED => {
                write!(f, "{number} errors in {file}, of which the first {PRINTED} are shown")
            }
            number => write!(f, "{number} errors in {file}"),
        }
    }
}

impl std::error::Error for ConfigErrors {}
