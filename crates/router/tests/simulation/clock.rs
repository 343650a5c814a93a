use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::Clock;
use tokio::time::Instant;

/// A clock that goes with tokio's, which stands still while anything has something to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SimulatedClock {
    start: Instant,
}

impl SimulatedClock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// Seconds since the start.
    #[allow(dead_code, reason = "not every test that has this clock counts")]
    pub(crate) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> DateTime<Utc> {
        let start = DateTime::from_timestamp(1_795_489_200, 0).expect("24 November 2026");
        start + TimeDelta::from_std(self.start.elapsed()).expect("a short simulation")
    }
}
