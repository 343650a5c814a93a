//! What each of CloudWatch's answers means to the lane: recorded ones, and every status.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use common::{Direct, deliver, is_accepted, is_rejected, kind, over, sample};
use http::Response;
use serde_json::Value;
use tidegate_event::Event;
use tidegate_sink::SinkErrorKind::{self, Misconfigured, Throttled, Unauthorized, Unavailable, Unconfirmed};
use tidegate_sink::{Delivery, Outcome, Sink};
use tidegate_testkit::model::CloudWatchService;
use tidegate_testkit::sample as samples;
use tidegate_testkit::server::text;

mod common;

fn recorded() -> Vec<Value> {
    serde_json::from_str(include_str!("answers/put_metric_data.json")).expect("recorded answers")
}

fn answer(row: &Value) -> Response<Bytes> {
    let hex = row["body_hex"].as_str().expect("a body");
    let body = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"));
    let status = row["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    let headers = row["headers"].as_object().expect("headers");
    let answer = headers.iter().fold(Response::builder().status(status), |answer, (name, value)| {
        answer.header(name, value.as_str().expect("a text"))
    });
    answer.body(body.collect::<Vec<u8>>().into()).expect("an answer")
}

/// Deliveries of as many metrics, so that each is a datum of its own.
fn batch(count: usize) -> Vec<Delivery> {
    (0..count).map(|number| samples::delivery(sample(number, count))).collect()
}

/// The outcomes of `batch`, where the first request is answered so and the others are taken; and how many there were.
async fn outcomes(batch: &[Delivery], first: Response<Bytes>) -> (Vec<Outcome>, usize) {
    let first = Arc::new(Mutex::new(Some(first)));
    let ok = answer(&recorded()[0]);
    let client = Direct::new(move |_| Some(first.lock().expect("no panic").take().unwrap_or_else(|| ok.clone())));
    let sink = over(client.clone()).build().expect("a sink");
    (sink.deliver(batch).await.expect("outcomes"), client.requests().len())
}

/// All of one namespace, so that they go in one request.
fn own(count: usize) -> Vec<Delivery> {
    let metric = |number: usize| Event::from(samples::metric(&format!("tidegate.m{number}"), 1.0));
    (0..count).map(|number| samples::delivery(metric(number))).collect()
}

#[tokio::test]
async fn each_recorded_answer_is_of_its_class() {
    let recorded = recorded();
    assert_eq!(recorded.len(), 17);
    for row in recorded {
        let (name, class) = (row["name"].as_str().expect("a name"), row["class"].as_str().expect("a class"));
        let batch = own(12);
        let (outcomes, requests) = outcomes(&batch, answer(&row)).await;
        let all = |kind: SinkErrorKind| outcomes.iter().all(|outcome| common::kind(outcome) == Some(kind));
        let holds = match class {
            "delivered" => outcomes.iter().all(is_accepted) && requests == 1,
            "throttled" => all(Throttled) && requests == 1,
            "retry" => all(Unavailable) && requests == 1,
            // A signature is tried once more with the clock of the answer, and credentials are fetched anew.
            "pause" => all(Unauthorized) || outcomes.iter().all(is_accepted) && requests == 2,
            "reject" => {
                let refused: BTreeSet<usize> = (0..12).filter(|place| is_rejected(&outcomes[*place])).collect();
                let right = row["rejected"].as_array().into_iter().flatten().filter_map(Value::as_u64);
                let right: BTreeSet<usize> = right.map(|place| usize::try_from(place).expect("a place")).collect();
                let rest = (0..12).filter(|place| !right.contains(place)).all(|place| is_accepted(&outcomes[place]));
                // Without a number it is halved: both halves are taken here.
                refused == right && rest && requests == if right.is_empty() { 3 } else { 2 }
            }
            other => panic!("a class that is not known: {other}"),
        };
        assert!(holds, "{name}, after {requests} requests: {outcomes:?}, where {class} is right");
    }
}

#[tokio::test]
async fn what_is_refused_alone_is_rejected_with_the_words_of_cloudwatch() {
    let row = recorded().into_iter().find(|row| row["name"] == "PutMetricData.too_large").expect("recorded");
    let answer = answer(&row);
    let sink = over(Direct::new(move |_| Some(answer.clone()))).build().expect("a sink");
    let Outcome::Rejected(reason) = deliver(&sink, &own(1)[0]).await else { panic!("not rejected") };
    assert_eq!(reason.answer.as_deref(), Some("Request size exceeded the limit."));
    assert!(reason.message.contains("RequestEntityTooLarge"), "{reason}");
}

#[tokio::test]
async fn each_status_without_a_code_has_its_meaning() {
    let table = [
        // AWS has a code for what it refuses: without one something on the way said it.
        (vec![301, 307, 400, 404, 405, 407, 409, 411, 421, 422], Some(Misconfigured)),
        (vec![401, 402, 403], Some(Unauthorized)),
        (vec![429], Some(Throttled)),
        (vec![408, 500, 502, 503, 504, 599], Some(Unavailable)),
        (vec![413], None),
    ];
    for (statuses, right) in table {
        for status in statuses {
            let sink = over(Direct::new(move |_| Some(text(status, "<html>upstream</html>")))).build().expect("a sink");
            let outcome = deliver(&sink, &own(1)[0]).await;
            assert_eq!(kind(&outcome), right, "{status}: {outcome:?}");
            assert_eq!(right.is_none(), is_rejected(&outcome), "{status}: {outcome:?}");
        }
    }
    let sink = over(Direct::new(|_| Some(text(200, "<html>sign in</html>")))).build().expect("a sink");
    let page = deliver(&sink, &own(1)[0]).await;
    assert_eq!(kind(&page), Some(Unconfirmed), "{page:?}");
}

#[tokio::test]
async fn a_wait_is_told_in_milliseconds() {
    let sink = over(Direct::new(|_| Some(CloudWatchService::throttled(Some(2_500))))).build().expect("a sink");
    match deliver(&sink, &own(1)[0]).await {
        Outcome::Failed(error) => {
            assert_eq!((error.kind(), error.retry_after()), (Throttled, Some(Duration::from_millis(2_500))));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_comes_after_a_failure_is_not_sent() {
    let batch = batch(6);
    let (outcomes, requests) = outcomes(&batch, CloudWatchService::throttled(None)).await;
    assert_eq!(requests, 1);
    let failed: Vec<usize> = (0..6).filter(|place| kind(&outcomes[*place]) == Some(Throttled)).collect();
    assert_eq!(failed, [2, 5], "those of the first namespace");
    assert!([0, 1, 3, 4].iter().all(|place| matches!(outcomes[*place], Outcome::Untouched)), "{outcomes:?}");
}

#[tokio::test]
async fn one_datum_of_very_many_is_found_without_a_number() {
    let odd = |request: &http::Request<Bytes>| request.body().windows(13).any(|part| part == b"tidegate.m700");
    let ok = answer(&recorded()[0]);
    let unnumbered = |row: &Value| row["name"] == "PutMetricData.too_many_datums";
    let refusal = answer(&recorded().into_iter().find(unnumbered).expect("recorded"));
    let packed = Arc::new(Mutex::new(0));
    let count = Arc::clone(&packed);
    let client = Direct::new(move |request| {
        // What is packed cannot be looked into, and is refused.
        let is_packed = request.headers().contains_key("content-encoding");
        *count.lock().expect("no panic") += usize::from(is_packed);
        Some(if is_packed || odd(request) { refusal.clone() } else { ok.clone() })
    });
    let sink = over(client.clone()).build().expect("a sink");
    let (mut batch, mut rejected) = (own(1_000), Vec::new());
    while !batch.is_empty() {
        let outcomes = sink.deliver(&batch).await.expect("outcomes");
        let accepted = outcomes.iter().filter(|outcome| is_accepted(outcome)).count();
        assert!(accepted + outcomes.iter().filter(|outcome| is_rejected(outcome)).count() > 0, "no progress");
        let left = batch.drain(..).zip(outcomes);
        for (delivery, outcome) in left.collect::<Vec<_>>() {
            match outcome {
                Outcome::Rejected(_) => rejected.push(delivery.event),
                Outcome::Accepted(_) => {}
                _ => batch.push(delivery),
            }
        }
    }
    assert_eq!(batch.len(), 0);
    let [Event::Metric(sample)] = &rejected.iter().map(|event| &**event).collect::<Vec<_>>()[..] else {
        panic!("{} rejected", rejected.len())
    };
    assert_eq!(&*sample.name, "tidegate.m700");
    assert!(client.requests().len() < 100, "{}", client.requests().len());
}
