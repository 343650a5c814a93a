use std::error::Error;
use std::sync::Arc;

use tidegate_sink::{SinkError, SinkErrorKind};

/// Why no complete answer came, or why a transport cannot be built. It names the host at most: no path, header or body.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}")]
pub struct TransportError {
    kind: TransportErrorKind,
    context: String,
    #[source]
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The sorts of [`TransportError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// Nothing was sent: the request, its address or a setting of the transport is one that cannot work.
    Invalid,
    /// Nothing was sent: the certificate of the service is not to be trusted, or none can be checked.
    Certificate,
    /// Nothing was sent: no such host, refused, no connection in time, a TLS handshake that broke off.
    Unreachable,
    /// It may have been sent: the connection ended, or what came was no HTTP.
    Interrupted,
    /// It may have been sent: no complete answer came in time.
    TimedOut,
    /// It was sent, and the service's consent is longer than the transport reads.
    TooLarge,
}

impl TransportErrorKind {
    /// All six.
    pub const ALL: [Self; 6] =
        [Self::Invalid, Self::Certificate, Self::Unreachable, Self::Interrupted, Self::TimedOut, Self::TooLarge];

    /// Whether any of the request may have left this machine.
    pub fn may_have_been_sent(self) -> bool {
        matches!(self, Self::Interrupted | Self::TimedOut | Self::TooLarge)
    }

    /// What it is to the lane of a sink.
    pub fn sink_kind(self) -> SinkErrorKind {
        match self {
            Self::Invalid | Self::Certificate => SinkErrorKind::Misconfigured,
            Self::Unreachable => SinkErrorKind::Unreachable,
            Self::Interrupted | Self::TimedOut | Self::TooLarge => SinkErrorKind::Unconfirmed,
        }
    }
}

impl TransportError {
    /// A failure of `kind`; `context` says in words what happened, without a secret in it.
    pub fn new(kind: TransportErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// The same with what caused it, which holds no secret either.
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The sort of failure.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// What happened, in words.
    pub fn context(&self) -> &str {
        &self.context
    }
}

impl From<TransportError> for SinkError {
    fn from(error: TransportError) -> Self {
        let sink_error = Self::new(error.kind.sink_kind(), error.context);
        match error.source {
            Some(source) => sink_error.with_source(source),
            None => sink_error,
        }
    }
}
