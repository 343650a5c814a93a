use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tidegate_base::Random;
use tidegate_event::Event;
use tidegate_store::{
    Append, Chunk, EventLog, Mark, MemoryLog, MemoryState, Position, Space, StateStore, StoreError, StoreErrorKind,
};
use tidegate_testkit::faults::{Effect, FaultyLog, FaultyState, StoreFault, StoreFaults};
use tidegate_testkit::{Crash, CrashingLog, CrashingState};

/// What survives a crash.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) journal: Recorded,
    pub(crate) bulk: Recorded,
    pub(crate) state: Arc<MemoryState>,
}

/// The three stores as one life of a router sees them.
pub(crate) type Seen<L> = CrashingLog<FaultyLog<L>>;

impl Stores {
    pub(crate) fn new(random: &mut Random) -> Self {
        let journal = if random.one_in(4) { MemoryLog::refusing(20_000) } else { MemoryLog::new() };
        Self {
            journal: Recorded::new(journal, random.fork()),
            bulk: Recorded::new(MemoryLog::new(), random.fork()),
            state: Arc::new(MemoryState::new()),
        }
    }

    /// The two logs and the state in a life that ends with `crash`.
    pub(crate) fn seen(
        &self,
        crash: &Crash,
        faults: &Turbulence,
        random: &mut Random,
    ) -> (Seen<Recorded>, Seen<Recorded>, CrashingState<FaultyState<Arc<MemoryState>>>) {
        let mut log = |log: &Recorded| {
            CrashingLog::new(FaultyLog::new(log.clone(), faults.clone()), crash.clone(), random.fork())
        };
        let (journal, bulk) = (log(&self.journal), log(&self.bulk));
        let state = FaultyState::new(Arc::clone(&self.state), faults.clone());
        (journal, bulk, CrashingState::new(state, crash.clone(), random.fork()))
    }

    /// The keys and values of a space.
    pub(crate) async fn records(&self, space: Space, prefix: &str) -> Vec<(String, bytes::Bytes)> {
        self.state.load(space, prefix).await.expect("memory does not fail")
    }
}

/// Failures of the stores that can be turned off and on.
#[derive(Clone)]
pub(crate) struct Turbulence {
    random: Arc<Mutex<Random>>,
    one_in: u64,
    stopped: Arc<AtomicBool>,
    /// Everything fails.
    outage: Arc<AtomicBool>,
}

impl Turbulence {
    /// One append or save in `one_in` fails, with or without effect; none where it is 0.
    pub(crate) fn new(random: Random, one_in: u64) -> Self {
        Self { random: Arc::new(Mutex::new(random)), one_in, stopped: Arc::default(), outage: Arc::default() }
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.outage.store(false, Ordering::Relaxed);
    }

    /// Everything fails from now on, or does not. Whether it does.
    pub(crate) fn toggle_outage(&self) -> bool {
        !self.outage.fetch_xor(true, Ordering::Relaxed)
    }

    pub(crate) fn resume(&self) {
        self.stopped.store(false, Ordering::Relaxed);
    }
}

impl StoreFaults for Turbulence {
    fn next(&mut self) -> StoreFault {
        let mut random = self.random.lock().expect("no test panics here");
        let outage = self.outage.load(Ordering::Relaxed);
        if !outage && (self.stopped.load(Ordering::Relaxed) || !random.one_in(self.one_in)) {
            return StoreFault::None;
        }
        StoreFault::Fail { kind: StoreErrorKind::Io, effect: Effect::Some(random.below(u64::MAX)) }
    }
}

/// A log in memory that remembers all that ever became durable, and gives it out in small pieces.
#[derive(Clone)]
pub(crate) struct Recorded {
    log: Arc<MemoryLog>,
    truth: Arc<Mutex<Vec<Arc<Event>>>>,
    random: Arc<Mutex<Random>>,
}

impl Recorded {
    fn new(log: MemoryLog, random: Random) -> Self {
        let log = Arc::new(log);
        Self { log, truth: Arc::default(), random: Arc::new(Mutex::new(random)) }
    }

    /// All that ever became durable, in order.
    pub(crate) fn truth(&self) -> Vec<Arc<Event>> {
        self.truth.lock().expect("no test panics here").clone()
    }

    /// How many events it holds still.
    pub(crate) fn held(&self) -> usize {
        self.log.len()
    }
}

#[async_trait]
impl EventLog for Recorded {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        let events = append.events.clone();
        let appended = self.log.append(append).await;
        if appended.is_ok() {
            self.truth.lock().expect("no test panics here").extend(events);
        }
        appended
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        let small = {
            let mut random = self.random.lock().expect("no test panics here");
            if random.one_in(2) { random.below(2_000) } else { u64::MAX }
        };
        self.log.read(from, max_bytes.min(usize::try_from(small).unwrap_or(usize::MAX))).await
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        self.log.release(before).await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.log.marks().await
    }
}
