//! Rounds of gossip with positions through the detector.

use tidegate_event::{Event, IssueKey, NodeView, Severity, View, ViewError, ViewErrorKind};

use super::*;
use crate::{Ledger, Rule, Symptom};

mod life;
mod model;
mod words;

const MIB: u64 = 1 << 20;
/// Where the leader is in every round unless said otherwise.
const FAR: u64 = 100 << 30;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a date of this century")
}

fn cluster() -> Resource {
    Resource::new().with_cluster("orders")
}

fn node(name: &str) -> Resource {
    cluster().with_node(name)
}

/// A node that answers with its state and how far it has written.
fn says(name: &str, state: &str, written: impl Into<Option<u64>>) -> NodeView {
    let role = match state {
        "Leader" => MemberRole::Leader,
        "Follower" | "ReadOnlyReplica" => MemberRole::Follower,
        "CatchingUp" => MemberRole::CatchingUp,
        "ReadOnlyLeaderless" | "Unknown" => MemberRole::Leaderless,
        _ => MemberRole::Converging,
    };
    let read_only = state.starts_with("ReadOnly");
    let own = Member {
        node: name.into(),
        state: state.into(),
        role,
        alive: true,
        read_only,
        written: written.into(),
        details: Vec::new(),
    };
    // What it says of another node is no measurement.
    let other = Member { node: "z".into(), written: Some(1), read_only: false, ..own.clone() };
    let view = View { digest: 1, own: Some(name.into()), seeds: 0, members: vec![other, own] };
    NodeView { node: name.into(), view: Ok(view) }
}

fn fails(name: &str) -> NodeView {
    let error = ViewError { kind: ViewErrorKind::Refused, message: "refused".to_owned() };
    NodeView { node: name.into(), view: Err(error) }
}

fn round(seconds: i64, nodes: Vec<NodeView>) -> Signal {
    Signal::Views(ClusterViews { resource: cluster(), at: at(seconds), expected: Some(3), nodes })
}

/// `a` leads, and `b` is so many bytes behind it, in this state.
fn behind(seconds: i64, state: &str, lag: u64) -> Signal {
    round(seconds, vec![says("a", "Leader", FAR), says("b", state, FAR - lag)])
}

#[derive(Clone)]
enum Step {
    /// `b` follows, so many MiB behind.
    Lag(i64, u64),
    /// `b` is catching up, so many MiB behind.
    Catching(i64, u64),
    Tick(i64),
    Show(Signal),
}
use Step::{Catching, Lag, Show, Tick};

fn play(detector: &mut ReplicationLag, steps: &[Step]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in steps {
        match step {
            Step::Lag(seconds, mib) => detector.observe(&behind(*seconds, "Follower", mib * MIB), &mut findings),
            Catching(seconds, mib) => detector.observe(&behind(*seconds, "CatchingUp", mib * MIB), &mut findings),
            Tick(seconds) => detector.tick(at(*seconds), &mut findings),
            Show(signal) => detector.observe(signal, &mut findings),
        }
    }
    findings
}

/// The changes of verdict, such as `600 met`; other nodes than `b` are named.
fn changes(findings: &[Finding]) -> Vec<String> {
    let mut last = BTreeMap::new();
    let mut changes = Vec::new();
    for finding in findings {
        let verdict = match &finding.condition {
            Condition::Met(_) => "met",
            Condition::Cleared { .. } => "cleared",
            Condition::Unknown { .. } => "unknown",
        };
        let name = finding.key.resource().node.clone().unwrap_or_default();
        if last.insert(name.clone(), verdict) != Some(verdict) {
            let whose = if *name == *"b" { String::new() } else { format!(" {name}") };
            changes.push(format!("{} {verdict}{whose}", (finding.at - at(0)).num_seconds()));
        }
    }
    changes
}

fn detector() -> ReplicationLag {
    ReplicationLag::builder().build().expect("valid")
}

fn verdicts(steps: &[Step]) -> Vec<String> {
    changes(&play(&mut detector(), steps))
}

/// A round every 30 s, both ends included.
fn each(from: i64, to: i64, step: impl Fn(i64) -> Step) -> Vec<Step> {
    (from..=to).step_by(30).map(step).collect()
}

fn symptom(finding: &Finding) -> &Symptom {
    match &finding.condition {
        Condition::Met(symptom) => symptom,
        other => panic!("not met: {other:?}"),
    }
}
