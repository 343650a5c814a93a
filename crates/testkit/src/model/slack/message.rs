use serde_json::Value;

/// What Slack draws for the colour `good`.
const GREEN: [&str; 2] = ["good", "#2eb886"];

/// A message in the channel, with all that it ever said.
#[derive(Debug, Clone, PartialEq)]
pub struct SlackMessage {
    /// Its name, which looks like a time. Who posted by a webhook does not learn it.
    pub ts: String,
    /// Somebody deleted it.
    pub deleted: bool,
    /// What it said, the post first, then each edit: as Slack keeps it, with `text`, `blocks`, `attachments` and
    /// `metadata`.
    pub history: Vec<Value>,
}

impl SlackMessage {
    /// What it says now.
    pub fn body(&self) -> &Value {
        self.history.last().unwrap_or(&Value::Null)
    }

    /// Its text, which a phone shows.
    pub fn text(&self) -> &str {
        self.body()["text"].as_str().unwrap_or_default()
    }

    /// How often it was edited.
    pub fn edits(&self) -> usize {
        self.history.len().saturating_sub(1)
    }

    /// The colour of the bar beside it; none where it has no attachment.
    pub fn colour(&self) -> Option<&str> {
        self.body()["attachments"][0]["color"].as_str()
    }

    /// Whether its bar is green: what it tells of is over.
    pub fn is_green(&self) -> bool {
        self.colour().is_some_and(|colour| GREEN.iter().any(|green| colour.eq_ignore_ascii_case(green)))
    }

    /// Whether people see its bar in another colour than green: of an issue, that it is open.
    pub fn is_open(&self) -> bool {
        !self.deleted && self.colour().is_some() && !self.is_green()
    }

    /// The id in its metadata.
    pub fn id(&self) -> Option<&str> {
        self.body()["metadata"]["event_payload"]["id"].as_str()
    }

    /// Whether `part` is anywhere in what it says now, its metadata included.
    pub fn mentions(&self, part: &str) -> bool {
        self.body().to_string().contains(part)
    }
}
