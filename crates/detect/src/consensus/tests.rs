//! Rounds of gossip through the detector.

use chrono::{DateTime, Utc};
use tidegate_event::{Detail, Member, MemberRole, NodeView, Severity, View, ViewError, ViewErrorKind};

use super::*;

mod life;
mod situations;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a date of this century")
}

fn cluster() -> Resource {
    Resource::new().with_cluster("orders")
}

/// A member, by its state with a `-` before it where it is dead: `a Leader`, `b -Follower`, `c ReadOnlyReplica`.
fn member(text: &str) -> Member {
    let (node, state) = text.split_once(' ').expect("name and state");
    let (state, alive) = state.strip_prefix('-').map_or((state, true), |state| (state, false));
    let role = match state {
        "Leader" => MemberRole::Leader,
        "Follower" | "ReadOnlyReplica" => MemberRole::Follower,
        "CatchingUp" | "Clone" => MemberRole::CatchingUp,
        "Unknown" | "ReadOnlyLeaderless" => MemberRole::Leaderless,
        "ShuttingDown" => MemberRole::Leaving,
        _ => MemberRole::Converging,
    };
    Member {
        node: node.into(),
        state: state.into(),
        role,
        alive,
        read_only: state.starts_with("ReadOnly"),
        written: None,
        details: Vec::new(),
    }
}

/// A node that answers: it sees `members`, itself among them by its own name.
fn sees(node: &str, digest: u128, members: &[&str]) -> NodeView {
    let members: Vec<Member> = members.iter().map(|text| member(text)).collect();
    let own = members.iter().find(|member| *member.node == *node).map(|member| member.node.clone());
    NodeView { node: node.into(), view: Ok(View { digest, own, seeds: 0, members }) }
}

fn fails(node: &str, kind: ViewErrorKind, message: &str) -> NodeView {
    NodeView { node: node.into(), view: Err(ViewError { kind, message: message.to_owned() }) }
}

const THREE: [&str; 3] = ["a Leader", "b Follower", "c Follower"];

fn agree(members: &[&str]) -> Vec<NodeView> {
    ["a", "b", "c"].map(|node| sees(node, 1, members)).to_vec()
}

fn healthy() -> Vec<NodeView> {
    agree(&THREE)
}

fn broken() -> Vec<NodeView> {
    agree(&["a Leader", "b Follower", "c -Follower"])
}

fn round(seconds: i64, expected: Option<u32>, nodes: Vec<NodeView>) -> Signal {
    Signal::Views(ClusterViews { resource: cluster(), at: at(seconds), expected, nodes })
}

fn detector() -> ClusterConsensus {
    ClusterConsensus::builder().build().expect("valid")
}

fn observe(detector: &mut ClusterConsensus, signal: &Signal) -> Vec<Finding> {
    let mut findings = Vec::new();
    detector.observe(signal, &mut findings);
    findings
}

/// What two such rounds in a row find.
fn judge(expected: Option<u32>, nodes: &[NodeView]) -> Option<Symptom> {
    let mut detector = detector();
    assert_eq!(observe(&mut detector, &round(0, expected, nodes.to_vec())), [], "one round is not enough");
    let finding = observe(&mut detector, &round(6, expected, nodes.to_vec())).pop()?;
    match finding.condition {
        Condition::Met(symptom) => Some(symptom),
        other => panic!("not met: {other:?}"),
    }
}
