//! A tidegate sink for the console: text for people on a terminal, or JSON lines for programs.
//!
//! A [`Console`] prints on a [`Screen`], which is standard output and standard error as a rule and which a program may
//! share: its own [words](Screen::say) and a [status line](Screen::set_status) that rewrites itself stand beside the
//! results without tearing them.
//!
//! ```
//! use tidegate_sink::Sink;
//! use tidegate_sink_console::{Colour, Console, Screen};
//!
//! let screen = Screen::standard()?;
//! screen.say("Watching this machine.\n");
//! let console = Console::new(screen.clone()).with_colour(Colour::Never);
//! assert_eq!(&**console.profile().destination(), "stdout");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Text
//! Each change of an issue is a block that ends with an empty line:
//! ```text
//! 2026-11-24 03:02:00 UTC  OPEN     warning      Disk over 80 % full at /var on node a
//!     cause     412.3 GiB of 500.0 GiB used (82.5 %, limit 80 %) at /var on node a.
//!     remedy    Remove data, run a scavenge, or move to a larger disk.
//!     measured  tidegate.disk_usage     82.5 % (limit 80 %)
//!               system.filesystem.used  412.3 GiB
//!               system.filesystem.size  500.0 GiB
//!     since     2026-11-24 03:02:00 UTC
//!     issue     disk-usage, episode 71c60a9df218
//! ```
//! The word is `OPEN` when the issue is told here for the first time, then `UPDATED`, `STALE` when nothing could be
//! measured lately, and `CLOSED`, which has no remedy any more. The episode is the last group of its id. A notification, log line or sample takes one
//! line. What could steer a terminal is [escaped](escape) in all of them.
//!
//! # JSON lines
//! Each event is one object on one line: the JSON form of [`Event`](tidegate_event::Event), and nothing else, so that
//! it is read back as one. Characters that could steer a terminal are written as `\uXXXX`. A line may be repeated
//! after a failure: an issue's is known by `episode` and `sequence`, a notification's by `id` and `revision`.
//!
//! # Limits
//! A line is wrapped by the count of its characters, so that one with wide characters may be wrapped once more by the
//! terminal. Times are in UTC.

mod colour;
mod console;
mod escape;
mod output;
mod screen;
mod text;

pub use colour::Colour;
pub use console::Console;
pub use escape::escape;
pub use output::Output;
pub use screen::Screen;
