use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{ClusterViews, Member, MemberRole, Name, Resource, Signal};

use crate::figure::duration;
use crate::watch::Watch;
use crate::{Condition, Detector, Finding};
use follower::{Follower, Lag, Rules, Verdict};
use words::Words;

mod builder;
mod follower;
#[cfg(test)]
mod tests;
mod words;

pub use builder::ReplicationLagBuilder;

/// `replication-lag`: whether a follower or a read-only replica stays far behind its leader.
///
/// It reads rounds of gossip. The lag of a node is what the leader has written
/// ([`Member::written`](tidegate_event::Member::written)) less what the node has, both in bytes, each from a node's own
/// entry in its own view of the same round: what a node says of another one is seconds old. One that is ahead has no lag.
/// The resource is the node by the name that it is asked under, so that what a configuration retires is what it named.
///
/// - **Opens** after 10 minutes in which every round shows more than 64 MiB. A member that is catching up is behind by
///   nature, perhaps for hours: it is an issue only when its lag has not shrunk for those 10 minutes, by a 64th of the
///   limit (1 MiB) at least.
/// - **Closes** after two rounds and a minute below 64 MiB, or as the leader.
/// - **No data**: a node that does not answer, or a round without exactly one leader that says how far it is. After 100 s
///   of it nothing is known, and counting starts anew.
#[derive(Debug)]
pub struct ReplicationLag {
    figures: ReplicationLagBuilder,
    rules: Rules,
    nodes: Watch<Follower>,
}

impl ReplicationLag {
    /// The detector's kind.
    pub const KIND: &'static str = "replication-lag";

    /// The default figures.
    pub fn builder() -> ReplicationLagBuilder {
        ReplicationLagBuilder::standard()
    }

    /// How many nodes it remembers.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    fn round(&mut self, views: &ClusterViews, findings: &mut Vec<Finding>) {
        let own: BTreeMap<&Name, &Member> =
            views.nodes.iter().filter_map(|node| Some((&node.node, node.view.as_ref().ok()?.own_member()?))).collect();
        let mut leaders = own.iter().filter(|(_, member)| member.role == MemberRole::Leader);
        let (Some((leader, leading)), None) = (leaders.next(), leaders.next()) else { return };
        let Some(leader_written) = leading.written else { return };
        for (node, member) in &own {
            let Some(written) = member.written else { continue };
            let lag = Lag {
                written,
                leader_written,
                leads: node == leader,
                catching_up: member.role == MemberRole::CatchingUp,
            };
            let resource = views.resource.clone().with_node((*node).clone());
            self.node(&resource, &Words { node, member, leader }, lag, views.at, findings);
        }
    }

    fn node(
        &mut self,
        resource: &Resource,
        words: &Words<'_>,
        lag: Lag,
        at: DateTime<Utc>,
        findings: &mut Vec<Finding>,
    ) {
        let ms = at.timestamp_millis();
        // A leader is followed by nobody's leave but its own: it is of interest only once it was behind.
        if !lag.leads && self.nodes.entry(resource, ms).is_none() {
            return;
        }
        let Some(node) = self.nodes.measured(resource, ms) else { return };
        let condition = match node.round(&self.rules, lag, ms) {
            Verdict::Same => return,
            Verdict::Met(behind) => Condition::Met(words.met(&self.figures, lag, behind)),
            Verdict::Cleared => words.cleared(&self.figures, lag),
        };
        findings.push(self.nodes.finding(resource, condition, at));
    }
}

impl Detector for ReplicationLag {
    fn kind(&self) -> &str {
        Self::KIND
    }

    #[inline]
    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        match signal {
            Signal::Views(views) => self.round(views, findings),
            other => self.nodes.observe(other, findings),
        }
    }

    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        let silent = duration(self.figures.stale_after());
        let why = |resource: &Resource| {
            format!(
                "How far {resource} is behind was not to be learnt for {silent}: it gave no answer, or no leader did."
            )
        };
        self.nodes.tick(now, why, findings);
    }
}

/// The default of each figure.
const LIMIT: f64 = 64.0 * 1024.0 * 1024.0;
const OPEN_AFTER: Duration = Duration::from_mins(10);
const CLOSE_AFTER: Duration = Duration::from_mins(1);
const CLOSE_ROUNDS: u32 = 2;
/// Three rounds of the usual two a minute, and some.
const STALE_AFTER: Duration = Duration::from_secs(100);
/// How many nodes are remembered; one process asks a few hundred.
const MOST_NODES: usize = 30_000;
