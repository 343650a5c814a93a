//! What each answer of a receiver means to the lane: recorded ones, every status, and what becomes of a batch.

use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use common::{OLD, Recorded, SECRET, URL, kind, lines, outcomes, over, said};
use http::Response;
use serde_json::Value;
use tidegate_http::{TransportError, TransportErrorKind};
use tidegate_sink::SinkErrorKind::{Gone, Misconfigured, Throttled, Unauthorized, Unavailable, Unconfirmed};
use tidegate_sink::{Delivery, Outcome, Sink, SinkErrorKind};
use tidegate_testkit::sample;

mod common;
#[path = "../../../http/tests/guest/recorded.rs"]
mod recorded;

fn issue() -> Delivery {
    sample::delivery(sample::issue())
}

async fn outcome(answer: Response<Bytes>) -> Outcome {
    outcomes(&[issue()], [answer]).await.remove(0)
}

#[tokio::test]
async fn each_recorded_answer_is_of_its_class() {
    let rows = recorded::recorded(include_str!("answers/answers.json"));
    assert_eq!(rows.len(), 17);
    for row in rows {
        let status = row.answer.status();
        let outcome = outcome(row.answer).await;
        let kind = kind(&outcome);
        let holds = match row.class.as_str() {
            "delivered" => matches!(outcome, Outcome::Accepted(Some(_))),
            "retry" => kind == Some(Unavailable),
            // A 502 or 504 may have been taken all the same, which `Throttled` denies. Either slows the whole gate down.
            "throttled" if status.is_server_error() => kind == Some(Unavailable),
            "throttled" => kind == Some(Throttled),
            "pause" => kind == Some(Unauthorized),
            "disable" => kind == Some(Gone),
            "reject" => matches!(outcome, Outcome::Rejected(_)),
            other => panic!("a class that is not known: {other}"),
        };
        assert!(holds, "{}: {outcome:?}", row.name);
        if let Outcome::Failed(error) = &outcome {
            assert_eq!(error.retry_after(), row.wait, "{}", row.name);
        }
    }
}

#[tokio::test]
async fn every_status_means_something() {
    for status in 100..1_000 {
        let outcome = outcome(said(status, "")).await;
        match status {
            200..300 => assert!(matches!(outcome, Outcome::Accepted(_)), "{status}: {outcome:?}"),
            413 => assert!(matches!(outcome, Outcome::Rejected(_)), "{status}: {outcome:?}"),
            401 | 403 => assert_eq!(kind(&outcome), Some(Unauthorized), "{status}"),
            410 => assert_eq!(kind(&outcome), Some(Gone), "{status}"),
            429 => assert_eq!(kind(&outcome), Some(Throttled), "{status}"),
            _ => assert_eq!(kind(&outcome), Some(Unavailable), "{status}"),
        }
    }
}

#[tokio::test]
async fn an_event_that_is_refused_for_three_days_is_rejected_and_a_wrong_address_never() {
    let mut old = sample::issue();
    old.at = common::now() - TimeDelta::days(3) - TimeDelta::seconds(1);
    let old = sample::delivery(old);
    for (status, rejected) in [(400, true), (409, true), (422, true), (404, false), (308, false), (500, false)] {
        let outcome = outcomes(std::slice::from_ref(&old), [said(status, "no")]).await.remove(0);
        assert_eq!(matches!(outcome, Outcome::Rejected(_)), rejected, "{status}: {outcome:?}");
        assert_eq!(kind(&self::outcome(said(status, "no")).await), Some(Unavailable), "{status}");
    }
    let mut line = sample::log("an old line");
    line.at = common::now() - TimeDelta::days(30);
    let outcome = outcomes(&[sample::delivery(line)], [said(400, "")]).await.remove(0);
    assert_eq!(kind(&outcome), Some(Unavailable), "a line has the age of its lane");
}

