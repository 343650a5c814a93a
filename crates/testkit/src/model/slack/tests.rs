use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use super::SlackService;
use crate::ManualClock;

const CHANNEL: &str = "C0TIDE00001";

fn slack() -> (SlackService, ManualClock) {
    let clock = ManualClock::new();
    (SlackService::new(CHANNEL, "xoxb-1").with_clock(clock.clone()), clock)
}

const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";

/// Asks as Slack's documentation has it: in JSON where that is taken.
fn ask(slack: &SlackService, path: &str, body: &Value) -> (u16, Value, Response<Bytes>) {
    if path.contains("chat.") || path.contains("/services/") {
        return send(slack, path, JSON, &body.to_string());
    }
    send(slack, path, FORM, &form(body))
}

fn form(body: &Value) -> String {
    let fields = body.as_object().expect("an object").iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let coded: Vec<String> = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
        format!("{name}={}", coded.concat())
    });
    fields.collect::<Vec<_>>().join("&")
}

fn send(slack: &SlackService, path: &str, kind: &str, body: &str) -> (u16, Value, Response<Bytes>) {
    let request = Request::post(format!("https://slack.example{path}"))
        .header("authorization", "Bearer xoxb-1")
        .header("content-type", kind)
        .body(Bytes::from(body.to_owned()))
        .expect("a request");
    let answer = slack.answer(&request);
    let said = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
    (answer.status().as_u16(), said, answer)
}

fn message(text: &str, id: &str, colour: &str) -> Value {
    json!({
        "channel": CHANNEL, "text": text, "blocks": [], "attachments": [{ "color": colour }],
        "metadata": { "event_type": "x", "event_payload": { "id": id } },
    })
}

fn post(slack: &SlackService, id: &str) -> String {
    let said = ask(slack, "/api/chat.postMessage", &message("Warning", id, "#daa038")).1;
    assert_eq!((&said["ok"], &said["channel"]), (&json!(true), &json!(CHANNEL)));
    said["ts"].as_str().expect("a ts").to_owned()
}

fn look(slack: &SlackService, more: &Value) -> Value {
    let mut body = json!({ "channel": CHANNEL, "include_all_metadata": true });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    ask(slack, "/conversations.history", &body).1
}

fn shown(page: &Value) -> Vec<&str> {
    let messages = page["messages"].as_array().expect("messages");
    messages.iter().map(|message| message["metadata"]["event_payload"]["id"].as_str().unwrap_or("?")).collect()
}

#[test]
fn a_message_is_posted_edited_and_deleted() {
    let (slack, _) = slack();
    let (first, second) = (post(&slack, "a"), post(&slack, "b"));
    assert_ne!(first, second, "in the same moment");
    let mut edit = message("Closed", "a", "good");
    edit["ts"] = first.as_str().into();
    assert_eq!(ask(&slack, "/chat.update", &edit).1["ts"], first.as_str());
    let about = slack.about("a");
    assert_eq!((about.len(), about[0].text(), about[0].edits()), (1, "Closed", 1));
    assert!(about[0].is_green() && !about[0].is_open() && slack.about("b")[0].is_open());
    assert!(slack.delete(&first) && !slack.delete(&first));
    assert_eq!(ask(&slack, "/chat.update", &edit).1["error"], "message_not_found");
    assert_eq!((slack.messages().len(), slack.all().len()), (1, 2));
    let asked: Vec<_> = slack.requests().into_iter().map(|request| (request.method, request.error)).collect();
    assert_eq!(asked[3], ("chat.update".to_owned(), Some("message_not_found".to_owned())));
}

#[test]
fn a_form_is_taken_for_every_method_and_json_for_some() {
    let (slack, _) = slack();
    let body = message("1 + 1 = 2 & é", "a", "good");
    for kind in [JSON, FORM, "application/x-www-form-urlencoded; charset=utf-8"] {
        let body = if kind == JSON { body.to_string() } else { form(&body) };
        assert_eq!(send(&slack, "/chat.postMessage", kind, &body).1["ok"], true, "{kind}");
    }
    let said = slack.messages().into_iter().map(|message| message.body().clone()).collect::<Vec<_>>();
    assert_eq!((said.len(), &said[0]), (3, &said[1]));
    assert_eq!(send(&slack, "/conversations.history", FORM, "channel=C0TIDE00001&limit=1").1["has_more"], true);
    assert_eq!(send(&slack, "/auth.test", FORM, "").1["ok"], true);
    assert_eq!(slack.complaints(), [""; 0]);

    for (path, kind, body, word) in [
        ("/conversations.history", JSON, "{}", "invalid_post_type"),
        ("/auth.test", JSON, "", "invalid_post_type"),
        ("/chat.postMessage", "text/xml", "<a/>", "invalid_post_type"),
        ("/chat.postMessage", "", "{}", "missing_post_type"),
        ("/chat.postMessage", "application/json; charset=latin1", "{}", "invalid_charset"),
        ("/chat.postMessage", FORM, "text", "invalid_form_data"),
        ("/chat.postMessage", FORM, "text=%4", "invalid_form_data"),
    ] {
        let before = slack.complaints().len();
        assert_eq!(send(&slack, path, kind, body).1["error"], word, "{path} {kind} {body}");
        assert_eq!(slack.complaints().len(), before + 1, "{path} {kind} {body}");
    }
    let before = slack.complaints().len();
    assert_eq!(send(&slack, "/chat.postMessage", "application/json", &body.to_string()).1["ok"], true);
    assert_eq!(slack.complaints().len(), before + 1, "without its charset");
}

