//! What we say.

pub(crate) mod text;

use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use tidegate_event::{Event, IssueEvent, IssueKey, Name, Notification, Reading, Resource, Severity, figure, time};

use self::text::{line, text};
use crate::Link;

/// The longest summary.
const SUMMARY: usize = 1_024;
/// The longest name of a node, a kind and the like, for which PagerDuty documents no limit: that of a `dedup_key`.
const NAME: usize = 255;
/// The longest text in the details. Four of them, each unit of UTF-16 in at most three bytes of JSON, leave most of the
/// 512 KB free.
const LONG: usize = 8_000;
/// The longest place: three names.
const PLACE: usize = 800;
/// The most figures that are shown.
const READINGS: usize = 20;

const STALE: &str = "Nothing was measured lately: it may be better or worse than this says.";
/// What stands in the place of the details of an event that was too large.
const LEFT_OUT: &str = "Left out: the event with its details was too large for what takes events here.";

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    All,
    /// What somebody must be woken with, and no more.
    Least,
}

/// The body of a request about `event`, less the routing key; `None` for a kind of event that the profile does not take.
pub(crate) fn body(event: &Event, links: &[Link], size: Size) -> Option<Map<String, Value>> {
    let (dedup_key, telling) = match event {
        Event::Issue(issue) if issue.is_closed() => (key_of(issue), None),
        Event::Issue(issue) => (key_of(issue), Some(Telling::issue(issue))),
        Event::Notification(notification) => (known_by(notification), Some(Telling::notification(notification))),
        Event::Log(_) | Event::Metric(_) => return None,
    };
    let mut body = Map::new();
    body.insert("dedup_key".to_owned(), dedup_key.into());
    let Some(mut telling) = telling else {
        body.insert("event_action".to_owned(), "resolve".into());
        return Some(body);
    };
    let mut links: Vec<Value> = links.iter().filter_map(|link| link.of(telling.class, telling.resource)).collect();
    if size == Size::Least {
        links.clear();
        telling.details = [("note".to_owned(), LEFT_OUT.into())].into_iter().collect();
    }
    body.insert("event_action".to_owned(), "trigger".into());
    body.insert("client".to_owned(), "tidegate".into());
    body.insert("payload".to_owned(), telling.payload());
    if !links.is_empty() {
        body.insert("links".to_owned(), links.into());
    }
    Some(body)
}

/// The body of a request that changes nothing: a resolve of what cannot be open, since no issue has such an id.
pub(crate) fn idle() -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("dedup_key".to_owned(), "tidegate:probe".into());
    body.insert("event_action".to_owned(), "resolve".into());
    body
}

/// The `dedup_key` of an issue. One without kind and resource has no id, where PagerDuty needs a key; nothing else has this
/// one.
fn key_of(issue: &IssueEvent) -> String {
    first([issue.key.id(), "tidegate:nameless".to_owned()])
}

/// The `dedup_key` of a notification: as injective, short and plain as that of an issue.
fn known_by(notification: &Notification) -> String {
    IssueKey::new("notification", Resource::new().with_part(&*notification.id)).id()
}

/// What a trigger says, cut.
struct Telling<'a> {
    summary: String,
    severity: Severity,
    class: &'a Name,
    resource: &'a Resource,
    timestamp: String,
    details: Map<String, Value>,
}

impl<'a> Telling<'a> {
    fn issue(issue: &'a IssueEvent) -> Self {
        let resource = issue.key.resource();
        let stale = if issue.stale { STALE.to_owned() } else { String::new() };
        let mut details = present([
            ("cause", text(&issue.cause, LONG)),
            ("remedy", text(&issue.remedy, LONG)),
            ("measured", measured(issue)),
            ("where", place(resource)),
            ("since", since(issue)),
            ("stale", stale),
            ("episode", issue.episode.to_string()),
        ]);
        details.insert("event".to_owned(), issue.sequence.into());
        Self {
            summary: first([line(&issue.summary, SUMMARY), line(issue.key.kind(), NAME), "an issue".to_owned()]),
            severity: issue.severity,
            class: issue.key.kind(),
            resource,
            timestamp: time::format(time::truncate(issue.at)),
            details,
        }
    }

    fn notification(notification: &'a Notification) -> Self {
        let summary = line(&notification.message, SUMMARY);
        // A short message stands in the summary whole.
        let whole = !summary.ends_with('…') && !notification.message.trim().contains('\n');
        let message = if whole { String::new() } else { text(&notification.message, LONG) };
        let mut details = present([
            ("message", message),
            ("where", place(&notification.resource)),
            ("when", figure::time(notification.at)),
            ("id", line(&notification.id, NAME)),
        ]);
        details.insert("revision".to_owned(), notification.revision.into());
        Self {
            summary: first([summary, line(&notification.kind, NAME), "a notification".to_owned()]),
            severity: notification.severity,
            class: &notification.kind,
            resource: &notification.resource,
            timestamp: time::format(time::truncate(notification.at)),
            details,
        }
    }

    fn payload(self) -> Value {
        let Resource { cluster, node, part } = self.resource;
        let name = |name: &Option<Name>| name.as_deref().map(|name| line(name, NAME)).unwrap_or_default();
        let (cluster, node, part) = (name(cluster), name(node), name(part));
        let mut payload = present([
            ("summary", self.summary),
            ("severity", severity(self.severity).to_owned()),
            ("source", first([node, cluster.clone(), part.clone(), "tidegate".to_owned()])),
            ("timestamp", self.timestamp),
            ("component", part),
            ("group", cluster),
            ("class", line(self.class, NAME)),
        ]);
        payload.insert("custom_details".to_owned(), self.details.into());
        payload.into()
    }
}

/// PagerDuty's word for it.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}

/// The texts that are not blank.
fn present<const N: usize>(texts: [(&str, String); N]) -> Map<String, Value> {
    texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.to_owned(), json!(text))).collect()
}

/// The first text that is not blank.
fn first<const N: usize>(texts: [String; N]) -> String {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

fn place(resource: &Resource) -> String {
    if resource.is_empty() { String::new() } else { line(&resource.to_string(), PLACE) }
}

/// A line for each figure, as many as fit.
fn measured(issue: &IssueEvent) -> String {
    let shown =
        |reading: &Reading| line(&format!("{}: {}", line(&reading.name, NAME), figure::reading(reading)), 2 * NAME);
    let mut lines: Vec<String> = issue.evidence.iter().take(READINGS).map(shown).collect();
    if issue.evidence.len() > READINGS {
        lines.push("…".to_owned());
    }
    text(&lines.join("\n"), LONG)
}

/// Since when and for how long.
fn since(issue: &IssueEvent) -> String {
    let (from, held) = (figure::time(issue.opened_at), issue.at - issue.opened_at);
    if held < TimeDelta::seconds(1) { from } else { format!("{from}, for {}", figure::span(held)) }
}

#[cfg(test)]
mod tests;
