//! What goes wrong on a network, and what a sink must make of it. For the sinks' tests, by its path, beside a module `common`
//! with `lane.rs`.

use std::time::Duration;

use tidegate_sink::SinkErrorKind::{Throttled, Unavailable, Unconfirmed, Unreachable};
use tidegate_sink::{Outcome, Sink, SinkErrorKind};
use tidegate_testkit::sample;
use tidegate_testkit::server::{Fault, Point, RetryAfter, Server};

use crate::common::{deliver, kind};

/// A fault, how the delivery fails, and the seconds that the service wants to be left alone.
pub(crate) type Meaning = (Fault, Option<SinkErrorKind>, Option<u64>);

/// What a fault means to every sink.
fn common() -> [Meaning; 7] {
    [
        (Fault::None, None, None),
        (Fault::throttled(RetryAfter::Seconds(4)), Some(Throttled), Some(4)),
        (Fault::throttled(RetryAfter::Date(Duration::from_secs(9))), Some(Throttled), Some(9)),
        (Fault::status(500), Some(Unavailable), None),
        (Fault::status_after(503), Some(Unavailable), None),
        (Fault::Close(Point::Request), Some(Unconfirmed), None),
        (Fault::Reset(Point::Applied), Some(Unconfirmed), None),
    ]
}

/// # Panics
/// Where `sink`, which speaks to `server`, makes something else of a fault than every sink does, or than is in `own`; or
/// where one that speaks to `nowhere` does not say so.
pub(crate) async fn assert_told(
    sink: &impl Sink,
    server: &Server,
    own: impl IntoIterator<Item = Meaning>,
    nowhere: &impl Sink,
) {
    for (fault, want, wait) in common().into_iter().chain(own) {
        server.script([fault.clone()]);
        let outcome = deliver(sink, &sample::delivery(sample::issue())).await;
        assert_eq!(kind(&outcome), want, "{fault:?}: {outcome:?}");
        if let Outcome::Failed(error) = outcome {
            assert_eq!(error.retry_after(), wait.map(Duration::from_secs), "{fault:?}");
        }
    }
    let outcome = deliver(nowhere, &sample::delivery(sample::issue())).await;
    assert_eq!(kind(&outcome), Some(Unreachable), "{outcome:?}");
}
