use std::error::Error;
use std::fmt;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError};
use tidegate_http::tls;

/// Why there is no answer, in words for people, without the node's name and without a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskError {
    pub(crate) kind: AskErrorKind,
    words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskErrorKind {
    /// No connection, or it ended before the answer did.
    Refused,
    TimedOut,
    /// The two do not agree on TLS, or on each other's certificate.
    Tls,
    TooLarge,
    /// The password cannot be read.
    Secret,
}

impl AskError {
    pub(crate) fn new(kind: AskErrorKind, words: String) -> Self {
        Self { kind, words }
    }

    /// What `error` means, where a connection may take `connect`, and all in all `timeout`.
    pub(super) fn of(error: &reqwest::Error, has_authorities: bool, connect: Duration, timeout: Duration) -> Self {
        if let Some(failure) = tls::failure(error) {
            return Self::new(AskErrorKind::Tls, of_tls(failure, has_authorities));
        }
        let cause = innermost(error);
        let seconds = |duration: Duration| duration.as_secs_f64();
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => {
                let words =
                    format!("no connection within {} s, as behind a firewall that drops packets", seconds(connect));
                Self::new(AskErrorKind::TimedOut, words)
            }
            (true, false) => Self::new(AskErrorKind::Refused, cause),
            (false, true) => {
                let words = format!("no complete answer within {} s", seconds(timeout));
                Self::new(AskErrorKind::TimedOut, words)
            }
            (false, false) if error.is_builder() => {
                Self::new(AskErrorKind::Refused, format!("the request cannot be made: {cause}"))
            }
            (false, false) => Self::new(
                AskErrorKind::Refused,
                format!("the connection ended before the answer was complete: {cause}"),
            ),
        }
    }
}

/// Which certificate it is about, and what to do.
fn of_tls(error: &rustls::Error, has_authorities: bool) -> String {
    match error {
        rustls::Error::InvalidCertificate(_) if !has_authorities => {
            "its certificate cannot be checked: this machine has no certificate authorities; set `ca_file`, or install \
             ca-certificates"
                .to_owned()
        }
        rustls::Error::InvalidCertificate(why) => of_certificate(why),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "it wants a client certificate; set `client_certificate` and `client_key`".to_owned()
        }
        rustls::Error::AlertReceived(
            alert @ (AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate),
        ) => format!("it does not take our `client_certificate`: {alert:?}"),
        rustls::Error::InvalidMessage(_) => {
            "it does not speak TLS there; is the URL to begin with http://, as of a node that runs insecure?".to_owned()
        }
        other => format!("no TLS with it: {other}"),
    }
}

fn of_certificate(why: &CertificateError) -> String {
    let words = match why {
        CertificateError::UnknownIssuer => {
            "signed by an authority that neither this machine nor `ca_file` knows; give the one that signed the nodes' \
             certificates as `ca_file`"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "out of date",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "not valid yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "for another name than the one in the URL"
        }
        CertificateError::Revoked => "revoked",
        _ => "not to be trusted",
    };
    format!("its certificate is {words} ({why})")
}

/// The words of the innermost error. Those around it say again that a request failed.
fn innermost(error: &reqwest::Error) -> String {
    let chain = std::iter::successors(error.source(), |&error| error.source());
    chain.last().map_or_else(|| "the address cannot be used".to_owned(), ToString::to_string)
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}
