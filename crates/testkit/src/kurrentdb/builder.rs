use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::{Clock as _, Random};

use super::cluster::Cluster;
use super::entry::{Epoch, Guid};
use super::node::{Node, Place, Process};
use super::world::World;
use super::{State, Version};
use crate::ManualClock;

/// The reign in which a cluster is found that runs already.
const EPOCH: i32 = 12;
const WRITTEN: i64 = 118_951_690;
const BEGAN_AT: i64 = 118_402_311;
/// For how long it has run: about a day.
const UP: TimeDelta = TimeDelta::seconds(86_231);
const SEED: u64 = 2_113;

/// What holds for all nodes.
#[derive(Clone)]
pub(super) struct Settings {
    /// For how long nothing listens after a start, and for how long gossip does not answer then.
    pub(super) boot: (Duration, Duration),
    pub(super) stopping: Duration,
    /// In bytes a second.
    pub(super) write_rate: f64,
    pub(super) secure: bool,
    /// Name and password; `None`: nobody is asked for any.
    pub(super) credentials: Option<(String, String)>,
    pub(super) dns_seeds: Vec<String>,
    pub(super) speed: f64,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("boot", &self.boot).field("secure", &self.secure).finish_non_exhaustive()
    }
}

/// The settings of a [`Cluster`].
#[derive(Debug)]
#[must_use]
pub struct ClusterBuilder {
    nodes: usize,
    replicas: usize,
    version: Version,
    random: Random,
    clock: ManualClock,
    advertised: Option<String>,
    cold: bool,
    settings: Settings,
}

impl ClusterBuilder {
    pub(super) fn new() -> Self {
        Self {
            nodes: 3,
            replicas: 0,
            version: Version::default(),
            random: Random::seeded(SEED),
            clock: ManualClock::new(),
            advertised: None,
            cold: false,
            settings: Settings {
                boot: (Duration::from_secs(1), Duration::from_millis(1_500)),
                stopping: Duration::from_millis(500),
                write_rate: 4_096.0,
                secure: true,
                credentials: Some(("admin".to_owned(), "changeit".to_owned())),
                dns_seeds: Vec::new(),
                speed: 1.0,
            },
        }
    }

    /// How many nodes vote. Default: 3.
    pub fn with_nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// How many read-only replicas there are beside them; they have the numbers after the voting nodes'. Default: none.
    pub fn with_replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// The version of all nodes; [`Cluster::upgrade`] changes it node by node. Default: 26.1.
    pub fn with_version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Where chance comes from: whom a node gossips with, how long elections take, identities. Default: a fixed seed.
    pub fn with_random(mut self, random: Random) -> Self {
        self.random = random;
        self
    }

    /// The clock that [`Cluster::advance`] sets, and at whose time the cluster begins. Default: one of its own.
    pub fn with_clock(mut self, clock: ManualClock) -> Self {
        self.clock = clock;
        self
    }

    /// How long a node takes to start: nothing listens for `refuses`, and then its gossip answers nobody for `hangs`.
    /// Default: 1 s and 1.5 s, which is a quick start on a small database.
    pub fn with_boot(mut self, refuses: Duration, hangs: Duration) -> Self {
        self.settings.boot = (refuses, hangs);
        self
    }

    /// How much is written, in bytes a second. Default: 4 KiB.
    pub fn with_write_rate(mut self, rate: f64) -> Self {
        self.settings.write_rate = rate;
        self
    }

    /// Name and password of the one user. Default: `admin` and `changeit`.
    pub fn with_credentials(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.settings.credentials = Some((name.into(), password.into()));
        self
    }

    /// A cluster that runs insecure: nobody is asked for credentials.
    pub fn insecure(mut self) -> Self {
        (self.settings.secure, self.settings.credentials) = (false, None);
        self
    }

