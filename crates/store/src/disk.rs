//! The log on disk (feature `disk`): it outlives the process, `kill -9` and a loss of power.
//!
//! ```
//! use std::sync::Arc;
//!
//! use tidegate_event::{Event, Notification};
//! use tidegate_store::{Append, DiskLog, DiskLogOptions, EventLog, Position, StoreError};
//!
//! # let dir = tempfile::tempdir().unwrap();
//! # let dir = dir.path().join("journal");
//! # let event: Event = Notification::new("1", "backup-done", "done", chrono::DateTime::UNIX_EPOCH).into();
//! # futures::executor::block_on(async {
//! let log = DiskLog::open(&dir, DiskLogOptions::refusing(1 << 30))?;
//! log.append(Append::new().with_events(vec![Arc::new(event)])).await?; // durable from here on
//! drop(log);
//!
//! let log = DiskLog::open(&dir, DiskLogOptions::refusing(1 << 30))?;
//! assert!(log.recovered().is_clean());
//! assert_eq!(log.read(Position::START, 64 * 1024).await?.events.len(), 1);
//! # Ok::<(), StoreError>(())
//! # }).unwrap();
//! ```
//!
//! # How it works
//! A log is a folder of *segments*, files that are only appended to. Appends that arrive while one is made durable are
//! written and made durable together. Positions number the events: the first is 1. Each segment begins with the marks
//! so far, so that marks outlive the segments they came in. `docs/log-format.md` describes the bytes.
//!
//! It needs no runtime: a thread of its own writes, and another reads what is not in memory any more. [`DiskLog::driven`]
//! makes one without threads, for simulations, and [`SimulatedDisk`] is a disk for it that fails and loses power as a
//! script says (feature `contract`).
//!
//! # When the disk fails
//! An append that fails is not in the log, or, if the process ends before another one succeeds, may be. After a failed
//! write or sync the segment is given up where it was durable, and the next append begins another: nothing has to be
//! done for it to go on once the disk is well.
//!
//! What cannot be read any more is named by file and offset, by [`DiskLog::open`] where it stands in the last segment,
//! else by [`read`](crate::EventLog::read); [`repair`] goes past it.

mod active;
mod batch;
mod bytes;
mod decode;
mod encode;
mod fault;
mod fetch;
mod files;
mod folder;
mod frame;
mod head;
mod lock;
mod log;
mod options;
mod recover;
mod repair;
mod scan;
mod shared;
#[cfg(feature = "contract")]
mod simulated;
mod state;
mod view;
mod walk;
mod writer;

pub use files::{File, Files};
pub use folder::Folder;
pub use lock::DirLock;
pub use log::{DiskLog, LogDriver};
pub use options::DiskLogOptions;
pub use recover::{Cut, Recovered};
pub use repair::{Damage, inspect, inspect_in, repair, repair_in};
#[cfg(feature = "contract")]
pub use simulated::{DiskStep, SimulatedDisk};
pub use state::{DiskState, StateDriver};
