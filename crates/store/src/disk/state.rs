//! The records by key, in one file of [redb](https://docs.rs/redb).

mod backend;
mod driver;
mod fault;
mod format;
mod home;
mod queue;
mod record;
mod store;

pub use driver::StateDriver;
pub use store::DiskState;
