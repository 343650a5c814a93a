use std::collections::{BTreeMap, BTreeSet};

use tidegate_event::{ClusterViews, Member, MemberRole, Name, NodeView, Reading, Resource, View};

use super::difference::differences;
use super::fault::{Fault, Witnesses, list};
use super::seen::{Seen, hints, seen};

/// What one round of gossip shows: the rule of [`ClusterConsensus`](crate::ClusterConsensus) for a single round. Two
/// equal ones have nothing new to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The worst first.
    faults: Vec<Fault>,
    /// No fault, but good to know.
    catching_up: Vec<Name>,
    /// No fault either, as sentences.
    hints: Vec<String>,
    /// Who sees whom as what, where anything is wrong.
    seen: Vec<Seen>,
    asked: usize,
    answered: usize,
    distinct_views: usize,
    leaders: Vec<Name>,
}

impl Judgement {
    /// Judges one round.
    pub fn of(views: &ClusterViews) -> Self {
        let answers = Answers::of(&views.nodes);
        let leaders = answers.leaders();
        let groups = answers.groups();
        let mut faults = Vec::new();
        if let Some((node, view)) = answers.alone(views) {
            faults.extend(queries(&views.nodes));
            faults.extend(view.and_then(|view| not_leading(node, view)));
        } else {
            faults.extend(answers.leadership(&leaders));
            faults.extend(queries(&views.nodes));
            faults.extend(answers.dead());
            faults.extend(views.expected.into_iter().flat_map(|expected| answers.voters(expected, &views.nodes)));
            faults.extend(answers.unsettled());
            faults.extend(answers.informed.iter().filter_map(|(node, view)| not_in_own_view(node, view)));
            faults.extend(answers.seeds_only.iter().map(|node| Fault::SeedsOnly((*node).clone())));
            if groups.len() > 1 {
                let by = differences(&answers.informed, &faults);
                faults.push(Fault::Differ { groups: groups.clone(), by });
            }
        }
        let seen = if faults.is_empty() { Vec::new() } else { seen(&answers.informed, &groups) };
        let catching_up = answers.members(|member| member.alive && member.role == MemberRole::CatchingUp);
        Self {
            faults,
            hints: hints(&answers.informed),
            seen,
            catching_up: catching_up.into_keys().cloned().collect(),
            asked: views.nodes.len(),
            answered: views.nodes.iter().filter(|node| node.view.is_ok()).count(),
            distinct_views: groups.len() + usize::from(answers.empty),
            leaders: leaders.into_keys().cloned().collect(),
        }
    }

    /// Whether anything is wrong in it. One such round opens nothing yet: see
    /// [`with_open_rounds`](crate::ClusterConsensusBuilder::with_open_rounds).
    pub fn is_bad(&self) -> bool {
        !self.faults.is_empty()
    }

    /// What is wrong above all.
    pub(super) fn headline(&self) -> Option<String> {
        self.faults.first().map(Fault::headline)
    }

    /// All that is wrong, as sentences; of a clean round what is right.
    pub fn cause(&self) -> String {
        let mut sentences: Vec<String> = self.faults.iter().map(Fault::to_string).collect();
        if sentences.is_empty() {
            let who = if self.asked == 1 { "The node".to_owned() } else { format!("All {} nodes", self.asked) };
            let same = if self.asked == 1 { "" } else { " with the same view" };
            let leaders = list(&self.leaders);
            sentences.push(format!("{who} answered{same}; the leader is {leaders}."));
        }
        if !self.catching_up.is_empty() {
            let (who, verb) = (list(&self.catching_up), if self.catching_up.len() == 1 { "is" } else { "are" });
            sentences.push(format!("{who} {verb} catching up, which may take hours and is no fault."));
        }
        sentences.extend_from_slice(&self.hints);
        sentences.join(" ")
    }

