//! What is logged, by the SDK too. A test binary of its own: a log is listened to by the whole process.

use common::{KEY, SECRET, STREAM, at, deliver, lines, logs, messages};
use log::Log;
use tidegate_base::Secret;
use tidegate_sink::Sink;
use tidegate_testkit::server::{Fault, Point, Server};

mod common;
#[path = "../../../http/tests/guest/log.rs"]
mod log;

const TOKEN: &str = "s3cret/session-token";

#[tokio::test]
async fn keys_are_logged_nowhere_at_the_most_verbose_level() {
    let log = Log::of_the_process();
    let model = logs();
    let inner = model.clone();
    let server = Server::start(move |request| inner.answer(request)).await;
    let faults = [
        Fault::None,
        Fault::Echo(http::StatusCode::FORBIDDEN),
        Fault::Echo(http::StatusCode::BAD_GATEWAY),
        Fault::Reset(Point::Request),
        Fault::Garbage,
        Fault::status(500),
    ];
    server.script(faults.clone());
    let aws = common::aws(common::clock()).with_endpoint(server.url());
    let aws = aws.with_keys(Secret::literal(KEY), Secret::literal(SECRET)).with_session_token(Secret::literal(TOKEN));
    let sink = common::by(aws).build().expect("a sink");
    for _ in &faults {
        let _ = deliver(&sink, &lines(1)[0]).await;
    }
    sink.probe().await.expect("all is well again");
    let plain = at(&server.url()).build().expect("a sink");
    deliver(&plain, &lines(1)[0]).await;
    assert!(messages(&model, STREAM).len() > 1);
    log.assert_without(["s3cret"]);
}
