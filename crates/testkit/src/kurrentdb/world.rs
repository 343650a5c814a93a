use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::Random;

use super::builder::Settings;
use super::entry::{Entry, Guid};
use super::node::{Node, Process};
use super::roles::{CAUGHT_UP, COPIED_EACH_SECOND};
use super::{State, elections::Election};

/// From one step of the model to the next.
pub(super) const STEP: Duration = Duration::from_millis(100);
/// How long a push of gossip waits for an answer.
pub(super) const GOSSIP_TIMEOUT: Duration = Duration::from_millis(2_500);
/// How long a replication connection may be silent.
const HEARTBEAT: Duration = Duration::from_millis(1_400);

/// The cluster and all that it does, in steps of scripted time.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: DateTime<Utc>,
    next_step: DateTime<Utc>,
    pub(super) settings: Settings,
    pub(super) nodes: Vec<Node>,
    /// Nodes of different groups do not reach each other.
    pub(super) groups: Vec<usize>,
    pub(super) elections: Vec<Election>,
    /// Pushes of gossip that wait for an answer that will not come: until when, from whom, to which instance of whom.
    pub(super) pushes: Vec<(DateTime<Utc>, usize, usize, Guid)>,
    pub(super) random: Random,
}

impl World {
    pub(super) fn new(now: DateTime<Utc>, settings: Settings, nodes: Vec<Node>, random: Random) -> Self {
        Self {
            now,
            next_step: now + STEP,
            settings,
            groups: vec![0; nodes.len()],
            nodes,
            elections: Vec::new(),
            pushes: Vec::new(),
            random,
        }
    }

    pub(super) fn advance(&mut self, time: Duration) {
        let until = self.now.checked_add_signed(TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX));
        let until = until.unwrap_or(DateTime::<Utc>::MAX_UTC);
        while self.next_step <= until {
            self.now = self.next_step;
            self.step();
            self.next_step = self.now + STEP;
        }
        self.now = until;
    }

    fn step(&mut self) {
        for index in 0..self.nodes.len() {
            self.nodes[index].host.pass(STEP);
            self.run_process(index);
        }
        self.write();
        for index in 0..self.nodes.len() {
            self.copy(index);
        }
        for index in 0..self.nodes.len() {
            if self.nodes[index].is_up() {
                self.watch_links(index);
                self.play_role(index);
            }
        }
        self.hold_elections();
        for index in 0..self.nodes.len() {
            self.gossip(index);
        }
        self.give_pushes_up();
    }

    fn run_process(&mut self, index: usize) {
        let now = self.now;
        match self.nodes[index].process {
            Process::Booting { speaks, .. } if speaks <= now => self.begin(index),
            Process::Stopping { until, again } if until <= now => {
                self.end(index);
                if again {
                    self.boot(index);
                }
            }
            _ => {}
        }
    }

    /// The process is gone, and with it all that it knew.
    pub(super) fn end(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        (node.process, node.leader, node.short_since) = (Process::Down, None, None);
        node.faults.trouble = None;
        node.view = vec![None; node.view.len()];
        node.statuses.clear();
    }

    /// The process is started.
    pub(super) fn boot(&mut self, index: usize) {
        let (refuses, hangs) = self.settings.boot;
        let listens = self.now + refuses;
        let node = &mut self.nodes[index];
        node.process = Process::Booting { listens, speaks: listens + hangs };
        node.started = self.now;
        node.version = node.next_version;
        node.instance = Guid::new(&mut node.random);
    }

    /// Its gossip has started: it knows itself, and the addresses that it was configured with.
    fn begin(&mut self, index: usize) {
        let (now, size) = (self.now, self.nodes.len());
        let dns = self.settings.dns_seeds.clone();
        let node = &mut self.nodes[index];
        (node.process, node.rounds, node.gossips_at) = (Process::Running, 0, now);
        (node.state, node.since, node.resigned, node.elections) = (State::Initializing, now, false, 0);
        node.see_status(State::Initializing.status(), now.timestamp());
        node.lost = vec![None; size];
        let stamp = node.stamp(now);
        node.strays = dns.into_iter().map(|host| (host, Entry::placeholder(stamp))).collect();
        let knows_seeds = node.strays.is_empty();
        node.view = vec![knows_seeds.then(|| Entry::placeholder(stamp)); size];
        self.refresh(index);
    }

    /// It says of itself what it is now.
    pub(super) fn refresh(&mut self, index: usize) {
        let own = self.nodes[index].own(self.now);
        self.nodes[index].view[index] = Some(own);
    }

    pub(super) fn turn(&mut self, index: usize, state: State) {
        let now = self.now;
        self.nodes[index].turn(state, now);
        self.refresh(index);
    }

    /// Who leads appends.
    fn write(&mut self) {
        #[expect(clippy::cast_possible_truncation, reason = "bytes of a tenth of a second")]
        let bytes = (self.settings.write_rate * STEP.as_secs_f64()) as i64;
        for node in self.nodes.iter_mut().filter(|node| node.is_up() && node.state == State::Leader) {
            node.writer += bytes;
        }
    }

    /// Who follows copies.
    fn copy(&mut self, index: usize) {
        let node = &self.nodes[index];
        let Some(leader) = node.leader.filter(|_| node.is_up() && !node.faults.stalled) else { return };
        if self.patience(index, leader).is_some() {
            return;
        }
        let (head, epoch) = (self.nodes[leader].writer, self.nodes[leader].epoch);
        let node = &mut self.nodes[index];
        if node.state.follows() {
            // A little behind, and never back.
            #[expect(clippy::cast_possible_wrap, reason = "some hundred bytes")]
            let behind = node.random.below(CAUGHT_UP) as i64;
            node.writer = node.writer.max(head - behind);
            node.epoch = epoch;
        } else if matches!(node.state, State::CatchingUp | State::PreReadOnlyReplica) {
            node.writer = (node.writer + COPIED_EACH_SECOND / 10).min(head);
            node.epoch = epoch;
        }
    }

    /// Whether packets pass between two nodes.
    pub(super) fn is_joined(&self, one: usize, other: usize) -> bool {
        self.groups[one] == self.groups[other]
    }

    /// How long it takes `one` to notice that `other` does not answer; `None`: it does.
    pub(super) fn patience(&self, one: usize, other: usize) -> Option<Duration> {
        if !self.is_joined(one, other) || self.nodes[other].is_frozen() {
            Some(HEARTBEAT)
        } else if self.nodes[other].process.runs() {
            None
        } else {
            // The connection was closed.
            Some(Duration::ZERO)
        }
    }

    pub(super) fn voters(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(|index| !self.nodes[*index].replica)
    }

    pub(super) fn quorum(&self) -> usize {
        self.voters().count() / 2 + 1
    }
}
