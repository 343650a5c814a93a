//! What is logged, since the routing key stands in the body of each request. A test binary of its own: a log is listened to
//! by the whole process.

use common::{KEY, invalid, service};
use log::Log;
use tidegate_base::Secret;
use tidegate_sink::Sink;
use tidegate_sink_pagerduty::PagerDuty;
use tidegate_testkit::sample::{self, Episode};
use tidegate_testkit::server::{Fault, Point, Server, json, text};

mod common;
#[path = "../../../http/tests/guest/log.rs"]
mod log;

#[tokio::test]
async fn the_routing_key_is_logged_nowhere_at_the_most_verbose_level() {
    let log = Log::of_the_process();
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

    log.assert_without(["s3cret"]);
}
