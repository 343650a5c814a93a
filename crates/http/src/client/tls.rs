use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::{TransportError, TransportErrorKind};

/// How to speak TLS, and whether there is any certificate authority to check a service by.
pub(super) struct Tls {
    pub(super) config: ClientConfig,
    pub(super) has_authorities: bool,
}

/// TLS by the machine's certificate authorities and those in `pem`.
pub(super) fn configure(pem: &[u8]) -> Result<Tls, TransportError> {
    let extra = certificates(pem)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid("TLS cannot be set up").with_source(error))?;
    // Without any authority there can still be plain http to this machine; https will say what is missing.
    if let Ok(verifier) = Verifier::new_with_extra_roots(extra, provider) {
        // `dangerous` is what rustls calls any verifier but its own; this one is the operating system's.
        let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
        Ok(Tls { config, has_authorities: true })
    } else {
        let config = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
        Ok(Tls { config, has_authorities: false })
    }
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
