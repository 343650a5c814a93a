use std::time::Duration;

use bytes::Bytes;
use http::Response;

/// What becomes of a request to a node.
#[derive(Debug, Clone)]
pub enum Reply {
    /// It is answered.
    Answer {
        /// How long that takes.
        after: Duration,
        /// The answer.
        response: Response<Bytes>,
    },
    /// Nothing listens there.
    Refused,
    /// The connection is there, and nothing ever comes over it.
    Hangs,
}

impl Reply {
    /// The answer for who waits no longer than `timeout`: `None` where none comes in time.
    pub fn within(self, timeout: Duration) -> Option<Response<Bytes>> {
        match self {
            Self::Answer { after, response } if after <= timeout => Some(response),
            _ => None,
        }
    }

    /// Whether nothing listens there.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused)
    }
}
