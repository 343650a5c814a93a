use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Request;
use tokio::sync::watch;

use super::answer;
use super::node::Node;
use super::world::World;
use super::{ClusterBuilder, Reply, State};
use crate::ManualClock;

/// A KurrentDB cluster that does not exist. Clones are the same cluster; nodes are called by number, from 1 on.
///
/// # Panics
/// Whatever takes the number of a node panics where there is no such node.
#[derive(Clone)]
pub struct Cluster {
    world: Arc<Mutex<World>>,
    clock: ManualClock,
    /// Counts whatever may change which node listens.
    changes: watch::Sender<u64>,
}

/// Where requests to a node end up instead: a node of another cluster.
#[derive(Clone, Debug)]
pub(super) struct Divert(pub(super) Cluster, pub(super) usize);

impl Cluster {
    /// A cluster with settings of its own.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    pub(super) fn new(world: World, clock: ManualClock) -> Self {
        Self { world: Arc::new(Mutex::new(world)), clock, changes: watch::Sender::new(0) }
    }

    /// Lets `time` pass: the nodes gossip, elect, write and copy as they would in it.
    pub fn advance(&self, time: Duration) {
        let now = {
            let mut world = self.world();
            world.advance(time);
            world.now
        };
        self.clock.set(now);
        self.changed();
    }

    /// The scripted time.
    pub fn now(&self) -> DateTime<Utc> {
        self.world().now
    }

    /// A clock that shows the scripted time.
    pub fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    /// How many nodes there are, read-only replicas included.
    pub fn size(&self) -> usize {
        self.world().nodes.len()
    }

    /// What a node is; `None` while it does not run.
    pub fn state(&self, node: usize) -> Option<State> {
        self.with(node, |node| node.process.runs().then_some(node.state))
    }

    /// The numbers of the nodes that lead; two only while the network is cut.
    pub fn leaders(&self) -> Vec<usize> {
        let leads = |(index, node): (usize, &Node)| (node.state == State::Leader && node.is_up()).then_some(index + 1);
        self.world().nodes.iter().enumerate().filter_map(leads).collect()
    }

    /// How far a node's log is written, in bytes.
    pub fn written(&self, node: usize) -> i64 {
        self.with(node, |node| node.writer)
    }

    /// `host:port` under which clients know a node.
    pub fn address(&self, node: usize) -> String {
        self.with(node, |node| {
            let (host, port) = node.place.client();
            format!("{host}:{port}")
        })
    }

    /// What a node answers to `request` at this moment. Time does not pass by it.
    pub fn ask(&self, node: usize, request: &Request<Bytes>) -> Reply {
        let diverted = self.with(node, |node| node.faults.diverted.clone());
        if let Some(Divert(cluster, node)) = diverted {
            return cluster.ask(node, request);
        }
        answer::answer(&self.world(), node - 1, request)
    }

    /// The same to a bare `GET` of `path`, such as `/gossip`.
    ///
    /// # Panics
    /// When `path` is none.
    pub fn get(&self, node: usize, path: &str) -> Reply {
        self.ask(node, &answer::get(path))
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Looks at, or changes, one node.
    #[expect(clippy::panic, reason = "a mistake of the test")]
    pub(super) fn with<T>(&self, number: usize, look: impl FnOnce(&mut Node) -> T) -> T {
        let mut world = self.world();
        let size = world.nodes.len();
        match number.checked_sub(1).and_then(|index| world.nodes.get_mut(index)) {
            Some(node) => look(node),
            None => panic!("there is no node {number}; they are 1 to {size}"),
        }
    }

    /// From now on a node is at `address`, and so known to all.
    pub(super) fn place(&self, node: usize, address: SocketAddr) {
        self.with(node, |node| {
            (node.place.host, node.place.port) = (address.ip().to_string(), address.port());
        });
    }

    /// Whether anything listens at a node's address.
    pub(super) fn listens(&self, node: usize) -> bool {
        let world = self.world();
        world.nodes[node - 1].process.listens(world.now)
    }

    /// What `scripted` lasts for who asks over sockets.
    pub(super) fn in_tokio_time(&self, scripted: Duration) -> Duration {
        let speed = self.world().settings.speed;
        Duration::try_from_secs_f64(scripted.as_secs_f64() / speed).unwrap_or(scripted)
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = self.world();
        let nodes = world.nodes.iter().map(|node| (&node.place.host, node.process, node.state));
        f.debug_struct("Cluster").field("now", &world.now).field("nodes", &nodes.collect::<Vec<_>>()).finish()
    }
}
