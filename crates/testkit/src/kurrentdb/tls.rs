//! The nodes behind TLS, with certificates of an authority of their own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::cluster::Cluster;
use super::serve::{Door, Nodes};

/// Who signs the nodes' certificates.
#[derive(Debug)]
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) pem: String,
}

impl Authority {
    fn new() -> io::Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "tidegate's simulated KurrentDB CA");
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let pem = params.self_signed(&key).map_err(io::Error::other)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// The door of a node with a certificate for `host`.
    fn door(&self, host: &str) -> io::Result<Door> {
        let mut params = CertificateParams::new([host.to_owned()]).map_err(io::Error::other)?;
        params.distinguished_name.push(DnType::CommonName, "kurrentdb-node");
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate: CertificateDer<'static> =
            params.signed_by(&key, &self.issuer).map_err(io::Error::other)?.der().clone();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .map_err(io::Error::other)?;
        Ok(Door::Tls(TlsAcceptor::from(Arc::new(config))))
    }
}

impl Cluster {
    /// As [`serve`](Self::serve), over https: each node has a certificate for 127.0.0.1, which
    /// [an authority](Nodes::ca_pem) has signed that nobody knows. Needs the feature `kurrentdb-tls`.
    ///
    /// # Errors
    /// When there is no free port left.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn serve_tls(&self) -> io::Result<Nodes> {
        self.serve_tls_as("127.0.0.1")
    }

    /// The same with certificates for `host` instead, as where a node's name was mistaken.
    ///
    /// # Errors
    /// When there is no free port left.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn serve_tls_as(&self, host: &str) -> io::Result<Nodes> {
        let authority = Authority::new()?;
        let free = || TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let node = |_| Ok((free()?, authority.door(host)?));
        let doors = (0..self.size()).map(node).collect::<io::Result<_>>()?;
        Ok(self.listen(doors)?.with_ca(authority.pem))
    }
}
