//! Store.
mod error;
mod log;
mod state;

pub use error::{StoreError, StoreErrorKind};
pub use log::{Append, Chunk, EventLog, Mark, Position};
pub use state::{Change, Space, StateStore};
