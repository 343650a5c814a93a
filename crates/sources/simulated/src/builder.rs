use std::fmt;
use std::sync::Arc;

use tidegate_base::{Clock, Random, SystemClock};
use tidegate_event::Name;

use crate::{Cluster, SimulatedError, SimulatedErrorKind};

/// The 15 minutes of the story in 37.5 s.
const SPEED: f64 = 24.0;
/// Stamps are whole milliseconds: at more than this, two measurements would be less than ten of them apart.
const HIGHEST_SPEED: f64 = 1_000.0;
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

    /// How many times as fast as it happened the story is told; above 0 and at most 1,000. Default: 24, at which its
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

    /// Where the jitter of the figures comes from. It decides nothing: with every seed the same issues open and close.
    /// Default: a fixed seed, so that the same figures come each time.
    pub fn with_random(mut self, random: Random) -> Self {
        self.random = random;
        self
    }

    /// The cluster.
    ///
    /// # Errors
    /// When the speed is not above 0 and at most 1,000, or the cluster's name is empty.
    pub fn build(self) -> Result<Cluster, SimulatedError> {
        let Self { cluster, speed, clock, random } = self;
        // NaN is in no range.
        if !(speed > 0.0 && speed <= HIGHEST_SPEED) {
            let context = format!("speed is {speed}; it must be above 0 and at most {HIGHEST_SPEED}, such as {SPEED}");
            return Err(SimulatedError::new(SimulatedErrorKind::InvalidSpeed, context));
        }
        if cluster.is_empty() {
            let context = "cluster is empty; name one, or leave it out";
            return Err(SimulatedError::new(SimulatedErrorKind::Missing, context));
        }
        Ok(Cluster::new(cluster, speed, clock, random))
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
