use std::fmt;

use tidegate_event::{Resource, Signal};

/// A standard figure that the server does not tell and no option gives.
///
/// Its `Display` is a sentence for people, such as in `check`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Untold {
    /// Which.
    pub figure: Figure,
    /// Why, and what to do about it: a clause without a full stop.
    pub why: String,
}

/// The standard figures of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Figure {
    /// How many physical cores there are.
    Cores,
    /// The load averages.
    Load,
    /// How much memory is used.
    Memory,
    /// How much memory there is.
    MemoryTotal,
    /// How much of the database's volume is used.
    Filesystem,
}

impl Figure {
    /// The kind of issue that cannot open or close without it.
    pub fn issue_kind(self) -> &'static str {
        match self {
            Self::Cores | Self::Load => "core-load",
            Self::Memory | Self::MemoryTotal => "memory-usage",
            Self::Filesystem => "disk-usage",
        }
    }

    /// The part of the node that a gap of it names, as the host source names it.
    pub fn part(self) -> &'static str {
        match self {
            Self::Cores => "cpu",
            Self::Load => "load",
            Self::Memory | Self::MemoryTotal => "memory",
            Self::Filesystem => "filesystems",
        }
    }
}

impl Untold {
    pub(crate) fn new(figure: Figure, why: impl Into<String>) -> Self {
        Self { figure, why: why.into() }
    }

    /// The gap that it is in the measurements of `node`.
    pub fn gap(&self, node: &Resource) -> Signal {
        Signal::Gap { resource: node.clone().with_part(self.figure.part()), why: self.why.clone() }
    }
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is unknown: {}", self.figure.issue_kind(), self.why)
    }
}
