//! A KurrentDB cluster as a tidegate source: the gossip of its nodes, and their metrics.
//!
//! ```
//! # use tidegate_source::Source;
//! use tidegate_base::Secret;
//! use tidegate_source_kurrentdb::KurrentDb;
//!
//! let orders = KurrentDb::builder("orders")
//!     .with_nodes(["https://10.0.0.1:2113", "https://10.0.0.2:2113", "https://10.0.0.3:2113"])
//!     .with_credentials("tidegate", Secret::from_env("KURRENTDB_PASSWORD"))
//!     .with_expected_nodes(3)
//!     .with_physical_cores(4)
//!     .with_physical_memory(16 << 30)
//!     .build()?;
//! assert_eq!(orders.name(), "kurrentdb");
//!
//! // What the configuration names, for `RouterBuilder::with_polled_source`.
//! assert_eq!(orders.resources()[1].to_string(), "node 10.0.0.1:2113 of cluster orders");
//! // What nobody will know of its nodes.
//! assert!(orders.untold().is_empty());
//! # Ok::<(), tidegate_source_kurrentdb::KurrentDbError>(())
//! ```
//!
//! # Gossip
//! Each gossip interval (30 s) every node is asked at the same instant whom it sees as what, with 5 s for the answer. The
//! [views](tidegate_event::Signal::Views) of a round go to the detector `cluster-consensus`. A round that is bad by [that
//! detector's rule](tidegate_detect::Judgement), after one that was not, is asked once more after
//! [`confirm`](KurrentDbBuilder::with_confirm) (6 s), in which nodes agree after any change; then every interval again.
//!
//! - **Equal** are two views with the same members, each with the same process, state, life, kind, epoch, priority, address
//!   and version. Times and positions, which move from second to second, are not compared, nor is the order, nor the case of
//!   ids and hosts, nor what one of the versions does not tell. Placeholders for seeds are no members; they are counted.
//! - **Names**: a member is called by the address under which it is asked, once it has answered; else by the one that it
//!   advertises to clients.
//! - **Another cluster**: gossip has no id of the cluster. Answers are of one cluster when they share a process or an
//!   epoch, by way of others or of what was seen before. Who shares nothing, and has a leader or another epoch of
//!   the same number, is of another.
//! - **Credentials** are shown only to a node that wants them (401, 403): with them, one that is starting answers 503 to
//!   anything. Its `Retry-After`, up to 6 s, is granted once in a row.
//! - **How many there should be** is [configured](KurrentDbBuilder::with_expected_nodes), or the most voters that three
//!   clean rounds in a row showed; the cursor keeps it as long as the same nodes are configured.
//!
//! # Metrics
//! Each node is read each metrics interval (15 s) at a time of its own, so that they are spread over the interval and one
//! that does not answer (10 s) delays no other. [`metrics`] tells what becomes of an answer. One that fails is a
//! [`Gap`](tidegate_event::Signal::Gap) of the node's part `metrics`, with its reason. What a node does not tell is a gap of its
//! part `cpu`, `load`, `memory` or `filesystems`, said once.
//!
//! # Limits
//! GET only; no redirect is followed, no proxy used. A view may have 1 MiB, an answer of metrics 16 MiB; 32 nodes of a
//! cluster are asked. Files of certificates are read when the source is built. Clusters that trust the same certificates
//! should share [`Connections`].
//!
//! It runs on tokio, with its timers and I/O.

mod builder;
mod client;
mod cursor;
mod endpoint;
mod engine;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod gossip;
pub mod metrics;
mod node;
mod rounds;
mod scrapes;
mod shared;
mod source;

pub use builder::KurrentDbBuilder;
pub use client::Connections;
pub use error::{KurrentDbError, KurrentDbErrorKind};
pub use source::KurrentDb;
