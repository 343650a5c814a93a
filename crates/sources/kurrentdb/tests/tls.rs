//! Certificates: of the nodes, and ours.

mod common;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use common::{Watch, body};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::NamedTempFile;
use tidegate_event::{ViewError, ViewErrorKind};
use tidegate_source_kurrentdb::{KurrentDb, KurrentDbBuilder, KurrentDbErrorKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new([]).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// A certificate for `name`, and its key.
fn signed(by: &Authority, name: &str, expired: bool) -> (rcgen::Certificate, KeyPair) {
    let mut params = CertificateParams::new([name.to_owned()]).expect("parameters");
    if expired {
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
    }
    let key = KeyPair::generate().expect("a key");
    (params.signed_by(&key, by).expect("a certificate"), key)
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

/// A node with this certificate, which wants one from its clients where `clients` signed it.
async fn node(certificate: &(rcgen::Certificate, KeyPair), clients: Option<&Authority>) -> SocketAddr {
    let (cert, key) = certificate;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.expect("TLS 1.2 and 1.3");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).expect("an authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        }
    };
    let config = builder.with_single_cert(vec![cert.der().clone()], key).expect("a key that fits");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let body = body("single-node.node1", &[]);
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

fn builder(host: &str, address: SocketAddr) -> KurrentDbBuilder {
    let url = format!("https://{host}:{}", address.port());
    KurrentDb::builder("orders").with_nodes([url]).without_metrics()
}

async fn told(builder: KurrentDbBuilder) -> Result<(), ViewError> {
    Watch::open(&builder.build().expect("a source"), None).await.view(0).await.map(drop)
}

#[tokio::test]
async fn the_clusters_own_authority_is_trusted_once_it_is_named() {
    let ours = authority();
    let ca = file(&ours.pem());
    let address = node(&signed(&ours, "localhost", false), None).await;
    let unknown = told(builder("localhost", address)).await.expect_err("unknown");
    assert_eq!(unknown.kind, ViewErrorKind::Tls);
    assert!(
        unknown.message.contains("signed by an authority that neither this machine nor `ca_file` knows"),
        "{unknown}"
    );
    assert_eq!(told(builder("localhost", address).with_ca_file(ca.path())).await, Ok(()));
    let other = told(builder("127.0.0.1", address).with_ca_file(ca.path())).await.expect_err("another name");
    assert!(other.message.starts_with("its certificate is for another name than the one in the URL"), "{other}");
    assert!(other.message.contains("localhost"), "which it is for: {other}");
    let expired = node(&signed(&ours, "localhost", true), None).await;
    let expired = told(builder("localhost", expired).with_ca_file(ca.path())).await.expect_err("expired");
    assert!(expired.message.starts_with("its certificate is out of date"), "{expired}");
}

#[tokio::test]
async fn a_node_that_wants_to_know_who_asks_is_shown_our_certificate() {
    let (ours, theirs) = (authority(), authority());
    let ca = file(&ours.pem());
    let address = node(&signed(&ours, "localhost", false), Some(&theirs)).await;
    let unknown = told(builder("localhost", address).with_ca_file(ca.path())).await.expect_err("nobody");
    assert_eq!(unknown.kind, ViewErrorKind::Tls);
    assert_eq!(unknown.message, "it wants a client certificate; set `client_certificate` and `client_key`");
    let shown = |by: &Authority| {
        let (cert, key) = signed(by, "tidegate", false);
        (file(&cert.pem()), file(&key.serialize_pem()))
    };
    let (cert, key) = shown(&theirs);
    let known = builder("localhost", address).with_ca_file(ca.path()).with_client_certificate(cert.path(), key.path());
    assert_eq!(told(known).await, Ok(()));
    let (cert, key) = shown(&ours);
    let wrong = builder("localhost", address).with_ca_file(ca.path()).with_client_certificate(cert.path(), key.path());
    let wrong = told(wrong).await.expect_err("another authority");
    assert!(wrong.message.starts_with("it does not take our `client_certificate`"), "{wrong}");
}

#[tokio::test]
async fn https_to_a_node_that_runs_insecure_is_told_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    let error = told(builder("localhost", address)).await.expect_err("no TLS");
    assert_eq!(error.kind, ViewErrorKind::Tls);
    assert!(error.message.contains("is the URL to begin with http://"), "{error}");
}

#[test]
fn files_that_are_none_are_refused_by_name() {
    let address: SocketAddr = "127.0.0.1:1".parse().expect("an address");
    let text = file("no certificate");
    let error = builder("localhost", address).with_ca_file(text.path()).build().expect_err("no PEM");
    assert_eq!((error.kind(), error.key()), (KurrentDbErrorKind::File, "ca_file"));
    assert!(error.to_string().contains("expected PEM, with a line -----BEGIN CERTIFICATE-----"), "{error}");
    let (cert, _) = signed(&authority(), "tidegate", false);
    let other = KeyPair::generate().expect("a key");
    let (cert, key) = (file(&cert.pem()), file(&other.serialize_pem()));
    let pair = builder("localhost", address).with_client_certificate(cert.path(), key.path());
    let error = pair.build().expect_err("two that do not fit");
    assert_eq!(error.key(), "client_certificate");
    assert!(error.to_string().contains("the certificate and its private key do not fit"), "{error}");
    let error =
        builder("localhost", address).with_client_certificate(cert.path(), text.path()).build().expect_err("no key");
    assert!(error.to_string().contains("there is no private key"), "{error}");
}