#[tokio::test]
async fn an_event_that_is_refused_holds_up_no_other_and_a_failure_ends_the_call() {
    let batch: Vec<Delivery> =
        (0..3).map(|number| sample::delivery(sample::notification(&format!("n-{number}")))).collect();
    for (status, others) in [(422, true), (413, true), (404, false), (500, false), (401, false), (410, false)] {
        let outcomes = outcomes(&batch, [said(status, ""), said(204, "")]).await;
        let passed = outcomes[1..].iter().all(|outcome| matches!(outcome, Outcome::Accepted(_)));
        let untouched = outcomes[1..].iter().all(|outcome| matches!(outcome, Outcome::Untouched));
        assert_eq!((passed, untouched), (others, !others), "{status}: {outcomes:?}");
    }
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_told_whatever_went_before_it() {
    let batch: Vec<Delivery> =
        (0..4).map(|number| sample::delivery(sample::notification(&format!("n-{number}")))).collect();
    let mut busy = said(503, "");
    busy.headers_mut().insert("retry-after", "30".parse().expect("a value"));
    for answers in [vec![said(204, ""), said(422, ""), busy.clone()], vec![said(422, ""), busy.clone()]] {
        let place = answers.len() - 1;
        let outcomes = outcomes(&batch, answers).await;
        let Outcome::Failed(error) = &outcomes[place] else { panic!("{outcomes:?}") };
        assert_eq!((error.kind(), error.retry_after()), (Unavailable, Some(Duration::from_secs(30))));
    }
}

#[tokio::test]
async fn only_what_the_receiver_minds_in_one_event_is_of_that_event_alone() {
    for status in (400..600).filter(|status| ![401, 403, 410, 413].contains(status)) {
        let Outcome::Failed(error) = outcome(said(status, "")).await else { panic!("{status}") };
        let of_item = !matches!(status, 404 | 405 | 408 | 425 | 429 | 500..);
        assert_eq!(error.is_of_item(), of_item, "{status}");
    }
    let mut later = said(422, "");
    later.headers_mut().insert("retry-after", "30".parse().expect("a value"));
    let Outcome::Failed(error) = outcome(later).await else { panic!("not failed") };
    assert!(!error.is_of_item(), "who says when to come back means all that comes");
}

#[tokio::test]
async fn a_call_that_takes_long_gives_back_what_it_has_not_sent() {
    let clock = common::clock();
    let slow = Slow { recorded: Recorded::new([said(204, "")]), clock: clock.clone() };
    let webhook = common::to(URL).build().expect("a webhook");
    let sink = tidegate_sink_webhook::WebhookSink::new(webhook, slow.clone()).with_clock(clock);
    let batch: Vec<Delivery> =
        (0..9).map(|number| sample::delivery(sample::notification(&format!("n-{number}")))).collect();
    let outcomes = sink.deliver(&batch).await.expect("outcomes");
    let taken = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Accepted(_))).count();
    assert_eq!((taken, slow.recorded.requests().len()), (4, 4), "a lane gives a call up after two minutes");
    assert!(outcomes[4..].iter().all(|outcome| matches!(outcome, Outcome::Untouched)), "{outcomes:?}");
}

/// Each answer takes ten seconds.
#[derive(Clone)]
struct Slow {
    recorded: Recorded,
    clock: tidegate_testkit::ManualClock,
}

#[async_trait::async_trait]
impl tidegate_http::Transport for Slow {
    async fn send(&self, request: http::Request<bytes::Bytes>) -> Result<http::Response<bytes::Bytes>, TransportError> {
        self.clock.advance(Duration::from_secs(10));
        self.recorded.send(request).await
    }
}

#[tokio::test]
async fn nothing_goes_past_a_line_that_is_to_be_sent_again() {
    // Each line has a body of its own.
    let webhook = common::to(URL).with_batch_bytes(1_000).build().expect("a webhook");
    let long = "x".repeat(900);
    let batch: Vec<Delivery> =
        (0..3).map(|number| sample::delivery(sample::log(&format!("{number} {long}")))).collect();
    let recorded = Recorded::new([said(204, ""), said(400, ""), said(204, "")]);
    let sink = tidegate_sink_webhook::WebhookSink::new(webhook, recorded.clone()).with_clock(common::clock());
    let outcomes = sink.deliver(&batch).await.expect("outcomes");
    assert!(matches!(outcomes[0], Outcome::Accepted(None)) && matches!(outcomes[2], Outcome::Untouched));
    assert_eq!((kind(&outcomes[1]), recorded.requests().len()), (Some(Unavailable), 2));
}

#[tokio::test]
async fn a_batch_that_is_too_large_goes_in_halves_and_one_line_that_is_goes_to_the_dead_letters() {
    let batch = lines(8);
    // The whole, its half, its quarter, the first line; the second; the second quarter; the second half.
    let answers = [413, 413, 413, 413, 204, 204, 204].map(|status| said(status, ""));
    let recorded = Recorded::new(answers);
    let outcomes = over(&recorded).deliver(&batch).await.expect("outcomes");
    assert!(matches!(outcomes[0], Outcome::Rejected(_)), "{outcomes:?}");
    assert!(outcomes[1..].iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))), "{outcomes:?}");
    let counts: Vec<usize> = recorded
        .requests()
        .iter()
        .map(|request| serde_json::from_slice::<Value>(request.body()).expect("JSON"))
        .map(|body| body["data"]["logs"].as_array().expect("a batch").len())
        .collect();
    assert_eq!(counts, [8, 4, 2, 1, 1, 2, 4]);
}

