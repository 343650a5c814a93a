//! How the nodes see each other, as a source of gossip would tell it.

use chrono::{DateTime, Utc};
use tidegate_event::{ClusterViews, Member, MemberRole, Name, NodeView, Resource, View};

use crate::story::{Network, PLOTS};

/// One round: all nodes answer, whatever the network between them does.
pub(crate) fn round(network: Network, cluster: &Resource, at: DateTime<Utc>) -> ClusterViews {
    let names: Vec<Name> = PLOTS.iter().map(|plot| plot.name.into()).collect();
    let node = |(number, node): (usize, &Name)| {
        let (digest, states) = states(network, number);
        let member = |(node, state): (&Name, State)| state.of(node);
        let members = names.iter().zip(states).map(member).collect();
        NodeView { node: node.clone(), view: Ok(View { digest, own: Some(node.clone()), seeds: 0, members }) }
    };
    let nodes = names.iter().enumerate().map(node).collect();
    let expected = u32::try_from(names.len()).ok();
    ClusterViews { resource: cluster.clone(), at, expected, nodes }
}

/// A member as another one sees it: its state in the database's own word, what that means, and whether it is alive.
#[derive(Debug, Clone, Copy)]
struct State(&'static str, MemberRole, bool);

const LEADER: State = State("Leader", MemberRole::Leader, true);
const FOLLOWER: State = State("Follower", MemberRole::Follower, true);
const CATCHING_UP: State = State("CatchingUp", MemberRole::CatchingUp, true);
const LEADERLESS: State = State("Unknown", MemberRole::Leaderless, true);

impl State {
    /// The same of one that does not answer any more: who is thought dead keeps its last state.
    const fn dead(self) -> Self {
        Self(self.0, self.1, false)
    }

    fn of(self, node: &Name) -> Member {
        let Self(state, role, alive) = self;
        let details = Vec::new();
        Member { node: node.clone(), state: state.into(), role, alive, read_only: false, written: None, details }
    }
}

/// What a node sees of all three, with a digest of it.
fn states(network: Network, number: usize) -> (u128, [State; 3]) {
    match (network, number) {
        (Network::Whole, _) => (1, [LEADER, FOLLOWER, FOLLOWER]),
        (Network::Split, 2) => (2, [LEADER.dead(), FOLLOWER.dead(), LEADERLESS]),
        (Network::Split, _) => (3, [LEADER, FOLLOWER, FOLLOWER.dead()]),
        (Network::CatchingUp, _) => (4, [LEADER, FOLLOWER, CATCHING_UP]),
    }
}
