//! What people must see in Slack, once everything is mended and there was time.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tidegate_event::Event;
use tidegate_http::{Dialect, Step};
use tidegate_router::STORE_FAILING;
use tidegate_sink_slack::Slack;
use tidegate_testkit::model::{SlackMessage, SlackService};
use tidegate_testkit::sample;

use crate::slack::{NAME, Way, dialect};
use crate::truth::{Truth, is_told};

/// How a message says that it may be a repetition.
const MARK: &str = "There may be an earlier message";

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

pub(crate) fn check(way: Way, slack: &SlackService, journal: &[Arc<Event>], truth: &Truth) -> Result<(), String> {
    let (dialect, all) = (dialect(way), slack.all());
    let mut episodes: BTreeMap<String, Vec<&SlackMessage>> = BTreeMap::new();
    for message in &all {
        ensure(message.history.iter().all(|body| told(body).0 == told(&message.history[0]).0), || {
            format!("promise 1: a message was made to tell of another: {message:?}")
        })?;
        let about = if let (Some(episode), _) = told(message.body()) { episode } else { message.id().unwrap_or("") };
        episodes.entry(about.to_owned()).or_default().push(message);
    }
    for (first, last) in &truth.episodes {
        let messages = episodes.remove(&first.episode.to_string()).unwrap_or_default();
        ensure(is_told(first, NAME) || messages.is_empty(), || format!("it is told of itself: {last:?}"))?;
        if is_told(first, NAME) {
            let last = last.clone().into();
            one(way, &dialect, &messages, &last).map_err(|what| format!("{what}, true is {last:?}"))?;
        }
    }
    for notification in notifications(journal) {
        let Event::Notification(last) = &*notification else { continue };
        let messages = match way {
            // Nothing in the message tells which notification it is of, and each has words of its own.
            Way::Webhook => all.iter().filter(|message| message.text().ends_with(&last.message)).collect(),
            Way::Bot | Way::Blind | Way::BlindToMetadata => episodes.remove(&last.id).unwrap_or_default(),
        };
        one(way, &dialect, &messages, &notification).map_err(|what| format!("{what}, true is {last:?}"))?;
    }
    Ok(())
}

/// Each notification's last revision, as it was taken first.
fn notifications(journal: &[Arc<Event>]) -> Vec<Arc<Event>> {
    let mut last: BTreeMap<&str, (u32, &Arc<Event>)> = BTreeMap::new();
    for event in journal {
        if let Event::Notification(notification) = &**event {
            let known = last.entry(&notification.id).or_insert((notification.revision, event));
            if notification.revision > known.0 {
                *known = (notification.revision, event);
            }
        }
    }
    last.into_values().map(|(_, event)| Arc::clone(event)).collect()
}

/// What `messages` of one episode or notification must show, of which `last` is the last that is true.
fn one(way: Way, dialect: &Slack, messages: &[&SlackMessage], last: &Event) -> Result<(), String> {
    let expected = words(&request(dialect, last));
    let says = |message: &SlackMessage| words(message.body()) == expected;
    let there: Vec<&&SlackMessage> = messages.iter().filter(|message| !message.deleted).collect();
    // Told though nothing could be made durable: a crash may set it back, and it is told again.
    let set_back = matches!(last, Event::Issue(issue) if &**issue.key.kind() == STORE_FAILING);
    if !set_back {
        in_order(way, messages)?;
    }
    if way == Way::Bot {
        ensure(there.len() <= 1, || format!("promise 1: {} messages: {there:?}", there.len()))?;
        ensure(there.len() == 1 || messages.iter().any(|message| message.deleted), || {
            "promise 2: no message".to_owned()
        })?;
        // What somebody deleted when all was said is not said again.
        let said = if there.is_empty() { messages } else { &[*there[0]][..] };
        ensure(said.iter().any(|message| says(message)), || format!("promise 2: no message says it: {messages:?}"))?;
    } else {
        let shown = messages.last().ok_or("promise 2: there is no message")?;
        ensure(says(shown), || format!("promise 2: the last message says something else: {messages:?}"))?;
    }
    if let (Event::Issue(issue), Some(shown)) = (last, there.last()) {
        let (green, closed) = (shown.is_green(), issue.is_closed());
        ensure(messages.last().is_some_and(|last| last.deleted) || green == closed, || {
            format!("promise 2: green is {green} in {shown:?}")
        })?;
    }
    Ok(())
}

/// Nothing goes back, and what may be a repetition says so where nobody could look, and nowhere else.
fn in_order(way: Way, messages: &[&SlackMessage]) -> Result<(), String> {
    for (number, message) in messages.iter().enumerate() {
        let numbers: Vec<u32> = message.history.iter().map(|body| told(body).1).collect();
        ensure(numbers.is_sorted(), || format!("promise 1: told {numbers:?} in {message:?}"))?;
        let marked = message.history[0].to_string().contains(MARK);
        let right = match way {
            Way::Bot => !marked,
            Way::Blind | Way::BlindToMetadata => number == 0 || marked,
            Way::Webhook => true,
        };
        ensure(right, || format!("promise 1: marked as a repetition is {marked} in number {number}: {message:?}"))?;
    }
    let posts: Vec<u32> = messages.iter().map(|message| told(&message.history[0]).1).collect();
    ensure(posts.is_sorted(), || format!("promise 1: posted in the order {posts:?}"))
}

/// The episode, where a message is about an issue, and the number of the event or the revision, from its last line.
pub(crate) fn told(body: &Value) -> (Option<&str>, u32) {
    let blocks = body["attachments"][0]["blocks"].as_array();
    let foot = blocks.and_then(|blocks| blocks.last()?["elements"][0]["text"].as_str()).unwrap_or_default();
    let part = |name: &str| foot.split(" · ").find_map(|part| part.strip_prefix(name)?.strip_prefix(' '));
    let number = part("event").or_else(|| part("revision")).and_then(|number| number.parse().ok());
    (part("episode"), number.unwrap_or(0))
}

/// The message that the dialect makes of `event` for the first time.
pub(crate) fn request(dialect: &Slack, event: &Event) -> Value {
    let delivery = sample::delivery(event.clone());
    match dialect.step(&delivery, &[], sample::at()) {
        Ok(Step::Send { request, .. }) => serde_json::from_slice(request.body()).expect("JSON"),
        other => panic!("no request: {other:?}"),
    }
}

/// What people read of it, less the mark.
fn words(body: &Value) -> (Value, Value, Value) {
    let mut attachments = body["attachments"].clone();
    if let Some(blocks) = attachments[0]["blocks"].as_array_mut() {
        blocks.retain(|block| !block["text"]["text"].as_str().unwrap_or_default().contains(MARK));
    }
    (body["text"].clone(), body["blocks"].clone(), attachments)
}
