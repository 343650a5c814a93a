//! Rounds of gossip over real sockets, in paused time.

mod common;

use bytes::Bytes;
use common::{Three, Watch, json, seconds};
use http::Response;
use tidegate_base::Secret;
use tidegate_event::{ClusterViews, ViewError, ViewErrorKind};
use tidegate_source_kurrentdb::KurrentDb;
use tidegate_testkit::server::{Fault, Point, text};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_well_is_asked_twice_a_minute_and_agrees() {
    let three = Three::start().await;
    let source = three.builder().build().expect("a source");
    let mut watch = Watch::open(&source, None).await;
    let began = Instant::now();
    let mut times = Vec::new();
    for round in 0..5 {
        let views = watch.views().await;
        times.push(began.elapsed().as_secs_f64());
        let names: Vec<&str> = views.nodes.iter().map(|node| &*node.node).collect();
        let urls: Vec<String> = three.servers.iter().map(|server| server.address().to_string()).collect();
        assert_eq!(names, urls);
        for node in &views.nodes {
            let view = node.view.as_ref().expect("it answers");
            assert_eq!((view.digest, view.members.len(), view.own.as_ref()), (0, 3, Some(&node.node)), "{round}");
        }
    }
    assert!(times[0] < 1.0, "at once: {times:?}");
    assert!((15.0..=31.0).contains(&times[1]), "{times:?}");
    for pair in times[1..].windows(2) {
        assert!((pair[1] - pair[0] - 30.0).abs() < 0.5, "no drift: {times:?}");
    }
    let requests = three.servers[0].received();
    assert!(requests.iter().all(|received| received.request.headers()["accept"] == "application/json"));
    assert!(requests.iter().all(|received| !received.request.headers().contains_key("authorization")));
    assert_eq!(three.servers[0].connections(), 1, "one connection serves them all");
}

#[tokio::test(start_paused = true)]
async fn a_bad_round_is_confirmed_once_six_seconds_later() {
    let three = Three::start().await;
    let mut watch = Watch::open(&three.builder().build().expect("a source"), None).await;
    let _ = watch.views().await;
    let _ = watch.views().await;
    three.play(&["partition.node1", "partition.node2", "partition.node3"]);
    let _ = watch.views().await;
    let bad = Instant::now();
    let _ = watch.views().await;
    assert_eq!(bad.elapsed().as_secs(), 6, "the confirming one");
    let _ = watch.views().await;
    assert_eq!(bad.elapsed().as_secs(), 30, "back in step");
    let _ = watch.views().await;
    assert_eq!(bad.elapsed().as_secs(), 60, "what is bad already needs no confirming");
    three.play(&["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"]);
    let _ = watch.views().await;
    three.play(&["partition.node1", "partition.node2", "partition.node3"]);
    let _ = watch.views().await;
    let again = Instant::now();
    let _ = watch.views().await;
    assert_eq!(again.elapsed().as_secs(), 6, "after a clean one it does");
}

/// What the first node's failure is told as, where it answers with `answer`.
async fn told(answer: Response<Bytes>) -> ViewError {
    let three = Three::start().await;
    three.pages[0].set("/gossip", answer);
    let mut watch = Watch::open(&three.builder().build().expect("a source"), None).await;
    watch.view(0).await.expect_err("no view")
}

#[tokio::test(start_paused = true)]
async fn each_failure_is_told_apart() {
    let location = Response::builder().status(302).header("location", "https://elsewhere").body(Bytes::new());
    let long = Bytes::from(vec![b' '; (1 << 20) + 1]);
    for (answer, kind, words) in [
        (
            text(401, ""),
            ViewErrorKind::Unauthorized,
            "401, gossip is not open to everybody there, and there are no `credentials`",
        ),
        (
            text(403, ""),
            ViewErrorKind::Unauthorized,
            "403, gossip is not open to everybody there, and there are no `credentials`",
        ),
        (
            text(404, ""),
            ViewErrorKind::Unavailable,
            "404, it has no /gossip; `DisableGossipOnHttp` is set there, or this is no node of KurrentDB",
        ),
        (text(406, ""), ViewErrorKind::Malformed, "406 Not Acceptable; is this the address of a node?"),
        (
            text(408, ""),
            ViewErrorKind::Unavailable,
            "408, its gossip service has not started, or its main queue is blocked",
        ),
        (text(500, ""), ViewErrorKind::Unavailable, "500 Internal Server Error"),
        (text(503, ""), ViewErrorKind::Unavailable, "503 Service Unavailable"),
        (
            location.expect("an answer"),
            ViewErrorKind::Malformed,
            "302, a redirect, which is not followed; is this a node's own address?",
        ),
        (
            text(200, "<html>"),
            ViewErrorKind::Malformed,
            "the answer is not JSON (it looks like HTML or XML: is this the address of a node?): expected value at line 1 column 1",
        ),
        (json("{}".into()), ViewErrorKind::Malformed, "members is missing in the answer; expected a list"),
        (json(long), ViewErrorKind::Malformed, "the answer has more than 1 MiB"),
    ] {
        let error = told(answer).await;
        assert_eq!((error.kind, &*error.message), (kind, words));
    }
}

