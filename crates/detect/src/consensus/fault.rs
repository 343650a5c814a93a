use std::fmt;

use tidegate_event::{Name, ViewErrorKind};

/// One thing that is wrong in a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// More than one leader, each with the nodes that see it.
    Leaders(Vec<(Name, Witnesses)>),
    NoLeader(Witnesses),
    /// Some see a leader, these do not.
    LeaderUnseen(Witnesses),
    Query {
        node: Name,
        kind: ViewErrorKind,
        message: String,
    },
    Dead {
        member: Name,
        witnesses: Witnesses,
    },
    Voters {
        found: usize,
        expected: u32,
        missing: Vec<Name>,
        witnesses: Witnesses,
    },
    Unsettled {
        member: Name,
        state: Name,
        witnesses: Witnesses,
    },
    NotInOwnView(Name),
    SeedsOnly(Name),
    Differ {
        /// The nodes that see the same, for each view.
        groups: Vec<Vec<Name>>,
        /// In what they differ, as clauses, where no other fault tells it.
        by: Vec<String>,
    },
    /// The only node of its cluster, with its state.
    AloneAndNotLeading {
        node: Name,
        state: Name,
    },
}

/// The nodes that see something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Witnesses {
    pub(super) nodes: Vec<Name>,
    /// They are all that answered, and more than one.
    pub(super) all: bool,
}

impl Fault {
    /// In a few words, for a headline.
    pub(super) fn headline(&self) -> String {
        match self {
            Self::Leaders(leaders) => format!("{} leaders", number(leaders.len())),
            Self::NoLeader(_) => "no leader".to_owned(),
            Self::LeaderUnseen(_) => "some nodes see no leader".to_owned(),
            Self::Query { node, kind: ViewErrorKind::ForeignCluster, .. } => {
                format!("node {node} is of another cluster")
            }
            Self::Query { node, .. } => format!("node {node} could not be asked"),
            Self::Dead { member, .. } => format!("member {member} is dead"),
            Self::Voters { found, expected, .. } if as_u64(*found) < u64::from(*expected) => {
                "a member is missing".to_owned()
            }
            Self::Voters { .. } => "more members than expected".to_owned(),
            Self::Unsettled { member, state, .. } => format!("member {member} is {state}"),
            Self::NotInOwnView(node) => format!("node {node} does not see itself"),
            Self::SeedsOnly(node) => format!("node {node} knows only seeds"),
            Self::Differ { .. } => "the views differ".to_owned(),
            Self::AloneAndNotLeading { node, .. } => format!("node {node} does not lead"),
        }
    }
}

/// As a sentence.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaders(leaders) => {
                let each = leaders.iter().map(|(leader, witnesses)| format!("{leader}, {witnesses}"));
                let number = number(leaders.len());
                write!(f, "The cluster has {number} leaders: {}.", each.collect::<Vec<_>>().join("; and "))
            }
            Self::NoLeader(witnesses) | Self::LeaderUnseen(witnesses) => {
                write!(f, "There is no leader, {witnesses}.")
            }
            Self::Query { node, kind, message } => write!(f, "Node {node} {}: {message}.", failure(*kind)),
            Self::Dead { member, witnesses } => write!(f, "Member {member} is dead, {witnesses}."),
            Self::Voters { found, expected, missing, witnesses } => {
                let noun = if *found == 1 { "member" } else { "members" };
                write!(f, "{found} voting {noun} instead of {expected}, {witnesses}")?;
                if missing.is_empty() { f.write_str(".") } else { write!(f, "; missing: {}.", list(missing)) }
            }
            Self::Unsettled { member, state, witnesses } => {
                write!(f, "Member {member} is in state {state}, {witnesses}.")
            }
            Self::NotInOwnView(node) => write!(f, "Node {node} is not among the members that it sees."),
            Self::SeedsOnly(node) => write!(f, "Node {node} knows only seeds: it has not found any other member yet."),
            Self::Differ { groups, by } => {
                let each: Vec<String> = groups.iter().map(|group| format!("one of {}", list(group))).collect();
                write!(f, "The views differ: {}.", each.join("; "))?;
                by.iter().try_for_each(|clause| write!(f, " {clause}."))
            }
            Self::AloneAndNotLeading { node, state } => {
                write!(f, "Node {node} is the only one of its cluster and does not lead: its state is {state}.")
            }
        }
    }
}

fn failure(kind: ViewErrorKind) -> &'static str {
    match kind {
        ViewErrorKind::Refused => "refuses the connection or is not reachable",
        ViewErrorKind::TimedOut => "did not answer in time",
        ViewErrorKind::Tls => "could not be asked because the certificates do not fit",
        ViewErrorKind::Unauthorized => "wants other credentials",
        ViewErrorKind::Unavailable => "answers that it is not available",
        ViewErrorKind::Malformed => "answers with something that is no view",
        ViewErrorKind::ForeignCluster => "answers for another cluster",
        _ => "could not be asked",
    }
}

impl fmt::Display for Witnesses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nodes.as_slice() {
            _ if self.all => f.write_str("as every node that answered sees it"),
            [node] => write!(f, "as {node} sees it"),
            nodes => write!(f, "as {} see it", list(nodes)),
        }
    }
}

/// `a, b and c`.
pub(super) fn list(names: &[Name]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [one] => one.to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn number(count: usize) -> String {
    match count {
        2 => "two".to_owned(),
        3 => "three".to_owned(),
        _ => count.to_string(),
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
