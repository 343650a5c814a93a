//! What we say.

use serde_json::{Map, Value, json};
use tidegate_event::text::{cut, line};
use tidegate_event::{IssueEvent, Name, Reading, Resource, Severity, figure, time};

use crate::Link;

/// The longest summary.
const SUMMARY: usize = 1_024;
/// The longest name of a node, a kind and the like, for which PagerDuty documents no limit: that of a `dedup_key`.
const NAME: usize = 255;
/// The longest text in the details. Three of them, each unit of UTF-16 in at most three bytes of JSON, leave most of the
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

/// The body of a request about `issue`, less the routing key.
pub(crate) fn body(issue: &IssueEvent, links: &[Link], size: Size) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("dedup_key".to_owned(), key_of(issue).into());
    if issue.is_closed() {
        body.insert("event_action".to_owned(), "resolve".into());
        return body;
    }
    let links: Vec<Value> = match size {
        Size::All => links.iter().filter_map(|link| link.of(&issue.key)).collect(),
        Size::Least => Vec::new(),
    };
    body.insert("event_action".to_owned(), "trigger".into());
    body.insert("client".to_owned(), "tidegate".into());
    body.insert("payload".to_owned(), payload(issue, size).into());
    if !links.is_empty() {
        body.insert("links".to_owned(), links.into());
    }
    body
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

fn payload(issue: &IssueEvent, size: Size) -> Map<String, Value> {
    let Resource { cluster, node, part } = issue.key.resource();
    let name = |name: &Option<Name>| name.as_deref().map(|name| line(name, NAME)).unwrap_or_default();
    let (cluster, node, part, kind) = (name(cluster), name(node), name(part), line(issue.key.kind(), NAME));
    let mut payload = present([
        ("summary", first([line(&issue.summary, SUMMARY), kind.clone(), "an issue".to_owned()])),
        ("severity", severity(issue.severity).to_owned()),
        ("source", first([node, cluster.clone(), part.clone(), "tidegate".to_owned()])),
        ("timestamp", time::format(time::truncate(issue.at))),
        ("component", part),
        ("group", cluster),
        ("class", kind),
    ]);
    let details = match size {
        Size::All => details(issue),
        Size::Least => present([("note", LEFT_OUT.to_owned())]),
    };
    payload.insert("custom_details".to_owned(), details.into());
    payload
}

fn details(issue: &IssueEvent) -> Map<String, Value> {
    let resource = issue.key.resource();
    let mut details = present([
        ("cause", cut(&issue.cause, LONG)),
        ("remedy", cut(&issue.remedy, LONG)),
        ("measured", measured(issue)),
        ("where", if resource.is_empty() { String::new() } else { line(&resource.to_string(), PLACE) }),
        ("since", figure::since(issue.opened_at, issue.at)),
        ("stale", if issue.stale { STALE.to_owned() } else { String::new() }),
        ("episode", issue.episode.to_string()),
    ]);
    details.insert("event".to_owned(), issue.sequence.into());
    details
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

/// A line for each figure, as many as fit.
fn measured(issue: &IssueEvent) -> String {
    let shown =
        |reading: &Reading| line(&format!("{}: {}", line(&reading.name, NAME), figure::reading(reading)), 2 * NAME);
    let mut lines: Vec<String> = issue.evidence.iter().take(READINGS).map(shown).collect();
    if issue.evidence.len() > READINGS {
        lines.push("…".to_owned());
    }
    cut(&lines.join("\n"), LONG)
}

#[cfg(test)]
mod tests;