/// What the first node's failure is told as, to which `fault` happens.
async fn broken(fault: Fault) -> ViewError {
    let mut three = Three::start().await;
    let first = three.servers.remove(0).with_fault(fault);
    three.servers.insert(0, first);
    let mut watch = Watch::open(&three.builder().build().expect("a source"), None).await;
    let views = watch.views().await;
    assert!(views.nodes[1].view.is_ok() && views.nodes[2].view.is_ok(), "the others answer all the same");
    views.nodes[0].view.clone().expect_err("no view")
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_or_breaks_off_is_told_so() {
    let error = broken(Fault::Hang(Point::Request)).await;
    assert_eq!(error.kind, ViewErrorKind::TimedOut);
    let words = "no complete answer within 5 s; its gossip service may not have started, or its main queue be blocked";
    assert_eq!(error.message, words);
    for point in [Point::Request, Point::HalfBody] {
        let error = broken(Fault::Close(point)).await;
        assert_eq!(error.kind, ViewErrorKind::Refused, "{error}");
        assert!(error.message.starts_with("the connection ended before the answer was complete: "), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_refuses_the_connection_is_told_so() {
    let three = Three::start().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let nodes = [three.servers[0].url(), format!("http://{free}")];
    let source = KurrentDb::builder("orders").with_nodes(nodes).without_metrics().build().expect("a source");
    let error = Watch::open(&source, None).await.view(1).await.expect_err("no view");
    assert_eq!(error.kind, ViewErrorKind::Refused);
    assert!(error.message.contains("refused"), "{error}");
}

/// A node that has no users yet, as it answers who shows credentials.
fn starting() -> Response<Bytes> {
    Response::builder().status(503).header("retry-after", "5").body(Bytes::new()).expect("an answer")
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_wait_is_granted_once_and_then_counts() {
    let three = Three::start().await;
    three.servers[0].script([Fault::Instead(starting())]);
    let mut watch = Watch::open(&three.builder().build().expect("a source"), None).await;
    let began = Instant::now();
    assert!(watch.view(0).await.is_ok(), "it had its moment");
    assert_eq!(began.elapsed().as_secs(), 5);
    three.pages[0].set("/gossip", starting());
    for wait in [true, false, false] {
        let asked = three.servers[0].received().len();
        assert_eq!(watch.view(0).await.expect_err("no view").kind, ViewErrorKind::Unavailable);
        let requests = if wait { 2 } else { 1 };
        assert_eq!(three.servers[0].received().len() - asked, requests, "once in a row");
    }
    three.pages[0].set("/gossip", text(503, ""));
    let asked = three.servers[0].received().len();
    let _ = watch.view(0).await;
    assert_eq!(three.servers[0].received().len() - asked, 1, "it asks for no patience");
}

/// Which of the requests to the first node had credentials.
fn with_credentials(three: &Three) -> Vec<bool> {
    let received = three.servers[0].received();
    received.iter().map(|received| received.request.headers().contains_key("authorization")).collect()
}

#[tokio::test(start_paused = true)]
async fn credentials_are_shown_only_to_who_wants_them() {
    let three = Three::start().await;
    let source = three.builder().with_credentials("ops", Secret::literal("s3cret")).build().expect("a source");
    let mut watch = Watch::open(&source, None).await;
    assert!(watch.view(0).await.is_ok());
    assert_eq!(with_credentials(&three), [false]);
    // It is closed from now on: asked without, with, and then with at once.
    let server = three.servers[0].received().len();
    three.servers[0].script([Fault::status(401), Fault::None, Fault::None]);
    for _ in 0..2 {
        assert!(watch.view(0).await.is_ok());
    }
    assert_eq!(with_credentials(&three)[server..], [false, true, true]);
    let sent = &three.servers[0].received()[server + 1].request;
    assert_eq!(sent.headers()["authorization"], "Basic b3BzOnMzY3JldA==");
    // It starts anew, and takes no credentials before it has its users: then it is asked without.
    three.servers[0].script([Fault::Instead(starting()), Fault::None]);
    assert!(watch.view(0).await.is_ok());
    assert_eq!(with_credentials(&three)[server + 3..], [true, false]);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_do_not_fit_are_told_so_without_them() {
    for (status, words) in [
        (401, "401, it does not take the `credentials`"),
        (403, "403, the user of the `credentials` may not read gossip there"),
        (503, "503, it cannot check credentials yet; it is starting, or has no leader to read the users from"),
    ] {
        let three = Three::start().await;
        three.servers[0].script([Fault::status(401), Fault::status(status)]);
        let source = three.builder().with_credentials("ops", Secret::literal("s3cret")).build().expect("a source");
        let error = Watch::open(&source, None).await.view(0).await.expect_err("no view");
        assert_eq!(error.message, words);
        assert!(!format!("{source:?}").contains("s3cret"));
    }
    let three = Three::start().await;
    three.servers[0].script([Fault::status(401)]);
    let lost = Secret::from_file("/nowhere/password");
    let source = three.builder().with_credentials("ops", lost).build().expect("a source");
    let error = Watch::open(&source, None).await.view(0).await.expect_err("no view");
    assert_eq!(error.kind, ViewErrorKind::Unauthorized);
    assert!(error.message.starts_with("cannot read the secret from the file /nowhere/password"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_hangs_does_not_hold_up_a_round_beyond_its_time() {
    let mut three = Three::start().await;
    let last = three.servers.remove(2).with_fault(Fault::Slow(seconds(1)));
    three.servers.push(last);
    let mut watch = Watch::open(&three.builder().build().expect("a source"), None).await;
    let began = Instant::now();
    let error = watch.view(2).await.expect_err("it takes 8 s");
    assert_eq!((error.kind, began.elapsed().as_secs()), (ViewErrorKind::TimedOut, 5));
}

#[tokio::test(start_paused = true)]
async fn the_size_of_the_cluster_is_kept_over_a_restart_as_long_as_its_nodes_are() {
    let three = Three::start().await;
    let source = three.builder().build().expect("a source");
    let mut watch = Watch::open(&source, None).await;
    let mut cursors = Vec::new();
    for _ in 0..5 {
        cursors.push(watch.intake().await.cursor);
    }
    let kept = cursors[2].clone().expect("learned in the third round");
    assert_eq!(cursors.iter().flatten().count(), 1, "told once: {cursors:?}");
    let mut again = Watch::open(&source, Some(kept.clone())).await;
    assert_eq!(again.views().await.expected, Some(3));
    let fewer = KurrentDb::builder("orders").with_nodes([three.servers[0].url()]).without_metrics().build();
    let mut fewer = Watch::open(&fewer.expect("a source"), Some(kept)).await;
    assert_eq!(fewer.views().await.expected, None, "other nodes, another cluster");
}

#[tokio::test(start_paused = true)]
async fn further_nodes_are_found_and_forgotten_and_configured_ones_never_are() {
    let three = Three::start().await;
    let names = |views: &ClusterViews| views.nodes.iter().map(|node| node.node.to_string()).collect::<Vec<_>>();
    let all: Vec<String> = three.servers.iter().map(|server| server.address().to_string()).collect();
    let first = || three.builder().with_nodes([three.servers[0].url()]);
    let source = first().with_discover(true).build().expect("a source");
    let mut watch = Watch::open(&source, None).await;
    assert_eq!(names(&watch.views().await), all[..1]);
    let mut found = names(&watch.views().await);
    found.sort();
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(found, sorted);
    // The third has left for good; it is asked no more once nobody tells of it.
    three.play(&["dead-node-removed.node1", "dead-node-removed.node2", "dead-node-removed.node1"]);
    three.pages[2].set("/gossip", text(503, ""));
    three.pages[1].set("/gossip", text(503, ""));
    for _ in 0..3 {
        assert_eq!(watch.views().await.nodes.len(), 3, "the second may still know of it");
    }
    three.play(&["dead-node-removed.node1", "dead-node-removed.node2"]);
    let _ = watch.views().await;
    assert_eq!(names(&watch.views().await), all[..2].to_vec());
    // Nobody answers: nobody is forgotten.
    three.pages.iter().for_each(|pages| pages.set("/gossip", text(503, "")));
    let _ = watch.views().await;
    assert_eq!(watch.views().await.nodes.len(), 2);

    let mut alone = Watch::open(&first().build().expect("a source"), None).await;
    three.play(&["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"]);
    for _ in 0..2 {
        assert_eq!(alone.views().await.nodes.len(), 1, "only where it is wanted");
    }
}
