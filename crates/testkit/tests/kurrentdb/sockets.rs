//! The nodes over real sockets.

use std::io;
use std::net::SocketAddr;

use tidegate_testkit::kurrentdb::Cluster;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::SECOND;

/// What comes back to a bare request, up to its end.
async fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn nodes_answer_by_their_own_addresses() {
    let cluster = Cluster::builder().insecure().build();
    let nodes = cluster.serve().await.expect("ports");
    for node in 1..=3 {
        let address = nodes.address(node);
        let answer = get(address, "/gossip").await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("content-type: application/json; charset=utf-8\r\n"), "{answer}");
        assert!(answer.contains(&format!("\"serverPort\": {}", address.port())), "{answer}");
        assert!(get(address, "/metrics").await.expect("an answer").ends_with("# EOF\n"));
    }
}

#[tokio::test]
async fn a_killed_node_refuses_and_listens_again_at_the_same_port() {
    let cluster = Cluster::builder().insecure().build();
    let nodes = cluster.serve().await.expect("ports");
    let address = nodes.address(2);
    let mut open = TcpStream::connect(address).await.expect("a connection");
    open.write_all(b"GET /gossip HTTP/1.1\r\n\r\n").await.expect("sent");
    open.read_exact(&mut [0; 12]).await.expect("an answer");

    cluster.kill(2);
    let mut rest = Vec::new();
    // Its end: what was under way is cut off.
    let _ = open.read_to_end(&mut rest).await;
    let error = get(address, "/gossip").await.expect_err("nothing listens");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);

    cluster.start(2);
    cluster.advance(SECOND * 20);
    // The task that listens runs before the next request is sent.
    while get(address, "/gossip").await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(get(address, "/gossip").await.expect("an answer").contains("\"Follower\""));
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_comes_late_and_a_node_that_hangs_never_answers() {
    let cluster = Cluster::builder().insecure().with_speed(10.0).build();
    let nodes = cluster.serve().await.expect("ports");
    cluster.slow(1, SECOND * 30);
    let begun = tokio::time::Instant::now();
    let answer = get(nodes.address(1), "/gossip").await.expect("an answer");
    assert!(answer.contains("200 OK") && begun.elapsed() >= SECOND * 3, "{:?}", begun.elapsed());
    cluster.hang(3);
    tokio::time::timeout(SECOND * 60, get(nodes.address(3), "/gossip")).await.expect_err("no answer");
}

#[tokio::test]
async fn one_address_is_wanted_for_each_node() {
    let error = Cluster::builder().build().serve_at(&[]).await.expect_err("none was given");
    assert_eq!(error.to_string(), "0 addresses for 3 nodes; name one for each");
}

#[cfg(feature = "kurrentdb-tls")]
#[tokio::test]
async fn behind_tls_the_authority_has_to_be_known_and_the_name_has_to_fit() {
    use std::sync::Arc;
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

    let connect = async |nodes: &tidegate_testkit::kurrentdb::Nodes, pem: &str| {
        let mut roots = RootCertStore::empty();
        if !pem.is_empty() {
            roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("PEM")).expect("an authority");
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(nodes.address(2)).await.expect("it listens");
        let name = ServerName::try_from("127.0.0.1").expect("an address");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    };
    let cluster = Cluster::builder().build();
    let nodes = cluster.serve_tls().expect("ports");
    assert!(nodes.urls()[0].starts_with("https://127.0.0.1:"));
    let mut stream = connect(&nodes, nodes.ca_pem()).await.expect("a connection");
    stream.write_all(b"GET /gossip HTTP/1.1\r\nconnection: close\r\n\r\n").await.expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(String::from_utf8_lossy(&answer).contains("\"internalSecureTcpPort\": 1112"));

    connect(&nodes, "").await.expect_err("nobody knows who signed it");
    let mistaken = cluster.serve_tls_as("node2.kdb.example.net").expect("ports");
    connect(&mistaken, mistaken.ca_pem()).await.expect_err("it is of another name");
}
