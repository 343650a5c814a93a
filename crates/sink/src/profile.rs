use std::fmt;
use std::time::Duration;

use tidegate_event::{EventKind, Name};

/// What a sink takes and how. Data, so that lanes and tests can ask it.
///
/// | | default |
/// |---|---|
/// | [`kinds`](Profile::kinds) | all four |
/// | [`batch`](Profile::batch) | 1 item |
/// | [`batch_bytes`](Profile::batch_bytes) | 1 MiB |
/// | [`concurrency`](Profile::concurrency) | 1 |
/// | [`rate`](Profile::rate) | none |
/// | [`update_interval`](Profile::update_interval) | zero |
/// | [`linger`](Profile::linger) | 1 s |
/// | [`deduplicates`](Profile::deduplicates) | no |
/// | [`keeps`](Profile::keeps) | [`Keeps::Messages`] |
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    destination: Name,
    kinds: EventKinds,
    batch: usize,
    batch_bytes: usize,
    concurrency: usize,
    rate: Option<Rate>,
    update_interval: Duration,
    linger: Duration,
    deduplicates: bool,
    keeps: Keeps,
}

impl Profile {
    /// The profile of a sink that sends to `destination`: a name such as `slack:C0123456789`, never a secret. A
    /// receipt is handed back only to the destination that it came from.
    pub fn new(destination: impl Into<Name>) -> Self {
        Self {
            destination: destination.into(),
            kinds: EventKinds::ALL,
            batch: 1,
            batch_bytes: 1024 * 1024,
            concurrency: 1,
            rate: None,
            update_interval: Duration::ZERO,
            linger: Duration::from_secs(1),
            deduplicates: false,
            keeps: Keeps::Messages,
        }
    }

    /// Takes only `kinds`.
    pub fn with_kinds(mut self, kinds: EventKinds) -> Self {
        self.kinds = kinds;
        self
    }

    /// Takes up to `items` at once; at least 1.
    pub fn with_batch(mut self, items: usize) -> Self {
        self.batch = items.max(1);
        self
    }

    /// Takes up to about `bytes` at once, as [`Event::size_bytes`](tidegate_event::Event::size_bytes) counts them; a
    /// single larger item still goes.
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes.max(1);
        self
    }

    /// Takes up to `calls` at the same time; at least 1.
    pub fn with_concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// Takes no more than `rate`.
    pub fn with_rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Wants at least this long between two updates of one issue. Openings, rises in severity and closes do not wait.
    pub fn with_update_interval(mut self, interval: Duration) -> Self {
        self.update_interval = interval;
        self
    }

    /// Lets a batch of logs or metrics wait this long to fill.
    pub fn with_linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// Says that the service tells a repeated delivery by our keys.
    pub fn with_deduplication(mut self) -> Self {
        self.deduplicates = true;
        self
    }

    /// Says what the service keeps.
    pub fn with_keeps(mut self, keeps: Keeps) -> Self {
        self.keeps = keeps;
        self
    }

    /// Where it sends to. Never a secret.
    pub fn destination(&self) -> &Name {
        &self.destination
    }

    /// The kinds of event that it takes.
    pub fn kinds(&self) -> EventKinds {
        self.kinds
    }

    /// The most items in one call.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// About the most bytes in one call.
    pub fn batch_bytes(&self) -> usize {
        self.batch_bytes
    }

    /// The most calls at the same time.
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// The most calls in a stretch of time.
    pub fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// The least time between two updates of one issue.
    pub fn update_interval(&self) -> Duration {
        self.update_interval
    }

    /// How long a batch of logs or metrics waits to fill.
    pub fn linger(&self) -> Duration {
        self.linger
    }

    /// Whether the service tells a repeated delivery by our keys.
    pub fn deduplicates(&self) -> bool {
        self.deduplicates
    }

    /// What the service keeps.
    pub fn keeps(&self) -> Keeps {
        self.keeps
    }
}

/// What a service keeps of an issue, which decides what it is told of an episode that was over before it heard of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keeps {
    /// Messages for people to read: told once, as closed.
    Messages,
    /// Alerts that somebody must handle: not told at all.
    Alerts,
}

/// So many calls in a stretch of time, as a bucket that holds `calls` and fills evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    calls: u32,
    per: Duration,
}

impl Rate {
    /// `calls` (at least 1) in each `per` (a millisecond to a day).
    pub fn new(calls: u32, per: Duration) -> Self {
        Self { calls: calls.max(1), per: per.clamp(Duration::from_millis(1), Duration::from_hours(24)) }
    }

    /// How many calls.
    pub fn calls(&self) -> u32 {
        self.calls
    }

    /// In what stretch of time.
    pub fn per(&self) -> Duration {
        self.per
    }
}

/// A set of [`EventKind`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EventKinds(u8);

impl EventKinds {
    /// All four.
    pub const ALL: Self = Self(0b1111);
    /// None.
    pub const NONE: Self = Self(0);

    fn bit(kind: EventKind) -> u8 {
        match kind {
            EventKind::Issue => 1,
            EventKind::Notification => 2,
            EventKind::Log => 4,
            EventKind::Metric => 8,
        }
    }

    /// Whether `kind` is in it.
    pub fn contains(self, kind: EventKind) -> bool {
        self.0 & Self::bit(kind) != 0
    }

    /// Those in both.
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those in it.
    pub fn iter(self) -> impl Iterator<Item = EventKind> {
        EventKind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<EventKind> for EventKinds {
    fn from_iter<I: IntoIterator<Item = EventKind>>(kinds: I) -> Self {
        Self(kinds.into_iter().fold(0, |bits, kind| bits | Self::bit(kind)))
    }
}

impl<const N: usize> From<[EventKind; N]> for EventKinds {
    fn from(kinds: [EventKind; N]) -> Self {
        kinds.into_iter().collect()
    }
}

impl fmt::Debug for EventKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
