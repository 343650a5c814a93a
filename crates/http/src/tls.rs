//! How TLS is spoken, for sources and sinks that bring an HTTP client of their own.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::{TransportError, TransportErrorKind};

/// How to speak TLS, and whether there is any certificate authority to check a service by.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Tls {
    /// For rustls; ring does the cryptography.
    pub config: ClientConfig,
    /// `false` where this machine has no certificate authorities: then no certificate is ever to be trusted.
    pub has_authorities: bool,
}

/// Who we are to a service that wants to know, in PEM.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// Our certificate, and those between it and the authority that the service trusts.
    pub certificates: &'a [u8],
    /// Its private key.
    pub key: &'a [u8],
}

impl std::fmt::Debug for Identity<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(***)")
    }
}

/// TLS 1.2 and 1.3 by the machine's certificate authorities and those in `authorities` (PEM, may be empty); where there
/// is an `identity`, we show it to who asks.
///
/// # Errors
/// [`Invalid`](TransportErrorKind::Invalid): what should be a certificate or key is none, or the two do not fit.
pub fn configure(authorities: &[u8], identity: Option<Identity<'_>>) -> Result<Tls, TransportError> {
    let extra = certificates(authorities)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid("TLS cannot be set up").with_source(error))?;
    // Without any authority there can still be plain http to this machine; https will say what is missing.
    let (builder, has_authorities) = if let Ok(verifier) = Verifier::new_with_extra_roots(extra, provider) {
        // `dangerous` is what rustls calls any verifier but its own; this one is the operating system's.
        (builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)), true)
    } else {
        (builder.with_root_certificates(RootCertStore::empty()), false)
    };
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some(Identity { certificates, key }) => {
            let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
                invalid("there is no private key; expected PEM, with a line -----BEGIN PRIVATE KEY-----")
            })?;
            builder
                .with_client_auth_cert(self::certificates(certificates)?, key)
                .map_err(|error| invalid("the certificate and its private key do not fit").with_source(error))?
        }
    };
    Ok(Tls { config, has_authorities })
}

/// What TLS itself says, anywhere below `error`. It reports through `io::Error`, whose `source` skips the error that it
/// wraps.
pub fn failure<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| {
        let mut error = error;
        while let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            error = inner;
        }
        error.downcast_ref::<rustls::Error>()
    })
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let mut certificates = Vec::new();
    let mut trial = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| invalid("the certificates are not PEM").with_source(error))?;
        trial
            .add(certificate.clone())
            .map_err(|error| invalid("one of the certificates cannot be an authority").with_source(error))?;
        certificates.push(certificate);
    }
    if certificates.is_empty() && !pem.is_empty() {
        return Err(invalid("there is no certificate; expected PEM, with a line -----BEGIN CERTIFICATE-----"));
    }
    Ok(certificates)
}

fn invalid(context: &str) -> TransportError {
    TransportError::new(TransportErrorKind::Invalid, context)
}
