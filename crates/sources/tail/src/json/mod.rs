//! JSON of one line, read from left to right without copying what need not be.

mod pretty;
mod scan;
mod text;

pub(crate) use pretty::compact;
pub(crate) use scan::{Member, Scanner, Token};
pub(crate) use text::Text;
