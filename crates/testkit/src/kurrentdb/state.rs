use std::fmt;

/// What a node is at a moment, by the server's own words and in its own order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum State {
    /// Has just started.
    Initializing,
    /// Looks for a leader before it asks for elections.
    DiscoverLeader,
    /// Knows of no leader; elections are on their way where there are enough nodes for them.
    Unknown,
    /// Has found a leader.
    PreReplica,
    /// Copies what it missed.
    CatchingUp,
    /// Follows.
    Follower,
    /// Was elected.
    PreLeader,
    /// Leads.
    Leader,
    /// No member, but an address that was configured.
    Manager,
    /// Is about to end.
    ShuttingDown,
    /// A read-only replica that knows of no leader.
    ReadOnlyLeaderless,
    /// A read-only replica that has found a leader.
    PreReadOnlyReplica,
    /// A read-only replica in step.
    ReadOnlyReplica,
    /// Was asked to lead no longer.
    ResigningLeader,
}

impl State {
    /// Whether it copies from its leader as that writes.
    pub(super) fn follows(self) -> bool {
        matches!(self, Self::Follower | Self::ReadOnlyReplica)
    }

    /// Whether it forgets members that are dead for long.
    pub(super) fn forgets(self) -> bool {
        self > Self::Unknown && self != Self::ReadOnlyLeaderless
    }

    /// The word of `statuses` for it.
    pub(super) fn status(self) -> String {
        match self {
            Self::PreLeader => "PreLeader - WaitingForChaser".to_owned(),
            other => other.to_string(),
        }
    }
}

/// As gossip writes it: `Follower`.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
