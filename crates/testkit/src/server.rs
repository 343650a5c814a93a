//! A faulty HTTP server in this process, on a port of this machine's own choosing: for tests of a client, a sink say.
//! Needs the feature `server` and a tokio runtime with I/O and time.
//!
//! A closure stands for the service: it gets each request and gives the answer, and what it does by the way is what the
//! service applies. What goes wrong is decided for each request by a script, by seed or by another closure. A wait is
//! tokio's, so that a test with paused time takes no time.
//!
//! ```
//! use tidegate_testkit::server::{Fault, Point, RetryAfter, Server, json, text};
//! use serde_json::json;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let mut messages = 0;
//! let server = Server::start(move |request| match request.uri().path() {
//!     "/post" => {
//!         messages += 1;
//!         json(200, &json!({ "ok": true, "ts": messages }))
//!     }
//!     _ => text(404, "no such page"),
//! })
//! .await;
//! server.script([
//!     Fault::throttled(RetryAfter::Seconds(4)), // nothing is applied
//!     Fault::status(500),                       // nothing is applied
//!     Fault::status_after(500),                 // the closure was called
//!     Fault::Close(Point::Request),             // the request was read, and that is all
//!     Fault::Reset(Point::HalfBody),            // half the answer, then the connection is reset
//! ]);
//! // … a client sends to `server.url()` …
//! # assert!(server.url().starts_with("http://127.0.0.1:"));
//! assert_eq!(server.received().len(), 0);
//! # });
//! ```

mod connection;
mod fault;
pub(crate) mod wire;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use tidegate_base::SystemClock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use self::fault::Script;
pub use self::fault::{Fault, Point, RandomServerFaults, RetryAfter, ServerFaults};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// Method, path with query, headers, and the whole body. The address is the path only.
    pub request: Request<Bytes>,
    /// When its last byte was there, by tokio's time.
    pub at: Instant,
    /// Whether the service got it.
    pub applied: bool,
}

/// The server. Dropping it closes its port and all connections.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

type Service = Box<dyn FnMut(&Request<Bytes>) -> Response<Bytes> + Send>;

/// What all connections share.
struct Shared {
    service: Mutex<Service>,
    clock: SystemClock,
    script: Script,
    faults: Mutex<Box<dyn ServerFaults>>,
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
    connections: watch::Sender<usize>,
}

impl Server {
    /// A server in which nothing goes wrong, with `service` behind it.
    ///
    /// # Panics
    /// When this machine has no port left.
    #[expect(clippy::expect_used, reason = "a test goes no further without its server")]
    pub async fn start(service: impl FnMut(&Request<Bytes>) -> Response<Bytes> + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port of this machine");
        let address = listener.local_addr().expect("a bound port has an address");
        let shared = Arc::new(Shared {
            service: Mutex::new(Box::new(service)),
            clock: SystemClock::new(),
            script: Script::default(),
            faults: Mutex::new(Box::new(|_: &Request<Bytes>| Fault::None)),
            received: Mutex::default(),
            count: watch::Sender::new(0),
            connections: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address and port it listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Appends `faults` to the script: one for each request to come, in the order in which they arrive. After its end,
    /// it is for [`with_faults`](Self::with_faults) to say.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.script.extend(faults);
    }

    /// Lets `fault` happen to each request after the end of the script.
    pub fn with_fault(self, fault: Fault) -> Self {
        self.shared.script.end_with(fault);
        self
    }

    /// Lets `faults` decide what happens to each request that the script says nothing of: a closure, or a seeded
    /// [`RandomServerFaults`].
    pub fn with_faults(self, faults: impl ServerFaults + 'static) -> Self {
        *lock(&self.shared.faults) = Box::new(faults);
        self
    }

    /// From now on nothing goes wrong.
    pub fn heal(&self) {
        self.shared.script.clear();
        *lock(&self.shared.faults) = Box::new(|_: &Request<Bytes>| Fault::None);
    }

    /// All requests so far that were read to their end, in the order of their arrival.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// Waits until `count` requests were read to their end.
    pub async fn wait_for(&self, count: usize) {
        // The sender is in `self`, so that it does not fail.
        let _ = self.shared.count.subscribe().wait_for(|seen| *seen >= count).await;
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        *self.shared.connections.borrow()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({}, {} requests)", self.address, *self.shared.count.borrow())
    }
}

/// Its connections end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                shared.connections.send_modify(|count| *count += 1);
                connections.spawn(connection::serve(stream, Arc::clone(&shared)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

impl Shared {
    /// What happens to `request`, of which the script says nothing.
    fn fault(&self, request: &Request<Bytes>) -> Fault {
        lock(&self.faults).next(request)
    }

    fn record(&self, request: &Request<Bytes>, applied: bool) {
        lock(&self.received).push(Received { request: request.clone(), at: Instant::now(), applied });
        self.count.send_modify(|count| *count += 1);
    }

    fn apply(&self, request: &Request<Bytes>) -> Response<Bytes> {
        (lock(&self.service))(request)
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer of `status` that says `body`, as plain text.
///
/// # Panics
/// When `status` is none of HTTP's.
pub fn text(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    answer(status, "text/plain; charset=utf-8", body.into())
}

/// An answer of `status` with `body` as JSON.
///
/// # Panics
/// When `status` is none of HTTP's.
pub fn json(status: u16, body: &serde_json::Value) -> Response<Bytes> {
    answer(status, "application/json", body.to_string().into())
}

#[expect(clippy::expect_used, reason = "a status that is none is a mistake of the test")]
fn answer(status: u16, content_type: &str, body: Bytes) -> Response<Bytes> {
    Response::builder().status(status).header("content-type", content_type).body(body).expect("a status of HTTP")
}
