//! What the issues of the story are in words.

#![allow(dead_code, reason = "each test file uses a part of it")]

use tidegate_event::IssueEvent;

pub(crate) fn words(issue: &IssueEvent) -> String {
    let state = if issue.is_closed() { "closed" } else { issue.severity.as_str() };
    let missing = if issue.stale { " stale" } else { "" };
    format!("{} {state}{missing}", issue.key.kind())
}

/// What opens, grows worse and closes, in order.
pub(crate) const EXPECTED: [&str; 9] = [
    "core-load warning",
    "disk-usage warning",
    "memory-usage warning",
    "disk-usage critical",
    "core-load closed",
    "disk-usage closed",
    "cluster-consensus critical",
    "cluster-consensus closed",
    "memory-usage closed",
];
