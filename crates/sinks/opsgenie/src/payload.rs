//! What we say.

use serde_json::{Map, Value, json};
use tidegate_event::text::{self, cut, line};
use tidegate_event::{IssueEvent, Reading, Severity, figure};

/// Who we are to the service, which else names the caller's address.
const SOURCE: &str = "tidegate";
const STALE: &str = "Nothing was measured lately: it may be better or worse than this says.";

// What the service takes, in characters. Units of UTF-16 are never fewer, whichever it counts.
const MESSAGE: usize = 130;
const ENTITY: usize = 512;
const TAG: usize = 50;
/// 15,000 in a description and 25,000 in a note: the parts below are less together.
const CAUSE: usize = 7_000;
const REMEDY: usize = 3_500;
const MEASURED: usize = 2_500;
const PLACE: usize = 600;
/// 8,000 in all details together, keys counted.
const DETAIL: usize = 1_200;
/// Names of kinds and the like.
const NAME: usize = 150;
/// The most figures that are shown.
const READINGS: usize = 20;

/// The body that creates the alert of `issue`. What an update does not change holds nothing that changes.
pub(crate) fn create(issue: &IssueEvent) -> Value {
    let mut body = json!({
        "message": message(issue),
        "alias": issue.key.id(),
        "description": description(issue),
        "priority": priority(issue.severity),
        "tags": tags(issue),
        "details": details(issue),
        "source": SOURCE,
    });
    if !issue.key.resource().is_empty() {
        body["entity"] = line(&issue.key.resource().to_string(), ENTITY).into();
    }
    body
}

/// The headline.
pub(crate) fn message(issue: &IssueEvent) -> String {
    let summary = line(&issue.summary, MESSAGE);
    if !summary.is_empty() {
        return summary;
    }
    match line(issue.key.kind(), MESSAGE) {
        kind if kind.is_empty() => "an issue without words".to_owned(),
        kind => kind,
    }
}

/// All that is known now.
pub(crate) fn description(issue: &IssueEvent) -> String {
    let mut parts = vec![cut(&issue.cause, CAUSE)];
    if issue.stale {
        parts.push(STALE.to_owned());
    }
    parts.push(titled("What to do: ", cut(&issue.remedy, REMEDY)));
    parts.push(format!("{}Since: {}", where_line(issue), figure::since(issue.opened_at, issue.at)));
    parts.push(titled("Measured:\n", measured(issue)));
    parts.push(foot(issue));
    joined(parts)
}

/// What is said of an open issue where nothing can be changed.
pub(crate) fn change(issue: &IssueEvent) -> Value {
    let headline = format!("Now {} ({}): {}", issue.severity, priority(issue.severity), message(issue));
    json!({ "source": SOURCE, "note": joined(vec![headline, description(issue)]) })
}

/// What is said when it is over.
pub(crate) fn close(issue: &IssueEvent) -> Value {
    let mut parts = vec![cut(&issue.cause, CAUSE)];
    let lasted = figure::span(issue.at - issue.opened_at);
    parts.push(format!("Closed after {lasted}, open from {}.", figure::time(issue.opened_at)));
    parts.push(titled("Measured:\n", measured(issue)));
    parts.push(foot(issue));
    json!({ "source": SOURCE, "note": joined(parts) })
}

/// How urgent it is to Opsgenie, whose own default is P3.
pub(crate) fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "P1",
        Severity::Error => "P2",
        Severity::Warning => "P3",
        Severity::Info => "P5",
    }
}

fn tags(issue: &IssueEvent) -> Vec<String> {
    let cluster = issue.key.resource().cluster.as_deref().unwrap_or_default();
    let mut tags: Vec<String> = Vec::new();
    for tag in [SOURCE, issue.key.kind(), cluster] {
        let tag = line(tag, TAG);
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn details(issue: &IssueEvent) -> Map<String, Value> {
    let resource = issue.key.resource();
    let name = |name: &Option<tidegate_event::Name>| name.as_deref().map(|name| line(name, DETAIL)).unwrap_or_default();
    let all = [
        ("kind", line(issue.key.kind(), DETAIL)),
        ("cluster", name(&resource.cluster)),
        ("node", name(&resource.node)),
        ("part", name(&resource.part)),
        ("episode", issue.episode.to_string()),
        ("opened_at", figure::time(issue.opened_at)),
    ];
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

fn titled(title: &str, text: String) -> String {
    if text.is_empty() { text } else { format!("{title}{text}") }
}

fn joined(parts: Vec<String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn where_line(issue: &IssueEvent) -> String {
    let resource = issue.key.resource();
    if resource.is_empty() { String::new() } else { format!("Where: {}\n", line(&resource.to_string(), PLACE)) }
}

/// A line for each figure, as many as fit.
fn measured(issue: &IssueEvent) -> String {
    let shown =
        |reading: &Reading| format!("- {}: {}", line(&reading.name, NAME), line(&figure::reading(reading), NAME));
    text::list(issue.evidence.iter().map(shown), READINGS, MEASURED)
}

fn foot(issue: &IssueEvent) -> String {
    let kind = line(issue.key.kind(), NAME);
    let was = if issue.is_closed() { "was " } else { "" };
    format!(
        "{kind} · {was}{} · event {} · episode {} · {}",
        issue.severity,
        issue.sequence,
        issue.episode,
        figure::time(issue.at)
    )
}

#[cfg(test)]
mod tests;