    pub(super) fn evidence(&self) -> Vec<Reading> {
        let reading = |name: &str, count: usize, unit: &str| Reading::new(name, count as f64, unit);
        let mut evidence = vec![
            reading("tidegate.consensus.nodes_asked", self.asked, "{node}"),
            reading("tidegate.consensus.nodes_answered", self.answered, "{node}"),
            reading("tidegate.consensus.distinct_views", self.distinct_views, "{view}").with_limit(1.0),
            reading("tidegate.consensus.leaders", self.leaders.len(), "{node}").with_limit(1.0),
            reading("tidegate.consensus.members_catching_up", self.catching_up.len(), "{node}"),
        ];
        evidence.extend(self.seen.iter().map(|seen| reading(&seen.words, seen.alive, "{node}")));
        evidence
    }
}

/// ` in cluster orders`; nothing for the empty resource.
pub(super) fn within(resource: &Resource) -> String {
    if resource.is_empty() { String::new() } else { format!(" in {resource}") }
}

/// The nodes that answered, by name.
struct Answers<'a> {
    informed: Vec<(&'a Name, &'a View)>,
    /// Those whose view has no member, or none but themselves beside seeds.
    seeds_only: Vec<&'a Name>,
    /// Some have no member in their view.
    empty: bool,
}

impl<'a> Answers<'a> {
    fn of(nodes: &'a [NodeView]) -> Self {
        let mut answered: Vec<(&Name, &View)> =
            nodes.iter().filter_map(|node| node.view.as_ref().ok().map(|view| (&node.node, view))).collect();
        answered.sort_by_key(|(node, _)| *node);
        let seeds_only = answered.iter().filter(|(_, view)| knows_only_seeds(view)).map(|(node, _)| *node).collect();
        let (informed, empty): (Vec<_>, Vec<_>) = answered.into_iter().partition(|(_, view)| !view.members.is_empty());
        Self { informed, seeds_only, empty: !empty.is_empty() }
    }

    /// The one node of a cluster of one, with its view where it answered: none else was asked, none else is seen, and
    /// none else is expected.
    fn alone<'v>(&self, views: &'v ClusterViews) -> Option<(&'v Name, Option<&'v View>)> {
        let [only] = views.nodes.as_slice() else { return None };
        let seen = self.informed.first().map_or(0, |(_, view)| view.members.len());
        let alone = match views.expected {
            Some(expected) => expected == 1 && seen <= 1,
            None => seen == 1,
        };
        alone.then(|| (&only.node, only.view.as_ref().ok()))
    }

    /// The members of which `predicate` holds in some view, each with the nodes that see it so.
    fn members(&self, predicate: impl Fn(&Member) -> bool) -> BTreeMap<&'a Name, Vec<Name>> {
        let mut members: BTreeMap<&Name, Vec<Name>> = BTreeMap::new();
        for (node, view) in &self.informed {
            for member in view.members.iter().filter(|member| predicate(member)) {
                members.entry(&member.node).or_default().push((*node).clone());
            }
        }
        members
    }

    fn leaders(&self) -> BTreeMap<&'a Name, Vec<Name>> {
        self.members(|member| member.alive && member.role == MemberRole::Leader)
    }

    fn leadership(&self, leaders: &BTreeMap<&Name, Vec<Name>>) -> Vec<Fault> {
        let mut faults = Vec::new();
        if leaders.len() > 1 {
            let each = leaders.iter().map(|(leader, nodes)| ((*leader).clone(), self.witnesses(nodes.clone())));
            faults.push(Fault::Leaders(each.collect()));
        }
        let seen_by: BTreeSet<&Name> = leaders.values().flatten().collect();
        let without: Vec<Name> =
            self.informed.iter().filter(|(node, _)| !seen_by.contains(node)).map(|(node, _)| (*node).clone()).collect();
        if !without.is_empty() {
            let witnesses = self.witnesses(without);
            faults.push(if leaders.is_empty() { Fault::NoLeader(witnesses) } else { Fault::LeaderUnseen(witnesses) });
        }
        faults
    }

    fn dead(&self) -> Vec<Fault> {
        let dead = self.members(|member| !member.alive).into_iter();
        dead.map(|(member, nodes)| Fault::Dead { member: member.clone(), witnesses: self.witnesses(nodes) }).collect()
    }

    fn unsettled(&self) -> Vec<Fault> {
        let mut states: BTreeMap<(&Name, &Name), Vec<Name>> = BTreeMap::new();
        for (node, view) in &self.informed {
            for member in view.members.iter().filter(|member| member.alive && !is_settled(member.role)) {
                states.entry((&member.node, &member.state)).or_default().push((*node).clone());
            }
        }
        let fault = |((member, state), nodes): ((&Name, &Name), Vec<Name>)| Fault::Unsettled {
            member: member.clone(),
            state: state.clone(),
            witnesses: self.witnesses(nodes),
        };
        states.into_iter().map(fault).collect()
    }

    /// The views in which the number of voting members, dead ones included, is not the expected one.
    fn voters(&self, expected: u32, asked: &[NodeView]) -> Vec<Fault> {
        let mut known: BTreeSet<&Name> = self.members(|member| !member.read_only).into_keys().collect();
        let replicas = self.members(|member| member.read_only);
        // A node may be asked under another name than the one under which the members know it.
        known.extend(asked.iter().map(own_name).filter(|node| !replicas.contains_key(node)));
        let mut views: BTreeMap<BTreeSet<&Name>, Vec<Name>> = BTreeMap::new();
        for (node, view) in &self.informed {
            let voting = view.members.iter().filter(|member| !member.read_only).map(|member| &member.node).collect();
            views.entry(voting).or_default().push((*node).clone());
        }
        let wanted = usize::try_from(expected).unwrap_or(usize::MAX);
        let wrong = views.into_iter().filter(|(voting, _)| voting.len() != wanted);
        wrong
            .map(|(voting, nodes)| {
                let missing: Vec<Name> = known.difference(&voting).map(|node| (*node).clone()).collect();
                let found = voting.len();
                // Named only where there is no doubt who it is.
                let missing = if found + missing.len() == wanted { missing } else { Vec::new() };
                Fault::Voters { found, expected, missing, witnesses: self.witnesses(nodes) }
            })
            .collect()
    }

    /// The nodes that see the same, the largest group first.
    fn groups(&self) -> Vec<Vec<Name>> {
        let mut groups: BTreeMap<u128, Vec<Name>> = BTreeMap::new();
        for (node, view) in &self.informed {
            groups.entry(view.digest).or_default().push((*node).clone());
        }
        let mut groups: Vec<Vec<Name>> = groups.into_values().collect();
        groups.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        groups
    }

    fn witnesses(&self, nodes: Vec<Name>) -> Witnesses {
        let all = nodes.len() > 1 && nodes.len() == self.informed.len();
        Witnesses { nodes, all }
    }
}

