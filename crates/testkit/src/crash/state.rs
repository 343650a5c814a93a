use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use tidegate_base::Random;
use tidegate_store::{Change, Space, StateStore, StoreError};

use super::Crash;
use crate::faults::subset;

/// The most times an operation lets others go on before it takes effect.
const MOST_YIELDS: u64 = 3;

/// A [`StateStore`] whose process may end at any point: before a save, after it, or in the middle, when any of its
/// changes are made and the others are not.
///
/// Which changes of a save that is given up are made is seeded chance. What it wraps should answer at once, as a
/// [`MemoryState`](tidegate_store::MemoryState) does; of a store that waits, what is given up is never made.
#[derive(Clone)]
pub struct CrashingState<S> {
    state: S,
    crash: Crash,
    random: Arc<Mutex<Random>>,
}

impl<S: StateStore> CrashingState<S> {
    /// `state` as seen by a process that ends with `crash`. After it, wrap the same store again with another one.
    pub fn new(state: S, crash: Crash, random: Random) -> Self {
        Self { state, crash, random: Arc::new(Mutex::new(random)) }
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A save on its way.
struct Pending<'a, S: StateStore> {
    state: &'a CrashingState<S>,
    changes: Option<&'a [Change]>,
}

impl<S: StateStore> Drop for Pending<'_, S> {
    fn drop(&mut self) {
        if let Some(changes) = self.changes.take() {
            let made = self.state.draw(|random| subset(changes, random));
            // Nobody is there to hear how it went.
            let _ = self.state.state.save(&made).now_or_never();
        }
    }
}

#[async_trait]
impl<S: StateStore> StateStore for CrashingState<S> {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        self.crash.point().await;
        self.state.load(space, prefix).await
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut pending = Pending { state: self, changes: Some(changes) };
        self.crash.point().await;
        let yields = self.draw(|random| random.below(MOST_YIELDS + 1));
        self.crash.yielding(yields).await;
        pending.changes = None;
        let saved = self.state.save(changes).await;
        self.crash.point().await;
        saved
    }
}

impl<S: fmt::Debug> fmt::Debug for CrashingState<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrashingState").field("state", &self.state).field("crash", &self.crash).finish_non_exhaustive()
    }
}
