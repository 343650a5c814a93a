//! Log files as a tidegate source, without a gap.

mod builder;
mod clef;
mod error;
mod find;
mod follow;
mod format;
mod json;
mod level;
mod lines;
mod raw;
mod tail;
mod time;

pub use builder::TailBuilder;
pub use clef::Clef;
pub use error::{TailError, TailErrorKind};
pub use format::{Format, JsonNames, Series, StartFrom};
pub use tail::Tail;
