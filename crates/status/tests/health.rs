//! What is answered, byte by byte as a probe sees it.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use chrono::DateTime;
use tidegate_event::Notification;
use tidegate_router::{Handle, Router, RouterBuilder};
use tidegate_status::{Status, StatusErrorKind};
use tidegate_store::{Append, Chunk, EventLog, Mark, MemoryLog, MemoryState, Position, StoreError, StoreErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

fn here() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn serve(handle: Handle) -> Served {
    serve_as(Status::new(handle)).await
}

async fn serve_as(status: Status) -> Served {
    let bound = status.bind(here()).await.expect("a free port");
    let address = bound.address();
    let (stop, stopping) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        bound.serve(async { drop(stopping.await) }).await.expect("served");
    });
    Served { address, stop, task }
}

/// The first line of the answer and its body.
async fn ask(address: SocketAddr, method: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.expect("somebody listens");
    let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

/// A journal that takes nothing while it is broken.
struct Broken {
    log: MemoryLog,
    broken: watch::Receiver<bool>,
}

#[async_trait]
impl EventLog for Broken {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        if *self.broken.borrow() {
            return Err(StoreError::new(StoreErrorKind::Full, "cannot append to the journal"));
        }
        self.log.append(append).await
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        self.log.read(from, max_bytes).await
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        self.log.release(before).await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.log.marks().await
    }
}

fn over(broken: watch::Receiver<bool>) -> RouterBuilder {
    Router::builder().with_stores(Broken { log: MemoryLog::new(), broken }, MemoryLog::new(), MemoryState::new())
}

