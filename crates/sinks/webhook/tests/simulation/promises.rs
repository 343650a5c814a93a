//! What the receiver must know, once everything is mended and there was time.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tidegate_event::{Event, IssueEvent};
use tidegate_router::STORE_FAILING;
use tidegate_testkit::model::{WebhookMessage, WebhookReceiver};

use crate::receiver::NAME;
use crate::truth::{Truth, is_told};

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

pub(crate) fn check(receiver: &WebhookReceiver, journal: &[Arc<Event>], truth: &Truth) -> Result<(), String> {
    let messages = receiver.messages();
    let mut episodes: BTreeMap<String, Vec<&WebhookMessage>> = BTreeMap::new();
    let mut notifications: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for message in &messages {
        let word = |name: &str| message.data[name].as_str().unwrap_or_default().to_owned();
        match message.r#type.split('.').next() {
            // Told while nothing can be recorded of it: a crash may set it back.
            Some("issue") if message.data["key"]["kind"] == STORE_FAILING => {}
            Some("issue") => episodes.entry(word("episode")).or_default().push(message),
            Some("notification") => {
                notifications.entry(word("id")).or_default().push(message.data["revision"].as_u64().unwrap_or(0));
            }
            _ => {}
        }
    }
    for (first, last) in truth.episodes.iter().filter(|(first, _)| &**first.key.kind() != STORE_FAILING) {
        let told = episodes.remove(&first.episode.to_string()).unwrap_or_default();
        if is_told(first, NAME) {
            episode(&told, last).map_err(|what| format!("{what}: told is {told:?}, true is {last:?}"))?;
        } else {
            ensure(told.is_empty(), || format!("it is told of itself: {last:?}"))?;
        }
    }
    ensure(episodes.is_empty(), || format!("told of what never was: {episodes:?}"))?;
    for event in journal {
        let Event::Notification(notification) = &**event else { continue };
        let told = notifications.get(&notification.id).cloned().unwrap_or_default();
        let last = truth.notifications.get(&notification.id).copied().map(u64::from);
        let right = told.is_sorted_by(|a, b| a < b) && told.last().copied() == last;
        ensure(right, || format!("promise 3: of {} revisions {told:?} were told, {last:?} is true", notification.id))?;
    }
    Ok(())
}

/// What was told of one episode, each message when it came first.
fn episode(told: &[&WebhookMessage], last: &IssueEvent) -> Result<(), String> {
    let sequences: Vec<u64> = told.iter().filter_map(|message| message.data["sequence"].as_u64()).collect();
    ensure(sequences.is_sorted_by(|a, b| a < b), || format!("promise 1: told in the order {sequences:?}"))?;
    let mut right = serde_json::to_value(last).map_err(|error| error.to_string())?;
    right["id"] = last.key.id().into();
    let shown = told.last().map_or(&Value::Null, |message| &message.data);
    ensure(*shown == right, || format!("promise 2: the last that was told is {shown}"))?;
    let opened = told.iter().any(|message| message.r#type == "issue.opened");
    ensure(opened || last.is_closed(), || "promise 2: it is open, and was never opened".to_owned())
}
