use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{Refusal, SlackMessage};

/// So many messages a page where nothing else is asked for.
const PAGE: u64 = 100;

/// The one channel.
#[derive(Debug)]
pub(super) struct Channel {
    id: String,
    pub(super) messages: Vec<SlackMessage>,
    /// A page of the history is no longer.
    pub(super) page: usize,
    /// The last `ts` in microseconds.
    last: i64,
}

impl Channel {
    pub(super) fn new(id: String) -> Self {
        Self { id, messages: Vec::new(), page: usize::MAX, last: 0 }
    }

    pub(super) fn is_meant(&self, body: &Value) -> Result<(), Refusal> {
        if body["channel"] == self.id.as_str() { Ok(()) } else { Err(Refusal::new("channel_not_found")) }
    }

    pub(super) fn find(&mut self, ts: &str) -> Option<&mut SlackMessage> {
        self.messages.iter_mut().find(|message| message.ts == ts && !message.deleted)
    }

    pub(super) fn post(&mut self, body: &Value, now: DateTime<Utc>) -> Value {
        self.last = now.timestamp_micros().max(self.last + 1);
        let ts = format!("{}.{:06}", self.last.div_euclid(1_000_000), self.last.rem_euclid(1_000_000));
        let said = told(body, &Map::new());
        self.messages.push(SlackMessage { ts: ts.clone(), deleted: false, history: vec![said] });
        json!({ "channel": self.id, "ts": ts })
    }

    pub(super) fn update(&mut self, body: &Value) -> Result<Value, Refusal> {
        let ts = body["ts"].as_str().unwrap_or_default();
        let answer = json!({ "channel": self.id, "ts": ts });
        let message = self.find(ts).ok_or_else(|| Refusal::new("message_not_found"))?;
        let mut kept = message.body().as_object().cloned().unwrap_or_default();
        if body.get("text").is_some() {
            kept.remove("blocks");
        }
        message.history.push(told(body, &kept));
        Ok(answer)
    }

    pub(super) fn history(&self, body: &Value, shows_metadata: bool) -> Value {
        let shows_metadata = shows_metadata && body["include_all_metadata"] == true;
        let oldest = body["oldest"].as_str().unwrap_or_default();
        let before = body["cursor"].as_str().and_then(|cursor| cursor.strip_prefix("next_ts:"));
        let limit = usize::try_from(body["limit"].as_u64().unwrap_or(PAGE)).unwrap_or(usize::MAX).min(self.page);
        let mut there = self.messages.iter().rev().filter(|message| {
            !message.deleted && message.ts.as_str() > oldest && before.is_none_or(|before| message.ts.as_str() < before)
        });
        let page: Vec<&SlackMessage> = there.by_ref().take(limit).collect();
        let cursor = match (page.last(), there.next()) {
            (Some(last), Some(_)) => format!("next_ts:{}", last.ts),
            _ => String::new(),
        };
        let shown = page.iter().map(|message| {
            let mut shown = message.body().clone();
            shown["type"] = "message".into();
            shown["ts"] = message.ts.as_str().into();
            if let Some(shown) = shown.as_object_mut().filter(|_| !shows_metadata) {
                shown.remove("metadata");
            }
            shown
        });
        let shown: Vec<Value> = shown.collect();
        json!({ "messages": shown, "has_more": !cursor.is_empty(), "response_metadata": { "next_cursor": cursor } })
    }
}

/// What a message says of `body`, over what it `kept`.
fn told(body: &Value, kept: &Map<String, Value>) -> Value {
    let mut said = kept.clone();
    for part in ["text", "blocks", "attachments", "metadata"] {
        if let Some(value) = body.get(part) {
            said.insert(part.to_owned(), value.clone());
        }
    }
    said.into()
}
