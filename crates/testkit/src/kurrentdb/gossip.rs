//! How views spread: each node pushes its own to one other at random, and gets that one's back.

use std::time::Duration;

use chrono::TimeDelta;

use super::entry::Entry;
use super::world::{GOSSIP_TIMEOUT, World};

/// From one push to the next.
const INTERVAL: Duration = Duration::from_secs(2);
/// The same for the first pushes after a start.
const FIRST_INTERVAL: Duration = Duration::from_millis(100);
/// How many are the first ones.
const FIRST_ROUNDS: u32 = 20;
/// How long who is dead stays a member.
const DEAD_REMOVED_AFTER: TimeDelta = TimeDelta::seconds(1_800);

impl World {
    /// One push of a node, where it is time.
    pub(super) fn gossip(&mut self, index: usize) {
        if !self.nodes[index].is_up() || self.now < self.nodes[index].gossips_at {
            return;
        }
        let node = &mut self.nodes[index];
        node.rounds += 1;
        node.gossips_at = self.now + if node.rounds < FIRST_ROUNDS { FIRST_INTERVAL } else { INTERVAL };
        self.refresh(index);
        self.forget(index);
        let node = &mut self.nodes[index];
        let mut others: Vec<usize> = (0..node.view.len()).filter(|other| *other != index).collect();
        // Who gets its seeds from DNS reaches the nodes by other names than their own, and reaches them all the same.
        others.retain(|other| node.view[*other].is_some() || !node.strays.is_empty() && node.rounds < FIRST_ROUNDS);
        if others.is_empty() {
            return;
        }
        let other = others[usize::try_from(node.random.below(others.len() as u64)).unwrap_or_default()];
        self.push(index, other);
    }

    fn push(&mut self, from: usize, to: usize) {
        let process = self.nodes[to].process;
        let is_refused = !process.listens(self.now);
        let is_booting = !is_refused && !process.runs();
        let is_slow = self.nodes[to].faults.slow.max(self.nodes[from].faults.slow) >= GOSSIP_TIMEOUT;
        if !self.is_joined(from, to) || self.nodes[to].is_frozen() || is_booting || is_slow {
            let instance = self.nodes[from].view[to].as_ref().map(|entry| entry.instance).unwrap_or_default();
            self.pushes.push((self.now + GOSSIP_TIMEOUT, from, to, instance));
        } else if is_refused {
            self.mark_unreached(from, to);
        } else {
            self.receive(to, from);
            self.refresh(to);
            self.receive(from, to);
        }
    }

    /// Marks those dead who have not answered in time.
    pub(super) fn give_pushes_up(&mut self) {
        let now = self.now;
        let (over, waiting): (Vec<_>, Vec<_>) = self.pushes.drain(..).partition(|push| push.0 <= now);
        self.pushes = waiting;
        for (_, from, to, instance) in over {
            let is_same = self.nodes[from].view[to].as_ref().is_some_and(|entry| entry.instance == instance);
            if self.nodes[from].is_up() && is_same {
                self.mark_unreached(from, to);
            }
        }
    }

    /// Of its leader, a node believes the replication connection only.
    fn mark_unreached(&mut self, index: usize, other: usize) {
        if self.nodes[index].leader != Some(other) {
            self.mark_dead(index, other);
        }
    }

    /// From now on `index` takes `other` for dead; its state stays what it was.
    pub(super) fn mark_dead(&mut self, index: usize, other: usize) {
        let stamp = self.nodes[index].stamp(self.now);
        let entry = self.nodes[index].view[other].as_mut();
        if let Some(entry) = entry.filter(|entry| entry.alive && !entry.is_placeholder()) {
            (entry.alive, entry.stamp) = (false, stamp);
        }
    }

    /// `index` hears what `peer` knows.
    fn receive(&mut self, index: usize, peer: usize) {
        let told = self.nodes[peer].view.clone();
        let node = &mut self.nodes[index];
        let leader = node.leader;
        for (member, theirs) in told.into_iter().enumerate().filter(|(member, _)| *member != index) {
            let Some(theirs) = theirs else { continue };
            let mine = &mut node.view[member];
            match mine {
                // A peer knows itself best.
                _ if member == peer => *mine = Some(theirs),
                None if !node.strays.is_empty() && theirs.is_placeholder() => {}
                None => *mine = Some(theirs),
                Some(mine) if theirs.is_placeholder() || !(mine.is_placeholder() || theirs.is_newer_than(mine)) => {}
                // Whether its leader is well it knows better than others.
                Some(mine) if leader == Some(member) => {
                    *mine = Entry { state: mine.state, alive: mine.alive, ..theirs };
                }
                Some(mine) => *mine = theirs,
            }
        }
        self.forget(index);
    }

    /// Who is dead for long is no member any more.
    fn forget(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        if node.state.forgets() {
            let now = self.now + node.skew;
            for entry in &mut node.view {
                entry.take_if(|entry| !entry.alive && now - entry.stamp > DEAD_REMOVED_AFTER);
            }
        }
    }
}
