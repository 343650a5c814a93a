//! Which answers are of one cluster. Gossip has no id of the cluster, so it is told by what is in it.

use std::collections::BTreeSet;

use tidegate_event::MemberRole;

use super::state::role;
use super::wire::Gossip;

/// How many epochs of a cluster are remembered. One begins with each election.
const MOST_EPOCHS: usize = 64;
/// After how many rounds in a row without an answer of ours another cluster may be ours: for so long it may be that only
/// a stranger answers.
const ROUNDS_TO_REPLACE: u32 = 5;

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

    /// It has a leader and a reign, as whatever ran for a while.
    fn is_settled(&self) -> bool {
        self.led && !self.epochs.is_empty()
    }

    fn joined(mut self, other: &Self) -> Self {
        self.join(other.clone());
        self
    }

    fn join(&mut self, other: Self) {
        self.instances.extend(other.instances);
        self.epochs.extend(other.epochs);
        self.led |= other.led;
    }
}

/// Which cluster is ours, from one round to the next.
#[derive(Debug, Default)]
pub(crate) struct Ours {
    /// By what it was known last; nothing before there was an answer of a cluster with a leader and a reign.
    known: Kin,
    /// By what those are known who answered for others while ours answered too.
    strangers: Kin,
    /// In how many rounds in a row others answered and ours did not.
    missed: u32,
}

impl Ours {
    /// The answers that are of another cluster than ours, by their numbers in `answers`; `all`: whoever was asked has
    /// answered.
    ///
    /// Ours is the one that was known before. Where none was, it is the one of the most nodes, else the one whose node
    /// was named first. It is the same where it was set up anew: but a round in which ours is silent and a stranger
    /// answers looks alike, so that needs a round with all answers, or [some in a row](ROUNDS_TO_REPLACE).
    pub(crate) fn foreign(&mut self, answers: &[Kin], all: bool) -> Vec<usize> {
        let groups = groups(&self.known, answers);
        if let Some(ours) = groups.iter().find(|group| group.known) {
            let foreign = foreign(&groups, &ours.kin);
            self.missed = 0;
            self.remember(answers, &foreign);
            self.learn(answers, &foreign);
            return foreign;
        }
        let Some(largest) = self.largest(&groups) else { return Vec::new() };
        if self.known == Kin::default() {
            let foreign = foreign(&groups, &largest.kin);
            if largest.kin.is_settled() {
                self.remember(answers, &foreign);
                self.learn(answers, &foreign);
            }
            return foreign;
        }
        self.missed = self.missed.saturating_add(1);
        let is_new = all || (self.missed >= ROUNDS_TO_REPLACE && !largest.kin.is_of(&self.strangers));
        if !is_new || !largest.kin.is_settled() {
            return foreign(&groups, &self.known);
        }
        // Nothing of the old one is to be known by.
        let foreign = foreign(&groups, &largest.kin);
        *self = Self::default();
        self.learn(answers, &foreign);
        foreign
    }

    /// One of strangers only where there is no other.
    fn largest<'a>(&self, groups: &'a [Group]) -> Option<&'a Group> {
        let first = |group: &Group| std::cmp::Reverse(group.numbers.first().copied());
        groups.iter().max_by_key(|group| (!group.kin.is_of(&self.strangers), group.numbers.len(), first(group)))
    }

    /// Who answers for others while ours answers.
    fn remember(&mut self, answers: &[Kin], foreign: &[usize]) {
        if !foreign.is_empty() {
            let strange = foreign.iter().filter_map(|number| answers.get(*number));
            self.strangers = strange.fold(Kin::default(), Kin::joined);
        }
    }

    /// From now on it is known by what is in its answers, and its reigns stay.
    fn learn(&mut self, answers: &[Kin], foreign: &[usize]) {
        let epochs = std::mem::take(&mut self.known.epochs);
        let own = answers.iter().enumerate().filter(|(number, _)| !foreign.contains(number)).map(|(_, answer)| answer);
        let mut kin = own.fold(Kin { epochs, ..Kin::default() }, Kin::joined);
        while kin.epochs.len() > MOST_EPOCHS {
            kin.epochs.pop_first();
        }
        self.known = kin;
    }
}

/// The answers that cannot be of `ours`, by their numbers in order.
fn foreign(groups: &[Group], ours: &Kin) -> Vec<usize> {
    let others = groups.iter().filter(|group| !group.kin.is_of(ours) && group.kin.is_foreign_to(ours));
    let mut numbers: Vec<usize> = others.flat_map(|group| group.numbers.iter().copied()).collect();
    numbers.sort_unstable();
    numbers
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
