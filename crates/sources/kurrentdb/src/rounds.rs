//! When a round of gossip is due, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::join_all;
use tidegate_event::{ClusterViews, Name, Resource, Signal};
use tokio::time::{Instant, sleep_until};

use crate::endpoint::Endpoint;
use crate::gossip::{Answer, Asked, Assembled, Assembly};
use crate::node::Node;
use crate::shared::Shared;

/// The most nodes of one cluster that are asked, configured or found.
pub(crate) const MOST_NODES: usize = 32;

/// How gossip is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) cluster: Resource,
    pub(crate) nodes: Vec<Node>,
    pub(crate) interval: Duration,
    pub(crate) confirm: Duration,
    pub(crate) expected: Option<u32>,
    pub(crate) discover: bool,
}

/// The rounds of one cluster. It moves into the task that waits for the next one and comes back with the answers.
pub(crate) struct Rounds {
    plan: Plan,
    shared: Arc<Shared>,
    assembly: Assembly,
    asked: Vec<Asked>,
    /// When the next regular round is due.
    regular: Instant,
    /// When the next one is, regular or confirming.
    due: Instant,
    /// The last round was bad: there is nothing to confirm.
    was_bad: bool,
}

/// What a round comes to.
pub(crate) struct Round {
    pub(crate) signals: Vec<Signal>,
    /// How many voters there should be, where that is learned.
    pub(crate) learned: Option<u32>,
    /// The nodes that are asked from now on, and those that are no more.
    pub(crate) found: Vec<Node>,
    pub(crate) lost: Vec<Name>,
}

impl Rounds {
    /// The first round is due at once, the second after half an interval to a whole one, so that clusters that begin
    /// together do not go on together: `phase`, 0 to 1, is a cluster's own.
    pub(crate) fn new(plan: Plan, shared: Arc<Shared>, learned: Option<u32>, phase: f64) -> Self {
        let now = Instant::now();
        let assembly = Assembly::new(plan.cluster.clone(), plan.expected, learned);
        let asked = plan.nodes.iter().cloned().map(Asked::new).collect();
        let regular = now + plan.interval.mul_f64(0.5 + phase.clamp(0.0, 1.0) / 2.0);
        Self { plan, shared, assembly, asked, regular, due: now, was_bad: false }
    }

    /// Waits until it is due, and asks every node at the same instant.
    pub(crate) async fn next(mut self) -> (Self, Round) {
        sleep_until(self.due).await;
        let at = self.shared.clock.now();
        let shared = &*self.shared;
        let one = async |asked: &mut Asked| (asked.node.name.clone(), asked.ask(shared).await);
        let answers = join_all(self.asked.iter_mut().map(one)).await;
        let round = self.assemble(at, answers);
        (self, round)
    }

    fn assemble(&mut self, at: DateTime<Utc>, answers: Vec<Answer>) -> Round {
        let Assembled { views, judgement, members } = self.assembly.round(at, answers);
        self.schedule(judgement.is_bad());
        let silent = silent(&views);
        let mut round = Round {
            signals: vec![Signal::Views(views)],
            learned: self.assembly.learned(),
            found: Vec::new(),
            lost: Vec::new(),
        };
        if self.plan.discover {
            self.discover(&members, &silent, &mut round);
        }
        round
    }

    /// A bad round after a clean one is confirmed; else the next regular one is due.
    fn schedule(&mut self, is_bad: bool) {
        let now = Instant::now();
        while self.regular <= now {
            self.regular += self.plan.interval;
        }
        let to_confirm = is_bad && !self.was_bad;
        self.due = if to_confirm { self.regular.min(now + self.plan.confirm) } else { self.regular };
        self.was_bad = is_bad;
    }

    /// Asks those too of whom the nodes told; no longer those who were found so and of whom nobody tells any more.
    fn discover(&mut self, members: &BTreeMap<Endpoint, bool>, silent: &BTreeSet<Name>, round: &mut Round) {
        self.lose(members, silent, round);
        self.find(members, round);
    }

    /// Whom nobody tells of has left only where all the others answered: who did not may still know of it.
    fn lose(&mut self, members: &BTreeMap<Endpoint, bool>, silent: &BTreeSet<Name>, round: &mut Round) {
        let configured = &self.plan.nodes;
        let stays = |node: &Node| configured.contains(node) || members.contains_key(&node.endpoint);
        let is_sure = |asked: &Asked| !stays(&asked.node) || !silent.contains(&asked.node.name);
        if members.is_empty() || !self.asked.iter().all(is_sure) {
            return;
        }
        for asked in self.asked.extract_if(.., |asked| !stays(&asked.node)) {
            tracing::info!(cluster = %self.plan.cluster, node = %asked.node.name, "a node that was found has left");
            self.assembly.forget(&asked.node.name);
            round.lost.push(asked.node.name);
        }
    }

    fn find(&mut self, members: &BTreeMap<Endpoint, bool>, round: &mut Round) {
        let is_plain = self.plan.nodes.first().is_some_and(|first| first.is_plain);
        for endpoint in members.iter().filter(|(_, alive)| **alive).map(|(endpoint, _)| endpoint) {
            let is_asked = self.asked.iter().any(|asked| asked.node.endpoint == *endpoint);
            if is_asked || self.assembly.asks(endpoint) || self.asked.len() >= MOST_NODES {
                continue;
            }
            let node = Node::at(endpoint.clone(), is_plain);
            tracing::info!(cluster = %self.plan.cluster, node = %node.name, "a node was found by gossip");
            if self.shared.withholds(&node) {
                let (cluster, why) = (&self.plan.cluster, "plain http would show the credentials to the network");
                tracing::warn!(%cluster, node = %node.name, why, "a node is asked without credentials");
            }
            round.found.push(node.clone());
            self.asked.push(Asked::new(node));
        }
    }
}

/// Who did not answer, or not for this cluster.
fn silent(views: &ClusterViews) -> BTreeSet<Name> {
    views.nodes.iter().filter(|node| node.view.is_err()).map(|node| node.node.clone()).collect()
}
