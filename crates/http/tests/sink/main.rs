//! `HttpSink`: what it makes of a dialect's conversation, over scripted transports and over the network.

mod dialect;
mod network;
mod transport;

use std::time::Duration;

use dialect::{Counting, Line, Plan};
use http::Method;
use tidegate_http::{HttpSink, TransportErrorKind};
use tidegate_sink::{Delivery, Outcome, Sink, SinkError, SinkErrorKind};
use tidegate_testkit::sample;
use transport::{Answer, Scripted};

fn delivery() -> Delivery {
    sample::delivery(sample::issue())
}

async fn outcome(lines: impl IntoIterator<Item = Line>, answers: impl IntoIterator<Item = Answer>) -> Outcome {
    let sink = HttpSink::new(Plan::new(lines), Scripted::new(answers));
    let outcomes = sink.deliver(&[delivery()]).await.expect("outcomes");
    assert_eq!(outcomes.len(), 1);
    outcomes.into_iter().next().expect("an outcome")
}

async fn failure(lines: impl IntoIterator<Item = Line>, answers: impl IntoIterator<Item = Answer>) -> SinkError {
    match outcome(lines, answers).await {
        Outcome::Failed(error) => error,
        other => panic!("not failed: {other:?}"),
    }
}

fn throttled() -> SinkError {
    SinkError::new(SinkErrorKind::Throttled, "too much").with_retry_after(Duration::from_secs(4))
}

#[tokio::test]
async fn a_conversation_goes_on_until_it_is_done() {
    let lines = [Line::ask(Method::POST), Line::ask(Method::GET), Line::Done(Outcome::Accepted(None))];
    let plan = Plan::new(lines);
    let seen = plan.seen();
    let sink = HttpSink::new(plan, Scripted::new([Answer::Status(202), Answer::Status(404)]));
    let outcomes = sink.deliver(&[delivery()]).await.expect("outcomes");
    assert!(matches!(outcomes[..], [Outcome::Accepted(None)]), "{outcomes:?}");
    assert_eq!(*seen.lock().expect("the answers seen"), [vec![], vec![202], vec![202, 404]]);
}