/// Asks until the answer is `line`. Time is tokio's, which jumps while nothing happens.
async fn until(address: SocketAddr, line: &str) -> String {
    for _ in 0..500 {
        let (found, body) = ask(address, "GET", "/health/ready").await;
        if found == line {
            return body;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never {line}");
}

const OK: &str = "HTTP/1.1 200 OK";
const UNAVAILABLE: &str = "HTTP/1.1 503 Service Unavailable";

#[tokio::test(start_paused = true)]
async fn it_is_ready_while_the_router_runs_and_live_after_it() {
    let router = Router::builder().build().expect("nothing contradicts itself");
    let handle = router.handle();
    let served = serve(handle.clone()).await;
    let running = tokio::spawn(router.run());

    let live = (OK.to_owned(), "{\"status\":\"live\"}\n".to_owned());
    assert_eq!(ask(served.address, "GET", "/health/live").await, live);
    assert_eq!(
        ask(served.address, "GET", "/health/ready").await,
        (OK.to_owned(), "{\"status\":\"ready\"}\n".to_owned())
    );
    assert_eq!(ask(served.address, "HEAD", "/health/ready").await, (OK.to_owned(), String::new()));

    handle.stop();
    running.await.expect("no panic").expect("in order");
    let stopped = "{\"status\":\"unready\",\"reasons\":[\"the router has stopped\"]}\n".to_owned();
    assert_eq!(ask(served.address, "GET", "/health/ready").await, (UNAVAILABLE.to_owned(), stopped));
    assert_eq!(ask(served.address, "GET", "/health/live").await, live);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_named_until_it_is_well_again() {
    let (breaking, broken) = watch::channel(false);
    let router = over(broken).build().expect("parts that fit");
    let handle = router.handle();
    let served = serve(handle.clone()).await;
    let running = tokio::spawn(router.run());
    until(served.address, OK).await;

    breaking.send_replace(true);
    let at = DateTime::from_timestamp(1_795_489_200, 0).expect("24 November 2026");
    let publishing = tokio::spawn({
        let handle = handle.clone();
        async move { handle.publish([Notification::new("n-1", "backup", "Backup taken.", at)]).await }
    });
    let body = until(served.address, UNAVAILABLE).await;
    assert!(body.contains("cannot append to the journal") || body.contains("does not answer"), "{body}");

    breaking.send_replace(false);
    publishing.await.expect("no panic").expect("taken in the end");
    assert_eq!(until(served.address, OK).await, "{\"status\":\"ready\"}\n");
    handle.stop();
    running.await.expect("no panic").expect("in order");
}

#[tokio::test(start_paused = true)]
async fn what_is_good_to_know_is_said_beside_whether_it_is_ready() {
    let router = Router::builder().build().expect("nothing contradicts itself");
    let status = Status::new(router.handle()).with_notes(["core-load of n is not measured".to_owned()]);
    let served = serve_as(status).await;
    let running = tokio::spawn(router.run());
    let said = "{\"status\":\"ready\",\"notes\":[\"core-load of n is not measured\"]}\n".to_owned();
    assert_eq!(ask(served.address, "GET", "/health/ready").await, (OK.to_owned(), said));
    assert!(!ask(served.address, "GET", "/health/live").await.1.contains("notes"));
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_router_that_does_not_run_yet_is_unready() {
    let router = Router::builder().build().expect("nothing contradicts itself");
    let served = serve(router.handle()).await;
    let (line, body) = ask(served.address, "GET", "/health/ready").await;
    assert_eq!(line, UNAVAILABLE);
    assert!(body.contains("the router does not answer"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn another_path_or_method_is_refused_in_words() {
    let router = Router::builder().build().expect("nothing contradicts itself");
    let served = serve(router.handle()).await;
    let (line, body) = ask(served.address, "GET", "/").await;
    assert_eq!(line, "HTTP/1.1 404 Not Found");
    assert!(body.contains("/health/ready"), "{body}");
    let (line, _) = ask(served.address, "POST", "/health/live").await;
    assert_eq!(line, "HTTP/1.1 405 Method Not Allowed");
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_taken_or_another_machines_is_told_so() {
    let handle = Router::builder().build().expect("nothing contradicts itself").handle();
    let taken = TcpListener::bind(here()).await.expect("a free port");
    let address = taken.local_addr().expect("bound");
    let error = Status::new(handle.clone()).bind(address).await.expect_err("taken");
    assert_eq!(error.kind(), StatusErrorKind::InUse);
    let expected = format!("cannot serve the status at {address}: somebody else listens there; choose another port");
    assert_eq!(error.to_string(), expected);
    // TEST-NET-1 of RFC 5737: nobody has it.
    let foreign = SocketAddr::from(([192, 0, 2, 1], 0));
    let error = Status::new(handle).bind(foreign).await.expect_err("not ours");
    assert_eq!(error.kind(), StatusErrorKind::NotOurs);
}

#[tokio::test(start_paused = true)]
async fn it_stops_when_asked_though_a_client_says_nothing() {
    let router = Router::builder().build().expect("nothing contradicts itself");
    let served = serve(router.handle()).await;
    let mut silent = TcpStream::connect(served.address).await.expect("somebody listens");
    silent.write_all(b"GET /health/live HTTP/1.1\r\n").await.expect("sent");
    served.stop.send(()).expect("it serves");
    tokio::time::timeout(Duration::from_secs(10), served.task).await.expect("within its grace").expect("no panic");
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody listens any more");
}

#[tokio::test(start_paused = true)]
async fn it_stops_when_asked_though_a_client_does_not_read_what_it_asked_for() {
    let router = Router::builder().build().expect("nothing contradicts itself");
    let served = serve(router.handle()).await;
    let mut deaf = TcpStream::connect(served.address).await.expect("somebody listens");
    let requests = "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1_000);
    // Until nothing more goes out: the server waits for the client to read.
    let mut asked = 0_usize;
    while let Ok(sent) = tokio::time::timeout(Duration::from_secs(1), deaf.write_all(requests.as_bytes())).await {
        sent.expect("sent");
        asked += 1;
        assert!(asked < 10_000, "the server reads without end");
    }
    served.stop.send(()).expect("it serves");
    tokio::time::timeout(Duration::from_secs(10), served.task).await.expect("within its grace").expect("no panic");
}
