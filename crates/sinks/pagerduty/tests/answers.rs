//! What each of PagerDuty's answers means to the lane: recorded ones, and every status.

use std::time::Duration;

use bytes::Bytes;
use common::{KEY, dialect, invalid, kind, now, ok, outcome, said, step};
use http::Response;
use recorded::{Recorded, recorded};
use serde_json::{Value, json};
use tidegate_http::{Dialect, ProbeStep, Step};
use tidegate_sink::Outcome;
use tidegate_sink::SinkErrorKind::{Misconfigured, Throttled, Unauthorized, Unavailable, Unconfirmed};
use tidegate_testkit::sample::{self, Episode};

mod common;
#[path = "../../../http/tests/guest/recorded.rs"]
mod recorded;

/// How a delivery ends where all is answered so: what is too large is said shorter once.
fn ended(answer: &Response<Bytes>) -> Outcome {
    let delivery = sample::delivery(sample::issue());
    let answers = [answer.clone(), answer.clone()];
    match step(&dialect(), &delivery, &answers[..1]) {
        Ok(Step::Send { .. }) => outcome(&delivery, &answers),
        _ => outcome(&delivery, &answers[..1]),
    }
}

#[test]
fn each_recorded_answer_is_of_its_class() {
    let recorded = recorded(include_str!("answers/events.json"));
    assert_eq!(recorded.len(), 12);
    for Recorded { name, class, answer, .. } in recorded {
        let outcome = ended(&answer);
        let holds = match class.as_str() {
            "delivered" => matches!(outcome, Outcome::Accepted(None)),
            "reject" => matches!(outcome, Outcome::Rejected(_)),
            "pause" => kind(&outcome) == Some(Unauthorized),
            "throttled" => kind(&outcome) == Some(Throttled),
            "retry" => kind(&outcome) == Some(Unavailable),
            other => panic!("a class that is not known: {other}"),
        };
        assert!(holds, "{name}: {outcome:?}, where {class} is right");
    }
}

#[test]
fn each_status_has_its_meaning() {
    let table = [
        (vec![301, 302, 307, 308, 404, 405, 407, 410, 421], Some(Misconfigured)),
        (vec![401, 402, 403], Some(Unauthorized)),
        (vec![425, 429], Some(Throttled)),
        (vec![408, 500, 501, 502, 503, 504, 520, 599], Some(Unavailable)),
        (vec![200, 201, 202, 204], Some(Unconfirmed)),
        (vec![400, 406, 409, 411, 413, 415, 422, 451], None),
    ];
    for (statuses, want) in table {
        for status in statuses {
            for words in [json!("<html>Please log in.</html>"), json!({}), json!({ "errors": null, "status": 1 })] {
                let outcome = ended(&said(status, &words));
                assert_eq!(kind(&outcome), want, "{status}: {outcome:?}");
                assert!(want.is_some() || matches!(outcome, Outcome::Rejected(_)), "{status}: {outcome:?}");
            }
        }
    }
}

#[test]
fn only_a_2xx_that_says_success_is_one() {
    let success = json!({ "status": "success" });
    assert!(matches!(ended(&said(202, &success)), Outcome::Accepted(None)));
    assert!(matches!(ended(&said(200, &success)), Outcome::Accepted(None)), "of a stand-in");
    assert_eq!(kind(&ended(&said(202, &json!({ "status": "queued" })))), Some(Unconfirmed));
    assert_eq!(kind(&ended(&said(500, &success))), Some(Unavailable));
}

#[test]
fn what_is_said_of_the_routing_key_pauses_wherever_it_stands() {
    let refusals = [
        invalid(&["Invalid routing key"]),
        invalid(&["'payload.summary' is missing or blank", "'routing_key' is missing or blank"]),
        said(400, &json!({ "status": "invalid event", "message": "INVALID ROUTING KEY" })),
        said(400, &json!({ "status": "invalid event", "errors": "Invalid routing key" })),
        said(422, &json!({ "errors": ["routing_key not known"] })),
    ];
    for answer in refusals {
        assert_eq!(kind(&ended(&answer)), Some(Unauthorized), "{answer:?}");
    }
    for answer in [invalid(&["'dedup_key' is too long"]), invalid(&[]), said(400, &json!("routing_key"))] {
        assert!(matches!(ended(&answer), Outcome::Rejected(_)), "{answer:?}");
    }
}

