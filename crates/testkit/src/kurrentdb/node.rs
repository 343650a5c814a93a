use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::Random;

use super::cluster::Divert;
use super::entry::{Entry, Epoch, Guid};
use super::host::Host;
use super::{State, Version};

/// Where a node listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
    /// What clients are told instead.
    pub(super) advertised: Option<(String, u16)>,
    pub(super) replication_port: u16,
}

impl Place {
    /// For clients.
    pub(super) fn client(&self) -> (&str, u16) {
        self.advertised.as_ref().map_or((&self.host, self.port), |(host, port)| (host, *port))
    }
}

/// How far the process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    Down,
    /// Nothing listens until `listens`; then gossip does not answer until `speaks`.
    Booting {
        listens: DateTime<Utc>,
        speaks: DateTime<Utc>,
    },
    Running,
    /// It ends at `until`, and begins anew where `again`.
    Stopping {
        until: DateTime<Utc>,
        again: bool,
    },
}

impl Process {
    /// Whether anything listens at its address.
    pub(super) fn listens(self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Down => false,
            Self::Booting { listens, .. } => listens <= now,
            Self::Running | Self::Stopping { .. } => true,
        }
    }

    /// Whether its gossip has started and it has not ended.
    pub(super) fn runs(self) -> bool {
        matches!(self, Self::Running | Self::Stopping { .. })
    }
}

/// How a node answers that does not answer as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The process stands still: it takes connections, and that is all.
    Frozen,
    /// Whoever asks is told to come again later.
    Unavailable,
    /// Gossip over HTTP never answers; all else is well.
    Blocked,
}

/// What a test does to a node.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    pub(super) trouble: Option<Trouble>,
    pub(super) slow: Duration,
    /// It copies nothing.
    pub(super) stalled: bool,
    /// Another node answers at its address.
    pub(super) diverted: Option<Divert>,
}

/// A node: process, role, log, and what it knows of the others.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) version: Version,
    /// From its next start on.
    pub(super) next_version: Version,
    pub(super) replica: bool,
    pub(super) process: Process,
    pub(super) started: DateTime<Utc>,
    pub(super) state: State,
    pub(super) since: DateTime<Utc>,
    pub(super) leader: Option<usize>,
    /// Since when there are too few followers.
    pub(super) short_since: Option<DateTime<Utc>>,
    /// Since when each other node is out of reach.
    pub(super) lost: Vec<Option<DateTime<Utc>>>,
    /// It was asked to lead no longer, and is no candidate in the next elections.
    pub(super) resigned: bool,
    pub(super) elections: u64,
    pub(super) instance: Guid,
    pub(super) writer: i64,
    pub(super) epoch: Epoch,
    /// What it knows of each node, by number.
    pub(super) view: Vec<Option<Entry>>,
    /// Addresses that never meet their members.
    pub(super) strays: Vec<(String, Entry)>,
    pub(super) gossips_at: DateTime<Utc>,
    pub(super) rounds: u32,
    /// How far its clock is ahead.
    pub(super) skew: TimeDelta,
    stamped: DateTime<Utc>,
    /// When it was last in which state, in seconds since 1970.
    pub(super) statuses: Vec<(String, i64)>,
    pub(super) faults: Faults,
    pub(super) host: Host,
    pub(super) random: Random,
}

impl Node {
    pub(super) fn new(place: Place, version: Version, now: DateTime<Utc>, mut random: Random) -> Self {
        Self {
            place,
            version,
            next_version: version,
            replica: false,
            process: Process::Down,
            started: now,
            state: State::Initializing,
            since: now,
            leader: None,
            short_since: None,
            lost: Vec::new(),
            resigned: false,
            elections: 0,
            instance: Guid::new(&mut random),
            writer: 0,
            epoch: Epoch::NONE,
            view: Vec::new(),
            strays: Vec::new(),
            gossips_at: now,
            rounds: 0,
            skew: TimeDelta::zero(),
            stamped: DateTime::<Utc>::MIN_UTC,
            statuses: Vec::new(),
            faults: Faults::default(),
            host: Host::new(version),
            random,
        }
    }

    /// Whether it does anything of its own.
    pub(super) fn is_up(&self) -> bool {
        self.process.runs() && !self.is_frozen()
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.faults.trouble == Some(Trouble::Frozen)
    }

    /// A moment by its own clock, later than all before. Ten thousand steps to the millisecond, as the server has them.
    pub(super) fn stamp(&mut self, now: DateTime<Utc>) -> DateTime<Utc> {
        let tick = |ticks: i64| TimeDelta::nanoseconds(ticks * 100);
        let part = i64::try_from(self.random.below(10_000)).unwrap_or_default();
        let at = now + self.skew + tick(part);
        // A clock that was set back is believed.
        let is_again = at <= self.stamped && self.stamped - at < TimeDelta::milliseconds(1);
        self.stamped = if is_again { self.stamped + tick(1) } else { at };
        self.stamped
    }

    /// What it says of itself.
    pub(super) fn own(&mut self, now: DateTime<Utc>) -> Entry {
        Entry {
            instance: self.instance,
            stamp: self.stamp(now),
            state: self.state,
            alive: true,
            writer: self.writer,
            epoch: self.epoch,
            replica: self.replica,
            version: Some(self.version),
        }
    }

    pub(super) fn turn(&mut self, state: State, now: DateTime<Utc>) {
        let seconds = now.timestamp();
        self.see_status(self.state.status(), seconds);
        (self.state, self.since) = (state, now);
        self.see_status(state.status(), seconds);
    }

    pub(super) fn see_status(&mut self, status: String, seconds: i64) {
        match self.statuses.iter_mut().find(|(known, _)| *known == status) {
            Some((_, seen)) => *seen = seconds,
            None => self.statuses.push((status, seconds)),
        }
    }

    pub(super) fn for_at_least(&self, time: Duration, now: DateTime<Utc>) -> bool {
        (now - self.since).to_std().unwrap_or_default() >= time
    }
}
