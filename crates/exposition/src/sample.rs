use std::fmt;

use crate::labels::Quoted;
use crate::{Family, Labels, Part};

/// One value of a metric, borrowed from the body.
///
/// Its `Display` is a line of the text format, without the line feed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Sample<'a> {
    /// Its name, as it stands there.
    pub name: &'a str,
    /// Which part of [`family`](Self::family) it is.
    pub part: Part,
    /// Names and values that tell it from others of the name.
    pub labels: Labels<'a>,
    /// The value; NaN and the infinities are among them.
    pub value: f64,
    /// When, by the server's clock, in milliseconds since 1970, where it says so.
    pub timestamp: Option<i64>,
    /// The metric. Of a sample that no comment is about it is of the sample's name and of [`Kind::Unknown`](crate::Kind::Unknown).
    pub family: Family<'a>,
}

impl fmt::Display for Sample<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for (index, (name, value)) in self.labels.iter().enumerate() {
            write!(f, "{}{name}={}", if index == 0 { '{' } else { ',' }, Quoted(&value))?;
        }
        f.write_str(if self.labels.is_empty() { " " } else { "} " })?;
        match self.value {
            f64::INFINITY => f.write_str("+Inf")?,
            f64::NEG_INFINITY => f.write_str("-Inf")?,
            value => write!(f, "{value:?}")?,
        }
        self.timestamp.map_or(Ok(()), |timestamp| write!(f, " {timestamp}"))
    }
}
