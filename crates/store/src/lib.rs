//! The two stores of tidegate: a log of events that many readers follow, and records by key.
//!
//! An [`EventLog`] is what makes "nothing acknowledged is lost" true: a source hears "taken" once an
//! [`append`](EventLog::append) is durable, and every lane reads on at its own pace. A [`StateStore`] holds what a lane
//! must remember beside it. Both are small enough to put in front of a broker's streams and key-value store.
//!
//! [`MemoryLog`] and [`MemoryState`] live as long as the process: for tests, for embedding, and for an agent without a
//! state folder.
//!
//! ```
//! use std::sync::Arc;
//!
//! use tidegate_event::{Cursor, Event, Resource, Sample};
//! use tidegate_store::{Append, EventLog, Mark, MemoryLog, Position, StoreError};
//!
//! # fn load() -> Event {
//! #     let at = chrono::DateTime::UNIX_EPOCH;
//! #     Sample::new("system.load.1m", Resource::new(), 0.5, "1", at).unwrap().into()
//! # }
//! # futures::executor::block_on(async {
//! let log = MemoryLog::new();
//! let mark = Mark { name: "host".into(), number: 1, cursor: Cursor::new("12:00") };
//! let end = log.append(Append::new().with_events(vec![Arc::new(load())]).with_marks(vec![mark])).await?;
//!
//! let chunk = log.read(Position::START, 64 * 1024).await?;
//! assert_eq!((chunk.events.len(), chunk.next, chunk.lost), (1, end, 0));
//!
//! log.release(chunk.next).await?; // every reader has it
//! assert!(log.is_empty());
//! assert_eq!(log.marks().await?[0].cursor.as_str(), "12:00");
//! # Ok::<(), StoreError>(())
//! # }).unwrap();
//! ```
//!
//! # On disk
//! The feature `disk` brings `DiskLog` and `DiskState`, which outlive the process and a loss of power.
//!
//! # A store of your own
//! The feature `contract` brings the module `contract`: the rules that every store keeps, as tests that need no
//! runtime.

#[cfg(feature = "contract")]
pub mod contract;

#[cfg(feature = "disk")]
pub mod disk;

mod error;
mod log;
mod memory;
mod newest;
mod state;

#[cfg(feature = "disk")]
pub use disk::{DirLock, DiskLog, DiskLogOptions, DiskState};
pub use error::{StoreError, StoreErrorKind};
pub use log::{Append, Chunk, EventLog, Mark, Position};
pub use memory::{MemoryLog, MemoryState};
pub use state::{Change, Space, StateStore};
