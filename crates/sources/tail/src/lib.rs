//! Log files as a tidegate source, each line once: KurrentDB's own, and others.
//!
//! ```
//! # use tidegate_source::Source;
//! use tidegate_event::LogLevel;
//! use tidegate_source_tail::Tail;
//!
//! let tail = Tail::builder()
//!     .with_name("orders-logs")
//!     .with_cluster("orders")
//!     .with_node("10.0.0.1:2113")
//!     .with_path("/var/log/kurrentdb")
//!     .with_min_level(LogLevel::Information)
//!     .build()?;
//! assert_eq!(tail.name(), "orders-logs");
//! # Ok::<(), tidegate_source_tail::TailError>(())
//! ```
//!
//! # What it reads
//! - [`Format::KurrentDb`], the default: below a folder the files of the series `log` of each node, of every interval and
//!   size: `log20260725.json`, `log20260725_001.json` … The series `log-err` repeats lines of `log`, and `log-stats` has
//!   statistics; either is read where [`TailBuilder::with_series`] says so. Each line's template is rendered as the
//!   server's console renders it, its properties become fields ([`Clef`]), and `@i`, a number for the template, is left
//!   out.
//! - [`Format::Json`]: JSON objects, one a line, with the names of one's own.
//! - [`Format::Text`]: text, several lines of which may be one record.
//!
//! The path is a file, a folder that is searched below, or a pattern. Of a folder with JSON or text the files are read
//! whose names end in `.log`, `.json`, `.jsonl`, `.ndjson`, `.txt` or `.out`. Where there is nothing yet, that is said once,
//! as a [`Gap`](tidegate_event::Signal::Gap) of the part `logs`, and waited for.
//!
//! # What is promised
//! - **Each line once**, through rotation by name or by renaming, restarts that append, and restarts of the agent: the
//!   cursor, which goes with every intake, has the place in each file. What was not taken is read again.
//! - **The right file**: one is known by device, inode and a digest of its first KiB. Cut to nothing or written over, it
//!   begins anew; cut back within what was read (its first KiB the same), it goes on at its end; another one under its name
//!   comes after the rest of it; removed while it is read, it is read to its end.
//! - **In order**: the files of a series one after the other, the older to its end before the next; a series that is
//!   always full does not hold up another.
//! - **Within a second** of being written: the files are looked at each 250 ms, and half as often after ten seconds of
//!   nothing. A last record of several lines of text is whole after half a second of nothing.
//! - **Nothing is thrown away**: what is not of the format passes as it is, with
//!   [`Unparsed`](tidegate_event::LogFlag::Unparsed) and the time of the line before it; what is not UTF-8 is replaced and
//!   flagged; a line beyond 1 MiB is cut there, marked with `…` and flagged. A line without an end waits for it, until its
//!   file is over.
//! - **Bounded memory**: at most 1,000 lines, or 1 MiB of the files or of the records made of them, are handed in at once,
//!   and 4 MiB are not taken yet; then nothing is read, and the files wait on the disk. So a router whose log hangs is felt
//!   here, and one whose log fails. One whose log is full is not, where that drops its oldest, as the agent's log for bulk
//!   does.
//!
//! The first start is at the end of what is there ([`StartFrom`]); what appears later is read whole.
//!
//! # Limits
//! - A file that got a name which the path does not lead to is read until it has not changed for a minute, and one that
//!   was removed for five seconds (a minute where it cannot be told which, as on Windows); what is written to it later is
//!   lost.
//! - What is removed, or cut, before it was read is lost. So are lines of a file that was written over by as many bytes
//!   within the same tick of the file system's clock, or by the same first KiB and at least as much as was read.
//! - A copy of a log is another file: a pattern that takes in `app.log.1` of a rotation that copies reads lines twice. One
//!   that renames is fine.
//! - A file of KurrentDB's that was followed by another one and has not changed for a minute is done with. One of an
//!   older name that appears while the agent is not running is taken to be done with too.
//! - 256 files are open at once; of the rest it is said that they are not read. When one of them has its turn, it is read
//!   from where it ended at the first start; those beyond 512, and new ones, from their beginning. A search stops at 10,000 files and eight
//!   folders deep, and does not follow links to folders.
//!
//! It runs on tokio: it reads on the threads for what blocks, and sleeps by its timers.

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

#[cfg(fuzzing)]
pub mod fuzzing;

pub use builder::TailBuilder;
pub use clef::Clef;
pub use error::{TailError, TailErrorKind};
pub use format::{Format, JsonNames, Series, StartFrom};
pub use tail::Tail;
