use std::error::Error as _;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tidegate_event::{EpisodeId, Event, IssueKey, IssueState, Severity, time};
use tidegate_sink::{Outcome, SinkError};
use tidegate_store::{Change, Space, StoreError};

use crate::error::chain;
use crate::record::{read_record, unreadable};

/// The version of its record.
const VERSION: u8 = 1;

/// How many attempts are kept for each integration and episode.
const KEPT: u32 = 20;
/// How much of a service's words is kept, in bytes.
const WORDS: usize = 1024;
/// How much of what an event says is kept, in bytes.
const SUMMARY: usize = 256;

/// One attempt to tell a sink of an issue or notification, kept for `explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// When its outcome was known.
    #[serde(with = "time")]
    pub at: DateTime<Utc>,
    /// `accepted`, `rejected`, `untouched`, or the kind of failure.
    pub outcome: String,
    /// The service's words, where it had any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// What was to be told.
    pub about: About,
    /// How bad it was.
    pub severity: Severity,
    /// What it said, cut where it was long.
    pub summary: String,
}

/// What an [`Attempt`] was to tell of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum About {
    /// An event of an issue.
    Issue {
        /// Which issue.
        key: IssueKey,
        /// Which of its episodes.
        episode: EpisodeId,
        /// Which event of it: 1 opened it.
        sequence: u32,
        /// Open, or closed.
        state: IssueState,
    },
    /// A notification.
    Notification {
        /// Its id.
        id: String,
        /// Which of its revisions.
        revision: u32,
    },
}

#[derive(Serialize)]
struct Record<'a> {
    version: u8,
    #[serde(flatten)]
    attempt: &'a Attempt,
}

impl Attempt {
    /// `None` for an event that has no history.
    pub(crate) fn new(event: &Event, outcome: &Outcome, at: DateTime<Utc>) -> Option<Self> {
        let (about, severity, summary) = match event {
            Event::Issue(issue) => {
                let (key, episode) = (issue.key.clone(), issue.episode);
                let about = About::Issue { key, episode, sequence: issue.sequence, state: issue.state };
                (about, issue.severity, &issue.summary)
            }
            Event::Notification(notification) => {
                let about = About::Notification { id: notification.id.clone(), revision: notification.revision };
                (about, notification.severity, &notification.message)
            }
            Event::Log(_) | Event::Metric(_) => return None,
        };
        let (outcome, words) = match outcome {
            Outcome::Accepted(_) => ("accepted".to_owned(), None),
            Outcome::Rejected(reason) => ("rejected".to_owned(), Some(reason.to_string())),
            Outcome::Failed(error) => (error.kind().to_string(), Some(words(error))),
            Outcome::Untouched => ("untouched".to_owned(), None),
        };
        let (words, summary) = (words.map(|words| shortened(&words, WORDS)), shortened(summary, SUMMARY));
        Some(Self { at: time::truncate(at), outcome, words, about, severity, summary })
    }

    /// The change that keeps it, as an attempt for the episode or notification `of`, in the place of the one twenty
    /// before.
    pub(crate) fn change(&self, integration: &str, of: &str, number: u32) -> Change {
        let key = format!("{integration}/{of}/{:02}", number % KEPT);
        // Plain data with string keys: it cannot fail to become JSON.
        let value = serde_json::to_vec(&Record { version: VERSION, attempt: self }).unwrap_or_default();
        Change::put(Space::History, key, value)
    }

    /// The one under `key`.
    ///
    /// # Errors
    /// As [`StoreErrorKind::Damaged`](tidegate_store::StoreErrorKind::Damaged) when it cannot be read.
    pub(crate) fn read(key: &str, bytes: &Bytes) -> Result<Self, StoreError> {
        read_record(bytes, VERSION).map_err(|error| unreadable(Space::History, key, error))
    }

    /// What all attempts for one episode have in common: their key less the number.
    pub(crate) fn group(key: &str) -> &str {
        key.rsplit_once('/').map_or(key, |(group, _)| group)
    }

    /// The bit of the attempt of this key among those of its group.
    pub(crate) fn bit(key: &str) -> u32 {
        let number = key.rsplit_once('/').and_then(|(_, number)| number.parse::<u32>().ok());
        number.filter(|number| *number < KEPT).map_or(0, |number| 1 << number)
    }

    /// The keys of the attempts of `group` that `bits` are set for.
    pub(crate) fn keys(group: &str, bits: u32) -> impl Iterator<Item = String> {
        (0..KEPT).filter(move |number| bits & (1 << number) != 0).map(move |number| format!("{group}/{number:02}"))
    }
}

/// What happened and what caused it; the kind is told beside it.
fn words(error: &SinkError) -> String {
    match error.source() {
        Some(cause) => format!("{}: {}", error.context(), chain(cause)),
        None => error.context().to_owned(),
    }
}

fn shortened(words: &str, most: usize) -> String {
    if words.len() <= most {
        return words.to_owned();
    }
    format!("{}…", &words[..words.floor_char_boundary(most)])
}

#[cfg(test)]
mod tests;
