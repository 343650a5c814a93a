//! The faulty HTTP server, seen by a client that knows nothing but bytes.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use tidegate_base::Random;
use tidegate_testkit::server::{Fault, Point, RandomServerFaults, RetryAfter, Server, text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

const REQUEST: &[u8] = b"POST /post?x=1 HTTP/1.1\r\nHost: a\r\nX-Token: t\r\nContent-Length: 5\r\n\r\nhello";

/// A server that answers with eight letters, and how often it applied something.
async fn service() -> (Server, Arc<AtomicUsize>) {
    let applied = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&applied);
    let server = Server::start(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        text(200, "abcdefgh")
    })
    .await;
    (server, applied)
}

/// All that comes back for `request`, and how the connection ended. The client closes its half, so that a server that
/// is done ends the connection.
async fn exchange(server: &Server, request: &[u8]) -> (String, Option<ErrorKind>) {
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    stream.write_all(request).await.expect("sent");
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer).await.err().map(|error| error.kind());
    (String::from_utf8_lossy(&answer).into_owned(), ended)
}

#[tokio::test]
async fn a_request_is_recorded_as_it_arrived_and_a_connection_serves_several() {
    let (server, applied) = service().await;
    let (answers, ended) = exchange(&server, &[REQUEST, REQUEST].concat()).await;
    assert_eq!((answers.matches("HTTP/1.1 200 OK\r\n").count(), ended), (2, None), "{answers}");
    assert!(answers.ends_with("content-length: 8\r\n\r\nabcdefgh"), "{answers}");
    server.wait_for(2).await;

    let received = server.received();
    let request = &received[1].request;
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", "/post?x=1"));
    assert_eq!((&request.headers()["x-token"], &request.body()[..]), (&"t".parse().expect("a value"), &b"hello"[..]));
    assert!(received.iter().all(|one| one.applied));
    assert_eq!((applied.load(Ordering::SeqCst), server.connections()), (2, 1));
}

#[tokio::test]
async fn each_point_is_as_far_as_it_says() {
    for point in Point::ALL {
        for fault in [Fault::Close(point), Fault::Reset(point)] {
            let (server, applied) = service().await;
            server.script([fault.clone()]);
            let (answer, ended) = exchange(&server, REQUEST).await;
            let reached = |at| usize::from(point >= at);
            assert_eq!(server.received().len(), reached(Point::Request), "{fault:?}");
            assert_eq!(applied.load(Ordering::SeqCst), reached(Point::Applied), "{fault:?}");
            assert!(!answer.contains("abcdefgh"), "{fault:?}: {answer}");
            // What was not read makes of a close a reset.
            if matches!(fault, Fault::Reset(_)) || point <= Point::Head {
                assert!(matches!(ended, None | Some(ErrorKind::ConnectionReset)), "{fault:?}: {ended:?}");
            } else {
                assert_eq!(ended, None, "{fault:?}");
                assert_eq!(answer.starts_with("HTTP/1.1 200"), point >= Point::HalfHead, "{answer}");
                assert_eq!(answer.ends_with("\r\n\r\nabcd"), point == Point::HalfBody, "{answer}");
            }
        }
    }
}

#[tokio::test]
async fn what_hangs_says_nothing_more() {
    let (server, applied) = service().await;
    for (point, count) in [(Point::Start, 0), (Point::Request, 0), (Point::Applied, 1), (Point::HalfBody, 2)] {
        server.script([Fault::Hang(point)]);
        let waiting = tokio::time::timeout(Duration::from_millis(50), exchange(&server, REQUEST)).await;
        assert!(waiting.is_err(), "{point:?}: {waiting:?}");
        assert_eq!(applied.load(Ordering::SeqCst), count, "{point:?}");
    }
}

#[tokio::test]
async fn failures_are_answered_before_or_after_the_service_has_it() {
    let (server, applied) = service().await;
    server.script([Fault::status(500), Fault::status_after(503)]);
    assert!(exchange(&server, REQUEST).await.0.starts_with("HTTP/1.1 500 "));
    assert_eq!((applied.load(Ordering::SeqCst), server.received()[0].applied), (0, false));
    assert!(exchange(&server, REQUEST).await.0.starts_with("HTTP/1.1 503 "));
    assert_eq!((applied.load(Ordering::SeqCst), server.received()[1].applied), (1, true));
}

