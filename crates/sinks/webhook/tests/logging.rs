//! What is logged: no secret, no signature, no path. A test binary of its own: a log is listened to by the whole process.

use common::{OLD, SECRET, clock, to};
use log::Log;
use tidegate_base::Secret;
use tidegate_sink::Sink;
use tidegate_testkit::model::WebhookReceiver;
use tidegate_testkit::sample::{self, Episode};
use tidegate_testkit::server::{Fault, Point, Server, text};

mod common;
#[path = "../../../http/tests/guest/log.rs"]
mod log;

#[tokio::test]
async fn nothing_secret_is_logged_at_the_most_verbose_level() {
    let log = Log::of_the_process();
    let model = WebhookReceiver::new([SECRET]).with_clock(clock());
    let server = Server::start(move |request| model.answer(request)).await;
    let url = format!("{}/hook/s3cretPath?key=s3cretKey", server.url());
    let sink = to(&url).with_secret(Secret::literal(OLD)).build_sink().expect("a sink").with_clock(clock());
    let faults = [
        Fault::None,
        Fault::Instead(text(401, url.clone())),
        Fault::Instead(text(500, SECRET)),
        Fault::Reset(Point::Request),
        Fault::Garbage,
    ];
    let sent = faults.len();
    server.script(faults);
    let disk = Episode::new("disk-usage");
    for _ in 0..sent {
        let _ = sink.deliver(&[sample::delivery(disk.update())]).await;
    }
    sink.probe().await.expect("all is well again");

    let signed: Vec<String> = server
        .received()
        .iter()
        .filter_map(|one| one.request.headers().get("webhook-signature")?.to_str().ok().map(str::to_owned))
        .collect();
    assert_eq!(signed.len(), sent);
    let (secret, old) = (&SECRET["whsec_".len()..], &OLD["whsec_".len()..]);
    log.assert_without([secret, old, "s3cretPath", "s3cretKey"].into_iter().chain(signed.iter().map(String::as_str)));
}
