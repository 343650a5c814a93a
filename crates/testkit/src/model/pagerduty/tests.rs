use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use super::PagerDutyService;
use crate::ManualClock;

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn pager() -> (PagerDutyService, ManualClock) {
    let clock = ManualClock::new();
    (PagerDutyService::new(KEY).with_clock(clock.clone()), clock)
}

fn trigger(dedup_key: &str, summary: &str) -> Value {
    json!({
        "routing_key": KEY, "event_action": "trigger", "dedup_key": dedup_key,
        "payload": { "summary": summary, "source": "10.0.0.2:2113", "severity": "error" },
    })
}

fn follow(action: &str, dedup_key: &str) -> Value {
    json!({ "routing_key": KEY, "event_action": action, "dedup_key": dedup_key })
}

fn ask(pager: &PagerDutyService, body: impl Into<Bytes>) -> Response<Bytes> {
    let request = Request::post("https://pager.example/v2/enqueue").header("content-type", "application/json");
    pager.answer(&request.body(body.into()).expect("a request"))
}

fn told(pager: &PagerDutyService, body: &Value) -> (u16, Value) {
    let answer = ask(pager, body.to_string());
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).expect("JSON"))
}

#[test]
fn triggers_of_one_key_are_one_alert_until_it_is_resolved() {
    let (pager, _) = pager();
    for body in [trigger("a", "one"), trigger("a", "two"), follow("acknowledge", "a"), follow("resolve", "a")] {
        assert_eq!(told(&pager, &body).0, 202);
    }
    told(&pager, &follow("resolve", "a"));
    told(&pager, &trigger("a", "three"));
    let alerts = pager.alerts_by("a");
    let seen: Vec<_> = alerts.iter().map(|alert| (alert.summary(), alert.acknowledged, alert.is_open())).collect();
    assert_eq!(seen, [("two", true, false), ("three", false, true)]);
    assert_eq!((pager.complaints(), pager.requests().len()), (Vec::new(), 6));
}

#[test]
fn a_trigger_without_a_key_is_an_alert_of_its_own() {
    let (pager, _) = pager();
    let mut body = trigger("", "one");
    body.as_object_mut().expect("an object").remove("dedup_key");
    let keys = [told(&pager, &body), told(&pager, &body)].map(|(_, answer)| answer["dedup_key"].clone());
    assert_ne!(keys[0], keys[1]);
    assert_eq!(pager.alerts().len(), 2);
}

#[test]
fn people_resolve_and_a_later_trigger_opens_anew() {
    let (pager, _) = pager();
    assert!(!pager.resolve_by_hand("a"));
    told(&pager, &trigger("a", "one"));
    assert!(pager.acknowledge_by_hand("a") && pager.resolve_by_hand("a") && !pager.resolve_by_hand("a"));
    told(&pager, &follow("resolve", "a"));
    told(&pager, &trigger("a", "two"));
    let by_hand: Vec<bool> = pager.alerts().iter().map(|alert| alert.by_hand).collect();
    assert_eq!(by_hand, [true, false]);
}

#[test]
fn another_key_is_told_in_words_and_minded_by_nobody() {
    let (pager, _) = pager();
    let with = |key: &str| {
        let mut body = trigger("a", "one");
        body["routing_key"] = key.into();
        told(&pager, &body)
    };
    assert_eq!(
        with(&KEY.replace('0', "1")),
        (
            400,
            json!({
                "status": "invalid event", "message": "Event object is invalid", "errors": ["Invalid routing key"],
            })
        )
    );
    assert_eq!(with("e+23").1["errors"].as_array().map(Vec::len), Some(2));
    assert_eq!(with("").0, 400);
    pager.set_key_good(false);
    assert_eq!(with(KEY).0, 400);
    pager.set_key_good(true);
    assert_eq!((with(KEY).0, pager.alerts().len(), pager.complaints()), (202, 1, Vec::new()));
    assert!(!format!("{pager:?} {:?}", pager.requests()).contains(KEY));
}

#[test]
fn what_is_malformed_is_refused_and_minded() {
    let (pager, _) = pager();
    let with = |place: &str, value: Value| {
        let mut body = trigger("a", "one");
        *body.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value;
        body
    };
    let beside = |name: &str, value: Value| {
        let mut body = trigger("a", "one");
        let payload = if name.starts_with("payload.") { "/payload" } else { "" };
        body.pointer_mut(payload).expect("an object")[name.trim_start_matches("payload.")] = value;
        body
    };
    let bad = [
        with("/event_action", "shout".into()),
        with("/dedup_key", "x".repeat(256).into()),
        with("/payload/summary", "🦀".repeat(513).into()),
        with("/payload/summary", " ".into()),
        with("/payload/source", Value::Null),
        with("/payload/severity", "fatal".into()),
        with("/payload", Value::Null),
        beside("payload.timestamp", "yesterday".into()),
        beside("payload.custom_details", "a text".into()),
        beside("payload.component", "".into()),
        beside("payload.colour", "red".into()),
        beside("colour", "red".into()),
        beside("links", json!([{ "text": "nowhere" }])),
        beside("images", json!([{ "src": "http://a.example/x.png" }])),
        json!({ "routing_key": KEY, "event_action": "resolve" }),
        json!({ "routing_key": KEY, "event_action": "resolve", "dedup_key": "a", "client": "x" }),
    ];
    for (number, body) in bad.iter().enumerate() {
        assert_eq!(told(&pager, body).0, 400, "{body}");
        assert_eq!(pager.complaints().len(), number + 1, "{body}");
    }
    assert_eq!(ask(&pager, "{").status(), 400);
    assert_eq!(ask(&pager, vec![b' '; 512_001]).status(), 413);
    let elsewhere = Request::post("https://pager.example/v1/enqueue").body(Bytes::new()).expect("a request");
    assert_eq!(pager.answer(&elsewhere).status(), 404);
    let untold = Request::post("https://pager.example/v2/enqueue");
    let untold = untold.body(trigger("a", "one").to_string().into()).expect("a request");
    assert_eq!(pager.answer(&untold).status(), 202, "taken, and minded");
    assert_eq!(pager.complaints().len(), bad.len() + 4);
    for body in [
        with("/payload/summary", "🦀".repeat(512).into()),
        beside("payload.timestamp", "2026-11-24T03:00:00.000Z".into()),
    ] {
        assert_eq!(told(&pager, &body).0, 202, "{body}");
    }
}

#[test]
fn it_counts_by_the_minute_where_it_is_told_to() {
    let (pager, clock) = pager();
    let pager = pager.with_rates();
    for number in 0..120 {
        assert_eq!(told(&pager, &trigger(&format!("{number}"), "one")).0, 202);
        clock.advance(Duration::from_millis(400));
    }
    let (status, said) = told(&pager, &trigger("a", "one"));
    assert_eq!((status, &said["status"]), (429, &json!("throttle exceeded")));
    clock.advance(Duration::from_secs(12));
    assert_eq!(told(&pager, &trigger("a", "one")).0, 202);
}
