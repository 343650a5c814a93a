//! What may go wrong on the way to a service or a store, and who decides it.

mod random;
mod script;
mod sink;
mod store;

use std::time::Duration;

use tidegate_base::Random;
use tidegate_sink::{Delivery, SinkErrorKind};

pub use self::random::{RandomFaults, Rates};
pub use self::script::Script;
pub use self::sink::FaultySink;
pub use self::store::{Effect, FaultyLog, FaultyState, RandomStoreFaults, StoreFault, StoreFaults};

/// What becomes of one call of [`Sink::deliver`](tidegate_sink::Sink::deliver).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Fault {
    /// It goes through.
    #[default]
    None,
    /// The call fails with an error of `kind`.
    Fail {
        /// The sort of error.
        kind: SinkErrorKind,
        /// Whether the service did it all the same. Only what
        /// [`may have been applied`](SinkErrorKind::may_have_applied) can have been: anything else panics.
        applied: bool,
        /// How long the service says to wait.
        retry_after: Option<Duration>,
    },
    /// Every item is rejected, and none applied.
    Reject,
    /// Every item comes back untouched.
    Untouched,
    /// No answer ever comes. The caller gives up some time.
    Hang {
        /// Whether the service did it.
        applied: bool,
    },
    /// The sink panics before it sends.
    Panic,
    /// The first `done` items go through, and `rest` happens to the others, each by itself.
    Partial {
        /// How many go through. With as many as the batch has, or more, nothing is wrong.
        done: usize,
        /// What happens to the others.
        rest: Box<Fault>,
    },
}

impl Fault {
    /// Fails with `kind`, and the service did nothing.
    pub fn fail(kind: SinkErrorKind) -> Self {
        Self::Fail { kind, applied: false, retry_after: None }
    }

    /// Fails with `kind` after the service did it: the answer is lost. Panics when it happens, if `kind` is none that
    /// may have been applied.
    pub fn lost(kind: SinkErrorKind) -> Self {
        Self::Fail { kind, applied: true, retry_after: None }
    }

    /// The service has too much to do, and says to wait for `retry_after`.
    pub fn throttled(retry_after: Duration) -> Self {
        Self::Fail { kind: SinkErrorKind::Throttled, applied: false, retry_after: Some(retry_after) }
    }

    /// The first `done` items go through, and `rest` happens to the others.
    pub fn partial(done: usize, rest: Self) -> Self {
        Self::Partial { done, rest: Box::new(rest) }
    }
}

/// Who decides what becomes of each call: a [`Script`], [`RandomFaults`], or a closure.
pub trait Faults: Send {
    /// What becomes of the call that delivers `batch`.
    fn next(&mut self, batch: &[Delivery]) -> Fault;
}

impl<F: FnMut(&[Delivery]) -> Fault + Send> Faults for F {
    fn next(&mut self, batch: &[Delivery]) -> Fault {
        self(batch)
    }
}

/// Some of `items`, none or all included, in their order.
pub(crate) fn subset<T: Clone>(items: &[T], random: &mut Random) -> Vec<T> {
    match random.below(4) {
        0 => Vec::new(),
        1 => items.to_vec(),
        _ => items.iter().filter(|_| random.one_in(2)).cloned().collect(),
    }
}
