//! A tidegate source that the program around it feeds itself: notifications, samples, logs, and whatever else is a
//! [`Signal`](tidegate_event::Signal).
//!
//! [`Push::new`] gives the source, which goes to the router, and a [`Publisher`], of which every part of the program
//! may have a clone. [`Publisher::publish`] returns once what was published is taken: what is to be kept of it is
//! durable.
//!
//! ```
//! use chrono::{TimeZone, Utc};
//! use futures::StreamExt;
//! use tidegate_event::Notification;
//! use tidegate_source::Source;
//! use tidegate_source_push::Push;
//!
//! # futures::executor::block_on(async {
//! let (source, publisher) = Push::new("deployments");
//! # let at = Utc.with_ymd_and_hms(2026, 11, 24, 3, 0, 0).unwrap();
//! let begun = Notification::new("deploy-118", "deployment", "Version 118 goes out to orders.", at);
//! let publishing = publisher.publish([begun]);
//!
//! // The router does this part.
//! let routing = async {
//!     let mut intakes = source.open(None).await?;
//!     while let Some(intake) = intakes.next().await {
//!         let intake = intake?;
//!         assert_eq!(intake.signals.len(), 1);
//!         intake.ack.complete();
//!         break;
//!     }
//!     Ok::<(), tidegate_source::SourceError>(())
//! };
//! let (published, routed) = futures::join!(publishing, routing);
//! published?;
//! routed?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # What is promised
//! - **All of a call or nothing of it**, in order. What one task publishes with one call after the other is handed in
//!   in that order.
//! - **Bounded memory**: what waits to be handed in has a bound in bytes ([`DEFAULT_CAPACITY`]). Past it
//!   [`publish`](Publisher::publish) waits, first come, first served, and [`try_publish`](Publisher::try_publish) gives
//!   the signals back. A call that is larger than the whole bound waits until nothing else does.
//! - **A router that opens the source again**, or another router after it, finds what still waits. What was handed in
//!   before, and not taken, is not handed in twice: its publisher hears [`PushErrorKind::NotTaken`] and decides.
//! - **The end**: when every publisher is dropped, the source says what still waits and ends. When the source is
//!   dropped, publishers hear [`PushErrorKind::Closed`].
//!
//! A source that no router opens takes nothing: `publish` waits. Nothing is remembered across a restart of the program:
//! what was not taken is published again by whoever has it. A notification that is published twice under one id and
//! revision is told once.
//!
//! It needs no runtime.

mod error;
mod publisher;
mod queue;
mod size;
mod source;

pub use error::{PushError, PushErrorKind};
pub use publisher::Publisher;
pub use source::{DEFAULT_CAPACITY, Push};
