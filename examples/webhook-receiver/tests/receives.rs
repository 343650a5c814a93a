//! The receiver with the real sink, and with messages that another implementation signed.

use std::sync::{Arc, Mutex};

use axum::http::HeaderMap;
use tidegate_base::Secret;
use tidegate_example_webhook_receiver::{Refusal, Verifier, app};
use tidegate_sink::{Delivery, Outcome, Sink, SinkErrorKind};
use tidegate_sink_webhook::{Webhook, WebhookSink};
use tidegate_testkit::sample::{self, Episode};
use tokio::net::TcpListener;

const SECRET: &str = "whsec_dGlkZWdhdGUtYWNjZXB0YW5jZS1zZWNyZXQtMDE=";
const OTHER: &str = "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LTAx";

/// A receiver that runs, its address, and what it says.
async fn receiver(secrets: &[&str]) -> (String, Arc<Mutex<Vec<String>>>) {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let saying = Arc::clone(&said);
    let verifier = Verifier::new(secrets.iter().copied()).expect("secrets");
    let app = app(verifier, move |line| saying.lock().expect("no panic").push(line));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, said)
}

fn sink(url: &str, secrets: &[&str]) -> WebhookSink {
    let (first, others) = secrets.split_first().expect("a secret");
    let builder = Webhook::to(url, Secret::literal(*first));
    let builder = others.iter().fold(builder, |builder, secret| builder.with_secret(Secret::literal(*secret)));
    builder.build_sink().expect("a sink")
}

async fn deliver(sink: &WebhookSink, batch: &[Delivery]) -> Vec<Outcome> {
    sink.deliver(batch).await.expect("outcomes")
}

#[tokio::test]
async fn it_says_what_is_new_once() {
    let (url, said) = receiver(&[SECRET]).await;
    let sink = sink(&url, &[SECRET]);
    let disk = Episode::new("disk-usage");
    let lines = |range: std::ops::Range<u32>| {
        range.map(|number| sample::delivery(sample::log(&format!("line {number}")))).collect::<Vec<_>>()
    };
    let (open, closed) = (sample::delivery(disk.open()), sample::delivery(disk.close()));
    let note = sample::delivery(sample::notification("n-1"));
    let load = sample::delivery(sample::metric("system.load.1m", 1.5));
    // As after answers that were lost: again, in batches that are cut otherwise, and an opening after the close.
    for batch in [vec![open.clone()], lines(0..2), lines(0..3), vec![closed, note.clone(), load], vec![open, note]] {
        for outcome in deliver(&sink, &batch).await {
            assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
        }
    }
    assert_eq!(
        *said.lock().expect("no panic"),
        [
            "open    warning disk-usage_c.orders_n.10.0.0.2_3A2113: Disk over 80 % full",
            "log     line 0",
            "log     line 1",
            "log     line 2",
            "closed  warning disk-usage_c.orders_n.10.0.0.2_3A2113: Disk below 80 % full",
            "note    No instance could be had in eu-west-1a.",
            "metric  system.load.1m = 1.5",
        ]
    );
}

#[tokio::test]
async fn it_takes_either_secret_while_they_change_and_no_other() {
    let (url, said) = receiver(&[SECRET]).await;
    let batch = [sample::delivery(sample::issue())];
    let refused = deliver(&sink(&url, &[OTHER]), &batch).await.remove(0);
    let Outcome::Failed(error) = refused else { panic!("taken: {refused:?}") };
    assert_eq!(error.kind(), SinkErrorKind::Unauthorized);
    assert!(said.lock().expect("no panic").is_empty());
    assert!(matches!(deliver(&sink(&url, &[OTHER, SECRET]), &batch).await[0], Outcome::Accepted(_)));
    let probe = sink(&url, &[SECRET]).probe().await.expect("a probe");
    assert!(probe.proven().iter().any(|proven| proven.contains("405 Method Not Allowed")), "{probe:?}");
}

/// A message that another implementation signed, at a time of its own.
fn signed(body: &[u8], at: i64) -> HeaderMap {
    let signature = standardwebhooks::Webhook::new(SECRET).expect("a secret").sign("msg_1", at, body).expect("signed");
    let values = [("webhook-id", "msg_1"), ("webhook-timestamp", &at.to_string()), ("webhook-signature", &signature)];
    values.map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).into_iter().collect()
}

#[test]
fn what_another_implementation_signs_is_known_and_one_byte_that_is_changed_is_not() {
    let verifier = Verifier::new([OTHER, SECRET]).expect("secrets");
    let body = br#"{"type":"issue.opened","timestamp":"2026-01-01T00:00:00.000Z","data":{}}"#;
    let headers = signed(body, 1_000_000);
    assert_eq!(verifier.verify(&headers, body, 1_000_000), Ok("msg_1"));
    for place in 0..body.len() {
        let mut changed = body.to_vec();
        changed[place] ^= 1;
        assert_eq!(verifier.verify(&headers, &changed, 1_000_000), Err(Refusal::Unknown), "byte {place}");
    }
    for (now, verdict) in [
        (1_000_300, Ok("msg_1")),
        (1_000_301, Err(Refusal::OutOfTime)),
        (999_700, Ok("msg_1")),
        (999_699, Err(Refusal::OutOfTime)),
    ] {
        assert_eq!(verifier.verify(&headers, body, now), verdict);
    }
}

#[test]
fn what_is_no_signature_is_refused() {
    let verifier = Verifier::new([SECRET]).expect("secrets");
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut headers = signed(b"{}", 7);
        headers.remove(name);
        assert_eq!(verifier.verify(&headers, b"{}", 7), Err(Refusal::Malformed(name)));
    }
    for value in ["", "v1", "v1,", "v1,AAAA", "v2,n0", "v1a,AAAA"] {
        let mut headers = signed(b"{}", 7);
        headers.insert("webhook-signature", value.parse().expect("a value"));
        assert_eq!(verifier.verify(&headers, b"{}", 7), Err(Refusal::Unknown), "{value}");
    }
    assert!(Verifier::new(["s3cret"]).is_err_and(|error| !error.contains("s3cret")));
    assert!(Verifier::new([]).is_err());
}
