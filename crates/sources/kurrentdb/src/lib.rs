//! A KurrentDB cluster as a tidegate source: gossip and metrics.

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
