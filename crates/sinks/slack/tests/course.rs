//! How a delivery goes: edit, look, post, and what it says by the way.

use bytes::Bytes;
use common::{CHANNEL, asked, bot, error, kind, ok, outcome, said, told, webhook};
use http::Response;
use serde_json::{Value, json};
use tidegate_sink::{Delivery, Outcome, Receipt, SinkErrorKind};
use tidegate_testkit::sample::{self, Episode};

mod common;

/// A page of history: the messages' `ts` and the ids in their metadata.
fn page(messages: &[(&str, &str)], cursor: &str) -> Response<Bytes> {
    let messages: Vec<Value> = messages
        .iter()
        .map(|(ts, id)| {
            json!({ "ts": ts, "text": "x", "metadata": { "event_type": "tidegate_issue", "event_payload": { "id": id } } })
        })
        .collect();
    said(200, &json!({ "ok": true, "messages": messages, "response_metadata": { "next_cursor": cursor } }))
}

fn episode() -> String {
    sample::issue().episode.to_string()
}

fn again() -> Delivery {
    sample::delivery(sample::issue()).with_maybe_applied()
}

fn receipt(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Accepted(Some(receipt)) => receipt.read().expect("JSON"),
        other => panic!("no receipt: {other:?}"),
    }
}

fn is_marked(body: &Value) -> bool {
    body.to_string().contains("There may be an earlier message")
}

#[test]
fn the_first_is_posted_and_the_next_edit_it() {
    let disk = Episode::new("disk-usage");
    let open = sample::delivery(disk.open());
    let (method, body) = asked(&bot(), &open, &[]);
    assert_eq!((method.as_str(), &body["channel"]), ("chat.postMessage", &json!(CHANNEL)));
    let posted = receipt(outcome(&bot(), &open, &[ok("1.000001")]));
    assert_eq!(posted, json!({ "channel": CHANNEL, "ts": "1.000001" }));

    let prior = Receipt::new(&posted).expect("JSON");
    let closed = sample::delivery(disk.close()).with_prior(prior).with_maybe_applied();
    let (method, body) = asked(&bot(), &closed, &[]);
    assert_eq!((method.as_str(), &body["ts"]), ("chat.update", &json!("1.000001")));
    assert_eq!(body["attachments"][0]["color"], "#2eb886");
    assert_eq!(receipt(outcome(&bot(), &closed, &[ok("1.000001")])), posted);
}

#[test]
fn what_may_be_there_is_looked_for_over_all_pages_and_edited() {
    let (method, body) = asked(&bot(), &again(), &[]);
    assert_eq!((method.as_str(), &body["include_all_metadata"]), ("conversations.history", &json!("true")));
    let oldest: f64 = body["oldest"].as_str().and_then(|oldest| oldest.parse().ok()).expect("a time");
    let opened = sample::issue().opened_at.timestamp();
    assert_eq!(format!("{oldest:.0}"), (opened - 3_600).to_string());

    let first = page(&[("9.0", "another"), ("8.0", "")], "next==");
    assert_eq!(asked(&bot(), &again(), std::slice::from_ref(&first)).1["cursor"], "next==");
    let second = page(&[("7.0", &episode()), ("6.0", &episode())], "");
    let answers = [first, second, ok("7.0")];
    let (method, body) = asked(&bot(), &again(), &answers[..2]);
    assert_eq!((method.as_str(), &body["ts"]), ("chat.update", &json!("7.0")));
    assert!(!is_marked(&body));
    assert_eq!(receipt(outcome(&bot(), &again(), &answers))["ts"], "7.0");
}

#[test]
fn what_is_not_there_is_posted_as_if_for_the_first_time() {
    let (method, body) = asked(&bot(), &again(), &[page(&[("9.0", "another")], "")]);
    assert_eq!((method.as_str(), is_marked(&body)), ("chat.postMessage", false));
}

#[test]
fn where_the_token_may_not_look_it_is_posted_once_more_with_a_mark() {
    let codes = ["missing_scope", "not_in_channel", "channel_not_found", "no_permission", "invalid_arguments", "odd"];
    for code in codes {
        let (method, body) = asked(&bot(), &again(), &[error(code)]);
        assert_eq!((method.as_str(), is_marked(&body)), ("chat.postMessage", true), "{code}");
    }
    let closed = sample::delivery(Episode::new("disk-usage").close()).with_maybe_applied();
    assert!(is_marked(&asked(&bot(), &closed, &[error("missing_scope")]).1), "a close as well");

    // Slack leaves out the metadata that a token may not see.
    let mut blind = page(&[("9.0", "")], "");
    blind.headers_mut().insert("x-oauth-scopes", "chat:write,channels:history".parse().expect("a value"));
    assert!(is_marked(&asked(&bot(), &again(), &[blind]).1));
}

