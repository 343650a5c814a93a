//! What the network transport logs. A test binary of its own: a log is listened to by the whole process.

use log::Log;
use tidegate_http::{Call, HttpTransport, Transport as _};
use tidegate_testkit::server::{Fault, Point, Server, text};

#[path = "guest/log.rs"]
mod log;

const SECRET: &str = "s3cret-t0ken";

#[tokio::test]
async fn no_secret_is_logged_at_the_most_verbose_level() {
    let log = Log::of_the_process();
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

    log.assert_without([SECRET]);
}
