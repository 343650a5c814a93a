//! What drives everything: sources in, detectors and ledger in the middle, one lane for each integration out.
//!
//! A [`Router`] is put together from sources, detectors and [`Integration`]s (a sink under a name, a [`Subscription`]
//! that says what it is told, a [`Policy`] that says how) and then run. Its [`Handle`] publishes signals, changes
//! integrations while they work, retires resources, and shows how everything is.
//!
//! ```
//! use async_trait::async_trait;
//! use chrono::{TimeZone, Utc};
//! use tidegate_event::{EventKind, Notification};
//! use tidegate_router::{Integration, Router, Subscription};
//! use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
//!
//! struct Printer(Profile);
//!
//! #[async_trait]
//! impl Sink for Printer {
//!     fn profile(&self) -> &Profile {
//!         &self.0
//!     }
//!
//!     async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
//!         Ok(batch.iter().map(|delivery| {
//!             println!("{:?}", delivery.event);
//!             Outcome::Accepted(None)
//!         }).collect())
//!     }
//!
//!     async fn probe(&self) -> Result<Probe, SinkError> {
//!         Ok(Probe::new())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let subscription = Subscription::new([EventKind::Issue, EventKind::Notification]);
//! let router = Router::builder()
//!     .with_integration(Integration::new("printer", Printer(Profile::new("stdout")), subscription))
//!     .build()?;
//! let handle = router.handle();
//! let running = tokio::spawn(router.run());
//!
//! # let at = Utc.with_ymd_and_hms(2026, 11, 24, 3, 0, 0).unwrap();
//! handle.publish([Notification::new("n-1", "maintenance", "Node 2 is replaced at noon.", at)]).await?;
//! handle.stop();
//! let leftover = running.await??;
//! assert!(leftover.is_empty(), "everything was told");
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//! - An issue opens once, is updated and closes once, for each episode; whoever may have been told that it is open is told
//!   that it is closed. How, and why each rule is needed, is told in `docs/lane-rules.md`.
//! - What was acknowledged is in the journal or the bulk log before it was. How long that lasts is the stores' affair:
//!   without stores of its own a router keeps everything in memory.
//! - A sink that is slow, dead, or panics delays no other.
//! - What waits in memory is bounded in bytes, by the [`Policy`].
//!
//! # The pieces
//! [`Records`] shows what the lanes keep for people: dead letters, which can be delivered again, and what was attempted.
//!
//! [`IssueLane`], [`BatchLane`] and [`Gate`] are the state machines that decide what is told when. They do no input or
//! output and read no clock, and can be driven by hand; [`Router`] drives them on tokio.

mod attempt;
mod core;
mod driver;
mod error;
mod handle;
mod inlet;
mod integration;
mod lane;
mod look;
#[cfg(feature = "mutations")]
pub mod mutation;
#[cfg(not(feature = "mutations"))]
mod mutation;
mod policy;
mod pump;
mod record;
mod records;
mod replay;
mod router;
mod status;
mod stores;
mod subscription;

pub use attempt::{About, Attempt};
pub use error::{RouterError, RouterErrorKind};
pub use handle::Handle;
pub use integration::Integration;
pub use lane::{Action, BatchLane, DeadLetter, Gate, Health, IssueLane, Openings, Ticket};
pub use policy::Policy;
pub use records::{DeadLetters, History, KeptLetter, Records};
pub use replay::ReplayPlan;
pub use router::{Router, RouterBuilder};
pub use status::{IntegrationStatus, Leftover, Snapshot, SourceStatus};
pub use subscription::Subscription;

/// The kind of issue that tells of an integration that is away.
pub const SINK_UNAVAILABLE: &str = "sink-unavailable";
/// The kind of issue that tells of a source that is away.
pub const SOURCE_UNAVAILABLE: &str = "source-unavailable";
/// The kind of issue that tells of a store that fails or does not answer.
pub const STORE_FAILING: &str = "store-failing";
