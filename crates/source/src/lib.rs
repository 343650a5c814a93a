//! The trait that every tidegate source implements, and what it hands in.
//!
//! A [`Source`] is a stream of [`Intake`]s: signals, how far it has come, and an [`Ack`] that completes once what is
//! to be kept is on disk. It needs no runtime.
//!
//! ```
//! use async_trait::async_trait;
//! use futures::stream::{self, BoxStream, StreamExt};
//! use tidegate_event::{Cursor, Signal};
//! use tidegate_source::{Ack, Intake, Source, SourceError};
//!
//! /// Says the same thing once.
//! struct Once(Signal);
//!
//! #[async_trait]
//! impl Source for Once {
//!     fn name(&self) -> &str {
//!         "once"
//!     }
//!
//!     async fn open(
//!         &self,
//!         from: Option<Cursor>,
//!     ) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
//!         if from.is_some() {
//!             return Ok(stream::empty().boxed()); // said before a restart
//!         }
//!         let (ack, _taken) = Ack::new();
//!         let intake = Intake { signals: vec![self.0.clone()], cursor: Some(Cursor::new("said")), ack };
//!         Ok(stream::once(async { Ok(intake) }).boxed())
//!     }
//! }
//! ```

mod ack;
mod error;
mod source;

pub use ack::{Ack, NotTaken, Taken};
pub use error::{SourceError, SourceErrorKind};
pub use source::{Intake, Source};
