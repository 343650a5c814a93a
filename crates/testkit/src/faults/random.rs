use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidegate_base::Random;
use tidegate_sink::{Delivery, SinkErrorKind};

use super::{Fault, Faults};

/// How often each sort of fault happens, in calls of a thousand. What is left of the thousand goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// [`Unreachable`](SinkErrorKind::Unreachable): not applied.
    pub unreachable: u64,
    /// [`Unconfirmed`](SinkErrorKind::Unconfirmed) and [`Unavailable`](SinkErrorKind::Unavailable), not applied.
    pub before: u64,
    /// The same two, applied: the answer is lost.
    pub after: u64,
    /// [`Throttled`](SinkErrorKind::Throttled), half of them with a time to wait of up to a minute.
    pub throttled: u64,
    /// [`Unauthorized`](SinkErrorKind::Unauthorized) and [`Misconfigured`](SinkErrorKind::Misconfigured).
    pub paused: u64,
    /// Every item is rejected.
    pub rejected: u64,
    /// Every item comes back untouched.
    pub untouched: u64,
    /// No answer ever comes; applied in half of the cases.
    pub hang: u64,
    /// Of a batch of several items, one of the above happens to all behind a prefix.
    pub partial: u64,
    /// The sink panics.
    pub panic: u64,
}

impl Rates {
    /// Nothing ever goes wrong.
    pub const NONE: Self = Self {
        unreachable: 0,
        before: 0,
        after: 0,
        throttled: 0,
        paused: 0,
        rejected: 0,
        untouched: 0,
        hang: 0,
        partial: 0,
        panic: 0,
    };

    /// A bad day: two calls in five go wrong, in every way that the six promises allow for without a loss. So nothing
    /// is rejected, and nothing panics.
    pub const ROUGH: Self = Self {
        unreachable: 50,
        before: 70,
        after: 100,
        throttled: 50,
        paused: 20,
        rejected: 0,
        untouched: 20,
        hang: 40,
        partial: 50,
        panic: 0,
    };
}

/// Seeded faults. Clones share the seed's course and the stop.
#[derive(Debug, Clone)]
pub struct RandomFaults {
    random: Arc<Mutex<Random>>,
    rates: Rates,
    stopped: Arc<AtomicBool>,
}

impl RandomFaults {
    /// Faults that follow from `random`, at `rates`.
    pub fn new(random: Random, rates: Rates) -> Self {
        Self { random: Arc::new(Mutex::new(random)), rates, stopped: Arc::default() }
    }

    /// From now on all goes well, so that a test can see how it ends.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Things go wrong again.
    pub fn resume(&self) {
        self.stopped.store(false, Ordering::SeqCst);
    }
}

impl Faults for RandomFaults {
    fn next(&mut self, batch: &[Delivery]) -> Fault {
        if self.stopped.load(Ordering::SeqCst) {
            return Fault::None;
        }
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        draw(&self.rates, batch.len(), &mut random)
    }
}

fn draw(rates: &Rates, items: usize, random: &mut Random) -> Fault {
    let mut left = random.below(1000);
    let mut is = |rate: u64| {
        let hit = left < rate;
        left = if hit { u64::MAX } else { left - rate.min(left) };
        hit
    };
    if is(rates.unreachable) {
        Fault::fail(SinkErrorKind::Unreachable)
    } else if is(rates.before) {
        Fault::fail(one_of([SinkErrorKind::Unconfirmed, SinkErrorKind::Unavailable], random))
    } else if is(rates.after) {
        Fault::lost(one_of([SinkErrorKind::Unconfirmed, SinkErrorKind::Unavailable], random))
    } else if is(rates.throttled) {
        let retry_after = random.one_in(2).then(|| random.duration(Duration::from_mins(1)));
        Fault::Fail { kind: SinkErrorKind::Throttled, applied: false, retry_after }
    } else if is(rates.paused) {
        Fault::fail(one_of([SinkErrorKind::Unauthorized, SinkErrorKind::Misconfigured], random))
    } else if is(rates.rejected) {
        Fault::Reject
    } else if is(rates.untouched) {
        Fault::Untouched
    } else if is(rates.hang) {
        Fault::Hang { applied: random.one_in(2) }
    } else if is(rates.panic) {
        Fault::Panic
    } else if is(rates.partial) && items > 1 {
        let done = usize::try_from(random.below(items as u64)).unwrap_or(0);
        Fault::partial(done, draw(&Rates { partial: 0, ..*rates }, items, random))
    } else {
        Fault::None
    }
}

fn one_of<T: Copy>(these: [T; 2], random: &mut Random) -> T {
    these[usize::from(random.one_in(2))]
}
