//! Logs and state that live as long as the process.

mod log;
mod state;

pub use log::MemoryLog;
pub use state::MemoryState;
