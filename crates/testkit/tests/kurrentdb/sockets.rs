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
