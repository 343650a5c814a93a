//! What each answer means to the lane: recorded ones, and every status.

use bytes::Bytes;
use common::{KEY, asked, became, done, is_accepted, jsm, kind, now, opsgenie, outcome, pending, queued, said, told};
use http::Response;
use recorded::{Recorded, recorded};
use serde_json::json;
use tidegate_http::{Dialect, ProbeStep};
use tidegate_sink::SinkErrorKind::{Misconfigured, Throttled, Unauthorized, Unavailable, Unconfirmed};
use tidegate_sink::{Delivery, Outcome};
use tidegate_sink_opsgenie::Opsgenie;
use tidegate_testkit::sample::{self, Episode};

mod common;
#[path = "../../../http/tests/guest/recorded.rs"]
mod recorded;

fn open() -> Delivery {
    sample::delivery(sample::issue())
}

fn closed() -> Delivery {
    let disk = Episode::new("disk-usage");
    disk.open();
    told(disk.close())
}

/// The delivery that asks for what `operation` is the answer to, and the answers before it.
fn before(operation: &str, dialect: &Opsgenie) -> Option<(Delivery, Vec<Response<Bytes>>)> {
    let update = || told(sample::issue());
    let is_jsm = &**dialect.profile().destination() == "jsm";
    Some(match operation {
        "create" => (open(), vec![]),
        "close" => (closed(), vec![]),
        "note" if is_jsm => (update(), vec![]),
        "message" => (update(), vec![]),
        "description" => (update(), vec![queued()]),
        "priority" => (update(), vec![queued(), queued()]),
        // Never asked for.
        "note" | "acknowledge" | "tags" | "details" => return None,
        other => panic!("an operation that is not known: {other}"),
    })
}

/// Whether what follows after `one` is of its class.
fn holds(dialect: &Opsgenie, delivery: &Delivery, before: &[Response<Bytes>], one: &Recorded) -> bool {
    let mut answers = before.to_vec();
    answers.push(one.answer.clone());
    if one.class == "queued" {
        return common::step(dialect, delivery, &answers).is_ok_and(|step| match step {
            tidegate_http::Step::Send { .. } => true,
            tidegate_http::Step::Done(outcome) => &**dialect.profile().destination() == "jsm" && is_accepted(&outcome),
        });
    }
    let outcome = outcome(dialect, delivery, &answers);
    if let Outcome::Failed(error) = &outcome
        && (one.wait.is_some() && error.retry_after() != one.wait)
    {
        return false;
    }
    let kind = kind(&outcome);
    match one.class.as_str() {
        "reject" => matches!(outcome, Outcome::Rejected(reason) if reason.answer.is_some()),
        "pause" => matches!(kind, Some(Unauthorized)),
        "throttled" => kind == Some(Throttled),
        "retry" => kind == Some(Unavailable),
        other => panic!("a class that is not known: {other}"),
    }
}

