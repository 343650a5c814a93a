use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tidegate_http::TransportErrorKind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::{builder, failed, send, server, transport};

/// A service with a certificate for `name` that nobody has signed; gives the address and that certificate as PEM.
async fn service(name: &str) -> (SocketAddr, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a key that fits");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    (address, cert.pem())
}

#[tokio::test]
async fn an_authority_that_nobody_knows_is_a_matter_of_configuration() {
    let (address, _) = service("localhost").await;
    let url = format!("https://localhost:{}", address.port());
    let words = failed(send(&transport(), &url).await, TransportErrorKind::Certificate);
    assert!(words.contains(&format!("localhost:{}", address.port())), "{words}");
    assert!(words.contains("certificate"), "{words}");
}

#[tokio::test]
async fn an_authority_that_was_named_is_trusted_for_its_name_only() {
    let (address, pem) = service("localhost").await;
    let transport = builder().with_certificates(pem).build().expect("a transport");
    let answer = send(&transport, &format!("https://localhost:{}", address.port())).await.expect("an answer");
    assert_eq!(answer.status(), 204);
    failed(send(&transport, &format!("https://{address}")).await, TransportErrorKind::Certificate);
}

#[tokio::test]
async fn https_to_a_port_that_speaks_http_was_not_sent() {
    let server = server().await;
    let words =
        failed(send(&transport(), &format!("https://{}", server.address())).await, TransportErrorKind::Unreachable);
    assert!(words.starts_with("no TLS with 127.0.0.1:"), "{words}");
}

#[tokio::test]
async fn a_handshake_that_is_never_answered_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    let hasty = builder().with_connect_timeout(std::time::Duration::from_millis(100)).build().expect("a transport");
    failed(send(&hasty, &url).await, TransportErrorKind::Unreachable);
}
