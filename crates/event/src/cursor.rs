use std::fmt;

use serde::{Deserialize, Serialize};

/// How far a source has come, in a text of its own making. It is stored with what was taken and handed back to
/// the source after a restart.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor from the source's own text. Keep it short: it is written with every append.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The source's own text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({})", self.0)
    }
}
