//! What is too long, too much or too often for Slack. Texts are measured in units of UTF-16.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{Refusal, SlackRequest};

/// The text of an edit; more is possible in a post, and then cut.
const TEXT: usize = 4_000;
const SECTION: usize = 3_000;
const FIELD: usize = 2_000;
const FIELDS: usize = 10;
const BLOCKS: usize = 50;
/// All texts in the blocks of one list together. Not documented.
const ALL_BLOCKS: usize = 13_200;
const ATTACHMENTS: usize = 100;
/// The payload of the metadata, in bytes of JSON.
const METADATA: usize = 8_000;
/// How often a method may be asked within a minute.
const RATES: [(&str, usize); 4] =
    [("chat.postMessage", 60), ("webhook", 60), ("chat.update", 50), ("conversations.history", 50)];

/// Slack's word for what is wrong with a message, if anything is.
pub(super) fn check(body: &Value) -> Result<(), &'static str> {
    let text = body["text"].as_str().unwrap_or_default();
    let attachments = body["attachments"].as_array().map(Vec::as_slice).unwrap_or_default();
    let lists = || std::iter::once(&body["blocks"]).chain(attachments.iter().map(|attachment| &attachment["blocks"]));
    if text.trim().is_empty() {
        Err("no_text")
    } else if length(text) > TEXT {
        Err("msg_too_long")
    } else if attachments.len() > ATTACHMENTS {
        Err("too_many_attachments")
    } else if lists().any(|blocks| !fits(blocks, SECTION) || blocks.as_array().is_some_and(|all| all.len() > BLOCKS)) {
        Err("invalid_blocks")
    } else if lists().map(all_text).sum::<usize>() > ALL_BLOCKS {
        Err("msg_blocks_too_long")
    } else if body["metadata"]["event_payload"].to_string().len() > METADATA {
        Err("metadata_too_large")
    } else {
        Ok(())
    }
}

/// Whether each text in blocks is there and short enough.
fn fits(value: &Value, limit: usize) -> bool {
    match value {
        Value::Array(items) => items.iter().all(|item| fits(item, limit)),
        Value::Object(map) => map.iter().all(|(key, value)| match (key.as_str(), value) {
            ("text", Value::String(text)) => !text.trim().is_empty() && length(text) <= limit,
            ("fields", Value::Array(fields)) => fields.len() <= FIELDS && fits(value, FIELD),
            _ => fits(value, limit),
        }),
        _ => true,
    }
}

fn all_text(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(all_text).sum(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| match value {
                Value::String(text) if key == "text" => length(text),
                value => all_text(value),
            })
            .sum(),
        _ => 0,
    }
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Whether `method` may be asked once more, after what was asked `before`.
pub(super) fn rate(method: &str, now: DateTime<Utc>, before: &[SlackRequest]) -> Result<(), Refusal> {
    let minute = TimeDelta::minutes(1);
    let Some((_, most)) = RATES.iter().find(|(known, _)| *known == method) else { return Ok(()) };
    let taken = |request: &&SlackRequest| request.method == method && request.error.as_deref() != Some("ratelimited");
    let lately = before.iter().rev().take_while(|request| now - request.at < minute);
    let lately: Vec<&SlackRequest> = lately.filter(taken).take(*most).collect();
    match lately.last() {
        Some(first) if lately.len() == *most => {
            let wait = (first.at + minute - now).num_seconds() + 1;
            Err(Refusal { retry_after: Some(wait.unsigned_abs()), ..Refusal::new("ratelimited") })
        }
        _ => Ok(()),
    }
}
