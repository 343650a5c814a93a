//! A round of gossip for the detector, from what each node answered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use tidegate_detect::Judgement;
use tidegate_event::{ClusterViews, Member, MemberRole, Name, NodeView, Resource, View, ViewError, ViewErrorKind};

use super::canonical::Canon;
use super::kin::{Kin, Ours};
use super::state::role;
use super::wire::{Entry, Gossip};
use crate::endpoint::Endpoint;

/// After how many clean rounds in a row with as many voters that is how many there should be.
const ROUNDS_TO_LEARN: u32 = 3;

/// One node's answer, or why there is none.
pub(crate) type Answer = (Name, Result<Gossip, ViewError>);

/// A round, and what else it tells.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub(crate) views: ClusterViews,
    pub(crate) judgement: Judgement,
    /// The addresses under which clients are to reach the members, and whether anybody thinks the member alive; none
    /// that several members share.
    pub(crate) members: BTreeMap<Endpoint, bool>,
}

/// What is known of a cluster from one round to the next.
#[derive(Debug)]
pub(crate) struct Assembly {
    cluster: Resource,
    configured: Option<u32>,
    learned: Option<u32>,
    /// As many voters in so many clean rounds in a row.
    steady: (u32, u32),
    ours: Ours,
    /// Under which name the member is asked that clients know by this address.
    names: BTreeMap<Endpoint, Name>,
}

impl Assembly {
    /// `learned`: how many voters it learned before a restart that there should be.
    pub(crate) fn new(cluster: Resource, configured: Option<u32>, learned: Option<u32>) -> Self {
        Self { cluster, configured, learned, steady: (0, 0), ours: Ours::default(), names: BTreeMap::new() }
    }

    /// How many voters it learned that there should be.
    pub(crate) fn learned(&self) -> Option<u32> {
        self.learned
    }

    /// Whether the member that clients know by this address has answered under some name.
    pub(crate) fn asks(&self, client: &Endpoint) -> bool {
        self.names.contains_key(client)
    }

    /// `node` is asked no more. Clients may come to know another by its address, or it again.
    pub(crate) fn forget(&mut self, node: &Name) {
        self.names.retain(|_, name| name != node);
    }

    /// The round that was asked at `at`.
    pub(crate) fn round(&mut self, at: DateTime<Utc>, mut answers: Vec<Answer>) -> Assembled {
        self.mark_foreign(&mut answers);
        let told = answers.iter().filter_map(|(_, answer)| answer.as_ref().ok());
        let canon = Canon::of(told);
        self.learn_names(&canon, &answers);
        let members = members(&canon, &answers);
        let mut forms = Vec::new();
        let mut view = |gossip: &Gossip| {
            let form = canon.form(gossip);
            let digest = forms.iter().position(|known| *known == form).unwrap_or_else(|| {
                forms.push(form);
                forms.len() - 1
            });
            self.view(&canon, gossip, digest as u128)
        };
        let nodes = answers.into_iter().map(|(node, answer)| NodeView { node, view: answer.map(|told| view(&told)) });
        let nodes: Vec<NodeView> = nodes.collect();
        let expected = self.configured.or_else(|| self.enough(&nodes));
        let views = ClusterViews { resource: self.cluster.clone(), at, expected, nodes };
        let judgement = Judgement::of(&views);
        self.learn_expected(&views, judgement.is_bad());
        Assembled { views, judgement, members }
    }

    fn mark_foreign(&mut self, answers: &mut [Answer]) {
        let told: Vec<usize> =
            answers.iter().enumerate().filter(|(_, (_, answer))| answer.is_ok()).map(|(number, _)| number).collect();
        let kin: Vec<Kin> = answers.iter().filter_map(|(_, answer)| answer.as_ref().ok()).map(Kin::of).collect();
        let all = told.len() == answers.len();
        for number in self.ours.foreign(&kin, all) {
            let Some((_, answer)) = told.get(number).and_then(|number| answers.get_mut(*number)) else { continue };
            if let Ok(gossip) = answer {
                *answer = Err(ViewError { kind: ViewErrorKind::ForeignCluster, message: stranger(gossip) });
            }
        }
    }

