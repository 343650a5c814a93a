//! Router.

mod attempt;
mod core;
mod driver;
mod error;
mod handle;
mod integration;
mod lane;
#[cfg(feature = "mutations")]
pub mod mutation;
#[cfg(not(feature = "mutations"))]
mod mutation;
mod policy;
mod pump;
mod router;
mod status;
mod stores;
mod subscription;

pub use attempt::Attempt;
pub use error::{RouterError, RouterErrorKind};
pub use handle::Handle;
pub use integration::Integration;
pub use lane::{Action, BatchLane, DeadLetter, Gate, Health, IssueLane, Openings, Ticket};
pub use policy::Policy;
pub use router::{Router, RouterBuilder};
pub use status::{IntegrationStatus, Leftover, Snapshot, SourceStatus};
pub use subscription::Subscription;

/// The kind of issue that tells of an integration that is away.
pub const SINK_UNAVAILABLE: &str = "sink-unavailable";
/// The kind of issue that tells of a source that is away.
pub const SOURCE_UNAVAILABLE: &str = "source-unavailable";
