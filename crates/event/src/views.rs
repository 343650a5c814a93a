use std::fmt;

use chrono::{DateTime, Utc};

use crate::{Name, Resource};

/// One round of gossip: every node of a cluster was asked at the same instant who it sees as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterViews {
    /// The cluster.
    pub resource: Resource,
    /// When the round was asked, by our clock.
    pub at: DateTime<Utc>,
    /// How many voting nodes the cluster should have (read-only replicas do not vote), where that is known.
    pub expected: Option<u32>,
    /// Each node that was asked, and its answer.
    pub nodes: Vec<NodeView>,
}

/// One node's answer of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeView {
    /// The node that was asked, by the name it is asked under.
    pub node: Name,
    /// What it sees, or why it could not be asked.
    pub view: Result<View, ViewError>,
}

/// Who a node sees as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Equal where two nodes see the same, and only there. What changes from second to second (positions, times) is
    /// left out of it by the source.
    pub digest: u128,
    /// The member that is the answering node itself, by the name in `members`; `None` where it is not among them.
    pub own: Option<Name>,
    /// How many seeds it lists beside its members: addresses it was told to look at, behind which it has found nobody.
    pub seeds: u32,
    /// The members that it knows.
    pub members: Vec<Member>,
}

/// A member of a cluster as one node sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The member, usually `host:port`.
    pub node: Name,
    /// The database's own word for its state, such as `Follower`.
    pub state: Name,
    /// What that state means.
    pub role: MemberRole,
    /// Whether the answering node thinks it alive.
    pub alive: bool,
    /// Whether it is a read-only replica, which does not vote.
    pub read_only: bool,
    /// How far it has written its log, in bytes from the log's beginning, where that is known. It moves from second to
    /// second: no part of [`View::digest`].
    pub written: Option<u64>,
    /// What else two views of it are compared by, in the same order in all of them.
    pub details: Vec<Detail>,
}

/// One more thing that a view tells of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// What it is, in a word or two: `version`, `epoch`.
    pub name: Name,
    /// Its value, as it is to be shown.
    pub value: Name,
}

impl Detail {
    /// The [name](Detail::name) of the detail that tells which version of the database a member runs.
    pub const VERSION: &'static str = "version";
}

/// What a member's state means for the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemberRole {
    /// It leads.
    Leader,
    /// It follows, or is a read-only replica in step.
    Follower,
    /// It copies what it missed. May last for hours and is no fault.
    CatchingUp,
    /// It is on its way into another state; seconds as a rule.
    Converging,
    /// It knows of no leader.
    Leaderless,
    /// It is shutting down.
    Leaving,
}

/// Why a node could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewError {
    /// The sort of failure.
    pub kind: ViewErrorKind,
    /// What happened, in words for people, without the node's name.
    pub message: String,
}

/// The sorts of failure when a node is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViewErrorKind {
    /// Nothing listens there, or the network says no.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The certificates do not fit.
    Tls,
    /// It wants other credentials.
    Unauthorized,
    /// It answers that it cannot answer.
    Unavailable,
    /// It answers something that is no view.
    Malformed,
    /// It answers for another cluster.
    ForeignCluster,
}

impl ClusterViews {
    /// The bytes of all that it holds beyond itself.
    pub(crate) fn text_bytes(&self) -> usize {
        self.resource.text_bytes() + self.nodes.iter().map(NodeView::size_bytes).sum::<usize>()
    }
}

impl NodeView {
    fn size_bytes(&self) -> usize {
        let view = match &self.view {
            Ok(view) => {
                view.own.as_ref().map_or(0, |own| own.len())
                    + view.members.iter().map(Member::size_bytes).sum::<usize>()
            }
            Err(error) => error.message.len(),
        };
        size_of::<Self>() + self.node.len() + view
    }
}

impl View {
    /// The member that is the answering node itself, where it is among the members.
    pub fn own_member(&self) -> Option<&Member> {
        let own = self.own.as_ref()?;
        self.members.iter().find(|member| member.node == *own)
    }
}

impl Member {
    /// What is told of it under `name`.
    pub fn detail(&self, name: &str) -> Option<&Name> {
        self.details.iter().find(|detail| *detail.name == *name).map(|detail| &detail.value)
    }

    fn size_bytes(&self) -> usize {
        let detail = |detail: &Detail| size_of::<Detail>() + detail.name.len() + detail.value.len();
        size_of::<Self>() + self.node.len() + self.state.len() + self.details.iter().map(detail).sum::<usize>()
    }
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ViewError {}
