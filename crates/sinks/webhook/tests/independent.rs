//! What we sign, verified by an implementation of Standard Webhooks that is not ours.

use bytes::Bytes;
use common::{OLD, Recorded, SECRET, URL, lines, said, to};
use http::Request;
use standardwebhooks::Webhook;
use tidegate_base::Secret;
use tidegate_event::EventKind;
use tidegate_sink::Sink;
use tidegate_sink_webhook::WebhookSink;
use tidegate_testkit::sample;

mod common;

/// The requests that events of every kind go in, signed at the time of this machine, by which the other one goes.
async fn requests(rotating: bool) -> Vec<Request<Bytes>> {
    let builder = if rotating { to(URL).with_secret(Secret::literal(OLD)) } else { to(URL) };
    let recorded = Recorded::new([said(204, "")]);
    let sink = WebhookSink::new(builder.build().expect("a webhook"), recorded.clone());
    let mut batch = lines(20);
    batch.extend(EventKind::ALL.map(|kind| sample::delivery(sample::event(kind, 1))));
    batch.push(sample::delivery(sample::log("a \"quoted\" line, ä, 💾, \u{0} and \r\n more")));
    sink.deliver(&batch).await.expect("outcomes");
    recorded.requests()
}

fn verifies(secret: &str, request: &Request<Bytes>) -> bool {
    Webhook::new(secret).expect("a secret").verify(request.body(), request.headers()).is_ok()
}

#[tokio::test]
async fn every_signature_verifies_and_with_another_secret_none_does() {
    let requests = requests(false).await;
    assert_eq!(requests.len(), 4);
    for request in &requests {
        assert!(verifies(SECRET, request), "{:?}", request.headers());
        assert!(!verifies(OLD, request));
    }
}

#[tokio::test]
async fn while_secrets_change_either_verifies() {
    for request in requests(true).await {
        assert!(verifies(SECRET, &request) && verifies(OLD, &request));
        assert!(!verifies("whsec_YW5vdGhlci1zZWNyZXQtYW5vdGhlci0wMQ==", &request));
    }
}

#[tokio::test]
async fn one_byte_that_is_changed_does_not_verify() {
    for request in requests(false).await {
        for place in 0..request.body().len() {
            let mut body = request.body().to_vec();
            // Still UTF-8 where it was: the lowest bit of a byte of a character stays within its range.
            body[place] ^= 1;
            let changed = request.clone().map(|_| Bytes::from(body));
            assert!(!verifies(SECRET, &changed), "byte {place}");
        }
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut changed = request.clone();
            let mut value = changed.headers()[name].as_bytes().to_vec();
            let last = value.len() - 3;
            value[last] = if value[last] == b'1' { b'2' } else { b'1' };
            changed.headers_mut().insert(name, value.as_slice().try_into().expect("a value"));
            assert!(!verifies(SECRET, &changed), "{name}");
        }
    }
}

/// The published vector of the other implementation, and ours.
#[test]
fn it_signs_the_recorded_vectors_as_we_do() {
    let vector: serde_json::Value =
        serde_json::from_str(include_str!("answers/request.deliver.json")).expect("a vector");
    let body = vector["body_text"].as_str().expect("a body");
    let signed = Webhook::new(SECRET).expect("a secret").sign("msg_7f3a_1", 1_767_225_600, body.as_bytes());
    assert_eq!(signed.expect("signed"), vector["headers"]["webhook-signature"].as_str().expect("a signature"));
}
