//! Log files as a tidegate source, without a gap.

mod clef;
mod json;
mod level;
mod raw;
mod time;

pub use clef::Clef;
