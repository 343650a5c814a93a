//! How a delivery goes: look, ask, follow.

use std::time::Duration;

use bytes::Bytes;
use common::{
    absent, asked, became, body, done, is_accepted, jsm, kind, opsgenie, outcome, pending, queued, request, said, told,
};
use http::Response;
use serde_json::json;
use tidegate_event::Severity;
use tidegate_sink::SinkErrorKind::{Throttled, Unauthorized, Unavailable, Unconfirmed};
use tidegate_sink::{Delivery, Outcome};
use tidegate_testkit::sample::{self, Episode};

mod common;

fn again() -> Delivery {
    sample::delivery(sample::issue()).with_maybe_applied()
}

fn alert(status: &str) -> Response<Bytes> {
    said(200, &json!({ "data": { "id": "an-alert", "alias": "a", "status": status } }))
}

fn none() -> Response<Bytes> {
    said(404, &json!({ "message": "Alert does not exist", "requestId": "r" }))
}

/// What is asked after each number of `answers`.
fn course(dialect: &tidegate_sink_opsgenie::Opsgenie, delivery: &Delivery, answers: &[Response<Bytes>]) -> Vec<String> {
    (0..answers.len()).map(|heard| asked(dialect, delivery, &answers[..heard])).collect()
}

#[test]
fn the_first_is_created_and_followed_until_it_is_worked_off() {
    let open = sample::delivery(sample::issue());
    let answers = [queued(), pending(), pending(), done()];
    assert_eq!(
        course(&opsgenie(), &open, &answers),
        ["POST ", "GET /requests/id", "GET /requests/id", "GET /requests/id"]
    );
    let waits: Vec<u64> = (0..4).map(|heard| request(&opsgenie(), &open, &answers[..heard]).0.as_secs()).collect();
    assert_eq!(waits, [0, 1, 2, 5]);
    let Outcome::Accepted(Some(receipt)) = outcome(&opsgenie(), &open, &answers) else { panic!("not accepted") };
    assert_eq!(receipt.as_str(), format!(r#"{{"alias":"{}"}}"#, sample::issue().key.id()));
}

#[test]
fn an_update_sends_three_changes_and_then_follows_each() {
    let update = told(sample::issue());
    let answers = [queued(), queued(), queued(), pending(), done(), pending(), done(), done()];
    let asked = course(&opsgenie(), &update, &answers);
    assert_eq!(asked[..3], ["PUT /alias/message", "PUT /alias/description", "PUT /alias/priority"]);
    assert!(asked[3..].iter().all(|asked| asked == "GET /requests/id"));
    let waits: Vec<u64> = (3..8).map(|heard| request(&opsgenie(), &update, &answers[..heard]).0.as_secs()).collect();
    assert_eq!(waits, [1, 0, 0, 2, 0], "a round waits once");
    assert!(is_accepted(&outcome(&opsgenie(), &update, &answers)));
}

#[test]
fn an_update_of_an_alert_that_somebody_deleted_or_closed_creates_it_anew() {
    let update = told(Episode::new("disk-usage").open());
    for gone in [absent(), became(false, "Alert is already closed", "an-alert")] {
        let answers = [queued(), queued(), queued(), gone.clone(), gone.clone(), gone, queued(), done()];
        assert_eq!(asked(&opsgenie(), &update, &answers[..6]), "POST ");
        assert!(is_accepted(&outcome(&opsgenie(), &update, &answers)));
        let dropped = became(false, "Alert is not created: ignored by integration filter", "");
        let answers = [&answers[..7], &[dropped]].concat();
        assert!(matches!(outcome(&opsgenie(), &update, &answers), Outcome::Rejected(_)));
    }
    // At once.
    assert_eq!(asked(&opsgenie(), &update, &[none(), none(), none()]), "POST ");
}

#[test]
fn an_update_of_which_a_part_is_refused_is_a_dead_letter_that_says_which() {
    let update = told(sample::issue());
    let refused = said(422, &json!({ "message": "no", "errors": { "priority": "not so high" }, "requestId": "r" }));
    let mixed = [queued(), queued(), refused.clone(), done(), done()];
    let Outcome::Rejected(reason) = outcome(&opsgenie(), &update, &mixed) else { panic!("taken") };
    let words = reason.to_string();
    assert!(words.contains("refused: the priority; taken: the message, the description"), "{words}");
    assert!(words.contains("not so high") && words.contains("422"), "{words}");
    let all = [refused.clone(), refused.clone(), refused];
    let Outcome::Rejected(reason) = outcome(&opsgenie(), &update, &all) else { panic!("taken") };
    assert_eq!(reason.message, "Opsgenie answered 422 Unprocessable Entity");
}

#[test]
fn a_close_is_followed_and_one_of_nothing_is_done() {
    let disk = Episode::new("disk-usage");
    disk.open();
    let closed = sample::delivery(disk.close());
    assert_eq!(asked(&opsgenie(), &closed, &[]), "POST /alias/close");
    let note = body(&request(&opsgenie(), &closed, &[]).1)["note"].to_string();
    assert!(note.contains("Closed after 1 min"), "{note}");
    for answers in [
        vec![queued(), done()],
        vec![queued(), pending(), absent()],
        vec![queued(), became(false, "Alert is already closed", "an-alert")],
        vec![none()],
    ] {
        assert!(is_accepted(&outcome(&opsgenie(), &closed, &answers)), "{answers:?}");
        assert!(is_accepted(&outcome(&opsgenie(), &closed.clone().with_maybe_applied(), &answers)));
    }
    assert_eq!(asked(&opsgenie(), &closed, &[queued(), pending()]), "GET /requests/id");
}

#[test]
fn what_may_be_there_is_looked_for_and_updated() {
    let answers = [alert("open"), queued(), queued(), queued()];
    assert_eq!(
        course(&opsgenie(), &again(), &answers),
        ["GET /alias", "PUT /alias/message", "PUT /alias/description", "PUT /alias/priority"]
    );
    assert_eq!(request(&opsgenie(), &again(), &[]).1.uri().query(), Some("identifierType=alias"));
}

#[test]
fn what_may_be_in_the_queue_is_looked_for_again_before_it_is_created() {
    for nothing in [none(), alert("closed")] {
        let answers = [nothing.clone(), nothing.clone(), nothing.clone(), nothing];
        let waits: Vec<u64> =
            (0..4).map(|heard| request(&opsgenie(), &again(), &answers[..heard]).0.as_secs()).collect();
        assert_eq!(waits, [0, 1, 2, 5]);
        assert_eq!(asked(&opsgenie(), &again(), &answers[..3]), "GET /alias");
        assert_eq!(asked(&opsgenie(), &again(), &answers), "POST ");
        assert_eq!(asked(&opsgenie(), &again(), &[answers[0].clone(), alert("open")]), "PUT /alias/message");
    }
}

#[test]
fn what_is_created_though_it_may_be_there_is_told_what_is_so_now() {
    let disk = Episode::new("disk-usage");
    let first = sample::delivery(disk.open()).with_maybe_applied();
    let looked = [none(), none(), none(), none(), queued()];
    let created = [&looked[..], &[pending(), done()]].concat();
    assert_eq!(asked(&opsgenie(), &first, &looked), "GET /requests/id", "an earlier attempt said the same");
    assert!(is_accepted(&outcome(&opsgenie(), &first, &created)));
    let later = sample::delivery(disk.update()).with_maybe_applied();
    // The changes go once there is something to change.
    for heard in [5, 6] {
        assert_eq!(asked(&opsgenie(), &later, &created[..heard]), "GET /requests/id");
    }
    assert_eq!(asked(&opsgenie(), &later, &created), "PUT /alias/message");
    let answers = [&created[..], &vec![queued(); 3], &vec![done(); 3]].concat();
    assert!(is_accepted(&outcome(&opsgenie(), &later, &answers)));
    let nowhere = [&created[..], &vec![queued(); 3], &vec![absent(); 3]].concat();
    assert_eq!(kind(&outcome(&opsgenie(), &later, &nowhere)), Some(Unconfirmed), "not told");
    let closed = became(false, "Alert is already closed", "an-alert");
    let closed = [&created[..], &vec![queued(); 3], &vec![closed; 3]].concat();
    assert!(is_accepted(&outcome(&opsgenie(), &later, &closed)), "else it would be created again and again");
    let dropped = became(false, "Alert is not created: ignored by integration filter", "");
    let dropped = [&looked[..], &[dropped]].concat();
    assert!(matches!(outcome(&opsgenie(), &later, &dropped), Outcome::Rejected(_)), "there is nothing to change");
}

#[test]
fn a_delivery_waits_for_no_longer_than_a_lane_does() {
    let disk = Episode::new("disk-usage");
    disk.open();
    let later = sample::delivery(disk.update()).with_maybe_applied();
    let created = [vec![none(); 4], vec![queued()], vec![pending(); 4], vec![done()], vec![queued(); 3]].concat();
    let mut answers = created;
    let mut waited = 0;
    while let Ok(tidegate_http::Step::Send { .. }) = common::step(&opsgenie(), &later, &answers) {
        answers.push(pending());
        assert!(answers.len() < 50);
    }
    for heard in 0..answers.len() {
        waited += request(&opsgenie(), &later, &answers[..heard]).0.as_secs();
    }
    assert!((91..=95).contains(&waited), "{waited}");
    assert_eq!(kind(&outcome(&opsgenie(), &later, &answers)), Some(Unconfirmed));
}

#[test]
fn a_key_that_may_not_look_creates_and_a_look_that_failed_does_not() {
    for status in [402, 403] {
        let forbidden = said(status, &json!({ "message": "no", "code": 40_300, "requestId": "r" }));
        assert_eq!(asked(&opsgenie(), &again(), &[forbidden]), "POST ");
    }
    for (answer, want) in [
        (said(429, &json!("")), Throttled),
        (said(502, &json!("")), Unavailable),
        (said(200, &json!("what?")), Unconfirmed),
        (alert("resting"), Unconfirmed),
        (said(401, &json!({ "message": "no" })), Unauthorized),
    ] {
        assert_eq!(kind(&outcome(&opsgenie(), &again(), &[answer])), Some(want));
    }
}

#[test]
fn jira_service_management_takes_its_202_and_notes_what_changed() {
    let disk = Episode::new("disk-usage");
    let open = sample::delivery(disk.open());
    assert_eq!(asked(&jsm(), &open, &[]), "POST ");
    assert!(is_accepted(&outcome(&jsm(), &open, &[queued()])));
    let worse = told(disk.update_at(Severity::Critical));
    assert_eq!(asked(&jsm(), &worse, &[]), "POST /alias/notes");
    let note = body(&request(&jsm(), &worse, &[]).1)["note"].to_string();
    assert!(note.contains("Now critical (P1)") && note.contains("Share 0.82"), "{note}");
    assert!(is_accepted(&outcome(&jsm(), &worse, &[queued()])));
    assert_eq!(asked(&jsm(), &worse, &[none()]), "POST ", "where it says so, it is created anew");
    let closed = told(disk.close());
    assert_eq!(asked(&jsm(), &closed, &[]), "POST /alias/close");
    assert!(is_accepted(&outcome(&jsm(), &closed, &[queued()])));
}

#[test]
fn jira_service_management_is_told_what_may_have_been_created_before() {
    let disk = Episode::new("disk-usage");
    let first = sample::delivery(disk.open()).with_maybe_applied();
    assert!(is_accepted(&outcome(&jsm(), &first, &[queued()])), "the same is told by the creation");
    let second = sample::delivery(disk.update()).with_maybe_applied();
    assert_eq!(course(&jsm(), &second, &[queued(), queued()]), ["POST ", "POST /alias/notes"]);
    assert!(is_accepted(&outcome(&jsm(), &second, &[queued(), queued()])));
}

#[test]
fn waits_may_be_set_and_never_to_none() {
    let build = |waits: &[Duration]| {
        let builder = tidegate_sink_opsgenie::Opsgenie::builder(tidegate_base::Secret::literal("k"));
        builder.with_polls(waits.to_vec()).build().expect("a dialect")
    };
    let open = sample::delivery(sample::issue());
    let seconds = |waits: &[Duration]| request(&build(waits), &open, &[queued()]).0.as_secs();
    assert_eq!((seconds(&[Duration::from_secs(9)]), seconds(&[])), (9, 1));
}
