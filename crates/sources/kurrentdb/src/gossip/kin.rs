//! Which answers are of one cluster. Gossip has no id of the cluster, so it is told by what is in it.

use std::collections::BTreeSet;

use tidegate_event::MemberRole;

use super::state::role;
use super::wire::Gossip;

/// How many epochs of a cluster are remembered. One begins with each election.
const MOST_EPOCHS: usize = 64;

/// By what a cluster is known again: the processes that were members of it, and its reigns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kin {
    instances: BTreeSet<String>,
    epochs: BTreeSet<(i64, String)>,
    /// It has a leader of its own: it is no node that is still looking for others.
    led: bool,
}

impl Kin {
    pub(crate) fn of(gossip: &Gossip) -> Self {
        let epochs = gossip.members.iter().filter_map(|entry| entry.epoch.as_ref()?.identity());
        Self {
            instances: gossip.members.iter().map(|entry| entry.instance.clone()).collect(),
            epochs: epochs.map(|(number, id)| (number, id.to_owned())).collect(),
            led: gossip.members.iter().any(|entry| entry.alive && role(&entry.state) == MemberRole::Leader),
        }
    }

    /// They share a process or a reign.
    fn is_of(&self, other: &Self) -> bool {
        !self.instances.is_disjoint(&other.instances) || !self.epochs.is_disjoint(&other.epochs)
    }

    /// It cannot be of the same cluster, if they share nothing: a reign with the same number began elsewhere, or it has
    /// a leader that nobody there has heard of.
    fn is_foreign_to(&self, other: &Self) -> bool {
        let elsewhere = |(number, id): &(i64, String)| other.epochs.iter().any(|(n, i)| n == number && i != id);
        self.led || self.epochs.iter().any(elsewhere)
    }

    fn join(&mut self, other: Self) {
        self.instances.extend(other.instances);
        self.epochs.extend(other.epochs);
        self.led |= other.led;
    }
}

/// The answers that are of another cluster than the rest, by their numbers in `answers`. `known` is what the cluster was
/// known by before, and becomes what it is known by now.
///
/// Where there are several clusters, ours is the one that was known before; else the one of the most nodes; else the one
/// whose node was named first.
pub(crate) fn foreign(known: &mut Kin, answers: &[Kin]) -> Vec<usize> {
    let groups = groups(known, answers);
    let ours = groups.iter().find(|group| group.known).or_else(|| {
        let first = |group: &&Group| std::cmp::Reverse(group.numbers.first().copied());
        groups.iter().max_by_key(|group| (group.numbers.len(), first(group)))
    });
    let Some(ours) = ours else { return Vec::new() };
    let others = groups.iter().filter(|group| group.numbers != ours.numbers && group.kin.is_foreign_to(&ours.kin));
    let foreign: Vec<usize> = others.flat_map(|group| group.numbers.iter().copied()).collect();
    let mut kin = Kin { epochs: std::mem::take(&mut known.epochs), ..Kin::default() };
    // Where the cluster was set up anew, nothing of the old one is to be known by.
    if !ours.known {
        kin.epochs.clear();
    }
    for answer in answers.iter().enumerate().filter(|(number, _)| !foreign.contains(number)).map(|(_, answer)| answer) {
        kin.join(answer.clone());
    }
    while kin.epochs.len() > MOST_EPOCHS {
        kin.epochs.pop_first();
    }
    *known = kin;
    foreign
}

/// Answers of one cluster, by their numbers in order.
struct Group {
    numbers: Vec<usize>,
    kin: Kin,
    /// It is the cluster that was known before.
    known: bool,
}

/// Each cluster once: whoever shares something with one of it is of it, by way of others too.
fn groups(known: &Kin, answers: &[Kin]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (number, kin) in answers.iter().enumerate() {
        let of_known = kin.is_of(known);
        let mut merged = Group { numbers: vec![number], kin: kin.clone(), known: of_known };
        let (same, others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| (group.known && of_known) || group.kin.is_of(kin));
        for group in same {
            merged.numbers.extend(group.numbers);
            merged.known |= group.known;
            merged.kin.join(group.kin);
        }
        merged.numbers.sort_unstable();
        groups = others;
        groups.push(merged);
    }
    groups
}
