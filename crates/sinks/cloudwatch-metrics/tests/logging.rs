//! What is logged, by the SDK too. A test binary of its own: a log is listened to by the whole process.

use common::{SECRET, clock, cloudwatch, connection};
use log::Log;
use tidegate_base::Secret;
use tidegate_sink::Sink;
use tidegate_sink_cloudwatch_metrics::CloudWatchMetrics;
use tidegate_testkit::model::CloudWatchService;
use tidegate_testkit::sample;
use tidegate_testkit::server::{Fault, Point, Server};

mod common;
#[path = "../../../http/tests/guest/log.rs"]
mod log;

const TOKEN: &str = "t0kenOfASession";

#[tokio::test]
async fn the_secret_key_is_logged_nowhere_at_the_most_verbose_level() {
    let log = Log::of_the_process();
    let model = cloudwatch();
    let inner = model.clone();
    let server = Server::start(move |request| inner.answer(request)).await;
    let connection = connection(clock()).with_endpoint(server.url()).with_session_token(Secret::literal(TOKEN));
    let sink = CloudWatchMetrics::builder(connection.build().expect("a connection")).build().expect("a sink");
    server.script([
        Fault::None,
        Fault::Instead(CloudWatchService::throttled(Some(1))),
        Fault::Instead(CloudWatchService::failed(500)),
        Fault::Reset(Point::Request),
        Fault::Garbage,
    ]);
    for number in 0..5 {
        let _ = sink.deliver(&[sample::delivery(sample::metric("m", f64::from(number)))]).await;
    }
    model.set_key(common::KEY, "another");
    let _ = sink.deliver(&[sample::delivery(sample::metric("m", 7.0))]).await;
    model.set_key(common::KEY, SECRET);
    sink.probe().await.expect("all is well again");
    log.assert_without([SECRET, &SECRET[..12], TOKEN]);
}
