//! What is logged, since the routing key stands in the body of each request. A test binary of its own: a log is listened to
//! by the whole process.

use std::io::Write;
use std::sync::{Arc, Mutex};

use common::{KEY, invalid, service};
use tidegate_base::Secret;
use tidegate_sink::Sink;
use tidegate_sink_pagerduty::PagerDuty;
use tidegate_testkit::sample::{self, Episode};
use tidegate_testkit::server::{Fault, Point, Server, json, text};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

mod common;

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
async fn the_routing_key_is_logged_nowhere_at_the_most_verbose_level() {
    let log = Log::default();
    tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(log.clone()).finish().init();
    let model = service();
    let server = Server::start(move |request| model.answer(request)).await;
    let builder = PagerDuty::builder(Secret::literal(KEY)).with_endpoint(server.url());
    let sink = builder.build_sink().expect("a sink");
    let echo = serde_json::json!({ "errors": [format!("no such routing_key: {KEY}")] });
    let faults = [
        Fault::None,
        Fault::Instead(invalid(&["Invalid routing key"])),
        Fault::Instead(json(400, &echo)),
        Fault::Instead(text(500, KEY)),
        Fault::Reset(Point::Request),
        Fault::Garbage,
        Fault::None,
    ];
    let sent = faults.len();
    server.script(faults);
    let disk = Episode::new("disk-usage");
    for _ in 1..sent {
        let _ = sink.deliver(&[sample::delivery(disk.update())]).await;
    }
    sink.probe().await.expect("all is well again");
    assert_eq!(server.received().len(), sent);

    let logged = String::from_utf8_lossy(&log.0.lock().expect("the log")).into_owned();
    assert!(!logged.is_empty(), "a test that sees nothing proves nothing");
    assert!(!logged.contains("s3cret"), "{logged}");
}
