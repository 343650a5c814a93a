use std::time::Duration;

use bytes::Bytes;
use tidegate_http::{Transport as _, TransportErrorKind};
use tidegate_sink::{SinkError, SinkErrorKind};
use tidegate_testkit::server::{Fault, Point, RetryAfter, Server, text};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{SECRET, failed, hasty, post_to, send, server, transport};

#[tokio::test]
async fn an_answer_comes_back_whole_and_the_request_arrives_as_it_was() {
    let server = server().await;
    let answer = send(&transport(), &server.url()).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.body().len() > 200), (200, true));
    assert_eq!(answer.headers()["content-type"], "application/json");

    let received = &server.received()[0].request;
    assert_eq!((received.method().as_str(), received.uri().path()), ("POST", &*format!("/hook/{SECRET}")));
    assert_eq!(received.headers()["authorization"], format!("Bearer {SECRET}"));
    assert_eq!(received.headers()["user-agent"], concat!("tidegate/", env!("CARGO_PKG_VERSION")));
    assert_eq!(received.body(), &format!("{SECRET} "));
}

#[tokio::test]
async fn a_failure_of_the_service_is_an_answer() {
    let server = server().await;
    server.script([Fault::throttled(RetryAfter::Seconds(4)), Fault::status(401), Fault::status_after(500)]);
    let transport = transport();
    for status in [429, 401, 500] {
        assert_eq!(send(&transport, &server.url()).await.expect("an answer").status(), status);
    }
    assert_eq!(server.connections(), 1, "kept alive");
}

#[tokio::test]
async fn refused_was_not_sent() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let words = failed(send(&transport(), &format!("http://{free}")).await, TransportErrorKind::Unreachable);
    assert!(words.starts_with(&format!("no connection to {free}: Connection refused")), "{words}");
}

#[tokio::test]
async fn a_name_that_is_none_was_not_sent() {
    let transport = super::builder().with_http_allowed().build().expect("a transport");
    failed(send(&transport, "http://no-such-host.invalid").await, TransportErrorKind::Unreachable);
}

/// A listener whose queue is full answers no further connection at all.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_connection_in_time_was_not_sent() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let listener = socket.listen(1).expect("listening");
    let address = listener.local_addr().expect("an address");
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(50), TcpStream::connect(address)).await {
        queued.push(stream);
    }
    let shortly = Duration::from_millis(150);
    // A short limit for all of it must not run out while the connection is still awaited.
    for builder in [super::builder().with_connect_timeout(shortly), super::builder().with_timeout(shortly)] {
        let transport = builder.build().expect("a transport");
        let words = failed(send(&transport, &format!("http://{address}")).await, TransportErrorKind::Unreachable);
        assert!(words.starts_with(&format!("no connection to {address} in time")), "{words}");
    }
}

#[tokio::test]
async fn broken_off_at_any_point_it_may_have_been_sent() {
    for point in Point::ALL {
        for fault in [Fault::Close(point), Fault::Reset(point)] {
            let server = server().await;
            server.script([fault.clone()]);
            // Larger than what the connection holds by itself, so that the body is on its way.
            let request = post_to(&server.url(), &"x".repeat(8 << 20));
            let result = transport().send(request).await;
            let words = failed(result, TransportErrorKind::Interrupted);
            assert!(words.starts_with("no complete answer of 127.0.0.1:"), "{fault:?}: {words}");
            assert_eq!(server.connections(), 1, "{fault:?}: sent again");
        }
    }
}

#[tokio::test]
async fn without_an_answer_in_time_it_may_have_been_sent() {
    for point in Point::ALL {
        let server = server().await;
        server.script([Fault::Hang(point)]);
        failed(send(&hasty(), &server.url()).await, TransportErrorKind::TimedOut);
    }
    let server = server().await;
    server.script([Fault::Slow(Duration::from_millis(50)), Fault::Delay(Duration::from_secs(5))]);
    failed(send(&hasty(), &server.url()).await, TransportErrorKind::TimedOut);
    failed(send(&hasty(), &server.url()).await, TransportErrorKind::TimedOut);
}

#[tokio::test]
async fn garbage_for_an_answer_may_mean_that_it_was_applied() {
    let server = server().await;
    server.script([Fault::Garbage]);
    failed(send(&transport(), &server.url()).await, TransportErrorKind::Interrupted);
}

#[tokio::test]
async fn consent_that_is_too_long_is_an_error_and_a_refusal_is_cut() {
    let server = Server::start(|request| {
        let status = if request.uri().path().contains("refuse") { 403 } else { 200 };
        text(status, vec![b'x'; 10 << 20])
    })
    .await;
    let words = failed(send(&transport(), &server.url()).await, TransportErrorKind::TooLarge);
    assert!(words.ends_with("answered 200 OK with more than 65536 bytes"), "{words}");

    let refused = send(&transport(), &format!("{}/refuse", server.url())).await.expect("an answer");
    assert_eq!((refused.status().as_u16(), refused.body().len()), (403, 64 * 1024));
}

#[tokio::test]
async fn an_answer_as_long_as_the_limit_is_whole() {
    let server = Server::start(|request| text(200, vec![b'x'; request.body().len()])).await;
    let limit = SECRET.len() + 1 + 100;
    let transport = super::builder().with_answer_limit(limit).build().expect("a transport");
    let answer = transport.send(post_to(&server.url(), &"x".repeat(100))).await.expect("an answer");
    assert_eq!(answer.body().len(), limit);
    let longer = transport.send(post_to(&server.url(), &"x".repeat(101))).await;
    failed(longer, TransportErrorKind::TooLarge);

    // Where a piece of the body ends just at the limit.
    server.script([Fault::Slow(Duration::from_millis(1))]);
    let whole = limit / 7 * 8;
    let transport = super::builder().with_answer_limit(whole / 8 * 7).build().expect("a transport");
    let longer = transport.send(post_to(&server.url(), &"x".repeat(whole - SECRET.len() - 1))).await;
    failed(longer, TransportErrorKind::TooLarge);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let other = server().await;
    let server = server().await;
    let redirect = http::Response::builder().status(307).header("location", other.url()).body(Bytes::new());
    server.script([Fault::Instead(redirect.expect("an answer"))]);
    let answer = send(&transport(), &server.url()).await.expect("an answer");
    assert_eq!(answer.status(), 307);
    assert_eq!(other.received().len(), 0);
}

#[tokio::test]
async fn a_connection_that_the_service_closed_is_not_used_again() {
    let server = server().await;
    let transport = transport();
    let mut request = post_to(&server.url(), "");
    request.headers_mut().insert("connection", "close".parse().expect("a value"));
    transport.send(request).await.expect("an answer");
    send(&transport, &server.url()).await.expect("an answer");
    assert_eq!((server.connections(), server.received().len()), (2, 2));
}

#[test]
fn a_sink_error_says_whether_it_may_have_been_applied() {
    for kind in TransportErrorKind::ALL {
        let error = SinkError::from(tidegate_http::TransportError::new(kind, "what"));
        assert_eq!(error.kind().may_have_applied(), kind.may_have_been_sent(), "{kind:?}");
        assert_eq!(error.context(), "what");
    }
    assert_eq!(TransportErrorKind::Certificate.sink_kind(), SinkErrorKind::Misconfigured);
    assert_eq!(TransportErrorKind::Unreachable.sink_kind(), SinkErrorKind::Unreachable);
}