#[test]
fn a_look_that_failed_is_looked_again_and_nothing_is_posted() {
    for (answer, want) in [
        (error("ratelimited"), SinkErrorKind::Throttled),
        (error("internal_error"), SinkErrorKind::Unavailable),
        (said(429, &json!("")), SinkErrorKind::Throttled),
        (said(502, &json!("")), SinkErrorKind::Unavailable),
        (said(200, &json!("what?")), SinkErrorKind::Unconfirmed),
        (error("invalid_auth"), SinkErrorKind::Unauthorized),
        (error("token_revoked"), SinkErrorKind::Unauthorized),
        (error("team_not_found"), SinkErrorKind::Misconfigured),
    ] {
        assert_eq!(kind(&outcome(&bot(), &again(), &[answer])), Some(want));
    }
}

#[test]
fn a_look_without_end_ends_with_a_mark() {
    let pages = vec![page(&[("9.0", "another")], "more"); 20];
    assert_eq!(asked(&bot(), &again(), &pages[..19]).0, "conversations.history");
    let (method, body) = asked(&bot(), &again(), &pages);
    assert_eq!((method.as_str(), is_marked(&body)), ("chat.postMessage", true));
}

#[test]
fn a_message_that_is_gone_is_looked_for_and_else_posted_anew() {
    let delivery = told(sample::issue());
    let gone = error("message_not_found");
    let answers = [gone.clone(), ok("2.000002")];
    assert_eq!(asked(&bot(), &delivery, &answers[..1]).0, "chat.postMessage");
    assert_eq!(receipt(outcome(&bot(), &delivery, &answers))["ts"], "2.000002");

    let delivery = told(sample::issue()).with_maybe_applied();
    let lost = page(&[("1767225600.000247", &episode()), ("1767225599.000001", &episode())], "");
    assert_eq!(asked(&bot(), &delivery, std::slice::from_ref(&gone)).0, "conversations.history");
    let (method, body) = asked(&bot(), &delivery, &[gone.clone(), lost.clone()]);
    assert_eq!(
        (method.as_str(), &body["ts"]),
        ("chat.update", &json!("1767225599.000001")),
        "not the one that is gone"
    );
    let answers = [gone.clone(), lost.clone(), error("cant_update_message"), lost];
    assert_eq!(asked(&bot(), &delivery, &answers).0, "chat.postMessage");
}

#[test]
fn what_can_never_be_edited_ends_in_a_post() {
    let delivery = told(sample::issue()).with_maybe_applied();
    let look = |ts| page(&[(ts, &episode())], "");
    let cannot = error("edit_window_closed");
    let answers = [cannot.clone(), look("1.0"), cannot.clone(), look("2.0"), cannot];
    assert_eq!(asked(&bot(), &delivery, &answers).0, "chat.postMessage");
}

#[test]
fn blocks_that_do_not_please_are_sent_as_plain_text_once() {
    for delivery in [sample::delivery(sample::issue()), told(sample::issue())] {
        let refused = [error("invalid_blocks"), error("invalid_blocks")];
        let (before, with_blocks) = asked(&bot(), &delivery, &[]);
        let (method, body) = asked(&bot(), &delivery, &refused[..1]);
        assert_eq!(method, before);
        assert_eq!((&body["blocks"], &body["attachments"]), (&json!([]), &json!([])));
        assert_eq!(body["metadata"], with_blocks["metadata"], "still to be found");
        assert!(body["text"].as_str().is_some_and(|text| text.contains("Cause: ")), "{body}");
        assert!(matches!(outcome(&bot(), &delivery, &refused), Outcome::Rejected(_)));
        let accepted = outcome(&bot(), &delivery, &[refused[0].clone(), ok("3.0")]);
        assert!(matches!(accepted, Outcome::Accepted(Some(_))), "{accepted:?}");
    }
    let (_, body) = asked(&webhook(), &sample::delivery(sample::issue()), &[said(400, &json!("invalid_payload"))]);
    assert!(body.get("blocks").is_none() && body.get("attachments").is_none(), "{body}");
}

#[test]
fn a_webhook_posts_each_change_and_marks_only_what_may_be_a_repetition() {
    let dialect = webhook();
    let disk = Episode::new("disk-usage");
    let open = sample::delivery(disk.open());
    assert!(!is_marked(&asked(&dialect, &open, &[]).1));
    assert!(is_marked(&asked(&dialect, &open.clone().with_maybe_applied(), &[]).1));
    let Outcome::Accepted(Some(told)) = outcome(&dialect, &open, &[said(200, &json!("ok"))]) else {
        panic!("not told")
    };
    let closed = sample::delivery(disk.close()).with_prior(told).with_maybe_applied();
    let (path, body) = asked(&dialect, &closed, &[]);
    assert_eq!((path.as_str(), is_marked(&body)), ("/services/T000/B000/s3cretHook", false));
    assert!(body.get("metadata").is_none());
}

#[test]
fn a_notification_is_a_message_and_its_revision_edits_it() {
    let first = sample::notification("n-1");
    let (method, body) = asked(&bot(), &sample::delivery(first.clone()), &[]);
    assert_eq!((method.as_str(), &body["metadata"]["event_payload"]["id"]), ("chat.postMessage", &json!("n-1")));
    assert_eq!(asked(&bot(), &told(first.with_revision(1)), &[]).0, "chat.update");
}
