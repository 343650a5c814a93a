//! What we say.

mod text;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use tidegate_event::{Event, IssueEvent, Notification, Reading, Resource, Severity, figure};
use uuid::Uuid;

use self::text::{escape, line};

/// The colour of what is over.
const GREEN: &str = "#2eb886";
/// What a repetition says of itself.
const MARK: &str = "There may be an earlier message about this: its answer was lost, and it could not be looked up.";
const STALE: &str = "Nothing was measured lately: it may be better or worse than this says.";
/// The root of the ids that long ids of notifications are looked up by. Never to change.
const LOOKUP: Uuid = Uuid::from_u128(0x6b1e_83d7_0c54_5f29_9a46_e27d_31b8_c05f);

/// How long each text may be, in units of UTF-16 after escaping.
///
/// Slack takes 3,000 in a section, 2,000 in each of its fields, about 13,200 in all blocks of a message, and 4,000 in
/// the text of an edit.
#[derive(Debug, Clone, Copy)]
struct Limits {
    summary: usize,
    long: usize,
    place: usize,
    measured: usize,
}

const BLOCKS: Limits = Limits { summary: 500, long: 2_500, place: 600, measured: 1_500 };
const PLAIN: Limits = Limits { summary: 400, long: 900, place: 300, measured: 600 };
/// Names of kinds and the like.
const NAME: usize = 150;
/// The most figures that are shown.
const READINGS: usize = 12;

/// How a message is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Blocks beside a bar of colour; the text is what a phone shows.
    Blocks,
    /// All of it as text, where Slack refused the blocks.
    Plain,
}

/// What a look-up goes by: the metadata of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) event_type: &'static str,
    pub(crate) id: String,
    /// Not before this was it told.
    pub(crate) since: DateTime<Utc>,
}

impl Tag {
    /// The tag of `event`; `None` for a kind that the profile does not take.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Issue(issue) => {
                let id = issue.episode.to_string();
                Some(Self { event_type: "tidegate_issue", id, since: issue.opened_at })
            }
            Event::Notification(notification) => {
                let id = &notification.id;
                let short = id.len() <= 255 && !id.contains(char::is_control);
                let id = if short { id.clone() } else { Uuid::new_v5(&LOOKUP, id.as_bytes()).to_string() };
                Some(Self { event_type: "tidegate_notification", id, since: notification.at })
            }
            Event::Log(_) | Event::Metric(_) => None,
        }
    }

    fn metadata(&self) -> Value {
        json!({ "event_type": self.event_type, "event_payload": { "id": self.id } })
    }
}

/// The body of a message about `event`, less its channel. All parts are there each time, since an edit keeps what it
/// is not told. `marked`: it says of itself that it may be a repetition.
pub(crate) fn message(event: &Event, layout: Layout, marked: bool) -> Option<Map<String, Value>> {
    let limits = if layout == Layout::Blocks { BLOCKS } else { PLAIN };
    let telling = match event {
        Event::Issue(issue) => Telling::issue(issue, limits),
        Event::Notification(notification) => Telling::notification(notification, limits),
        Event::Log(_) | Event::Metric(_) => return None,
    };
    let mut body = Map::new();
    let (text, blocks, attachments) = match layout {
        Layout::Blocks => telling.blocks(marked),
        Layout::Plain => (telling.plain(marked), json!([]), json!([])),
    };
    body.insert("text".to_owned(), text.into());
    body.insert("blocks".to_owned(), blocks);
    body.insert("attachments".to_owned(), attachments);
    if let Some(tag) = Tag::of(event) {
        body.insert("metadata".to_owned(), tag.metadata());
    }
    Some(body)
}

