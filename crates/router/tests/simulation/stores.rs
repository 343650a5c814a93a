use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use tidegate_base::Random;
use tidegate_event::Event;
use tidegate_store::{
    Append, Chunk, EventLog, Mark, MemoryLog, MemoryState, Position, Space, StateStore, StoreError, StoreErrorKind,
};
use tidegate_testkit::faults::{Effect, FaultyLog, FaultyState, StoreFault, StoreFaults};
use tidegate_testkit::{Crash, CrashingLog, CrashingState};

/// The journal, the bulk log and the state as one life of a router sees them.
pub(crate) type Seen = (Box<dyn EventLog>, Box<dyn EventLog>, Box<dyn StateStore>);

/// What survives a crash.
#[async_trait]
pub(crate) trait Stores: Send + Sync {
    /// The stores in a life that ends with `crash`.
    fn seen(&mut self, crash: &Crash, faults: &Turbulence, random: &mut Random) -> Seen;

    /// Has the next life perhaps end within the stores themselves.
    fn undermine(&mut self, random: &mut Random);

    /// All events of the journal that ever became durable, in order.
    fn journal(&self) -> Vec<Arc<Event>>;

    /// How many events journal and bulk log hold still that they could give up.
    fn held(&self) -> (usize, usize);

    /// The state as whoever asks beside the router sees it.
    fn state(&self) -> Arc<dyn StateStore>;

    /// The keys and values of a space, whatever goes wrong just now.
    async fn records(&self, space: Space, prefix: &str) -> Vec<(String, bytes::Bytes)>;

    /// What they did that no store may.
    fn breaches(&self) -> Vec<String>;
}

/// Stores in memory, with failures laid upon them.
pub(crate) struct MemoryStores {
    journal: Recorded,
    bulk: Recorded,
    state: Arc<MemoryState>,
}

impl MemoryStores {
    pub(crate) fn new(random: &mut Random) -> Self {
        let journal = if random.one_in(4) { MemoryLog::refusing(20_000) } else { MemoryLog::new() };
        Self {
            journal: Recorded::new(journal, random.fork()),
            bulk: Recorded::new(MemoryLog::new(), random.fork()),
            state: Arc::new(MemoryState::new()),
        }
    }
}

#[async_trait]
impl Stores for MemoryStores {
    fn seen(&mut self, crash: &Crash, faults: &Turbulence, random: &mut Random) -> Seen {
        let mut log = |log: &Recorded| {
            let log = FaultyLog::new(log.clone(), faults.clone());
            Box::new(CrashingLog::new(log, crash.clone(), random.fork()))
        };
        let (journal, bulk) = (log(&self.journal), log(&self.bulk));
        let state = FaultyState::new(Arc::clone(&self.state), faults.of_state());
        (journal, bulk, Box::new(CrashingState::new(state, crash.clone(), random.fork())))
    }

    /// Crashes at their points are those of `seen`.
    fn undermine(&mut self, _: &mut Random) {}

    fn journal(&self) -> Vec<Arc<Event>> {
        self.journal.truth()
    }

    fn held(&self) -> (usize, usize) {
        (self.journal.held(), self.bulk.held())
    }

    fn state(&self) -> Arc<dyn StateStore> {
        Arc::clone(&self.state) as Arc<dyn StateStore>
    }

    async fn records(&self, space: Space, prefix: &str) -> Vec<(String, bytes::Bytes)> {
        self.state.load(space, prefix).await.expect("memory does not fail")
    }

    fn breaches(&self) -> Vec<String> {
        Vec::new()
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
    /// In an outage the state goes on.
    of_logs_alone: bool,
}

impl Turbulence {
    /// One append or save in `one_in` fails, with or without effect; none where it is 0.
    pub(crate) fn new(random: Random, one_in: u64) -> Self {
        Self {
            random: Arc::new(Mutex::new(random)),
            one_in,
            stopped: Arc::default(),
            outage: Arc::default(),
            of_logs_alone: false,
        }
    }

    /// The same where only the logs are away in an outage, if `alone`.
    pub(crate) fn of_logs_alone(self, alone: bool) -> Self {
        Self { of_logs_alone: alone, ..self }
    }

    /// The faults of the state.
    fn of_state(&self) -> Self {
        let outage = if self.of_logs_alone { Arc::default() } else { Arc::clone(&self.outage) };
        Self { outage, ..self.clone() }
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

    /// What it draws from, if the next thing fails.
    pub(crate) fn strikes(&self) -> Option<MutexGuard<'_, Random>> {
        let mut random = self.random.lock().expect("no test panics here");
        let outage = self.outage.load(Ordering::Relaxed);
        let strikes = outage || (!self.stopped.load(Ordering::Relaxed) && random.one_in(self.one_in));
        strikes.then_some(random)
    }
}

impl StoreFaults for Turbulence {
    fn next(&mut self) -> StoreFault {
        let Some(mut random) = self.strikes() else { return StoreFault::None };
        StoreFault::Fail { kind: StoreErrorKind::Io, effect: Effect::Some(random.below(u64::MAX)) }
    }
}

/// A log in memory that remembers all that ever became durable, and gives it out in small pieces.
#[derive(Clone)]
struct Recorded {
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
    fn truth(&self) -> Vec<Arc<Event>> {
        self.truth.lock().expect("no test panics here").clone()
    }

    /// How many events it holds still.
    fn held(&self) -> usize {
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