    /// What DNS gives as the nodes' addresses, where the nodes call themselves by names: these stay in every view as
    /// members of which nothing is known. Default: the nodes are configured with each other's names.
    pub fn with_dns_seeds(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.settings.dns_seeds = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// Clients are told other addresses than the nodes use among themselves: port 443 at `<host>-<number>.<domain>` for a
    /// `host` of `kdb` and a domain of `example.net`, say. Default: the same addresses.
    pub fn with_advertised(mut self, host: &str, domain: &str) -> Self {
        self.advertised = Some(format!("{host}-#.{domain}"));
        self
    }

    /// All nodes begin to start at the first moment, over an empty database. Default: it has run for a day and is well.
    pub fn cold(mut self) -> Self {
        self.cold = true;
        self
    }

    /// How many times as fast as time passes for who asks over sockets the scripted time is driven: what an answer takes
    /// is so much shorter there. Default: 1.
    pub fn with_speed(mut self, speed: f64) -> Self {
        self.settings.speed = speed;
        self
    }

    /// The cluster.
    ///
    /// # Panics
    /// Without a node that votes.
    pub fn build(self) -> Cluster {
        assert!(self.nodes > 0, "a cluster of no nodes; with_nodes takes 1 or more");
        let (now, clock, cold) = (self.clock.now(), self.clock.clone(), self.cold);
        let mut world = self.world(now);
        for index in 0..world.nodes.len() {
            if cold {
                world.boot(index);
            } else {
                run(&mut world, index);
            }
        }
        if !cold {
            for index in 0..world.nodes.len() {
                for other in 0..world.nodes.len() {
                    let entry = world.nodes[other].own(now);
                    world.nodes[index].view[other] = Some(entry);
                }
            }
        }
        Cluster::new(world, clock)
    }

    fn world(self, now: DateTime<Utc>) -> World {
        let Self { nodes: voters, replicas, version, mut random, settings, advertised, .. } = self;
        let size = voters + replicas;
        let mut nodes = Vec::with_capacity(size);
        for number in 1..=size {
            let place = Place {
                host: format!("node{number}.kdb.example.net"),
                port: 2113,
                advertised: advertised.as_ref().map(|name| (name.replace('#', &number.to_string()), 443)),
                replication_port: 1112,
            };
            let mut node = Node::new(place, version, now, random.fork());
            node.replica = number > voters;
            (node.view, node.lost) = (vec![None; size], vec![None; size]);
            nodes.push(node);
        }
        World::new(now, settings, nodes, random)
    }
}

/// A node of a cluster that has run for a while; the first leads.
fn run(world: &mut World, index: usize) {
    let now = world.now;
    let dns = world.settings.dns_seeds.clone();
    let epoch = Epoch { position: BEGAN_AT, number: EPOCH, id: Guid::default() };
    let epoch = if index == 0 { Epoch { id: Guid::new(&mut world.random), ..epoch } } else { world.nodes[0].epoch };
    let node = &mut world.nodes[index];
    (node.process, node.started) = (Process::Running, now - UP);
    (node.leader, node.epoch, node.writer, node.elections) = (Some(0), epoch, WRITTEN, 3);
    let way: &[State] = match (index, node.replica) {
        (0, _) => &[State::Initializing, State::Unknown, State::PreLeader, State::Leader],
        (_, false) => &[State::Initializing, State::Unknown, State::CatchingUp, State::Follower],
        (_, true) => &[State::Initializing, State::ReadOnlyLeaderless, State::ReadOnlyReplica],
    };
    for (state, seconds) in way.iter().zip((0..).step_by(15)) {
        node.turn(*state, node.started + TimeDelta::seconds(seconds));
    }
    // Not all at the same moment.
    node.rounds = 1_000;
    node.gossips_at = now + node.random.duration(Duration::from_secs(2));
    let stamp = node.stamp(now - UP);
    node.strays = dns.into_iter().map(|host| (host, super::entry::Entry::placeholder(stamp))).collect();
}
