//! HTTP sinks of tidegate: a service's protocol as a pure function, and all that is the same for each of them.
//!
//! A [`Dialect`] says what to send next, given the answers so far, or how the delivery went. A [`Transport`] sends one
//! request. [`HttpSink`] makes a [`Sink`](tidegate_sink::Sink) of the two, and says honestly what may have been applied
//! when something breaks. So a sink's crate is what it says and what it understands, and its tests are tables.
//!
//! ```
//! use bytes::Bytes;
//! use chrono::{DateTime, Utc};
//! use http::Response;
//! use serde_json::json;
//! use tidegate_base::Secret;
//! use tidegate_http::{Call, Dialect, HttpSink, HttpTransport, ProbeStep, Step, judge};
//! use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError, SinkErrorKind};
//!
//! /// Posts the kind of each event to a desk.
//! struct Desk {
//!     profile: Profile,
//!     endpoint: String,
//!     token: Secret,
//! }
//!
//! impl Dialect for Desk {
//!     fn profile(&self) -> &Profile {
//!         &self.profile
//!     }
//!
//!     fn step(&self, delivery: &Delivery, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<Step, SinkError> {
//!         let token = self.token.reveal().map_err(|error| {
//!             SinkError::new(SinkErrorKind::Unauthorized, "the desk's token cannot be read").with_source(error)
//!         })?;
//!         let Some(answer) = answers.first() else {
//!             let body = json!({ "id": delivery.id, "text": delivery.event.kind().to_string() });
//!             let call = Call::post(&self.endpoint, "/messages").with_bearer(&token).with_json(&body);
//!             return Ok(Step::send(call.build()?));
//!         };
//!         Ok(Step::Done(judge("the desk", answer, &[&token], now).unwrap_or(Outcome::Accepted(None))))
//!     }
//!
//!     fn probe(&self, _: &[Response<Bytes>], _: DateTime<Utc>) -> Result<ProbeStep, SinkError> {
//!         Ok(ProbeStep::Done(Probe::new().with_unproven("that the desk takes messages")))
//!     }
//! }
//!
//! let desk = Desk {
//!     profile: Profile::new("desk"),
//!     endpoint: "https://desk.example/api".into(),
//!     token: Secret::literal("t0ken"),
//! };
//! let sink = HttpSink::new(desk, HttpTransport::new()?);
//! assert_eq!(&**sink.profile().destination(), "desk");
//! # Ok::<(), tidegate_http::TransportError>(())
//! ```
//!
//! # What a dialect need not write
//! [`Call`] builds requests and marks secrets; [`Verdict`], [`judge`] and [`failure`] read a status; [`retry_after`],
//! [`excerpt`] and [`masked`] read the rest. [`HttpTransport`] is the network; its table of defaults says what it does
//! about time, size, redirects, proxies and certificates.
//!
//! # What failed, and what may have been applied
//!
//! | what happened | [`TransportErrorKind`] | to the lane |
//! |---|---|---|
//! | no such host, refused, no connection in time, TLS broke off | `Unreachable` | `Unreachable` |
//! | a certificate that is not to be trusted | `Certificate` | `Misconfigured` |
//! | plain http to another machine, no address | `Invalid` | `Misconfigured` |
//! | closed or reset once connected, half an answer, no HTTP | `Interrupted` | `Unconfirmed` |
//! | no complete answer in time | `TimedOut` | `Unconfirmed` |
//! | a 2xx longer than 64 KiB | `TooLarge` | `Unconfirmed` |
//! | any of these after a step that may have been applied | | `Unconfirmed` |
//!
//! TLS is rustls with ring, so that a build needs a C compiler and nothing else; [`tls`] sets it up for other clients too. Nothing that prints shows a path, a
//! header or a body: `Debug` and errors name the host at most.

mod answer;
mod call;
mod client;
mod dialect;
mod error;
mod sink;
pub mod tls;
mod transport;
mod verdict;

pub use answer::{excerpt, masked, retry_after};
pub use call::Call;
pub use client::{HttpTransport, HttpTransportBuilder, is_loopback};
pub use dialect::{Dialect, Harmless, ProbeStep, Step};
pub use error::{TransportError, TransportErrorKind};
pub use sink::HttpSink;
pub use transport::Transport;
pub use verdict::{Verdict, failure, judge};
