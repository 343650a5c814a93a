//! `tidegate replay`: tells an integration once more.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tidegate::base::{Clock, Random, SystemClock};
use tidegate::event::{Event, figure};
use tidegate::router::ReplayPlan;
use tidegate::sinks::console::escape;

use crate::amount::parse_duration;
use crate::args::ReplayArgs;
use crate::ask::Tools;
use crate::failure::chain;

/// Whom to tell, and what.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    integration: String,
    since: DateTime<Utc>,
    dry_run: bool,
}

impl From<&ReplayArgs> for Request {
    fn from(args: &ReplayArgs) -> Self {
        Self { integration: args.integration.clone(), since: args.from, dry_run: args.dry_run }
    }
}

/// A time (`2026-11-24T03:00:00Z`), or how long ago that is (`2h`).
pub(crate) fn parse_since(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let wrong =
        || "write a time, such as 2026-11-24T03:00:00Z, or how long ago it was, such as 30m, 2h or 1d".to_owned();
    let ago = chrono::TimeDelta::from_std(parse_duration(text).map_err(|_| wrong())?).map_err(|_| wrong())?;
    Ok(SystemClock::new().now() - ago)
}

pub(crate) async fn answer(tools: &Tools, request: Request) -> Result<String, String> {
    let integration = tools.integration(&request.integration)?;
    let records = &tools.state.records;
    let plan = records.plan_replay(&tools.state.journal, &tools.state.bulk, integration, request.since).await;
    let plan = plan.map_err(|error| chain(&error))?;
    let mut text = describe(&plan, &request);
    if plan.events.is_empty() && plan.logs == 0 && plan.metrics == 0 {
        text.push_str("There is nothing to tell.\n");
        return Ok(text);
    }
    if request.dry_run {
        text.push_str("Nothing was sent: this was a dry run.\n");
        return Ok(text);
    }
    let asked = records.replay(&request.integration, request.since, &mut Random::from_entropy()).await;
    asked.map_err(|error| chain(&error))?;
    match &tools.handle {
        Some(handle) => {
            handle.replay(request.integration.as_str()).await.map_err(|error| chain(&error))?;
            text.push_str("It is told now.\n");
        }
        None => text.push_str("It is told when tidegate starts.\n"),
    }
    Ok(text)
}

fn describe(plan: &ReplayPlan, request: &Request) -> String {
    let mut text = format!(
        "{} since {}: issues and notifications as they are now: {}; log lines: {}; samples: {}.\n",
        request.integration,
        figure::time(request.since),
        plan.events.len(),
        plan.logs,
        plan.metrics
    );
    for event in &plan.events {
        let (state, words) = match &**event {
            Event::Issue(issue) => (issue.state.as_str(), &issue.summary),
            Event::Notification(notification) => ("notice", &notification.message),
            Event::Log(_) | Event::Metric(_) => continue,
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {}  {state:<6}  {}", figure::time(event.at()), escape(words));
    }
    for (held, what) in plan.held_since.iter().zip(["issues and notifications", "logs and metrics"]) {
        if let Some(held) = held.filter(|held| *held > request.since) {
            let _ = writeln!(
                text,
                "Kept of {what} is what happened since {}, and of earlier ones what is open.",
                figure::time(held)
            );
        }
    }
    text
}