#[test]
fn each_recorded_answer_to_a_change_is_of_its_class() {
    let mut seen = 0;
    for (dialect, text) in
        [(opsgenie(), include_str!("answers/opsgenie.json")), (jsm(), include_str!("answers/jsm.json"))]
    {
        for one in recorded(text) {
            let operation = one.name.split('.').next().unwrap_or_default();
            if matches!(operation, "request_status" | "count") {
                continue;
            }
            let Some((delivery, before)) = before(operation, &dialect) else { continue };
            // Recorded as a reject, and to be taken as done.
            if one.name == "close.not_found" {
                assert!(is_accepted(&outcome(&dialect, &delivery, &[one.answer])), "{}", one.name);
            } else {
                assert!(holds(&dialect, &delivery, &before, &one), "{}: not {}", one.name, one.class);
            }
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn each_recorded_status_of_a_request_is_taken_by_its_reason() {
    for one in recorded(include_str!("answers/opsgenie.json")) {
        let Some(case) = one.name.strip_prefix("request_status.") else { continue };
        let after = |delivery: &Delivery, queued: &[Response<Bytes>]| {
            let answers: Vec<_> = queued.iter().cloned().chain([one.answer.clone()]).collect();
            common::step(&opsgenie(), delivery, &answers)
        };
        let create = outcome_of(&after(&open(), &[queued()]));
        let close = outcome_of(&after(&closed(), &[queued()]));
        match case {
            "created" | "closed" => assert!(create == "accepted" && close == "accepted", "{case}: {create}, {close}"),
            // A creation cannot fail so: what that means nobody knows.
            "absent" | "already_closed" => {
                assert!(create == "failed" && close == "accepted", "{case}: {create}, {close}");
            }
            "dropped" => assert!(create == "rejected" && close == "rejected", "{case}: {create}, {close}"),
            "pending" => assert!(create == "asks" && close == "asks", "{case}: {create}, {close}"),
            other => panic!("a case that is not known: {other}"),
        }
        let update = told(sample::issue());
        let answers = [queued(), queued(), queued(), one.answer.clone(), done(), done()];
        match case {
            "created" | "closed" => assert!(is_accepted(&outcome(&opsgenie(), &update, &answers)), "{case}"),
            "absent" | "already_closed" => assert_eq!(asked(&opsgenie(), &update, &answers), "POST ", "{case}"),
            "dropped" => {
                let Outcome::Rejected(reason) = outcome(&opsgenie(), &update, &answers) else { panic!("taken") };
                assert!(
                    reason.message.contains("refused: the message; taken: the description, the priority"),
                    "{reason}"
                );
            }
            _ => assert_eq!(asked(&opsgenie(), &update, &answers[..4]), "GET /requests/id", "{case}"),
        }
    }
}

fn outcome_of(step: &Result<tidegate_http::Step, tidegate_sink::SinkError>) -> &'static str {
    match step {
        Ok(tidegate_http::Step::Done(Outcome::Accepted(_))) => "accepted",
        Ok(tidegate_http::Step::Done(Outcome::Rejected(_))) => "rejected",
        Ok(tidegate_http::Step::Send { .. }) => "asks",
        _ => "failed",
    }
}

#[test]
fn each_recorded_answer_to_a_probe_is_of_its_class() {
    let mut seen = 0;
    for one in recorded(include_str!("answers/opsgenie.json")) {
        let probed = opsgenie().probe(std::slice::from_ref(&one.answer), now());
        match one.name.as_str() {
            "count.ok" => {
                let Ok(ProbeStep::Done(probe)) = probed else { panic!("{probed:?}") };
                let proven = probe.proven().join("; ");
                assert!(proven.contains("api.opsgenie.com") && proven.contains("may read"), "{proven}");
                assert!(probe.unproven().join("; ").contains("none was created"));
            }
            "create.unauthorized" | "create.wrong_key_kind" | "create.key_format" | "create.payment_required" => {
                assert_eq!(probed.expect_err(&one.name).kind(), Unauthorized, "{}", one.name);
            }
            "create.forbidden" => assert!(matches!(probed, Ok(ProbeStep::Send { .. })), "asked in another way"),
            _ => continue,
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn every_status_has_its_meaning() {
    let own = |message: &str| json!({ "message": message, "took": 0.1, "requestId": "r" });
    let table = [
        (said(200, &json!("")), Some(Unconfirmed)),
        (said(202, &json!({})), Some(Unconfirmed)),
        (said(202, &json!("<html>")), Some(Unconfirmed)),
        (said(202, &json!({ "requestId": "../../count" })), Some(Unconfirmed)),
        (said(302, &json!("")), Some(Misconfigured)),
        (said(401, &json!("")), Some(Unauthorized)),
        (said(404, &json!("<html>")), Some(Misconfigured)),
        (said(404, &own("No such page")), Some(Misconfigured)),
        (said(410, &json!("")), Some(Misconfigured)),
        (said(413, &json!("")), Some(Misconfigured)),
        (said(413, &own("too large")), None),
        (said(400, &json!("<html>")), Some(Misconfigured)),
        (said(400, &json!({ "message": "Bad Request" })), Some(Misconfigured)),
        (said(400, &own("Could not parse request body")), None),
        (said(422, &own("Key format is not valid!")), Some(Unauthorized)),
        (said(422, &json!("")), Some(Misconfigured)),
        (said(422, &json!({ "message": "no", "errors": {} })), Some(Misconfigured)),
        (said(422, &json!({ "message": "no", "errors": {}, "requestId": "r" })), None),
        (said(429, &json!("")), Some(Throttled)),
        (said(500, &own("Internal Server Error")), Some(Unavailable)),
        (said(503, &json!({ "requestId": "5d2f" })), Some(Unavailable)),
    ];
    for (answer, want) in table {
        let outcome = outcome(&opsgenie(), &open(), std::slice::from_ref(&answer));
        assert_eq!(kind(&outcome), want, "{answer:?}");
        assert_eq!(matches!(outcome, Outcome::Rejected(_)), want.is_none(), "{answer:?}");
    }
    for dialect in [opsgenie(), jsm()] {
        let gone = said(404, &own("Alert does not exist"));
        assert!(is_accepted(&outcome(&dialect, &closed(), std::slice::from_ref(&gone))));
    }
}

/// What a gateway says of a path or a host that it does not know.
fn gateways() -> [Response<Bytes>; 4] {
    [
        said(404, &json!("<html>")),
        said(404, &json!({ "message": "no Route matched with those values" })),
        said(404, &json!({ "message": "no Route matched with those values", "request_id": "5d2f" })),
        said(404, &json!({ "statusCode": 404, "message": "Resource not found", "code": 404, "errors": {} })),
    ]
}

#[test]
fn what_a_gateway_says_is_no_word_of_the_service_about_an_alert() {
    let again = open().with_maybe_applied();
    for gateway in gateways() {
        for dialect in [opsgenie(), jsm()] {
            let outcome = outcome(&dialect, &closed(), std::slice::from_ref(&gateway));
            assert_eq!(kind(&outcome), Some(Misconfigured), "nothing was closed: {gateway:?}");
            assert!(format!("{outcome:?}").contains("check `endpoint`"), "{outcome:?}");
        }
        // Neither in the queue still, nor known to be no alert.
        for (delivery, before) in [(open(), vec![queued()]), (closed(), vec![queued()]), (again.clone(), vec![])] {
            let answers = [&before[..], std::slice::from_ref(&gateway)].concat();
            let outcome = outcome(&opsgenie(), &delivery, &answers);
            assert_eq!(kind(&outcome), Some(Misconfigured), "{answers:?}");
            assert!(format!("{outcome:?}").contains("check `endpoint`"), "{outcome:?}");
        }
        let probed = jsm().probe(std::slice::from_ref(&gateway), now()).expect_err("not the service");
        assert_eq!(probed.kind(), Misconfigured, "{gateway:?}");
        assert!(probed.to_string().contains("check `endpoint`"), "{probed}");
        let forbidden = said(403, &json!({ "message": "no", "code": 40_300, "requestId": "r" }));
        let probed = opsgenie().probe(&[forbidden, gateway], now()).expect_err("not the service");
        assert_eq!(probed.kind(), Misconfigured);
    }
    // A gateway that lets nothing by is no key without the right to read, with which all counts as done.
    for status in [402, 403] {
        let page = said(status, &json!({ "message": "Forbidden" }));
        for answers in [vec![queued(), page.clone()], vec![page.clone()]] {
            let delivery = if answers.len() == 1 { again.clone() } else { closed() };
            assert_eq!(kind(&outcome(&opsgenie(), &delivery, &answers)), Some(Unauthorized), "{answers:?}");
        }
        assert_eq!(opsgenie().probe(&[page], now()).expect_err("not the service").kind(), Unauthorized);
    }
}

#[test]
fn every_recorded_answer_of_the_service_names_its_request() {
    for one in [include_str!("answers/opsgenie.json"), include_str!("answers/jsm.json")].into_iter().flat_map(recorded)
    {
        let body: serde_json::Value = serde_json::from_slice(one.answer.body()).unwrap_or_default();
        assert!(one.answer.status() == 503 || body["requestId"].is_string(), "{}", one.name);
    }
}

#[test]
fn a_status_that_cannot_be_had_is_no_success_unless_the_key_may_not_ask() {
    let table = [
        (said(200, &json!("<html>")), Some(Unconfirmed)),
        (said(200, &json!({ "data": {} })), Some(Unconfirmed)),
        (said(401, &json!({ "message": "no" })), Some(Unauthorized)),
        (said(404, &json!("<html>")), Some(Misconfigured)),
        (said(403, &json!({ "message": "no", "code": 40_300, "requestId": "r" })), None),
        (said(402, &json!({ "message": "no", "requestId": "r" })), None),
    ];
    for (answer, want) in table {
        let outcome = outcome(&opsgenie(), &open(), &[queued(), answer.clone()]);
        assert_eq!(kind(&outcome), want, "{answer:?}");
        assert_eq!(is_accepted(&outcome), want.is_none(), "{answer:?}");
    }
    let answers = [&[queued()][..], &vec![said(502, &json!("")); 5]].concat();
    assert_eq!(asked(&opsgenie(), &open(), &answers[..5]), "GET /requests/id");
    assert_eq!(kind(&outcome(&opsgenie(), &open(), &answers)), Some(Unavailable));
    // As Jira Service Management shows it.
    let bare = said(200, &json!({ "isSuccess": true, "success": true, "status": "Created alert" }));
    assert!(is_accepted(&outcome(&opsgenie(), &open(), &[queued(), bare])));
}

#[test]
fn what_is_to_be_left_alone_for_a_time_is_not_asked_in_the_same_delivery() {
    let mut later = said(503, &json!({ "message": "busy", "requestId": "r" }));
    later.headers_mut().insert("retry-after", "7".parse().expect("a value"));
    let mut rate = said(429, &json!({ "message": "TooManyRequests", "requestId": "r" }));
    rate.headers_mut().insert("x-ratelimit-period-in-sec", "60".parse().expect("a value"));
    for (answer, want, wait) in
        [(later, Unavailable, Some(7)), (rate, Throttled, Some(60)), (said(429, &json!("")), Throttled, None)]
    {
        let Outcome::Failed(error) = outcome(&opsgenie(), &open(), &[queued(), answer]) else { panic!("taken") };
        assert_eq!((error.kind(), error.retry_after().map(|wait| wait.as_secs())), (want, wait), "{error}");
    }
}

#[test]
fn what_failed_later_in_words_that_nobody_knows_is_tried_again() {
    for alert in ["an-alert", ""] {
        for (delivery, queue) in [(open(), 1), (closed(), 1), (told(sample::issue()), 3)] {
            let answers = [vec![queued(); queue], vec![became(false, "Something new", alert)]].concat();
            let outcome = outcome(&opsgenie(), &delivery, &answers);
            assert!(matches!(&outcome, Outcome::Failed(error) if error.is_of_item()), "{outcome:?}");
            assert_eq!(kind(&outcome), Some(Unavailable), "{outcome:?}");
            let words = format!("{outcome:?}");
            assert!(words.contains("Something new") && words.contains("tried again"), "{words}");
        }
    }
}

#[test]
fn what_is_still_queued_in_the_end_is_unconfirmed() {
    let answers: Vec<_> = std::iter::once(queued()).chain(vec![pending(); 5]).collect();
    let outcome = outcome(&opsgenie(), &open(), &answers);
    assert_eq!(kind(&outcome), Some(Unconfirmed));
    assert!(format!("{outcome:?}").contains("83s"), "{outcome:?}");
}

#[test]
fn a_refusal_says_what_to_do_in_one_line_and_no_secret() {
    let said_of = |answer: Response<Bytes>| match outcome(&opsgenie(), &open(), &[answer]) {
        Outcome::Failed(error) => (error.to_string(), format!("{error:?}")),
        Outcome::Rejected(reason) => (reason.to_string(), format!("{reason:?}")),
        other => panic!("{other:?}"),
    };
    for status in [200, 202, 302, 400, 401, 402, 403, 404, 410, 422, 429, 500] {
        for body in
            [json!(format!("{KEY}\nand more")), json!({ "message": KEY, "requestId": KEY, "errors": { "a": KEY } })]
        {
            if status == 202 && body.is_object() {
                continue;
            }
            if status == 200 && body.is_object() {
                continue;
            }
            let (text, all) = said_of(said(status, &body));
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(!all.contains("s3cret") && !text.contains("s3cret"), "{status}: {all}");
        }
    }
    let advice = [
        (said(401, &json!("")), "check `region`"),
        (said(200, &json!("<html>")), "check `endpoint`"),
        (said(400, &json!("<html>")), "check `endpoint`"),
        (said(404, &json!({ "message": "no" })), "check `endpoint`"),
        (said(403, &json!({ "code": 40_301, "message": "no" })), "not one of API key management"),
        (said(403, &json!({ "code": 40_300, "message": "no" })), "the right to create and update"),
        (said(402, &json!("")), "the plan"),
        (said(302, &json!("")), "check `endpoint`"),
    ];
    for (answer, part) in advice {
        let (text, _) = said_of(answer);
        assert!(text.contains(part), "{text}");
    }
    let refused = said(400, &json!({ "message": "no", "requestId": "r" }));
    for answers in [vec![queued(), refused.clone()], vec![queued(), said(200, &json!({ "data": {} }))]] {
        let outcome = outcome(&opsgenie(), &open(), &answers);
        assert!(format!("{outcome:?}").contains("check `endpoint`"), "{outcome:?}");
    }
    let probed = opsgenie().probe(&[refused], now()).expect_err("refused").to_string();
    assert!(probed.contains("400 Bad Request") && probed.contains("check `endpoint` and `flavor`"), "{probed}");
    assert!(!format!("{:?} {:?}", opsgenie(), jsm()).contains("s3cret"));
}

#[test]
fn a_probe_without_the_right_to_read_proves_the_key_all_the_same() {
    let forbidden = said(403, &json!({ "message": "no", "code": 40_300, "requestId": "r" }));
    let probe = |answers: &[Response<Bytes>]| opsgenie().probe(answers, now());
    let Ok(ProbeStep::Done(blind)) = probe(&[forbidden.clone(), pending()]) else { panic!("not done") };
    assert_eq!((blind.proven().len(), blind.unproven().len()), (1, 2), "{blind:?}");
    let Ok(ProbeStep::Done(dark)) = probe(&[forbidden.clone(), forbidden.clone()]) else { panic!("not done") };
    assert_eq!((dark.proven().len(), dark.unproven().len()), (0, 3), "{dark:?}");
    let bad = said(401, &json!({ "message": "no" }));
    assert_eq!(probe(&[forbidden, bad]).expect_err("a bad key").kind(), Unauthorized);
    for page in [said(200, &json!("<html>")), said(200, &json!({ "data": {} })), said(404, &json!("<html>"))] {
        assert_eq!(probe(&[page]).expect_err("not Opsgenie").kind(), Misconfigured);
    }
}

#[test]
fn jira_service_management_is_probed_by_a_close_of_nothing() {
    let probe = |answers: &[Response<Bytes>]| jsm().probe(answers, now());
    let Ok(ProbeStep::Send { request, .. }) = probe(&[]) else { panic!("done") };
    assert!(request.uri().path().ends_with("/v2/alerts/tidegate-probe-of-nothing/close"));
    for answer in [queued(), said(404, &json!({ "message": "Alert does not exist", "requestId": "r" }))] {
        let Ok(ProbeStep::Done(probe)) = probe(&[answer]) else { panic!("not done") };
        assert!(probe.proven().join("").contains("api.atlassian.com"), "{probe:?}");
    }
    for (answer, want) in [
        (said(401, &json!({ "message": "no" })), Unauthorized),
        (said(200, &json!("<html>")), Misconfigured),
        (said(404, &json!("<html>")), Misconfigured),
        (said(400, &json!({ "message": "no" })), Misconfigured),
        (said(500, &json!("")), Unavailable),
    ] {
        assert_eq!(probe(std::slice::from_ref(&answer)).expect_err("bad").kind(), want, "{answer:?}");
    }
}