#[tokio::test]
async fn what_a_transport_says_of_the_first_request_is_what_the_lane_hears() {
    for kind in TransportErrorKind::ALL {
        let error = failure([Line::ask(Method::POST)], [Answer::Fail(kind)]).await;
        assert_eq!(error.kind(), kind.sink_kind(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_failure_after_a_step_that_may_have_been_applied_is_unconfirmed() {
    for status in [200, 202, 500, 503] {
        for kind in SinkErrorKind::ALL {
            let lines = [Line::ask(Method::POST), Line::Fail(SinkError::new(kind, "later"))];
            let error = failure(lines, [Answer::Status(status)]).await;
            let want = if kind == SinkErrorKind::Unavailable { kind } else { SinkErrorKind::Unconfirmed };
            assert_eq!(error.kind(), want, "{status} {kind:?}");
        }
        let lines = [Line::ask(Method::POST), Line::ask(Method::POST)];
        let answers = [Answer::Status(status), Answer::Fail(TransportErrorKind::Unreachable)];
        assert_eq!(failure(lines, answers).await.kind(), SinkErrorKind::Unconfirmed, "{status}");
    }
}

#[tokio::test]
async fn what_was_said_and_how_long_to_wait_survive() {
    for last in [Line::Fail(throttled()), Line::Done(Outcome::Failed(throttled()))] {
        let error = failure([Line::ask(Method::POST), last], [Answer::Status(200)]).await;
        assert_eq!((error.kind(), error.retry_after()), (SinkErrorKind::Unconfirmed, Some(Duration::from_secs(4))));
        let source = std::error::Error::source(&error).expect("what was said");
        assert_eq!(source.to_string(), "too much: throttled");
    }
}

#[tokio::test]
async fn a_refused_or_harmless_step_was_not_applied() {
    let refused = [301, 400, 404, 429].map(|status| (Line::ask(Method::POST), status));
    let harmless = [(Line::ask(Method::GET), 200), (Line::ask(Method::HEAD), 500), (Line::harmless(), 200)];
    for (line, status) in refused.into_iter().chain(harmless) {
        let error = failure([line, Line::Fail(throttled())], [Answer::Status(status)]).await;
        assert_eq!(error.kind(), SinkErrorKind::Throttled, "{status}");
    }
}

#[tokio::test]
async fn untouched_after_a_step_that_may_have_been_applied_is_unconfirmed() {
    let error = failure([Line::ask(Method::POST), Line::Done(Outcome::Untouched)], [Answer::Status(200)]).await;
    assert_eq!(error.kind(), SinkErrorKind::Unconfirmed);
    let untouched = outcome([Line::ask(Method::POST), Line::Done(Outcome::Untouched)], [Answer::Status(400)]).await;
    assert!(matches!(untouched, Outcome::Untouched), "{untouched:?}");
}

#[tokio::test(start_paused = true)]
async fn a_step_waits_as_long_as_it_says() {
    let began = tokio::time::Instant::now();
    let lines = [Line::ask(Method::POST), Line::after(Duration::from_secs(15)), Line::Done(Outcome::Accepted(None))];
    let outcome = outcome(lines, [Answer::Status(202), Answer::Status(200)]).await;
    assert!(matches!(outcome, Outcome::Accepted(None)), "{outcome:?}");
    assert_eq!(began.elapsed(), Duration::from_secs(15));
}

#[tokio::test]
async fn a_conversation_without_end_is_ended() {
    let transport = Scripted::answering(200);
    let sent = transport.sent();
    let sink = HttpSink::new(Plan::endless(), transport);
    let outcomes = sink.deliver(&[delivery()]).await.expect("outcomes");
    let [Outcome::Failed(error)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(error.kind(), SinkErrorKind::Unconfirmed);
    assert_eq!(sent.get(), 64);
    assert_eq!(sink.probe().await.expect_err("no end").kind(), SinkErrorKind::Unconfirmed);
}

#[tokio::test]
async fn once_one_of_a_batch_fails_the_rest_is_untouched() {
    let sink = HttpSink::new(
        Counting::new(),
        Scripted::new([Answer::Status(200), Answer::Status(400), Answer::Fail(TransportErrorKind::Unreachable)]),
    );
    let batch = vec![delivery(); 5];
    let outcomes = sink.deliver(&batch).await.expect("outcomes");
    let [Outcome::Accepted(_), Outcome::Rejected(_), Outcome::Failed(_), Outcome::Untouched, Outcome::Untouched] =
        &outcomes[..]
    else {
        panic!("{outcomes:?}")
    };
    assert!(sink.deliver(&[]).await.expect("outcomes").is_empty());
}

#[tokio::test]
async fn a_probe_proves_or_says_what_is_wrong() {
    let sink = HttpSink::new(Counting::new(), Scripted::new([Answer::Status(200), Answer::Status(401)]));
    assert_eq!(sink.probe().await.expect("a probe").proven(), ["the key is good"]);
    assert_eq!(sink.probe().await.expect_err("a bad key").kind(), SinkErrorKind::Unauthorized);
}

#[test]
fn a_sink_may_be_boxed_and_shared_between_threads() {
    fn is_sink<T: Sink + Send + Sync + 'static>(_: &T) {}
    let dialect: Box<dyn tidegate_http::Dialect> = Box::new(Counting::new());
    let transport: std::sync::Arc<dyn tidegate_http::Transport> = std::sync::Arc::new(Scripted::answering(200));
    let sink = HttpSink::new(dialect, transport);
    is_sink(&sink);
    assert_eq!(format!("{sink:?}"), "HttpSink { .. }");
}
