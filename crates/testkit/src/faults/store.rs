use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use tidegate_base::Random;
use tidegate_store::{Append, Change, Chunk, EventLog, Mark, Position, Space, StateStore, StoreError, StoreErrorKind};

use super::subset;

/// What becomes of one append or save.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StoreFault {
    /// It goes through.
    #[default]
    None,
    /// It fails with an error of `kind`.
    Fail {
        /// The sort of error.
        kind: StoreErrorKind,
        /// What the store did all the same.
        effect: Effect,
    },
}

/// What a failed append or save did all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// Everything: only the answer is lost.
    Everything,
    /// The first so many changes of a save. An append stands whole or not at all: of it this is nothing.
    First(usize),
    /// Changes of a save by a seed of their own. Of an append, all or nothing.
    Some(u64),
}

/// Who decides what becomes of each append or save: a queue of faults (then none), [`RandomStoreFaults`], or a closure.
pub trait StoreFaults: Send {
    /// What becomes of the next one.
    fn next(&mut self) -> StoreFault;
}

impl<F: FnMut() -> StoreFault + Send> StoreFaults for F {
    fn next(&mut self) -> StoreFault {
        self()
    }
}

impl StoreFaults for VecDeque<StoreFault> {
    fn next(&mut self) -> StoreFault {
        self.pop_front().unwrap_or_default()
    }
}

/// Seeded failures of stores: input and output that fails, with or without effect. Clones share the seed's course and
/// the stop.
#[derive(Debug, Clone)]
pub struct RandomStoreFaults {
    random: Arc<Mutex<Random>>,
    one_in: u64,
    stopped: Arc<AtomicBool>,
}

impl RandomStoreFaults {
    /// One append or save in `one_in` fails; none where it is 0.
    pub fn new(random: Random, one_in: u64) -> Self {
        Self { random: Arc::new(Mutex::new(random)), one_in, stopped: Arc::default() }
    }

    /// From now on all goes well.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }
}

impl StoreFaults for RandomStoreFaults {
    fn next(&mut self) -> StoreFault {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        if self.stopped.load(Ordering::SeqCst) || !random.one_in(self.one_in) {
            return StoreFault::None;
        }
        let effect = Effect::Some(random.below(u64::MAX));
        StoreFault::Fail { kind: StoreErrorKind::Io, effect }
    }
}

/// A log whose appends fail, with or without effect. Reads, releases and marks go on to the log within.
///
/// A failed append that has an effect stands in the log; the contract lets it be appended again and stand twice.
#[derive(Clone)]
pub struct FaultyLog<L> {
    log: L,
    faults: Arc<Mutex<dyn StoreFaults>>,
}

impl<L: EventLog> FaultyLog<L> {
    /// `log` with what `faults` decides.
    pub fn new(log: L, faults: impl StoreFaults + 'static) -> Self {
        Self { log, faults: Arc::new(Mutex::new(faults)) }
    }
}

#[async_trait]
impl<L: EventLog> EventLog for FaultyLog<L> {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).next();
        let StoreFault::Fail { kind, effect } = fault else { return self.log.append(append).await };
        let applied = match effect {
            Effect::Nothing | Effect::First(_) => false,
            Effect::Everything => true,
            Effect::Some(seed) => Random::seeded(seed).one_in(2),
        };
        if applied {
            self.log.append(append).await?;
        }
        Err(StoreError::new(kind, "an append, as the test says"))
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        self.log.read(from, max_bytes).await
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        self.log.release(before).await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.log.marks().await
    }
}

/// A state store whose saves fail after any part of their changes. Loads go on to the store within.
#[derive(Clone)]
pub struct FaultyState<S> {
    state: S,
    faults: Arc<Mutex<dyn StoreFaults>>,
}

impl<S: StateStore> FaultyState<S> {
    /// `state` with what `faults` decides.
    pub fn new(state: S, faults: impl StoreFaults + 'static) -> Self {
        Self { state, faults: Arc::new(Mutex::new(faults)) }
    }
}

#[async_trait]
impl<S: StateStore> StateStore for FaultyState<S> {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        self.state.load(space, prefix).await
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).next();
        let StoreFault::Fail { kind, effect } = fault else { return self.state.save(changes).await };
        let made = match effect {
            Effect::Nothing => Vec::new(),
            Effect::Everything => changes.to_vec(),
            Effect::First(count) => changes.iter().take(count).cloned().collect(),
            Effect::Some(seed) => subset(changes, &mut Random::seeded(seed)),
        };
        self.state.save(&made).await?;
        Err(StoreError::new(kind, "a save, as the test says"))
    }
}

impl<L: fmt::Debug> fmt::Debug for FaultyLog<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyLog").field("log", &self.log).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug> fmt::Debug for FaultyState<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyState").field("state", &self.state).finish_non_exhaustive()
    }
}
