//! What a test does to a cluster.

use std::time::Duration;

use chrono::TimeDelta;

use super::cluster::{Cluster, Divert};
use super::node::{Faults, Process, Trouble};
use super::{State, Version};

/// # Processes
impl Cluster {
    /// The process of a node is gone at once. Who is connected to it notices at once, all others with their next gossip.
    pub fn kill(&self, node: usize) {
        self.at(node);
        self.world().end(node - 1);
        self.changed();
    }

    /// Starts a node that was killed or stopped: nothing listens yet, then its gossip hangs, then it knows only itself and
    /// the addresses of the others, under a new instance id.
    pub fn start(&self, node: usize) {
        self.at(node);
        let mut world = self.world();
        if world.nodes[node - 1].process == Process::Down {
            world.boot(node - 1);
        }
    }

    /// Ends a node in good order and starts it again: `ShuttingDown` for half a second, then as after a
    /// [`start`](Self::start). One that does not run is started.
    pub fn restart(&self, node: usize) {
        self.end_in_order(node, true);
        self.start(node);
    }

    /// Ends a node in good order.
    pub fn stop(&self, node: usize) {
        self.end_in_order(node, false);
    }

    /// From its next start on a node is of `version`.
    pub fn upgrade(&self, node: usize, version: Version) {
        self.with(node, |node| node.next_version = version);
    }

    /// Has the leader give way to another node, as an operator does; nothing without a leader.
    pub fn elect(&self) {
        let mut world = self.world();
        for index in 0..world.nodes.len() {
            if world.nodes[index].is_up() && world.nodes[index].state == State::Leader {
                world.turn(index, State::ResigningLeader);
            }
        }
    }

    fn end_in_order(&self, node: usize, again: bool) {
        self.at(node);
        let mut world = self.world();
        if world.nodes[node - 1].process != Process::Running || world.nodes[node - 1].is_frozen() {
            return;
        }
        let until = world.now + world.settings.stopping;
        let ending = &mut world.nodes[node - 1];
        (ending.process, ending.leader) = (Process::Stopping { until, again }, None);
        world.turn(node - 1, State::ShuttingDown);
    }

    fn at(&self, node: usize) {
        self.with(node, |_| ());
    }
}

/// # The network
impl Cluster {
    /// Cuts the network between `groups` of nodes; nodes that are in none of them stay together. Who asks the nodes
    /// reaches all of them.
    pub fn partition(&self, groups: &[&[usize]]) {
        groups.iter().copied().flatten().for_each(|node| self.at(*node));
        let of =
            |index: usize| groups.iter().position(|group| group.contains(&(index + 1))).map_or(0, |found| found + 1);
        let mut world = self.world();
        world.groups = (0..world.nodes.len()).map(of).collect();
        world.elections.clear();
    }

    /// The network is whole again.
    pub fn heal(&self) {
        self.partition(&[]);
    }

    /// Requests to a node are answered by a node of another cluster: the address was mixed up.
    pub fn divert(&self, node: usize, other: &Self, others: usize) {
        let other = Divert(other.clone(), others);
        self.with(node, |node| node.faults.diverted = Some(other));
    }
}

/// # Answers
impl Cluster {
    /// A node takes so long for every answer. From 2.5 s on it is too slow for the gossip of the others.
    pub fn slow(&self, node: usize, delay: Duration) {
        self.with(node, |node| node.faults.slow = delay);
    }

    /// The process of a node stands still: it takes connections, and nothing comes back. The others take it for dead.
    pub fn hang(&self, node: usize) {
        self.with(node, |node| node.faults.trouble = Some(Trouble::Frozen));
    }

    /// A node answers whoever asks for its gossip after ten seconds, and then with 408; all else is well, and the others
    /// notice nothing.
    pub fn block(&self, node: usize) {
        self.with(node, |node| node.faults.trouble = Some(Trouble::Blocked));
    }

    /// A node answers every request with 503 and a `Retry-After` of 5 s, as it does to credentials while it starts. The
    /// others notice nothing.
    pub fn unavailable(&self, node: usize) {
        self.with(node, |node| node.faults.trouble = Some(Trouble::Unavailable));
    }

    /// Ends whatever was done to a node's answers, its copying and its address.
    pub fn recover(&self, node: usize) {
        self.with(node, |node| node.faults = Faults::default());
    }
}

/// # Clocks and logs
impl Cluster {
    /// A node's clock is ahead by `delta`, or behind where it is negative.
    pub fn skew(&self, node: usize, delta: TimeDelta) {
        self.with(node, |node| node.skew = delta);
    }

    /// How much is written, in bytes a second.
    pub fn set_write_rate(&self, rate: f64) {
        self.world().settings.write_rate = rate;
    }

    /// A node copies nothing any more, and says that it follows.
    pub fn stall(&self, node: usize) {
        self.with(node, |node| node.faults.stalled = true);
    }

    /// A node lacks the last `bytes` of the log, as after a restore from a backup; it copies 64 MiB a second. To be said
    /// of one that does not run, or it has them again at once.
    pub fn fall_behind(&self, node: usize, bytes: u64) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.with(node, |node| node.writer = node.writer.saturating_sub(bytes).max(0));
    }
}

/// # The machines under the nodes
impl Cluster {
    /// All three load averages of a node, and how many tasks want to run from now on.
    pub fn set_load(&self, node: usize, load: f64) {
        self.with(node, |node| (node.host.tasks, node.host.load) = (load, [load; 3]));
    }

    /// How many tasks want to run at a node: the averages follow, as a kernel has them.
    pub fn set_tasks(&self, node: usize, tasks: f64) {
        self.with(node, |node| node.host.tasks = tasks);
    }

    /// How busy the processors of a node are, in percent.
    pub fn set_cpu(&self, node: usize, percent: f64) {
        self.with(node, |node| node.host.cpu = percent);
    }

    /// The memory of a node, in bytes. From 25.1 on it tells less than its total.
    pub fn set_memory(&self, node: usize, used: u64, total: u64) {
        self.with(node, |node| (node.host.memory_used, node.host.memory_total) = (used, total));
    }

    /// The volume of a node's data, in bytes, and how much more is used each second.
    pub fn set_disk(&self, node: usize, used: u64, size: u64, growth: f64) {
        self.with(node, |node| {
            (node.host.disk_used, node.host.disk_size, node.host.disk_growth) = (used as f64, size, growth);
        });
    }

    /// Where the volume of a node's data is mounted. Default: `/var/lib/kurrentdb`, and `/var/lib/eventstore` before
    /// 25.0.
    pub fn set_mount(&self, node: usize, mount: impl Into<String>) {
        self.with(node, |node| node.host.mount = mount.into());
    }
}
