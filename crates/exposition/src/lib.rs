//! The Prometheus text format (0.0.4) and OpenMetrics (1.0), read without copying.
//!
//! ```
//! use tidegate_exposition::{Format, Kind, Samples};
//!
//! let body = concat!(
//!     "# TYPE sys_mem_bytes gauge\n",
//!     "# UNIT sys_mem_bytes bytes\n",
//!     "sys_mem_bytes{kind=\"free\"} 22548578304 1785058212345\n",
//!     "sys_mem_bytes{kind=\"total\" 41231686041\n",
//!     "# EOF\n",
//! );
//! let mut samples = Samples::new(body.as_bytes(), Format::Text);
//!
//! let free = samples.next().expect("a line")?;
//! assert_eq!((free.name, free.value, free.timestamp), ("sys_mem_bytes", 22_548_578_304.0, Some(1_785_058_212_345)));
//! assert_eq!((free.family.kind, free.family.unit), (Kind::Gauge, Some("bytes")));
//! assert_eq!(free.labels.get("kind").as_deref(), Some("free"));
//!
//! // A line that is no sample costs no other.
//! let error = samples.next().expect("a line").expect_err("a brace is missing");
//! assert_eq!(error.to_string(), "line 4, column 28: wanted `,` or `}` after a label, found \"41231686041\"");
//! assert!(samples.next().is_none() && samples.has_ended());
//! # Ok::<(), tidegate_exposition::LineError>(())
//! ```
//!
//! # What it reads
//! [`Samples`] goes through a body line by line and borrows everything from it: only a label's value with an escape in it
//! is allocated, and only when it is asked for. Each [`Sample`] carries what the comments before it say of its
//! [`Family`]: type, unit and help.
//!
//! It is made for what servers write, not for what the formats allow at most:
//!
//! - a family may come again, with comments of its own;
//! - `Nan`, `nan` and `NaN` are one, and so are `+Inf` and `inf`;
//! - `# UNIT` and `# EOF` count in both formats, lines may end with `\r\n`, and a comma may follow the last label;
//! - exemplars of OpenMetrics are passed over, and so are comments for people;
//! - what stands after `# EOF` is read as well: [`Samples::has_ended`] tells whether it was there.
//!
//! # What it does not take
//! A line that is no sample is a [`LineError`] with line and column, what was found and what would be right; the iterator
//! goes on with the next. A last sample without a line feed is such a line, since its value may be cut off. Lines, labels
//! and their sizes are bounded by [`Limits`]. No input makes it panic: a fuzzer looks for one.
//!
//! Names in quotation marks, as Prometheus 3 has them for names beyond ASCII, are not read: no server sends them unless it
//! is asked to.

mod bytes;
mod comment;
mod error;
mod family;
mod format;
mod labels;
mod number;
mod sample;
mod samples;

pub use error::{LineError, LineErrorKind};
pub use family::{Family, Kind, Part};
pub use format::{Format, Limits};
pub use labels::{LabelIter, Labels};
pub use sample::Sample;
pub use samples::Samples;
