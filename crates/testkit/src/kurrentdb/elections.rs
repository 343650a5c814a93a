//! Who leads.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::State;
use super::world::World;

/// How long elections take at least, and by how much more at most.
const SHORTEST: Duration = Duration::from_millis(500);
const SPREAD: Duration = Duration::from_secs(1);

/// Elections that are being held among nodes that reach each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Election {
    group: usize,
    until: DateTime<Utc>,
}

impl World {
    pub(super) fn hold_elections(&mut self) {
        let now = self.now;
        let (done, mut running): (Vec<_>, Vec<_>) = self.elections.drain(..).partition(|one| one.until <= now);
        for election in done {
            self.settle(&self.candidates(election.group));
        }
        let mut groups: Vec<usize> = self.voters().map(|voter| self.groups[voter]).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            let is_held = running.iter().any(|one| one.group == group);
            if !is_held && self.candidates(group).len() >= self.quorum() {
                let until = now + SHORTEST + self.random.duration(SPREAD);
                running.push(Election { group, until });
            }
        }
        self.elections = running;
    }

    /// The voters of a group that know of no leader.
    fn candidates(&self, group: usize) -> Vec<usize> {
        let is_one = |voter: &usize| {
            let node = &self.nodes[*voter];
            self.groups[*voter] == group && node.is_up() && node.state == State::Unknown && node.leader.is_none()
        };
        self.voters().filter(is_one).collect()
    }

    /// All take the winner for their leader, and wait for what the others say of themselves.
    fn settle(&mut self, voters: &[usize]) {
        if voters.len() < self.quorum() {
            return;
        }
        let rank = |voter: &&usize| {
            let node = &self.nodes[**voter];
            (!node.resigned, node.epoch.number, node.writer, std::cmp::Reverse(**voter))
        };
        let Some(winner) = voters.iter().max_by_key(rank).copied() else { return };
        for voter in voters.iter().copied() {
            let stamp = self.nodes[voter].stamp(self.now);
            let node = &mut self.nodes[voter];
            (node.leader, node.resigned) = (Some(winner), false);
            node.elections += 1;
            for (member, entry) in node.view.iter_mut().enumerate() {
                let Some(entry) = entry.as_mut().filter(|entry| !entry.is_placeholder() && member != voter) else {
                    continue;
                };
                entry.state = if member == winner { State::Leader } else { State::Unknown };
                entry.alive |= member == winner;
                entry.stamp = stamp;
            }
            self.turn(voter, if voter == winner { State::PreLeader } else { State::PreReplica });
        }
    }
}
