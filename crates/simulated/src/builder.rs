use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use tidegate_base::{Clock, Random, SystemClock};
use tidegate_event::Name;

use crate::{Cluster, SimulatedError, SimulatedErrorKind};

/// The 15 minutes of the story in 37.5 s.
const SPEED: f64 = 24.0;
/// More slowly than ten times as slowly as it happened nobody tells a story.
const LOWEST_SPEED: f64 = 0.1;
/// The nodes are really asked: at more than this, what an answer takes on a busy machine would count in the story.
const HIGHEST_SPEED: f64 = 120.0;
/// The ports of the nodes, where they are to be had.
const PORTS: [u16; 3] = [21_131, 21_132, 21_133];
/// The same story for everybody who does not ask for another one.
const SEED: u64 = 2_113;

/// The settings of a [`Cluster`]. [`build`](ClusterBuilder::build) checks them all.
#[must_use]
pub struct ClusterBuilder {
    cluster: Name,
    speed: f64,
    clock: Arc<dyn Clock>,
    random: Random,
}

impl ClusterBuilder {
    pub(crate) fn new() -> Self {
        Self {
            cluster: "simulated".into(),
            speed: SPEED,
            clock: Arc::new(SystemClock::new()),
            random: Random::seeded(SEED),
        }
    }

    /// The name of the cluster. Default: `simulated`, so that nobody takes it for one of theirs.
    pub fn with_cluster(mut self, cluster: impl Into<Name>) -> Self {
        self.cluster = cluster.into();
        self
    }

    /// How many times as fast as it happened the story is told; at least 0.1 and at most 120. Default: 24, at which its
    /// 15 minutes take 37.5 s.
    pub fn with_speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// Where time comes from: hand in the router's clock. It must go on with tokio's timers. Default: the machine's.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where the jitter of the figures comes from, and whom the nodes gossip with. It decides nothing: with every seed the
    /// same issues open and close. Default: a fixed seed.
    pub fn with_random(mut self, random: Random) -> Self {
        self.random = random;
        self
    }

    /// The cluster. Its nodes listen on loopback, at the ports 21131, 21132 and 21133, or at free ones where one of these
    /// is taken.
    ///
    /// # Errors
    /// When the speed is below 0.1 or above 120, the cluster's name is empty, or this machine has no port left.
    pub fn build(self) -> Result<Cluster, SimulatedError> {
        let Self { cluster, speed, clock, random } = self;
        // NaN is in no range.
        if !(LOWEST_SPEED..=HIGHEST_SPEED).contains(&speed) {
            let context = format!(
                "speed is {speed}; it must be at least {LOWEST_SPEED} and at most {HIGHEST_SPEED}, such as {SPEED}"
            );
            return Err(SimulatedError::new(SimulatedErrorKind::InvalidSpeed, context));
        }
        if cluster.is_empty() {
            let context = "cluster is empty; name one, or leave it out";
            return Err(SimulatedError::new(SimulatedErrorKind::Missing, context));
        }
        let nodes = listen().map_err(|error| {
            let context = format!("no port of this machine for the simulated nodes: {error}");
            SimulatedError::new(SimulatedErrorKind::NoPort, context)
        })?;
        Ok(Cluster::new(cluster, speed, clock, random, nodes))
    }
}

impl fmt::Debug for ClusterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterBuilder")
            .field("cluster", &self.cluster)
            .field("speed", &self.speed)
            .finish_non_exhaustive()
    }
}

fn listen() -> io::Result<[(TcpListener, SocketAddr); 3]> {
    let at = |port: u16| -> io::Result<_> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let all = |[one, two, three]: [u16; 3]| -> io::Result<_> { Ok([at(one)?, at(two)?, at(three)?]) };
    // All of them or none: of two tellings at once, one has these and the other has others.
    all(PORTS).or_else(|_| all([0; 3]))
}
