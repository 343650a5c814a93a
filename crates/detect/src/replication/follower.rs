use crate::run::{Run, Side};
use crate::watch::{Counts, Watched};

/// A member that is catching up must have made good this part of the limit to have moved at all.
const STEP: f64 = 1.0 / 64.0;

#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) open: Side,
    pub(super) close: Side,
}

/// How far a node and its leader were in one round, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lag {
    pub(super) written: u64,
    pub(super) leader_written: u64,
    /// It is the leader itself.
    pub(super) leads: bool,
    pub(super) catching_up: bool,
}

impl Lag {
    /// None where the node is ahead: it was asked a moment later.
    pub(super) fn bytes(self) -> f64 {
        self.leader_written.saturating_sub(self.written) as f64
    }
}

/// What is remembered of one node.
#[derive(Debug, Default)]
pub(super) struct Follower {
    over: Option<Over>,
    under: Run,
    told: Option<Lag>,
}

/// The present run of rounds with too much lag. Times in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Over {
    /// When it began, or when the lag of a member that is catching up shrank last.
    since: i64,
    /// The lag then.
    then: f64,
    /// What the lag of a member that is catching up must shrink from.
    low: f64,
    catching_up: bool,
    rounds: u32,
}

/// For how long a lag was too much, in milliseconds, and what it was at first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Behind {
    pub(super) held: i64,
    pub(super) then: f64,
}

/// What a round means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// Nothing new.
    Same,
    /// Behind; `None` where it is on its way to be closed.
    Met(Option<Behind>),
    Cleared,
}

impl Over {
    fn new(at: i64, lag: f64, catching_up: bool) -> Self {
        Self { since: at, then: lag, low: lag, catching_up, rounds: 0 }
    }

    fn extend(&mut self, at: i64, lag: f64, catching_up: bool, step: f64) {
        if catching_up && !self.catching_up {
            self.low = lag;
        } else if catching_up && lag + step <= self.low {
            *self = Self::new(at, lag, true);
        }
        self.catching_up = catching_up;
        self.rounds = self.rounds.saturating_add(1);
    }

    fn is_met(&self, at: i64, open: &Side) -> bool {
        self.rounds >= open.samples && at - self.since >= open.duration
    }
}

impl Counts for Follower {
    fn start_anew(&mut self) {
        self.over = None;
        self.under.end();
    }
}

impl Watched<Follower> {
    /// A round at `at`.
    pub(super) fn round(&mut self, rules: &Rules, lag: Lag, at: i64) -> Verdict {
        let was_unknown = self.know();
        let bytes = lag.bytes();
        let counts = &mut self.counts;
        if bytes > rules.open.limit {
            let over = counts.over.get_or_insert_with(|| Over::new(at, bytes, lag.catching_up));
            // No less than a byte, or a lag that stands still would count as one that shrinks.
            over.extend(at, bytes, lag.catching_up, (rules.open.limit * STEP).max(1.0));
        } else {
            counts.over = None;
        }
        if !crate::book::Series::is_open(self) {
            if !self.counts.over.is_some_and(|over| over.is_met(at, &rules.open)) {
                return Verdict::Same;
            }
            self.open(at);
            return self.met(lag, at);
        }
        if bytes >= rules.close.limit {
            self.counts.under.end();
        } else if self.counts.under.extend(at, &rules.close) {
            self.counts.start_anew();
            self.counts.told = None;
            self.close();
            return Verdict::Cleared;
        }
        if self.counts.told == Some(lag) && !was_unknown { Verdict::Same } else { self.met(lag, at) }
    }

    fn met(&mut self, lag: Lag, at: i64) -> Verdict {
        self.counts.told = Some(lag);
        Verdict::Met(self.counts.over.map(|over| Behind { held: at - over.since, then: over.then }))
    }
}
