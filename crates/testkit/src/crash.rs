//! The end of a process, at a place of the test's choosing.

mod log;
mod state;

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

pub use self::log::CrashingLog;
pub use self::state::CrashingState;

/// The end of a process. Once it is tripped, whatever shares it never answers again; the test then drops all that was
/// running and starts it anew over what the stores and services have. Clones are the same crash.
///
/// It counts the points that stores and sinks pass (before and after each thing they do), so that a test can crash at
/// each: run once with [`never`](Crash::never) and ask for [`points`](Crash::points), then run with
/// [`at`](Crash::at) for each number up to it.
#[derive(Clone)]
pub struct Crash {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    passed: u64,
    at: Option<u64>,
    tripped: bool,
    waiting: Vec<Waker>,
}

impl Crash {
    /// No crash, unless [`trip`](Crash::trip) is called.
    pub fn never() -> Self {
        Self::with(None)
    }

    /// A crash at the point of that number, counted from 1; 0 is there from the start.
    pub fn at(point: u64) -> Self {
        Self::with(Some(point))
    }

    fn with(at: Option<u64>) -> Self {
        let inner = Inner { passed: 0, at, tripped: at == Some(0), waiting: Vec::new() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// Crashes now.
    pub fn trip(&self) {
        let waiting = {
            let mut inner = self.lock();
            inner.tripped = true;
            std::mem::take(&mut inner.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether it happened.
    pub fn is_tripped(&self) -> bool {
        self.lock().tripped
    }

    /// How many points were passed; the one it happened at counts.
    pub fn points(&self) -> u64 {
        self.lock().passed
    }

    /// Waits until it happens.
    pub async fn tripped(&self) {
        poll_fn(|context| {
            let mut inner = self.lock();
            if inner.tripped {
                return Poll::Ready(());
            }
            if !inner.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                inner.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// A point at which a process may end. Goes on at once, or never.
    pub async fn point(&self) {
        if self.pass() {
            self.trip();
        }
        poll_fn(|_| if self.is_tripped() { Poll::Pending } else { Poll::Ready(()) }).await;
    }

    /// Lets others go on, `times` times; a crash in between is not survived.
    pub(crate) async fn yielding(&self, times: u64) {
        let mut left = times;
        poll_fn(|context| {
            if self.is_tripped() {
                return Poll::Pending;
            }
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Counts a point; whether it is the one.
    fn pass(&self) -> bool {
        let mut inner = self.lock();
        if inner.tripped {
            return false;
        }
        inner.passed += 1;
        inner.at == Some(inner.passed)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Crash {
    fn default() -> Self {
        Self::never()
    }
}

impl fmt::Debug for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("Crash")
            .field("passed", &inner.passed)
            .field("at", &inner.at)
            .field("tripped", &inner.tripped)
            .finish_non_exhaustive()
    }
}
