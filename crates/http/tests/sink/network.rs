//! The sink over the network: what the service has, and what the sink says that it has.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidegate_base::Random;
use tidegate_http::{HttpSink, HttpTransport};
use tidegate_sink::{Delivery, Outcome, Sink as _, SinkErrorKind};
use tidegate_testkit::conformance::Suite;
use tidegate_testkit::sample;
use tidegate_testkit::server::{Fault, Point, RandomServerFaults, RetryAfter, Server, text};

use crate::dialect::Counting;

pub(crate) const SECRET: &str = "s3cret-t0ken";

/// The paths that a service has applied.
type Applied = Arc<Mutex<BTreeSet<String>>>;

async fn service() -> (Server, Applied) {
    let applied = Applied::default();
    let inner = Arc::clone(&applied);
    let server = Server::start(move |request| {
        inner.lock().expect("what was applied").insert(request.uri().path().to_owned());
        text(200, "")
    })
    .await;
    (server, applied)
}

fn sink(server: &Server) -> HttpSink<Counting, HttpTransport> {
    let transport = HttpTransport::builder().without_proxy().build().expect("a transport");
    HttpSink::new(Counting::at(&server.url()), transport)
}

async fn deliver(sink: &HttpSink<Counting, HttpTransport>, delivery: &Delivery) -> Outcome {
    sink.deliver(std::slice::from_ref(delivery)).await.expect("outcomes").remove(0)
}

fn kind(outcome: &Outcome) -> Option<SinkErrorKind> {
    match outcome {
        Outcome::Failed(error) => Some(error.kind()),
        _ => None,
    }
}

#[tokio::test]
async fn each_fault_of_a_service_is_told_as_what_it_is() {
    let (server, _) = service().await;
    let sink = sink(&server);
    let faults = [
        (Fault::None, None),
        (Fault::status(401), Some(SinkErrorKind::Unauthorized)),
        (Fault::status(404), Some(SinkErrorKind::Misconfigured)),
        (Fault::status(410), Some(SinkErrorKind::Gone)),
        (Fault::status_after(503), Some(SinkErrorKind::Unavailable)),
        (Fault::Close(Point::Request), Some(SinkErrorKind::Unconfirmed)),
        (Fault::Reset(Point::HalfHead), Some(SinkErrorKind::Unconfirmed)),
        (Fault::Garbage, Some(SinkErrorKind::Unconfirmed)),
    ];
    for (fault, want) in faults {
        server.script([fault.clone()]);
        let outcome = deliver(&sink, &sample::delivery(sample::issue())).await;
        assert_eq!(kind(&outcome), want, "{fault:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_wait_is_told_to_the_second_in_both_forms() {
    let (server, applied) = service().await;
    let sink = sink(&server);
    let waits = [RetryAfter::Seconds(4), RetryAfter::Date(Duration::from_secs(4)), RetryAfter::None];
    for wait in waits {
        server.script([Fault::throttled(wait)]);
        let Outcome::Failed(error) = deliver(&sink, &sample::delivery(sample::issue())).await else {
            panic!("not failed")
        };
        let want = (wait != RetryAfter::None).then_some(Duration::from_secs(4));
        assert_eq!((error.kind(), error.retry_after()), (SinkErrorKind::Throttled, want));
    }
    assert!(applied.lock().expect("what was applied").is_empty());
}

/// The promise behind `Unconfirmed`: what the service has is never told as what it surely has not.
#[tokio::test]
async fn under_random_faults_what_was_applied_is_never_told_as_not_applied() {
    for seed in 0..10 {
        let (server, applied) = service().await;
        let faults = RandomServerFaults::new(Random::seeded(seed), 2);
        let server = server.with_faults(faults.clone());
        let sink = sink(&server);
        for number in 0..40 {
            let delivery = sample::delivery(sample::notification(&format!("{number}")));
            let outcome = deliver(&sink, &delivery).await;
            let has = applied.lock().expect("what was applied").contains(&format!("/{}", delivery.id));
            match &outcome {
                Outcome::Accepted(_) => assert!(has, "seed {seed}: accepted and not there"),
                Outcome::Failed(error) if error.kind().may_have_applied() => {}
                other => assert!(!has, "seed {seed}: there, and told as {other:?}"),
            }
        }
        faults.stop();
        let delivery = sample::delivery(sample::notification("last"));
        assert!(matches!(deliver(&sink, &delivery).await, Outcome::Accepted(_)), "seed {seed}");
    }
}

#[tokio::test]
async fn passes_the_conformance_suite() {
    let (server, _) = service().await;
    let report = Suite::new(async || sink(&server)).with_secrets([SECRET]).run().await;
    assert!(report.broken().is_empty(), "{report}");
}