/// What a node is called among the members, as far as that is known.
fn own_name(node: &NodeView) -> &Name {
    node.view.as_ref().ok().and_then(|view| view.own.as_ref()).unwrap_or(&node.node)
}

/// Nobody found yet. A node that lists seeds beside other members only knows those by other addresses.
fn knows_only_seeds(view: &View) -> bool {
    view.members.is_empty()
        || (view.seeds > 0 && view.members.iter().all(|member| Some(&member.node) == view.own.as_ref()))
}

fn is_settled(role: MemberRole) -> bool {
    matches!(role, MemberRole::Leader | MemberRole::Follower | MemberRole::CatchingUp)
}

fn queries(nodes: &[NodeView]) -> Vec<Fault> {
    let mut failed: Vec<_> =
        nodes.iter().filter_map(|node| node.view.as_ref().err().map(|error| (&node.node, error))).collect();
    failed.sort_by_key(|(node, _)| *node);
    let fault = |(node, error): (&Name, &tidegate_event::ViewError)| {
        let message = error.message.trim_end_matches('.').to_owned();
        Fault::Query { node: node.clone(), kind: error.kind, message }
    };
    failed.into_iter().map(fault).collect()
}

fn not_in_own_view(node: &Name, view: &View) -> Option<Fault> {
    view.own_member().is_none().then(|| Fault::NotInOwnView(node.clone()))
}

fn not_leading(node: &Name, view: &View) -> Option<Fault> {
    let Some(member) = view.own_member().or(view.members.first()) else { return Some(Fault::SeedsOnly(node.clone())) };
    let leads = member.alive && member.role == MemberRole::Leader;
    (!leads).then(|| Fault::AloneAndNotLeading { node: node.clone(), state: member.state.clone() })
}
