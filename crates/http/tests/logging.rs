//! What the network transport logs. A test binary of its own: a log is listened to by the whole process.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tidegate_http::{Call, HttpTransport, Transport as _};
use tidegate_testkit::server::{Fault, Point, Server, text};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

const SECRET: &str = "s3cret-t0ken";

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_secret_is_logged_at_the_most_verbose_level() {
    let log = Log::default();
    tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(log.clone()).finish().init();
    let server = Server::start(|_| text(200, SECRET)).await;
    let transport = HttpTransport::builder().without_proxy().build().expect("a transport");
    let faults = [Fault::None, Fault::status(401), Fault::Reset(Point::Request), Fault::Garbage];
    let sent = faults.len();
    server.script(faults);
    for _ in 0..sent {
        let call = Call::post(&server.url(), &format!("/hook/{SECRET}?token={SECRET}")).with_bearer(SECRET);
        let _ = transport.send(call.with_body(SECRET).build().expect("a request")).await;
    }
    let with_password = format!("http://user:{SECRET}@{}", server.address());
    let _ = transport.send(Call::get(&with_password, "").build().expect("a request")).await;
    assert_eq!(server.received().len(), sent + 1);

    let logged = String::from_utf8_lossy(&log.0.lock().expect("the log")).into_owned();
    assert!(!logged.is_empty(), "a test that sees nothing proves nothing");
    assert!(!logged.contains(SECRET), "{logged}");
}
