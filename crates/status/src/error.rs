use std::io;
use std::sync::Arc;

/// Why the status cannot be served.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}")]
pub struct StatusError {
    kind: StatusErrorKind,
    context: String,
    #[source]
    source: Arc<io::Error>,
}

/// The ways in which serving the status fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusErrorKind {
    /// Another process, or another part of this one, listens at the address.
    InUse,
    /// The address is not one of this machine.
    NotOurs,
    /// This process may not listen there.
    NotAllowed,
    /// Anything else that the system says.
    Io,
}

impl StatusError {
    pub(crate) fn new(address: impl std::fmt::Display, source: io::Error) -> Self {
        let (kind, why) = match source.kind() {
            io::ErrorKind::AddrInUse => (StatusErrorKind::InUse, "somebody else listens there; choose another port"),
            io::ErrorKind::AddrNotAvailable => {
                (StatusErrorKind::NotOurs, "this machine has no such address; 127.0.0.1 is its own")
            }
            io::ErrorKind::PermissionDenied => {
                (StatusErrorKind::NotAllowed, "this process may not; choose a port from 1024")
            }
            _ => (StatusErrorKind::Io, "the system failed"),
        };
        let context = format!("cannot serve the status at {address}: {why}");
        Self { kind, context, source: Arc::new(source) }
    }

    /// The sort of failure.
    pub fn kind(&self) -> StatusErrorKind {
        self.kind
    }
}