#[tokio::test]
async fn what_no_complete_answer_came_to_is_unconfirmed_and_a_long_consent_is_one() {
    for kind in TransportErrorKind::ALL {
        let recorded = Recorded::failing(TransportError::new(kind, "as the test says"));
        let outcomes = over(&recorded).deliver(&lines(2)).await.expect("outcomes");
        match kind {
            TransportErrorKind::TooLarge => {
                assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))), "{outcomes:?}");
            }
            kind => assert_eq!(common::kind(&outcomes[1]), Some(kind.sink_kind()), "{kind:?}"),
        }
    }
    assert_eq!(TransportErrorKind::Interrupted.sink_kind(), Unconfirmed);
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed(error) => error.words(),
        Outcome::Rejected(reason) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_failure_says_what_to_do() {
    for (status, want) in [
        (
            401,
            "the receiver at receiver.example.com answered 401 Unauthorized (no); compare `secret` with the receiver's (unauthorized)",
        ),
        (404, "the receiver at receiver.example.com answered 404 Not Found (no); check `url` (unavailable)"),
        (
            308,
            "the receiver at receiver.example.com answered 308 Permanent Redirect, which is not followed (no); set `url` to where it leads (unavailable)",
        ),
        (
            410,
            "the receiver at receiver.example.com answered 410 Gone (no): it wants no more; take the integration out, or set another `url` (gone)",
        ),
    ] {
        assert_eq!(words(&outcome(said(status, "no")).await), want);
    }
    let mut answer = said(403, "");
    answer.headers_mut().insert("date", "Tue, 24 Nov 2026 03:09:00 GMT".parse().expect("a value"));
    let words = words(&outcome(answer).await);
    assert!(words.contains("its clock and this machine's are 7 min apart"), "{words}");
}

#[tokio::test]
async fn no_failure_repeats_a_secret_or_the_address() {
    for secret in [SECRET, OLD, URL, "/hook/s3cretPath", "s3cretPath", "s3cretKey", "hook/s3cretPath?key=s3cretKey"] {
        for status in [302, 400, 401, 404, 410, 413, 429, 500] {
            let outcome = outcome(said(status, &format!("no {secret} here, and {secret}\n twice"))).await;
            let all = format!("{outcome:?} {}", words(&outcome));
            assert!(!all.contains("s3cret"), "{all}");
            assert_eq!(words(&outcome).lines().count(), 1);
        }
    }
}

#[tokio::test]
async fn a_probe_posts_nothing_and_says_what_it_proved() {
    let mut answer = said(405, "");
    answer.headers_mut().insert("date", "Tue, 24 Nov 2026 03:02:01 GMT".parse().expect("a value"));
    let recorded = Recorded::new([answer.clone()]);
    let probe = over(&recorded).probe().await.expect("a probe");
    assert_eq!(
        probe.proven(),
        [
            "the secret is there and of the right form",
            "receiver.example.com answers (405 Method Not Allowed to a HEAD request)",
            "its clock and this machine's agree",
        ]
    );
    assert_eq!(probe.unproven(), ["that it takes what is signed so, at this path: nothing was posted"]);
    let requests = recorded.requests();
    assert_eq!((requests.len(), requests[0].method().as_str(), requests[0].body().len()), (1, "HEAD", 0));

    let late = "Tue, 24 Nov 2026 02:50:00 GMT".parse().expect("a value");
    answer.headers_mut().insert("date", late);
    let error = over(&Recorded::new([answer])).probe().await.expect_err("a clock that is wrong");
    assert_eq!(error.kind(), Misconfigured);
    assert!(error.to_string().contains("12 min apart"), "{error}");
    for (status, kind) in [(503, Unavailable), (502, Unavailable), (429, Throttled)] {
        let error = over(&Recorded::new([said(status, "")])).probe().await.expect_err("away");
        assert_eq!(error.kind(), kind, "{status}");
    }
    let nowhere = TransportError::new(TransportErrorKind::Unreachable, "no connection to receiver.example.com:443");
    let error = over(&Recorded::failing(nowhere)).probe().await.expect_err("nowhere");
    assert_eq!(error.kind(), SinkErrorKind::Unreachable);
}
