//! `tidegate dead`: what a service would not take.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use tidegate::base::Random;
use tidegate::event::{Event, figure};
use tidegate::router::{DeadLetters, KeptLetter};
use tidegate::sinks::console::escape;

use crate::args::{DeadCommand, LetterArgs};
use crate::ask::Tools;
use crate::failure::chain;

/// What is asked of the dead letters.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    List { integration: Option<String> },
    Show { id: String },
    Retry(Wanted),
    Drop(Wanted),
}

/// Which letters are meant.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// By id, or the beginning of one.
    ids: Vec<String>,
    /// All of this integration.
    integration: Option<String>,
}

impl From<DeadCommand> for Request {
    fn from(command: DeadCommand) -> Self {
        let wanted = |letters: LetterArgs| Wanted { ids: letters.ids, integration: letters.integration };
        match command {
            DeadCommand::List { integration } => Self::List { integration },
            DeadCommand::Show { id } => Self::Show { id },
            DeadCommand::Retry(letters) => Self::Retry(wanted(letters)),
            DeadCommand::Drop(letters) => Self::Drop(wanted(letters)),
        }
    }
}

pub(crate) async fn answer(tools: &Tools, request: Request) -> Result<String, String> {
    let records = &tools.state.records;
    let of = async |integration: Option<&str>| records.dead_letters(integration).await.map_err(|error| chain(&error));
    match request {
        Request::List { integration } => {
            let found = of(integration.as_deref()).await?;
            is_meant(tools, integration.as_deref(), &found.letters)?;
            Ok(list(&found, integration.as_deref()))
        }
        Request::Show { id } => show(only(&of(None).await?.letters, &id)?),
        Request::Retry(wanted) => {
            let found = of(wanted.integration.as_deref()).await?.letters;
            is_meant(tools, wanted.integration.as_deref(), &found)?;
            let letters = pick(&found, &wanted)?;
            let count =
                records.redeliver(&letters, &mut Random::from_entropy()).await.map_err(|error| chain(&error))?;
            let names: BTreeSet<_> = letters.iter().map(|letter| letter.integration.clone()).collect();
            let Some(handle) = &tools.handle else {
                return Ok(format!("To be delivered again when tidegate starts: {count}.\n"));
            };
            for name in names {
                handle.redeliver(name).await.map_err(|error| chain(&error))?;
            }
            Ok(format!("Delivered again now: {count}; `tidegate dead list` shows those that are refused once more.\n"))
        }
        Request::Drop(wanted) => {
            let found = of(wanted.integration.as_deref()).await?.letters;
            is_meant(tools, wanted.integration.as_deref(), &found)?;
            let letters = pick(&found, &wanted)?;
            records.drop_letters(&letters).await.map_err(|error| chain(&error))?;
            Ok(format!("Dropped: {}.\n", letters.len()))
        }
    }
}

/// Letters may be left of an integration that is no longer configured; where there are none, its name may be a slip.
fn is_meant(tools: &Tools, integration: Option<&str>, found: &[KeptLetter]) -> Result<(), String> {
    match integration {
        Some(name) if found.is_empty() => tools.integration(name).map(|_| ()),
        _ => Ok(()),
    }
}

fn list(found: &DeadLetters, integration: Option<&str>) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for KeptLetter { integration, letter, .. } in &found.letters {
        let asked = if letter.asked.is_some() { ", to be delivered again" } else { "" };
        let outdated = if letter.outdated { ", outdated" } else { "" };
        let _ = writeln!(
            text,
            "{}  {}  {integration}{asked}{outdated}\n    {}\n    {}",
            letter.id,
            figure::time(letter.at),
            escape(&what(&letter.event)),
            escape(&letter.reason.to_string())
        );
    }
    if found.letters.is_empty() {
        let of = integration.map(|name| format!(" of {name}")).unwrap_or_default();
        let _ = writeln!(text, "There are no dead letters{of}.");
    }
    for error in &found.unreadable {
        let _ = writeln!(text, "{}", chain(error));
    }
    text
}

/// What it says, in a line.
pub(crate) fn what(event: &Event) -> String {
    match event {
        Event::Issue(issue) => {
            format!("issue {}, {}: {}", issue.state.as_str(), issue.severity, issue.summary)
        }
        Event::Notification(notification) => {
            format!("notification, {}: {}", notification.severity, notification.message)
        }
        Event::Log(record) => format!("log: {}", record.message),
        Event::Metric(sample) => format!("metric: {} {} {}", sample.name, sample.value(), sample.unit),
    }
}

fn show(KeptLetter { integration, letter, .. }: &KeptLetter) -> Result<String, String> {
    let event = serde_json::to_string_pretty(&letter.event).map_err(|error| error.to_string())?;
    let mut text = String::new();
    let mut row = |label: &str, what: &str| {
        let _ = writeln!(text, "{label:<13}{}", escape(what));
    };
    row("id", &letter.id.to_string());
    row("integration", integration);
    row("destination", &letter.destination);
    row("rejected", &figure::time(letter.at));
    row("reason", &letter.reason.message);
    if let Some(answer) = &letter.reason.answer {
        row("answer", answer);
    }
    if letter.asked.is_some() {
        row("state", "to be delivered again");
    } else if letter.outdated {
        row("state", "outdated: what it is about has moved on, and was told or waits");
    }
    let _ = writeln!(text, "event");
    for line in event.lines() {
        let _ = writeln!(text, "    {}", escape(line));
    }
    Ok(text)
}

/// The letter whose id is that, or begins so.
fn only<'a>(letters: &'a [KeptLetter], id: &str) -> Result<&'a KeptLetter, String> {
    let mut found = letters.iter().filter(|kept| !id.is_empty() && kept.letter.id.to_string().starts_with(id));
    match (found.next(), found.next()) {
        (Some(letter), None) => Ok(letter),
        (None, _) => Err(format!("there is no dead letter {id:?}; `tidegate dead list` shows them")),
        (Some(_), Some(_)) => Err(format!("more than one dead letter begins with {id:?}; write more of it")),
    }
}

fn pick(letters: &[KeptLetter], wanted: &Wanted) -> Result<Vec<KeptLetter>, String> {
    if wanted.ids.is_empty() {
        return Ok(letters.to_vec());
    }
    wanted.ids.iter().map(|id| only(letters, id).cloned()).collect()
}
