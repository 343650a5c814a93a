use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tidegate_event::IssueEvent;
use tidegate_testkit::conformance::Shown;
use tidegate_testkit::server::{json as answer, text};

use super::{CHANNEL, TOKEN};

/// A Slack with one channel: what it was told, and what it minds. Clones are the same Slack.
#[derive(Debug, Clone, Default)]
pub(crate) struct SlackModel {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) ts: String,
    pub(crate) body: Value,
    pub(crate) deleted: bool,
}

#[derive(Debug, Default)]
struct Inner {
    messages: Vec<Message>,
    /// What Slack would have minded.
    complaints: Vec<String>,
    cannot_look: bool,
}

impl SlackModel {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The token has no scope to look.
    pub(crate) fn without_history(self) -> Self {
        self.lock().cannot_look = true;
        self
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.lock().messages.iter().filter(|message| !message.deleted).cloned().collect()
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }

    pub(crate) fn delete_all(&self) {
        self.lock().messages.iter_mut().for_each(|message| message.deleted = true);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What people see of the issue: of several messages the last.
    pub(crate) fn shown(&self, issue: &IssueEvent) -> Shown {
        let episode = issue.episode.to_string();
        let messages = self.messages();
        let about: Vec<&Message> =
            messages.iter().filter(|message| message.body["metadata"]["event_payload"]["id"] == episode).collect();
        Shown { open: about.last().is_some_and(|message| is_open(message)), copies: about.len() }
    }

    /// The same at a webhook, where all messages of an episode are one telling.
    pub(crate) fn shown_at_webhook(&self, issue: &IssueEvent) -> Shown {
        let episode = issue.episode.to_string();
        let messages = self.messages();
        let last = messages.iter().rfind(|message| message.body.to_string().contains(&episode));
        Shown { open: last.is_some_and(is_open), copies: usize::from(last.is_some()) }
    }

    pub(crate) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path().to_owned();
        let mut inner = self.lock();
        let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        if path.starts_with("/services/") {
            return inner.hook(body);
        }
        if request.headers().get("authorization").is_none_or(|value| value != &format!("Bearer {TOKEN}")) {
            return refuse("invalid_auth");
        }
        match path.as_str() {
            "/auth.test" => answer(200, &json!({ "ok": true, "team": "Example", "user": "tidegate" })),
            _ if body["channel"] != CHANNEL => refuse("channel_not_found"),
            "/chat.postMessage" => inner.post(body),
            "/chat.update" => inner.update(body),
            "/conversations.history" => inner.history(&body),
            _ => refuse("unknown_method"),
        }
    }
}

fn is_open(message: &Message) -> bool {
    !message.body["text"].as_str().unwrap_or_default().contains("Closed")
}

fn refuse(code: &str) -> Response<Bytes> {
    answer(200, &json!({ "ok": false, "error": code }))
}

impl Inner {
    fn post(&mut self, body: Value) -> Response<Bytes> {
        if let Some(code) = self.complain(&body) {
            return refuse(code);
        }
        let ts = format!("1767225600.{:06}", self.messages.len() + 1);
        self.messages.push(Message { ts: ts.clone(), body, deleted: false });
        answer(200, &json!({ "ok": true, "channel": CHANNEL, "ts": ts }))
    }

    fn update(&mut self, body: Value) -> Response<Bytes> {
        if let Some(code) = self.complain(&body) {
            return refuse(code);
        }
        let ts = body["ts"].as_str().unwrap_or_default().to_owned();
        match self.messages.iter_mut().find(|message| message.ts == ts && !message.deleted) {
            Some(message) => {
                message.body = body;
                answer(200, &json!({ "ok": true, "channel": CHANNEL, "ts": ts }))
            }
            None => refuse("message_not_found"),
        }
    }

    /// Two messages a page, the newest first.
    fn history(&self, body: &Value) -> Response<Bytes> {
        if self.cannot_look {
            let refused = json!({ "ok": false, "error": "missing_scope", "needed": "channels:history" });
            return answer(200, &refused);
        }
        let start: usize = body["cursor"].as_str().and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let there: Vec<&Message> = self.messages.iter().rev().filter(|message| !message.deleted).collect();
        let page = there.iter().skip(start).take(2);
        let page: Vec<Value> = page
            .map(|message| json!({ "type": "message", "ts": message.ts, "metadata": message.body["metadata"] }))
            .collect();
        let next = if start + 2 < there.len() { (start + 2).to_string() } else { String::new() };
        answer(200, &json!({ "ok": true, "messages": page, "response_metadata": { "next_cursor": next } }))
    }

    fn hook(&mut self, body: Value) -> Response<Bytes> {
        if body["text"].as_str().unwrap_or_default().is_empty() {
            return text(400, "no_text");
        }
        if self.complain(&body).is_some() {
            return text(400, "invalid_payload");
        }
        self.messages.push(Message { ts: String::new(), body, deleted: false });
        text(200, "ok")
    }

    fn complain(&mut self, body: &Value) -> Option<&'static str> {
        let text = body["text"].as_str().unwrap_or_default();
        if text.contains("never to be taken") {
            return Some("restricted_text");
        }
        let code = if text.trim().is_empty() {
            "no_text"
        } else if text.chars().count() > 4_000 {
            "msg_too_long"
        } else if !fits(body, 3_000) {
            "invalid_blocks"
        } else {
            return None;
        };
        self.complaints.push(format!("{code}: {body}"));
        Some(code)
    }
}

/// Whether each text in blocks is there and short enough.
fn fits(value: &Value, limit: usize) -> bool {
    match value {
        Value::Array(items) => items.iter().all(|item| fits(item, limit)),
        Value::Object(map) => map.iter().all(|(key, value)| match (key.as_str(), value) {
            ("text", Value::String(text)) if map.contains_key("type") => {
                !text.trim().is_empty() && text.chars().count() <= limit
            }
            ("fields", Value::Array(fields)) => fields.len() <= 10 && fits(value, 2_000),
            _ => fits(value, limit),
        }),
        _ => true,
    }
}