#[test]
fn a_429_waits_as_long_as_it_says_and_else_half_a_minute() {
    let wait = |retry_after: Option<&'static str>| {
        let mut answer = said(429, &json!(""));
        if let Some(value) = retry_after {
            answer.headers_mut().insert("retry-after", value.parse().expect("a value"));
        }
        match ended(&answer) {
            Outcome::Failed(error) => error.retry_after(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wait(Some("7")), Some(Duration::from_secs(7)));
    assert_eq!(wait(Some("Tue, 24 Nov 2026 03:04:00 GMT")), Some(Duration::from_mins(2)));
    assert_eq!(wait(None), Some(Duration::from_secs(30)));
    assert_eq!(wait(Some("soon")), Some(Duration::from_secs(30)));
}

#[test]
fn a_rejection_has_the_words_of_pagerduty() {
    match ended(&invalid(&["'payload.summary' is missing or blank", "'payload.severity' is invalid"])) {
        Outcome::Rejected(reason) => assert_eq!(
            reason.to_string(),
            "PagerDuty refuses the event: 400 Bad Request (the service said: Event object is invalid; \
             'payload.summary' is missing or blank; 'payload.severity' is invalid)"
        ),
        other => panic!("{other:?}"),
    }
    match ended(&said(400, &json!("<html>\nNo.</html>"))) {
        Outcome::Rejected(reason) => assert_eq!(reason.answer.as_deref(), Some("<html> No.</html>")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refusal_says_what_to_do_in_one_line() {
    let said_of = |answer: &Response<Bytes>| match ended(answer) {
        Outcome::Failed(error) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        said_of(&invalid(&["Invalid routing key"])),
        "PagerDuty refuses the routing key (Event object is invalid; Invalid routing key); copy the integration key of \
         the service's Events API v2 integration anew into `routing_key`, and check `region`: unauthorized"
    );
    assert_eq!(
        said_of(&said(403, &json!(""))),
        "PagerDuty answered 403 Forbidden; check `routing_key` and the proxy: unauthorized"
    );
    assert_eq!(
        said_of(&said(404, &json!("no such page"))),
        "PagerDuty answered 404 Not Found (no such page); check `region` or `endpoint`, and the proxy: misconfigured"
    );
}

#[test]
fn nothing_that_is_said_shows_the_routing_key() {
    let echo = format!("no such routing_key:\n {KEY}");
    for status in [200, 302, 400, 403, 404, 413, 422, 429, 500] {
        for body in [json!(echo), json!({ "status": KEY, "message": echo, "errors": [KEY] }), json!(KEY.repeat(99))] {
            let outcome = ended(&said(status, &body));
            let text = match &outcome {
                Outcome::Failed(error) => error.to_string(),
                Outcome::Rejected(reason) => reason.to_string(),
                other => panic!("{other:?}"),
            };
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(!format!("{text} {outcome:?}").contains("s3cret"), "{outcome:?}");
        }
    }
    let sent = step(&dialect(), &sample::delivery(sample::issue()), &[]);
    let probe = dialect().probe(&[], now());
    assert!(!format!("{:?} {sent:?} {probe:?}", dialect()).contains("s3cret"));
}

#[test]
fn what_is_too_large_is_told_once_more_with_the_least() {
    let delivery = sample::delivery(sample::issue());
    let large = said(413, &json!(""));
    let body = common::asked(&dialect(), &delivery, std::slice::from_ref(&large));
    assert_eq!((&body["event_action"], body.get("links")), (&json!("trigger"), None));
    let details = body["payload"]["custom_details"].as_object().expect("details");
    assert!(
        details.len() == 1 && details["note"].as_str().is_some_and(|note| note.contains("too large")),
        "{details:?}"
    );
    assert!(matches!(outcome(&delivery, &[large.clone(), ok()]), Outcome::Accepted(None)));
    assert!(matches!(outcome(&delivery, &[large.clone(), large.clone()]), Outcome::Rejected(_)));
    let disk = Episode::new("disk-usage");
    let closed = sample::delivery(disk.close());
    assert!(matches!(outcome(&closed, &[large.clone(), large]), Outcome::Rejected(_)));
}

#[test]
fn a_probe_says_what_it_proved_and_what_not() {
    let ProbeStep::Send { request, .. } = dialect().probe(&[], now()).expect("a probe") else { panic!("done") };
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    assert_eq!(body, json!({ "routing_key": KEY, "event_action": "resolve", "dedup_key": "tidegate:probe" }));
    let ProbeStep::Done(probe) = dialect().probe(&[ok()], now()).expect("a probe") else { panic!("asks on") };
    assert_eq!((probe.proven().len(), probe.unproven().len()), (1, 1), "{probe:?}");

    let refused = |answer| dialect().probe(&[answer], now()).expect_err("refused").kind();
    assert_eq!(refused(invalid(&["Invalid routing key"])), Unauthorized);
    assert_eq!(refused(invalid(&["'dedup_key' is odd"])), Misconfigured);
    assert_eq!(refused(said(413, &json!(""))), Misconfigured);
    assert_eq!(refused(said(302, &json!(""))), Misconfigured);
    assert_eq!(refused(said(200, &json!("<html>"))), Unconfirmed);
}
