use chrono::{DateTime, Utc};
use tidegate_event::{Name, Sample};
use tidegate_exposition::LineError;

use super::Untold;

/// What one answer of `/metrics` says.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Scrape {
    /// All samples that pass, the standard ones last. They share their time.
    pub samples: Vec<Sample>,
    /// The standard figures that it does not tell and no option gives, each once; empty where none are asked for.
    pub untold: Vec<Untold>,
    /// What the parts of the server (`Node`, `Index`, `Scavenge`) are about, each once, by name.
    pub statuses: Vec<Status>,
    /// How many lines are no samples.
    pub faults: usize,
    /// The first of them.
    pub first_fault: Option<LineError>,
    /// How many values are not finite.
    pub not_finite: usize,
    /// How many samples are beyond the number that may pass.
    pub over: usize,
    /// Whether `# EOF` is missing, which the server writes in both formats: the answer was cut off.
    pub is_cut: bool,
}

impl Scrape {
    /// The role of the node, such as `Leader`, where it tells one.
    pub fn role(&self) -> Option<&Name> {
        self.statuses.iter().find(|status| &*status.name == "Node").map(|status| &status.status)
    }
}

/// What a part of the server was about when it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The part: `Node`, `Index`, `Scavenge`.
    pub name: Name,
    /// Its status: of the node the state that gossip knows, such as `Leader` or `PreLeader`.
    pub status: Name,
    /// What it waits for on its way there, such as `WaitingForChaser`.
    pub detail: Option<Name>,
    /// When it was seen in it last, by the server's clock, to the second.
    pub at: DateTime<Utc>,
}
