use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, SinkError};

/// A service's protocol as a pure function of the conversation so far: the next request, or the verdict.
///
/// It keeps nothing, waits for nothing and sends nothing: [`HttpSink`](crate::HttpSink) does, and tests call it with
/// recorded answers.
pub trait Dialect: Send + Sync {
    /// What the service takes and how. The same at every call.
    fn profile(&self) -> &Profile;

    /// What follows after `answers`, which are those to the requests of this delivery so far, in order; empty at first.
    /// An answer is complete but for the body of a failure, which may be cut at 64 KiB. `now` is the time of this
    /// step: sign with it, and read a [`Retry-After`](crate::retry_after) against it.
    ///
    /// A [`Rejected`](Outcome::Rejected) says that nothing of the delivery was applied. Where an earlier step was,
    /// and the rest will never pass, give [`Accepted`](Outcome::Accepted).
    ///
    /// # Errors
    /// The same as [`Done`](Step::Done) with [`Outcome::Failed`]: the delivery failed and may go through later.
    fn step(&self, delivery: &Delivery, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<Step, SinkError>;

    /// The same for [`Sink::probe`](tidegate_sink::Sink::probe): checks address and credentials, without leaving a
    /// trace where the service allows it.
    ///
    /// # Errors
    /// When the sink would not work now; the error says what to do.
    fn probe(&self, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<ProbeStep, SinkError>;
}

/// What follows in the conversation of a delivery.
#[expect(clippy::large_enum_variant, reason = "a step is made and taken apart at once, never kept")]
pub enum Step {
    /// Ask the service.
    Send {
        /// How long to wait first; zero for at once.
        after: Duration,
        /// What to send.
        request: Request<Bytes>,
    },
    /// The conversation is over.
    Done(Outcome),
}

/// What follows in the conversation of a probe.
#[expect(clippy::large_enum_variant, reason = "a step is made and taken apart at once, never kept")]
pub enum ProbeStep {
    /// Ask the service.
    Send {
        /// How long to wait first; zero for at once.
        after: Duration,
        /// What to send.
        request: Request<Bytes>,
    },
    /// The conversation is over.
    Done(Probe),
}

impl Step {
    /// Sends `request` at once.
    pub fn send(request: Request<Bytes>) -> Self {
        Self::Send { after: Duration::ZERO, request }
    }
}

impl ProbeStep {
    /// Sends `request` at once.
    pub fn send(request: Request<Bytes>) -> Self {
        Self::Send { after: Duration::ZERO, request }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { after, request } => debug_send(f, *after, request),
            Self::Done(outcome) => f.debug_tuple("Done").field(outcome).finish(),
        }
    }
}

impl fmt::Debug for ProbeStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { after, request } => debug_send(f, *after, request),
            Self::Done(probe) => f.debug_tuple("Done").field(probe).finish(),
        }
    }
}

/// Path, headers and body of a request may be secret; its method and host are not.
fn debug_send(f: &mut fmt::Formatter<'_>, after: Duration, request: &Request<Bytes>) -> fmt::Result {
    let host = request.uri().host().unwrap_or("?");
    write!(f, "Send({} to {host}, {} bytes, after {after:?})", request.method(), request.body().len())
}

/// A mark for the [extensions](Request::extensions_mut) of a request: when the conversation goes on after it, it has
/// applied nothing. Put it on a look-up that must be a `POST`, and on an edit that the dialect follows up only when it
/// was refused. A `GET` or `HEAD` needs none.
///
/// Without it, an answer that does not say that the service refused makes the delivery one that may have been applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Harmless;

macro_rules! forward {
    ($pointer:ident) => {
        impl<T: Dialect + ?Sized> Dialect for $pointer<T> {
            fn profile(&self) -> &Profile {
                (**self).profile()
            }

            fn step(
                &self,
                delivery: &Delivery,
                answers: &[Response<Bytes>],
                now: DateTime<Utc>,
            ) -> Result<Step, SinkError> {
                (**self).step(delivery, answers, now)
            }

            fn probe(&self, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<ProbeStep, SinkError> {
                (**self).probe(answers, now)
            }
        }
    };
}

forward!(Box);
forward!(Arc);
