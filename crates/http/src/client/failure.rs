use std::error::Error;
use std::fmt;

use crate::{TransportError, TransportErrorKind, tls};

/// What `error` means, which happened on the way to `peer`. The URL in it may be secret and is left behind.
pub(super) fn classify(error: &reqwest::Error, peer: &str, has_authorities: bool) -> TransportError {
    let (kind, context) = if error.is_builder() {
        (TransportErrorKind::Invalid, format!("the request to {peer} is not one that can be sent"))
    } else if error.is_connect() {
        match tls::failure(error) {
            Some(rustls::Error::InvalidCertificate(_)) if has_authorities => {
                (TransportErrorKind::Certificate, format!("the certificate of {peer} is not to be trusted"))
            }
            Some(rustls::Error::InvalidCertificate(_)) => {
                let advice = "this machine has no certificate authorities (install ca-certificates)";
                (TransportErrorKind::Certificate, format!("the certificate of {peer} cannot be checked: {advice}"))
            }
            _ if error.is_timeout() => (TransportErrorKind::Unreachable, format!("no connection to {peer} in time")),
            Some(_) => (TransportErrorKind::Unreachable, format!("no TLS with {peer}")),
            None => (TransportErrorKind::Unreachable, format!("no connection to {peer}")),
        }
    } else if error.is_timeout() {
        (TransportErrorKind::TimedOut, format!("no complete answer of {peer} in time"))
    } else {
        (TransportErrorKind::Interrupted, format!("no complete answer of {peer}"))
    };
    TransportError::new(kind, context).with_source(Cause::of(error))
}

/// The words of the innermost error. Those around it say again that a request failed, and the outermost holds the URL.
#[derive(Debug)]
struct Cause(String);

impl Cause {
    fn of(error: &reqwest::Error) -> Self {
        Self(chain(error).last().map_or_else(|| "the address cannot be used".to_owned(), ToString::to_string))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Cause {}

/// The errors below `error`, outermost first.
fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}