/// The words of a message, escaped and cut.
#[derive(Debug)]
struct Telling {
    colour: &'static str,
    /// `Warning`, `Closed`.
    word: String,
    summary: String,
    /// Texts with their titles; a blank one is not there.
    texts: Vec<(&'static str, String)>,
    /// Short texts that stand side by side.
    fields: Vec<(&'static str, String)>,
    foot: String,
}

impl Telling {
    fn issue(issue: &IssueEvent, limits: Limits) -> Self {
        let closed = issue.is_closed();
        let kind = line(issue.key.kind(), NAME);
        let stale = if issue.stale && !closed { STALE } else { "" };
        let texts = vec![
            ("Cause", escape(&issue.cause, limits.long)),
            ("Stale", stale.to_owned()),
            ("What to do", if closed { String::new() } else { escape(&issue.remedy, limits.long) }),
            ("Measured", measured(issue, limits.measured)),
        ];
        let when = if closed { "Lasted" } else { "Since" };
        let fields = vec![("Where", place(issue.key.resource(), limits.place)), (when, lifetime(issue))];
        let summary = line(&issue.summary, limits.summary);
        Self {
            colour: if closed { GREEN } else { colour(issue.severity) },
            word: if closed { "Closed".to_owned() } else { title(issue.severity).to_owned() },
            summary: if summary.is_empty() { kind.clone() } else { summary },
            texts: present(texts),
            fields: present(fields),
            foot: format!(
                "{kind} · {} · {} · episode {} · {}",
                if closed { format!("was {}", issue.severity) } else { issue.severity.to_string() },
                format_args!("event {}", issue.sequence),
                issue.episode,
                figure::time(issue.at),
            ),
        }
    }

    fn notification(notification: &Notification, limits: Limits) -> Self {
        let kind = line(&notification.kind, NAME);
        let at = figure::time(notification.at);
        let fields = vec![("Where", place(&notification.resource, limits.place)), ("When", at)];
        let revised = match notification.revision {
            0 => String::new(),
            revision => format!(" · revision {revision}"),
        };
        let summary = line(&notification.message, limits.summary);
        // A short message stands in the headline whole.
        let rest = if summary.ends_with('…') || notification.message.trim().contains('\n') {
            escape(&notification.message, limits.long)
        } else {
            String::new()
        };
        Self {
            colour: colour(notification.severity),
            word: title(notification.severity).to_owned(),
            summary: match (summary.is_empty(), kind.is_empty()) {
                (false, _) => summary,
                (true, false) => kind.clone(),
                (true, true) => "a notification without words".to_owned(),
            },
            texts: present(vec![("Message", rest)]),
            fields: present(fields),
            foot: format!("{kind} · {}{revised}", notification.severity).trim_start_matches(" · ").to_owned(),
        }
    }

    /// The text for phones, the headline, and what stands beside the bar.
    fn blocks(self, marked: bool) -> (String, Value, Value) {
        let text = format!("{}: {}", self.word, self.summary);
        let headline = json!([section(&format!("*{}* · {}", self.word, self.summary))]);
        let mut details: Vec<Value> = Vec::new();
        if marked {
            details.push(section(&format!("_{MARK}_")));
        }
        if !self.fields.is_empty() {
            let fields = self.fields.iter().map(|(title, text)| mrkdwn(&format!("*{title}*\n{text}")));
            details.push(json!({ "type": "section", "fields": fields.collect::<Vec<_>>() }));
        }
        details.extend(self.texts.iter().map(|(title, text)| section(&format!("*{title}*\n{text}"))));
        details.push(json!({ "type": "context", "elements": [mrkdwn(&self.foot)] }));
        let attachment = json!({ "color": self.colour, "fallback": text, "blocks": details });
        (text, headline, json!([attachment]))
    }

    /// All of it as one text.
    fn plain(self, marked: bool) -> String {
        let mut lines = vec![format!("*{}*: {}", self.word, self.summary)];
        if marked {
            lines.push(MARK.to_owned());
        }
        lines.extend(self.fields.iter().map(|(title, text)| format!("{title}: {text}")));
        let joint = |text: &str| if text.contains('\n') { '\n' } else { ' ' };
        lines.extend(self.texts.iter().map(|(title, text)| format!("{title}:{}{text}", joint(text))));
        lines.push(self.foot);
        lines.join("\n")
    }
}

fn present(texts: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
    texts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": mrkdwn(text) })
}

/// `verbatim`: Slack makes no links of what looks like an address, a name or a channel.
fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

fn place(resource: &Resource, limit: usize) -> String {
    if resource.is_empty() { String::new() } else { line(&resource.to_string(), limit) }
}

/// A line for each figure, as many as fit.
fn measured(issue: &IssueEvent, limit: usize) -> String {
    let shown =
        |reading: &Reading| format!("• {}: {}", line(&reading.name, NAME), line(&figure::reading(reading), NAME));
    tidegate_event::text::list(issue.evidence.iter().map(shown), READINGS, limit)
}

/// Since when and for how long.
fn lifetime(issue: &IssueEvent) -> String {
    if issue.is_closed() {
        let span = figure::span(issue.at - issue.opened_at);
        format!("{span}, from {}", figure::time(issue.opened_at))
    } else {
        figure::since(issue.opened_at, issue.at)
    }
}

fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "#439fe0",
        Severity::Warning => "#daa038",
        Severity::Error => "#e8590c",
        Severity::Critical => "#d00000",
    }
}

fn title(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "Info",
        Severity::Warning => "Warning",
        Severity::Error => "Error",
        Severity::Critical => "Critical",
    }
}

#[cfg(test)]
mod tests;
