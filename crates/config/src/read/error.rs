use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::Fault;
use crate::ConfigErrorKind;
use tidegate_event::text::nearest;

/// A mistake that serde or a type found, without its place until somebody on the way up adds it.
#[derive(Debug, Clone)]
pub(crate) struct ReadError {
    pub(crate) kind: ConfigErrorKind,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) fault: Fault,
}

/// Stands for a word until it is known that it may be shown.
const ANOTHER_WORD: &str = "found another word";

impl ReadError {
    pub(crate) fn new(kind: ConfigErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None, fault: Fault::Unknown }
    }

    /// The same, where the word that was found may be shown.
    pub(crate) fn with_word(mut self, word: &str) -> Self {
        if let Some(rest) = self.message.strip_prefix(ANOTHER_WORD) {
            self.message = format!("found `{}`{rest}", word.escape_debug());
        }
        self
    }

    /// The same at `fault`, where nobody said before.
    pub(crate) fn at(mut self, fault: impl FnOnce() -> Fault) -> Self {
        if self.fault == Fault::Unknown {
            self.fault = fault();
        }
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ConfigErrorKind::InvalidValue, message.to_string())
    }

    /// The value itself is not repeated: the line of the file shows it, where it may be shown.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(ConfigErrorKind::InvalidValue, format!("found {}; expected {}", noun(found), Plainly(expected)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Float(number) => number.to_string(),
            Unexpected::Str(_) => "another text".to_owned(),
            found => noun(found).to_owned(),
        };
        Self::new(ConfigErrorKind::InvalidValue, format!("found {found}; expected {}", Plainly(expected)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(ConfigErrorKind::InvalidValue, format!("found a list of {length}; expected {}", Plainly(expected)))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.join(", ");
        let meant = nearest(found, expected.iter().copied()).map(|name| format!("; did you mean `{name}`?"));
        let message = format!("{ANOTHER_WORD}; expected one of {known}{}", meant.unwrap_or_default());
        Self::new(ConfigErrorKind::InvalidValue, message)
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        let meant = nearest(found, expected.iter().copied()).map(|name| format!("; did you mean `{name}`?"));
        let message = format!("unknown key `{}`{}", found.escape_debug(), meant.unwrap_or_default());
        Self::new(ConfigErrorKind::UnknownKey, message)
    }

    fn missing_field(key: &'static str) -> Self {
        let error = Self::new(ConfigErrorKind::Missing, format!("`{key}` is missing"));
        error.at(|| Fault::Missing { key, table: None })
    }
}

fn noun(found: Unexpected<'_>) -> &str {
    match found {
        Unexpected::Bool(true) => "true",
        Unexpected::Bool(false) => "false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) => "text",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a table",
        Unexpected::Unit | Unexpected::Option => "nothing",
        Unexpected::Other(noun) => noun,
        _ => "something else",
    }
}

/// What a type expects, in words of TOML where serde has its own.
struct Plainly<'a>(&'a dyn Expected);

impl fmt::Display for Plainly<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.to_string();
        f.write_str(match words.as_str() {
            "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
            "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
            "f32" | "f64" => "a number",
            "a string" | "str" | "a borrowed string" => "text in quotes",
            "a character" => "one letter in quotes",
            "a boolean" => "true or false",
            "a sequence" => "a list",
            "a map" => "a table",
            words if words.starts_with("struct ") => "a table",
            words if words.starts_with("enum ") => "a word in quotes",
            words => words,
        })
    }
}
