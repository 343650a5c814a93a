use std::error::Error as _;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tidegate_event::time;
use tidegate_sink::{Outcome, SinkError};
use tidegate_store::{Change, Space};

use crate::error::chain;

/// How many attempts are kept for each integration and episode.
const KEPT: u32 = 20;
/// How much of a service's words is kept, in bytes.
const WORDS: usize = 1024;

/// One attempt to tell a sink of an episode, kept for `explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When its outcome was known.
    #[serde(with = "time")]
    pub at: DateTime<Utc>,
    /// `accepted`, `rejected`, `untouched`, or the kind of failure.
    pub outcome: String,
    /// The service's words, where it had any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

impl Attempt {
    pub(crate) fn new(outcome: &Outcome, at: DateTime<Utc>) -> Self {
        let (outcome, words) = match outcome {
            Outcome::Accepted(_) => ("accepted".to_owned(), None),
            Outcome::Rejected(reason) => ("rejected".to_owned(), Some(reason.to_string())),
            Outcome::Failed(error) => (error.kind().to_string(), Some(words(error))),
            Outcome::Untouched => ("untouched".to_owned(), None),
        };
        Self { at: time::truncate(at), outcome, words: words.map(shortened) }
    }

    /// The change that keeps it, as an attempt for the episode or notification `of`, in the place of the one twenty
    /// before.
    pub(crate) fn change(&self, integration: &str, of: &str, number: u32) -> Change {
        let key = format!("{integration}/{of}/{:02}", number % KEPT);
        // Plain data with string keys: it cannot fail to become JSON.
        Change::put(Space::History, key, serde_json::to_vec(self).unwrap_or_default())
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

fn shortened(mut words: String) -> String {
    if words.len() > WORDS {
        words.truncate(words.floor_char_boundary(WORDS));
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests;