#[tokio::test]
async fn a_throttle_says_how_long_in_each_form() {
    let (server, applied) = service().await;
    let hour = Duration::from_hours(1);
    server.script([RetryAfter::None, RetryAfter::Seconds(4), RetryAfter::Date(hour)].map(Fault::throttled));
    assert!(!exchange(&server, REQUEST).await.0.contains("retry-after"));
    assert!(exchange(&server, REQUEST).await.0.contains("\r\nretry-after: 4\r\n"));
    let dated = exchange(&server, REQUEST).await.0;
    let date = |name: &str| {
        let value = dated.lines().find_map(|line| line.strip_prefix(name)).expect("a date");
        chrono::DateTime::parse_from_rfc2822(value).expect("as HTTP writes it")
    };
    assert!(dated.starts_with("HTTP/1.1 429 "));
    let wait = (date("retry-after: ") - date("date: ")).num_seconds();
    assert!((3599..=3600).contains(&wait), "{dated}");
    assert_eq!(applied.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_come_late_or_in_pieces() {
    let (server, applied) = service().await;
    server.script([Fault::Delay(Duration::from_secs(20)), Fault::Slow(Duration::from_secs(1))]);
    for seconds in [20, 8] {
        let began = Instant::now();
        let (answer, _) = exchange(&server, REQUEST).await;
        assert!(answer.ends_with("\r\n\r\nabcdefgh"), "{answer}");
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
    assert_eq!(applied.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_comes_back_may_be_of_another_type_or_no_http_at_all() {
    let (server, _) = service().await;
    server.script([Fault::ContentType("text/html".to_owned()), Fault::Garbage]);
    let (answer, _) = exchange(&server, REQUEST).await;
    assert!(answer.contains("content-type: text/html\r\n") && answer.ends_with("abcdefgh"), "{answer}");
    assert!(!exchange(&server, REQUEST).await.0.contains("HTTP/"));
}

#[tokio::test]
async fn an_echo_repeats_all_that_was_said() {
    let (server, applied) = service().await;
    let server = server.with_fault(Fault::Echo(StatusCode::FORBIDDEN));
    let (answer, _) = exchange(&server, REQUEST).await;
    assert!(
        answer.starts_with("HTTP/1.1 403 ")
            && answer.ends_with("/post?x=1, host: a, x-token: t, content-length: 5, hello")
    );
    assert_eq!(applied.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn each_fault_ends_by_itself_and_says_what_becomes_of_the_request() {
    for fault in Fault::each() {
        let (server, applied) = service().await;
        let server = server.with_fault(fault.clone());
        for count in 1..=2 {
            exchange(&server, REQUEST).await;
            let says_applied = fault.to_string().starts_with("applied");
            assert_eq!(applied.load(Ordering::SeqCst), if says_applied { count } else { 0 }, "{fault}");
        }
        server.heal();
        assert!(exchange(&server, REQUEST).await.0.ends_with("abcdefgh"), "{fault}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_speak_http_is_told() {
    let (server, _) = service().await;
    let chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    for request in
        [&b"\x16\x03\x01\x02"[..], b"GET /\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", chunked]
    {
        let (answer, _) = exchange(&server, request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    assert_eq!(server.received().len(), 0);
}

#[tokio::test]
async fn seeded_faults_follow_from_the_seed_and_end_when_told() {
    let statuses = async |seed| {
        let (server, _) = service().await;
        let faults = RandomServerFaults::new(Random::seeded(seed), 2);
        let server = server.with_faults(faults.clone());
        let mut course = Vec::new();
        for _ in 0..30 {
            let (answer, _) = exchange(&server, REQUEST).await;
            course.push(answer.lines().next().unwrap_or_default().to_owned());
        }
        faults.stop();
        assert!(exchange(&server, REQUEST).await.0.starts_with("HTTP/1.1 200 "));
        // A reset may overtake the half answer that went before it, so that only what is whole is told apart.
        course
            .into_iter()
            .filter(|line| line.starts_with("HTTP/1.1 4") || line.starts_with("HTTP/1.1 5"))
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses(1).await, statuses(1).await);
    assert_ne!(statuses(1).await, statuses(2).await);
}

#[tokio::test]
async fn a_healed_server_fails_no_more() {
    let (server, _) = service().await;
    let server = server.with_faults(|_: &_| Fault::status(500));
    server.script([Fault::status(404), Fault::status(404)]);
    assert!(exchange(&server, REQUEST).await.0.starts_with("HTTP/1.1 404 "));
    server.heal();
    assert!(exchange(&server, REQUEST).await.0.starts_with("HTTP/1.1 200 "));
}