    /// Learns which member answers under which name. It is what the member is called from then on, in every view.
    fn learn_names(&mut self, canon: &Canon, answers: &[Answer]) {
        for (node, answer) in answers {
            let Ok(Gossip { server: Some(server), .. }) = answer else { continue };
            if !canon.is_own(server) {
                continue;
            }
            // It may have moved to another address.
            self.names.retain(|client, name| name != node || client == server);
            self.names.entry(server.clone()).or_insert_with(|| node.clone());
        }
    }

    fn view(&self, canon: &Canon, gossip: &Gossip, digest: u128) -> View {
        let name = |entry: &Entry| {
            let asked = self.names.get(&entry.client).filter(|_| canon.is_own(&entry.client));
            asked.cloned().unwrap_or_else(|| canon.name(entry))
        };
        let members: Vec<Member> = gossip.members.iter().map(|entry| canon.member(entry, name(entry))).collect();
        let own = gossip.members.iter().find(|entry| Some(&entry.client) == gossip.server.as_ref()).map(name);
        View { digest, own, seeds: gossip.seeds, members }
    }

    /// How many there should be by what was learned. Fewer are a fault, more are a cluster that has grown.
    fn enough(&self, nodes: &[NodeView]) -> Option<u32> {
        let learned = self.learned?;
        let seen = nodes.iter().filter_map(|node| node.view.as_ref().ok()).filter(|view| !view.members.is_empty());
        let counts: BTreeSet<u32> = seen.map(voters).collect();
        match counts.first() {
            Some(fewest) if *fewest > learned && counts.len() == 1 => Some(*fewest),
            // They differ, which is a fault as it is: nobody knows yet whether it has grown.
            Some(fewest) if *fewest >= learned && counts.len() > 1 => None,
            _ => Some(learned),
        }
    }

    fn learn_expected(&mut self, views: &ClusterViews, is_bad: bool) {
        let mut seen = views.nodes.iter().filter_map(|node| node.view.as_ref().ok());
        let Some(view) = seen.next().filter(|_| !is_bad) else {
            self.steady = (0, 0);
            return;
        };
        let voters = voters(view);
        let rounds = if self.steady.0 == voters { self.steady.1.saturating_add(1) } else { 1 };
        self.steady = (voters, rounds);
        if rounds >= ROUNDS_TO_LEARN && self.learned.is_none_or(|learned| learned < voters) {
            self.learned = Some(voters);
        }
    }
}

/// How many voting members there are in `view`, dead ones included.
fn voters(view: &View) -> u32 {
    let voters = view.members.iter().filter(|member| !member.read_only).count();
    u32::try_from(voters).unwrap_or(u32::MAX)
}

fn members(canon: &Canon, answers: &[Answer]) -> BTreeMap<Endpoint, bool> {
    let mut members = BTreeMap::new();
    let entries = answers.iter().filter_map(|(_, answer)| answer.as_ref().ok()).flat_map(|gossip| &gossip.members);
    for entry in entries.filter(|entry| canon.is_own(&entry.client) && entry.client.port() > 0) {
        *members.entry(entry.client.clone()).or_default() |= entry.alive;
    }
    members
}

/// What another cluster looks like, for people who know theirs.
fn stranger(gossip: &Gossip) -> String {
    let leader = gossip.members.iter().find(|entry| entry.alive && role(&entry.state) == MemberRole::Leader);
    let members: Vec<String> = gossip.members.iter().take(9).map(|entry| entry.client.to_string()).collect();
    let led = leader.map_or_else(|| "no leader".to_owned(), |leader| format!("leader {}", leader.client));
    format!("it sees the members {} with {led}, and shares none with the other nodes", members.join(", "))
}