#[test]
fn an_edit_keeps_attachments_and_drops_blocks() {
    let (slack, _) = slack();
    let mut body = message("Warning", "a", "#daa038");
    body["blocks"] = json!([{ "type": "divider" }]);
    let ts = ask(&slack, "/chat.postMessage", &body).1["ts"].clone();
    ask(&slack, "/chat.update", &json!({ "channel": CHANNEL, "ts": ts, "text": "Closed" }));
    let about = slack.about("a");
    assert_eq!((about[0].colour(), about[0].body().get("blocks")), (Some("#daa038"), None));
}

#[test]
fn the_history_comes_in_pages_from_the_newest_on_whatever_is_posted_by_the_way() {
    let (slack, clock) = slack();
    for id in ["a", "b", "c", "d"] {
        post(&slack, id);
        clock.advance(Duration::from_mins(1));
    }
    let first = look(&slack, &json!({ "limit": 2 }));
    assert_eq!(shown(&first), ["d", "c"]);
    post(&slack, "e");
    let cursor = &first["response_metadata"]["next_cursor"];
    let second = look(&slack, &json!({ "limit": 2, "cursor": cursor }));
    assert_eq!((shown(&second), &second["response_metadata"]["next_cursor"]), (vec!["b", "a"], &json!("")));
    let oldest = slack.about("c")[0].ts.clone();
    assert_eq!(shown(&look(&slack, &json!({ "oldest": oldest }))), ["e", "d"]);
    slack.delete(&slack.about("d")[0].ts);
    assert_eq!(shown(&look(&slack.clone().with_page(1), &json!({}))), ["e"]);
    assert_eq!(shown(&look(&slack, &json!({ "include_all_metadata": false }))), ["?"]);
}

#[test]
fn a_token_may_do_what_its_scopes_say_and_a_revoked_one_nothing() {
    let (slack, _) = slack();
    post(&slack, "a");
    slack.set_scopes(["chat:write", "channels:history"]);
    assert_eq!(shown(&look(&slack, &json!({}))), ["?"]);
    slack.set_scopes(["chat:write"]);
    let refused = look(&slack, &json!({}));
    assert_eq!((&refused["error"], &refused["needed"]), (&json!("missing_scope"), &json!("channels:history")));
    let (_, said, answer) = ask(&slack, "/auth.test", &json!({}));
    assert_eq!(
        (&said["ok"], &answer.headers()["x-oauth-scopes"]),
        (&json!(true), &"chat:write".parse().expect("text"))
    );
    slack.set_token_good(false);
    assert_eq!(ask(&slack, "/auth.test", &json!({})).1["error"], "invalid_auth");
    assert_eq!(ask(&slack, "/services/T/B/x", &json!({ "text": "x" })).0, 403);
    slack.set_token_good(true);
    post(&slack, "b");
    assert_eq!(slack.complaints(), [""; 0]);
}

#[test]
fn a_webhook_posts_each_time_and_refuses_a_message_without_a_word() {
    let (slack, _) = slack();
    for _ in 0..2 {
        let (status, _, answer) = ask(&slack, "/services/T/B/x", &json!({ "text": "Warning" }));
        assert_eq!((status, &answer.body()[..]), (200, &b"ok"[..]));
    }
    assert_eq!(slack.messages().len(), 2);
    assert_eq!(ask(&slack, "/services/T/B/x", &json!({})).0, 400, "what a probe asks");
    assert_eq!(slack.complaints(), [""; 0]);
}

#[test]
fn what_is_past_a_limit_is_refused_and_minded() {
    let (slack, _) = slack();
    let section = |length| json!([{ "type": "section", "text": { "type": "mrkdwn", "text": "x".repeat(length) } }]);
    let with = |part: &str, value: Value| {
        let mut body = message("Warning", "a", "good");
        body[part] = value;
        body
    };
    for (body, word) in [
        (with("text", " ".into()), "no_text"),
        (with("text", "🦀".repeat(2_001).into()), "msg_too_long"),
        (with("blocks", section(3_001)), "invalid_blocks"),
        (with("blocks", section(0)), "invalid_blocks"),
        (with("blocks", Value::Array(vec![section(2_900)[0].clone(); 5])), "msg_blocks_too_long"),
        (with("blocks", Value::Array(vec![section(1)[0].clone(); 51])), "invalid_blocks"),
        (with("attachments", Value::Array(vec![json!({}); 101])), "too_many_attachments"),
        (with("metadata", json!({ "event_payload": { "id": "x".repeat(9_000) } })), "metadata_too_large"),
    ] {
        let before = slack.complaints().len();
        assert_eq!(ask(&slack, "/chat.postMessage", &body).1["error"], word);
        assert_eq!(slack.complaints().len(), before + 1, "{word}");
    }
    ask(&slack, "/chat.postMessage", &with("text", "🦀".repeat(2_000).into()));
    assert_eq!(slack.messages().len(), 1);
    assert_eq!(ask(&slack, "/api/chat.shout", &json!({})).1["error"], "unknown_method");
}

#[test]
fn it_counts_each_method_by_the_minute_where_it_is_told_to() {
    let (slack, clock) = slack();
    let slack = slack.with_rates();
    for _ in 0..50 {
        look(&slack, &json!({}));
        clock.advance(Duration::from_millis(500));
    }
    let (status, _, answer) = ask(&slack, "/conversations.history", &json!({ "channel": CHANNEL }));
    let wait: u64 = answer.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert_eq!((status, wait), (429, 36), "25 s of the minute are over");
    post(&slack, "a");
    clock.advance(Duration::from_secs(wait));
    assert_eq!(look(&slack, &json!({}))["ok"], true);
}
