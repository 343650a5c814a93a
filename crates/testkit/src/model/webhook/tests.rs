use serde_json::json;

use super::*;
use crate::ManualClock;

const SECRET: &str = "whsec_dGlkZWdhdGUtYWNjZXB0YW5jZS1zZWNyZXQtMDE=";
/// The signature of `BODY` as `msg_7f3a_1` at 1767225600, as an independent implementation made it.
const SIGNATURE: &str = "v1,nLdOosRgqyXW0CQw+FLKwvxBWz4QIlJdPkjZMHFS5Qk=";
const BODY: &str = r#"{"type":"issue.opened","timestamp":"2026-01-01T00:00:00.000Z","data":{"id":"7f3a","cluster":"orders-db","severity":"critical"}}"#;

fn at(seconds: i64) -> ManualClock {
    ManualClock::starting_at(DateTime::from_timestamp(seconds, 0).expect("a time"))
}

fn receiver() -> WebhookReceiver {
    WebhookReceiver::new([SECRET]).with_clock(at(1_767_225_600))
}

fn request(change: impl FnOnce(&mut Request<Bytes>)) -> Request<Bytes> {
    let mut request = Request::post("https://receiver.example.com/hook")
        .header("content-type", "application/json")
        .header("webhook-id", "msg_7f3a_1")
        .header("webhook-timestamp", "1767225600")
        .header("webhook-signature", SIGNATURE)
        .body(Bytes::from_static(BODY.as_bytes()))
        .expect("a request");
    change(&mut request);
    request
}

fn status(receiver: &WebhookReceiver, change: impl FnOnce(&mut Request<Bytes>)) -> u16 {
    receiver.answer(&request(change)).status().as_u16()
}

#[test]
fn what_is_signed_well_is_taken_once() {
    let receiver = receiver();
    assert_eq!((status(&receiver, |_| {}), status(&receiver, |_| {})), (204, 204));
    let messages = receiver.messages();
    assert_eq!((messages.len(), receiver.repeated()), (1, 1));
    assert_eq!((messages[0].r#type.as_str(), &messages[0].data["cluster"]), ("issue.opened", &json!("orders-db")));
    assert_eq!(receiver.complaints(), [""; 0]);
}

#[test]
fn one_byte_that_is_changed_is_refused() {
    for place in 0..BODY.len() {
        let receiver = receiver();
        let changed = status(&receiver, |request| {
            let mut body = request.body().to_vec();
            body[place] ^= 1;
            *request.body_mut() = body.into();
        });
        assert_eq!((changed, receiver.messages().len()), (401, 0), "byte {place}");
    }
    let receiver = receiver();
    let set = |name: &'static str, value: &'static str| {
        move |request: &mut Request<Bytes>| {
            request.headers_mut().insert(name, value.parse().expect("a value"));
        }
    };
    assert_eq!(status(&receiver, set("webhook-id", "msg_7f3a_2")), 401);
    assert_eq!(status(&receiver, set("webhook-timestamp", "1767225601")), 401);
    assert_eq!(status(&receiver, set("webhook-signature", "v1,AAAA")), 401);
    assert_eq!(status(&receiver, set("webhook-signature", &SIGNATURE[3..])), 401);
}

#[test]
fn what_is_not_allowed_is_complained_of() {
    let old = WebhookReceiver::new([SECRET]).with_clock(at(1_767_225_600 + 301));
    assert_eq!(status(&old, |_| {}), 400);
    let receiver = receiver();
    for name in ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"] {
        let without = |request: &mut Request<Bytes>| {
            request.headers_mut().remove(name);
        };
        assert_eq!(status(&receiver, without), 400, "{name}");
    }
    assert_eq!((old.complaints().len(), receiver.complaints().len()), (1, 4));
}

#[test]
fn it_may_want_no_more_or_other_secrets() {
    let receiver = receiver();
    assert_eq!(status(&receiver, |request| *request.method_mut() = Method::HEAD), 405);
    receiver.set_secrets(["whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LTAx"]);
    assert_eq!(status(&receiver, |_| {}), 401);
    receiver.set_gone(true);
    assert_eq!(status(&receiver, |_| {}), 410);
    assert_eq!(status(&self::receiver().with_limit(10), |_| {}), 413);
    assert_eq!(status(&self::receiver().with_refused("orders"), |_| {}), 422);
}
