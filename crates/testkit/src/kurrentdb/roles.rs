//! What a node is to the others, and how it changes.

use std::time::Duration;

use super::State;
use super::entry::{Epoch, Guid};
use super::world::World;

/// How fast a node copies that is behind: 64 MiB a second.
pub(super) const COPIED_EACH_SECOND: i64 = 64 * 1024 * 1024;
/// Behind by less than so many bytes is in step.
pub(super) const CAUGHT_UP: u64 = 1_024;

const INITIALIZING: Duration = Duration::from_millis(300);
const DISCOVERING: Duration = Duration::from_secs(1);
const SUBSCRIBING: Duration = Duration::from_millis(200);
const CATCHING_UP: Duration = Duration::from_millis(200);
const BECOMING_LEADER: Duration = Duration::from_millis(400);
const RESIGNING: Duration = Duration::from_millis(300);
/// How long a leader waits for its followers before it leads no more.
const WITHOUT_FOLLOWERS: Duration = Duration::from_secs(5);

impl World {
    /// Which connections it lost, and what follows from that.
    pub(super) fn watch_links(&mut self, index: usize) {
        let mut gone = Vec::new();
        for other in (0..self.nodes.len()).filter(|other| *other != index) {
            let Some(patience) = self.patience(index, other) else {
                self.nodes[index].lost[other] = None;
                continue;
            };
            let since = *self.nodes[index].lost[other].get_or_insert(self.now);
            if (self.now - since).to_std().unwrap_or_default() >= patience {
                gone.push(other);
            }
        }
        match self.nodes[index].leader {
            Some(leader) if leader == index => {
                for other in &gone {
                    self.mark_dead(index, *other);
                }
                self.count_followers(index, &gone);
            }
            Some(leader) if gone.contains(&leader) => {
                self.nodes[index].leader = None;
                self.mark_dead(index, leader);
                self.be_leaderless(index);
            }
            Some(leader) if self.nodes[leader].leader != Some(leader) => {
                self.nodes[index].leader = None;
                self.be_leaderless(index);
            }
            _ => {}
        }
    }

    fn count_followers(&mut self, index: usize, gone: &[usize]) {
        let here = self.voters().filter(|voter| !gone.contains(voter)).count();
        if here >= self.quorum() {
            self.nodes[index].short_since = None;
            return;
        }
        let since = *self.nodes[index].short_since.get_or_insert(self.now);
        if (self.now - since).to_std().unwrap_or_default() >= WITHOUT_FOLLOWERS {
            self.step_down(index);
        }
    }

    pub(super) fn step_down(&mut self, index: usize) {
        (self.nodes[index].leader, self.nodes[index].short_since) = (None, None);
        self.be_leaderless(index);
    }

    /// It knows of no leader.
    fn be_leaderless(&mut self, index: usize) {
        if self.nodes[index].state != State::ShuttingDown {
            let replica = self.nodes[index].replica;
            self.turn(index, if replica { State::ReadOnlyLeaderless } else { State::Unknown });
        }
    }

    /// The next state, where it is time.
    pub(super) fn play_role(&mut self, index: usize) {
        let node = &self.nodes[index];
        let is_time = |time| node.for_at_least(time, self.now);
        match node.state {
            State::Initializing if is_time(INITIALIZING) => {
                let next = if node.replica { State::ReadOnlyLeaderless } else { State::DiscoverLeader };
                self.turn(index, next);
            }
            State::DiscoverLeader | State::Unknown | State::ReadOnlyLeaderless => self.look_for_leader(index),
            State::PreReplica | State::PreReadOnlyReplica if is_time(SUBSCRIBING) => self.subscribe(index),
            State::CatchingUp if is_time(CATCHING_UP) && self.is_in_step(index) => self.turn(index, State::Follower),
            State::PreLeader if is_time(BECOMING_LEADER) => self.reign(index),
            State::Leader if self.sees_newer_leader(index) => self.step_down(index),
            State::ResigningLeader if is_time(RESIGNING) => {
                self.nodes[index].resigned = true;
                self.step_down(index);
            }
            _ => {}
        }
    }

    fn look_for_leader(&mut self, index: usize) {
        let node = &self.nodes[index];
        let leads = |other: &usize| {
            let entry = node.view[*other].as_ref();
            let is_seen = entry.is_some_and(|entry| entry.alive && entry.state == State::Leader);
            let leads = self.nodes[*other].state == State::Leader && self.patience(index, *other).is_none();
            *other != index && is_seen && leads
        };
        // Of two, the one of the newer reign.
        let found = (0..self.nodes.len()).filter(leads).max_by_key(|other| self.nodes[*other].epoch.number);
        if let Some(leader) = found {
            let state = if node.replica { State::PreReadOnlyReplica } else { State::PreReplica };
            self.nodes[index].leader = Some(leader);
            self.turn(index, state);
        } else if node.state == State::DiscoverLeader && node.for_at_least(DISCOVERING, self.now) {
            self.turn(index, State::Unknown);
        }
    }

    /// The leader takes it on, and cuts off what it has written beyond.
    fn subscribe(&mut self, index: usize) {
        let Some(leader) = self.nodes[index].leader else { return };
        if self.nodes[leader].state != State::Leader {
            return;
        }
        let (head, epoch) = (self.nodes[leader].writer, self.nodes[leader].epoch);
        self.nodes[index].writer = self.nodes[index].writer.min(head);
        self.nodes[index].epoch = epoch;
        if self.nodes[index].replica {
            if self.is_in_step(index) {
                self.turn(index, State::ReadOnlyReplica);
            }
        } else {
            self.turn(index, State::CatchingUp);
        }
    }

    fn is_in_step(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        let head = node.leader.map_or(i64::MAX, |leader| self.nodes[leader].writer);
        head - node.writer <= i64::try_from(CAUGHT_UP).unwrap_or(i64::MAX)
    }

    /// Its reign begins.
    fn reign(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        let number = node.epoch.number + 1;
        node.epoch = Epoch { position: node.writer, number, id: Guid::new(&mut node.random) };
        node.resigned = false;
        self.turn(index, State::Leader);
    }

    /// Of two who lead, the one of the older reign gives way.
    fn sees_newer_leader(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        let others = node.view.iter().enumerate().filter(|(other, _)| *other != index);
        others
            .filter_map(|(_, entry)| entry.as_ref())
            .any(|entry| entry.alive && entry.state == State::Leader && entry.epoch.number > node.epoch.number)
    }
}
