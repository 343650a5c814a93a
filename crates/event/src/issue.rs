use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{EpisodeId, IssueKey, Name, Severity, time};

/// One event of an issue: any number of [`Open`](IssueState::Open), then one [`Closed`](IssueState::Closed), all of
/// one episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IssueEvent {
    /// What is wrong with what.
    pub key: IssueKey,
    /// Which time it is wrong: from the first open event to the closed one.
    pub episode: EpisodeId,
    /// Counts the events of the episode from 1, without holes.
    pub sequence: u32,
    /// Whether it is still so.
    pub state: IssueState,
    /// How bad it is; of a closed event, how bad it last was.
    pub severity: Severity,
    /// One line: what is wrong.
    pub summary: String,
    /// Sentences with the measured figures, the limit and the unit.
    pub cause: String,
    /// What to do about it.
    pub remedy: Name,
    /// The figures themselves.
    #[serde(default)]
    pub evidence: Vec<Reading>,
    /// Nothing could be measured lately: it may be better or worse than this says.
    #[serde(default)]
    pub stale: bool,
    /// When the episode began.
    #[serde(with = "time")]
    pub opened_at: DateTime<Utc>,
    /// When this was found.
    #[serde(with = "time")]
    pub at: DateTime<Utc>,
}

/// Whether an issue is still so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssueState {
    /// It is wrong, or may be.
    Open,
    /// It is over. The last event of its episode.
    Closed,
}

/// One measured figure beside its limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// What was measured, such as `tidegate.disk_usage`.
    pub name: Name,
    /// What it was. Finite.
    pub value: f64,
    /// What it should not pass, where there is such a figure. Finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// The unit of both, in the terms of the Unified Code for Units of Measure: `1`, `By`, `s`.
    pub unit: Name,
}

impl IssueState {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

impl IssueEvent {
    /// The same with its times cut to the millisecond, as every event that is routed must be.
    pub fn truncated(mut self) -> Self {
        self.opened_at = time::truncate(self.opened_at);
        self.at = time::truncate(self.at);
        self
    }

    /// Whether this is the last event of its episode.
    pub fn is_closed(&self) -> bool {
        self.state == IssueState::Closed
    }

    pub(crate) fn text_bytes(&self) -> usize {
        let readings: usize =
            self.evidence.iter().map(|reading| size_of::<Reading>() + reading.name.len() + reading.unit.len()).sum();
        self.key.text_bytes() + self.summary.len() + self.cause.len() + self.remedy.len() + readings
    }
}

impl Reading {
    /// A figure with its unit and no limit.
    pub fn new(name: impl Into<Name>, value: f64, unit: impl Into<Name>) -> Self {
        Self { name: name.into(), value, limit: None, unit: unit.into() }
    }

    /// The same beside `limit`.
    pub fn with_limit(mut self, limit: f64) -> Self {
        self.limit = Some(limit);
        self
    }
}
