//! `tidegate explain`: what became of an issue, and whom an event reaches.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use tidegate::event::{EpisodeId, Event, IssueEvent, Name, figure};
use tidegate::router::{About, Attempt, History};
use tidegate::sinks::console::{Screen, escape};

use crate::args::ExplainArgs;
use crate::ask::{self, Tools};
use crate::dead;
use crate::failure::{Failure, chain};

/// What is to be explained.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// An issue: its id, a part of that, or an episode.
    Issue(String),
    /// An event, as JSON.
    Event(String),
}

/// Reads what is to be explained, and has it explained.
pub(crate) async fn run(args: ExplainArgs, screen: &Screen) -> Result<String, Failure> {
    let request = match (args.issue, args.event) {
        (_, Some(path)) => {
            let read =
                if path.as_os_str() == "-" { io::read_to_string(io::stdin()) } else { fs::read_to_string(&path) };
            let unreadable = |error| Failure::Failed(format!("cannot read {}: {error}", path.display()));
            Request::Event(read.map_err(unreadable)?)
        }
        (issue, None) => Request::Issue(issue.unwrap_or_default()),
    };
    ask::run(&args.file, ask::Request::Explain(request), screen).await
}

pub(crate) async fn answer(tools: &Tools, request: Request) -> Result<String, String> {
    match request {
        Request::Event(json) => {
            let event: Event = serde_json::from_str(&json).map_err(|error| format!("this is no event: {error}"))?;
            Ok(format!("{}\n{}", escape(&dead::what(&event)), reach(tools, &event)))
        }
        Request::Issue(wanted) => issue(tools, &wanted).await,
    }
}

async fn issue(tools: &Tools, wanted: &str) -> Result<String, String> {
    let records = &tools.state.records;
    let by = |id: &str, episode: EpisodeId| {
        let episode = episode.to_string();
        id.contains(wanted) || episode == wanted || (wanted.len() >= 6 && episode.ends_with(wanted))
    };
    let known = records.issues(&tools.state.journal, |issue| by(&issue.key.id(), issue.episode)).await;
    let known = known.map_err(|error| chain(&error))?;
    let is_about = |about: &About| match about {
        About::Issue { key, episode, .. } => by(&key.id(), *episode),
        _ => false,
    };
    let history = records.history(is_about).await.map_err(|error| chain(&error))?;
    let stories = stories(known, &history);
    if stories.is_empty() {
        return Err(format!(
            "nothing is known of an issue {wanted:?}; write its id or a part of it (such as a kind or a node), or an episode"
        ));
    }
    let mut text = String::new();
    for (episode, story) in &stories {
        story.write(&mut text, *episode);
        if let Some(last) = story.events.last() {
            text.push_str(&reach(tools, &Event::from(last.clone())));
        }
        text.push('\n');
    }
    for error in &history.unreadable {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", chain(error));
    }
    Ok(text)
}

/// What is known of an episode.
#[derive(Default)]
struct Story<'a> {
    id: String,
    events: Vec<IssueEvent>,
    told: BTreeMap<&'a Name, Vec<&'a Attempt>>,
}

fn stories(known: BTreeMap<EpisodeId, Vec<IssueEvent>>, history: &History) -> BTreeMap<EpisodeId, Story<'_>> {
    let mut stories: BTreeMap<EpisodeId, Story<'_>> = BTreeMap::new();
    for (episode, events) in known {
        let id = events.first().map(|event| event.key.id()).unwrap_or_default();
        stories.insert(episode, Story { id, events, told: BTreeMap::new() });
    }
    for (integration, attempts) in &history.attempts {
        for attempt in attempts {
            let About::Issue { key, episode, .. } = &attempt.about else { continue };
            let story = stories.entry(*episode).or_insert_with(|| Story { id: key.id(), ..Story::default() });
            story.told.entry(integration).or_default().push(attempt);
        }
    }
    stories
}

impl Story<'_> {
    fn write(&self, text: &mut String, episode: EpisodeId) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}, episode {episode}", escape(&self.id));
        if self.events.first().is_none_or(|first| first.sequence > 1) {
            let _ = writeln!(text, "  what happened before is not in the journal any more");
        }
        for event in &self.events {
            let state = event.state.as_str();
            let doubt = if event.stale { ", stale" } else { "" };
            let (at, severity) = (figure::time(event.at), event.severity.as_str());
            let _ = writeln!(
                text,
                "  {at}  {:>2} {state:<6}  {severity}{doubt}: {}",
                event.sequence,
                escape(&event.summary)
            );
            let _ = writeln!(text, "      {}", escape(&event.cause));
        }
        if self.told.is_empty() {
            let _ = writeln!(text, "  nobody was told, as far as is known (the last seven days)");
        }
        for (integration, attempts) in &self.told {
            let _ = writeln!(text, "  told to {}:", escape(integration));
            for attempt in attempts {
                let About::Issue { sequence, state, .. } = &attempt.about else { continue };
                let state = state.as_str();
                let at = figure::time(attempt.at);
                let words = attempt.words.as_deref().map(|words| format!(": {}", escape(words))).unwrap_or_default();
                let _ = writeln!(text, "    {at}  {sequence:>2} {state:<6}  {}{words}", attempt.outcome);
            }
        }
    }
}

/// Which integrations an event reaches as the first of its episode, and the first rule that stops it at each other one.
fn reach(tools: &Tools, event: &Event) -> String {
    let mut text = String::from("  as news it would reach:\n");
    for integration in &tools.integrations {
        let name = integration.name();
        let taken = integration.sink().profile().kinds().contains(event.kind());
        let why = integration.subscription().explain(name, event);
        let why = why.or_else(|| (!taken).then_some("its sink takes no such events"));
        // Writing to a String cannot fail.
        let _ = match why {
            None => writeln!(text, "    {}", escape(name)),
            Some(why) => writeln!(text, "    not {}: {why}", escape(name)),
        };
    }
    text
}
