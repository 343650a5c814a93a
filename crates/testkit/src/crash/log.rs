use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::FutureExt;
use tidegate_base::Random;
use tidegate_store::{Append, Chunk, EventLog, Mark, Position, StoreError};

use super::Crash;

/// The most times an operation lets others go on before it takes effect.
const MOST_YIELDS: u64 = 3;

/// An [`EventLog`] whose process may end at any point: before an append, after it, or in the middle, when it stands
/// whole or not at all.
///
/// An append that is given up, by a crash or otherwise, has taken effect by seeded chance. What it wraps should answer
/// at once, as a [`MemoryLog`](tidegate_store::MemoryLog) does; of a log that waits, what is given up never takes
/// effect.
#[derive(Clone)]
pub struct CrashingLog<L> {
    log: L,
    crash: Crash,
    random: Arc<Mutex<Random>>,
}

impl<L: EventLog> CrashingLog<L> {
    /// `log` as seen by a process that ends with `crash`. After it, wrap the same log again with another one.
    pub fn new(log: L, crash: Crash, random: Random) -> Self {
        Self { log, crash, random: Arc::new(Mutex::new(random)) }
    }

    async fn begin(&self) {
        self.crash.point().await;
        let yields = self.draw(|random| random.below(MOST_YIELDS + 1));
        self.crash.yielding(yields).await;
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An append on its way.
struct Pending<'a, L: EventLog> {
    log: &'a CrashingLog<L>,
    append: Option<Append>,
}

impl<L: EventLog> Drop for Pending<'_, L> {
    fn drop(&mut self) {
        if let Some(append) = self.append.take()
            && self.log.draw(|random| random.one_in(2))
        {
            // Nobody is there to hear how it went.
            let _ = self.log.log.append(append).now_or_never();
        }
    }
}

#[async_trait]
impl<L: EventLog> EventLog for CrashingLog<L> {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        let mut pending = Pending { log: self, append: Some(append) };
        self.begin().await;
        let appended = self.log.append(pending.append.take().unwrap_or_default()).await;
        self.crash.point().await;
        appended
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        self.crash.point().await;
        let chunk = self.log.read(from, max_bytes).await;
        self.crash.yielding(0).await;
        chunk
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        self.begin().await;
        let released = self.log.release(before).await;
        self.crash.point().await;
        released
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.crash.point().await;
        self.log.marks().await
    }
}

impl<L: fmt::Debug> fmt::Debug for CrashingLog<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrashingLog").field("log", &self.log).field("crash", &self.crash).finish_non_exhaustive()
    }
}
