//! The trait that every tidegate sink implements: one network call's worth of work, and an honest word on how it went.
//!
//! A [`Sink`] takes a batch of [`Delivery`]s and answers with one [`Outcome`] for each. It keeps nothing between
//! calls: what it must remember of an issue (Slack's channel and `ts`, say) goes out as a [`Receipt`] and comes back
//! as [`Delivery::prior`]. It does not retry, pace or coalesce: that is the lane's, which has the memory for it.
//!
//! ```
//! use async_trait::async_trait;
//! use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
//!
//! /// Prints the kind of each event.
//! struct Kinds {
//!     profile: Profile,
//! }
//!
//! #[async_trait]
//! impl Sink for Kinds {
//!     fn profile(&self) -> &Profile {
//!         &self.profile
//!     }
//!
//!     async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
//!         Ok(batch
//!             .iter()
//!             .map(|delivery| {
//!                 println!("{}", delivery.event.kind());
//!                 Outcome::Accepted(None)
//!             })
//!             .collect())
//!     }
//!
//!     async fn probe(&self) -> Result<Probe, SinkError> {
//!         Ok(Probe::new().with_proven("standard output is there"))
//!     }
//! }
//!
//! let sink = Kinds { profile: Profile::new("stdout").with_batch(100) };
//! assert_eq!(sink.profile().batch(), 100);
//! ```

mod delivery;
mod error;
mod outcome;
mod profile;
mod sink;

pub use delivery::{Delivery, DeliveryId, DeliveryNamespace, Receipt, ReceiptError};
pub use error::{SinkError, SinkErrorKind};
pub use outcome::{Outcome, Probe, Reason};
pub use profile::{EventKinds, Keeps, Profile, Rate};
pub use sink::Sink;
