use std::time::Duration;

/// How an integration's lanes behave, beyond what its sink's profile says.
///
/// | | default | |
/// |---|---|---|
/// | `update_interval` | the sink's | between two updates of one issue |
/// | `linger` | the sink's | how long a batch of logs or metrics waits to fill |
/// | `backoff` | 1 s to 5 min | ceiling of the first wait after a failure, and of the longest |
/// | `delivery_timeout` | 2 min | how long one call of the sink may take |
/// | `max_age` | 24 h | how long a log line or sample is tried |
/// | `window_bytes` | 64 MiB | issues and notifications that wait in memory |
/// | `buffer_bytes` | 8 MiB | logs and metrics that wait in memory |
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub(crate) update_interval: Option<Duration>,
    pub(crate) linger: Option<Duration>,
    pub(crate) backoff: (Duration, Duration),
    pub(crate) delivery_timeout: Duration,
    pub(crate) max_age: Duration,
    pub(crate) window_bytes: usize,
    pub(crate) buffer_bytes: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            update_interval: None,
            linger: None,
            backoff: (Duration::from_secs(1), Duration::from_mins(5)),
            delivery_timeout: Duration::from_mins(2),
            max_age: Duration::from_hours(24),
            window_bytes: 64 * 1024 * 1024,
            buffer_bytes: 8 * 1024 * 1024,
        }
    }
}

impl Policy {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps two updates of one issue this far apart, whatever the sink's profile says.
    pub fn with_update_interval(mut self, interval: Duration) -> Self {
        self.update_interval = Some(interval);
        self
    }

    /// Lets a batch of logs or metrics wait this long to fill, whatever the sink's profile says.
    pub fn with_linger(mut self, linger: Duration) -> Self {
        self.linger = Some(linger);
        self
    }

    /// Waits after a failure for a random time under a ceiling that doubles from `first` to `longest`. A service that
    /// asks for a longer wait gets it, up to 24 hours.
    pub fn with_backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.backoff = (first, longest.max(first));
        self
    }

    /// Gives up a call of the sink that takes longer, as one that may have been applied. A sink has shorter time-outs
    /// of its own; this one is for a sink that hangs.
    pub fn with_delivery_timeout(mut self, timeout: Duration) -> Self {
        self.delivery_timeout = timeout;
        self
    }

    /// Gives a log line or sample up after this long, counted.
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Bounds the issues and notifications that wait in memory. At the bound, episodes that were over before anybody
    /// heard of them are given up, counted; then the lane stops reading until there is room. Notifications that were
    /// told and may be revised take a quarter as much beside it, and dead letters that wait to be saved as much again.
    pub fn with_window_bytes(mut self, bytes: usize) -> Self {
        self.window_bytes = bytes;
        self
    }

    /// Bounds the logs and metrics that wait in memory. At the bound the lane stops reading until there is room.
    pub fn with_buffer_bytes(mut self, bytes: usize) -> Self {
        self.buffer_bytes = bytes;
        self
    }
}

#[cfg(test)]
mod tests;
