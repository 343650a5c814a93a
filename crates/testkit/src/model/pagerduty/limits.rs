//! What PagerDuty takes, by *Send an Alert Event*. Texts are measured in units of UTF-16.

use serde_json::Value;
use tidegate_event::time;

const KEY: usize = 32;
const DEDUP_KEY: usize = 255;
const SUMMARY: usize = 1_024;
const FIELDS: [&str; 7] = ["event_action", "dedup_key", "payload", "client", "client_url", "links", "images"];
const PAYLOAD: [&str; 8] =
    ["summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"];

/// What is wrong with a routing key, in PagerDuty's words.
pub(super) fn key(key: &Value) -> Vec<String> {
    let Some(key) = key.as_str().filter(|key| !key.is_empty()) else {
        return vec!["'routing_key' is missing or blank".to_owned()];
    };
    let mut wrong = Vec::new();
    if key.chars().count() != KEY {
        wrong.push(format!("Length of 'routing_key' is incorrect (should be {KEY} characters)"));
    }
    if !key.chars().all(|letter| letter.is_ascii_alphanumeric()) {
        wrong.push("'routing_key' cannot contain non-alphanumeric characters.".to_owned());
    }
    wrong
}

/// What is wrong with an event whose routing key is good.
pub(super) fn event(body: &Value) -> Vec<String> {
    let mut wrong = Wrong::default();
    let action = body["event_action"].as_str().unwrap_or_default();
    if !["trigger", "acknowledge", "resolve"].contains(&action) {
        wrong.push("event_action", "is none of trigger, acknowledge and resolve");
    }
    wrong.unknown("", body, &FIELDS);
    wrong.text("dedup_key", &body["dedup_key"], action != "trigger", DEDUP_KEY);
    if action == "trigger" {
        payload(&mut wrong, &body["payload"]);
        wrong.text("client", &body["client"], false, usize::MAX);
    } else if body.get("client").is_some() || body.get("client_url").is_some() {
        wrong.push("client", "is for triggers only");
    }
    links(&mut wrong, body);
    wrong.0
}

fn payload(wrong: &mut Wrong, payload: &Value) {
    if !payload.is_object() {
        return wrong.push("payload", "is missing or blank");
    }
    wrong.unknown("payload.", payload, &PAYLOAD);
    wrong.text("payload.summary", &payload["summary"], true, SUMMARY);
    wrong.text("payload.source", &payload["source"], true, usize::MAX);
    for name in ["component", "group", "class"] {
        wrong.text(&format!("payload.{name}"), &payload[name], false, usize::MAX);
    }
    if !["critical", "error", "warning", "info"].iter().any(|word| payload["severity"] == *word) {
        wrong.push(
            "payload.severity",
            "is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
        );
    }
    let timestamp = &payload["timestamp"];
    if !timestamp.is_null() && time::deserialize(timestamp).is_err() {
        wrong.push("payload.timestamp", "is no ISO 8601 timestamp");
    }
    if !payload["custom_details"].is_null() && !payload["custom_details"].is_object() {
        wrong.push("payload.custom_details", "is no object");
    }
}

fn links(wrong: &mut Wrong, body: &Value) {
    for (list, needed, schemes) in [("links", "href", &["https://", "http://"][..]), ("images", "src", &["https://"])] {
        let Some(items) = body.get(list) else { continue };
        let address = |item: &Value| {
            item[needed].as_str().is_some_and(|address| schemes.iter().any(|scheme| address.starts_with(scheme)))
        };
        if !items.as_array().is_some_and(|items| items.iter().all(address)) {
            wrong.push(list, &format!("is no list of objects with {needed}"));
        }
    }
}

#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn push(&mut self, field: &str, what: &str) {
        self.0.push(format!("'{field}' {what}"));
    }

    fn text(&mut self, field: &str, value: &Value, needed: bool, longest: usize) {
        match value.as_str() {
            Some(text) if text.trim().is_empty() => self.push(field, "is missing or blank"),
            Some(text) if text.encode_utf16().count() > longest => {
                self.push(field, &format!("is too long (maximum is {longest} characters)"));
            }
            None if needed || !value.is_null() => self.push(field, "is missing or blank"),
            Some(_) | None => {}
        }
    }

    /// A field that no document names is a slip of the client's.
    fn unknown(&mut self, place: &str, value: &Value, known: &[&str]) {
        for name in value.as_object().into_iter().flat_map(|fields| fields.keys()) {
            if !known.contains(&name.as_str()) {
                self.push(&format!("{place}{name}"), "is unknown");
            }
        }
    }
}
