use std::sync::Arc;

use async_trait::async_trait;
use tidegate_base::Random;
use tidegate_event::Event;
use tidegate_store::disk::{LogDriver, StateDriver};
use tidegate_store::{DiskLog, DiskLogOptions, DiskState, EventLog, Space, StateStore, StoreError, StoreErrorKind};
use tidegate_testkit::Crash;

use super::driven::{DrivenLog, DrivenState, Work};
use super::known::{Truth, survey};
use super::lies::Lie;
use super::machine::{End, Machine, Place};
use crate::stores::{Seen, Stores, Turbulence};

/// How often the stores may fail to open before nothing goes wrong any more.
const TRIES: u32 = 3;

/// The stores on disk, on a simulated machine.
pub(super) struct DiskStores {
    machine: Machine,
    journal: (Truth, DiskLogOptions),
    bulk: (Truth, DiskLogOptions),
    lie: Option<Lie>,
    /// In which step of its own the next process falls.
    fall_in: Option<u64>,
    /// How processes end, where chance does not say.
    end: Option<End>,
    process: Option<Process>,
}

/// What runs now.
struct Process {
    crash: Crash,
    journal: Work<LogDriver>,
    bulk: Work<LogDriver>,
    state: Work<StateDriver>,
    outside: DrivenState,
}

/// What was opened.
struct Opened {
    journal: (DiskLog, LogDriver),
    bulk: (DiskLog, LogDriver),
    state: (DiskState, StateDriver),
}

impl DiskStores {
    pub(super) fn new(random: &mut Random, lie: Option<Lie>) -> Self {
        let bounded = random.one_in(4);
        let mut options = |options: DiskLogOptions| {
            let cache = [0, 2_000, 1_000_000][usize::try_from(random.below(3)).expect("one of three")];
            options.with_segment_bytes(2_048 << random.below(4)).with_cache_bytes(cache)
        };
        let journal = if bounded { DiskLogOptions::refusing(40_000) } else { DiskLogOptions::new() };
        let (journal, bulk) = (options(journal), options(DiskLogOptions::new()));
        Self {
            machine: Machine::new(random, lie),
            journal: (Truth::default(), journal),
            bulk: (Truth::default(), bulk),
            lie,
            fall_in: None,
            end: None,
            process: None,
        }
    }

    /// The same, and the first process falls in its step of that number, in this way.
    pub(super) fn falling_in(mut self, step: u64, end: End) -> Self {
        self.fall_in = Some(step);
        self.end = Some(end);
        self
    }

    pub(super) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Ends the process: in order, unless it crashed.
    fn end(&mut self) {
        let Some(Process { crash, journal, bulk, state, .. }) = self.process.take() else { return };
        let in_order = !crash.is_tripped();
        journal.end(in_order);
        bulk.end(in_order);
        state.end(in_order);
    }

    fn open(&self) -> Result<Opened, StoreError> {
        let log = |place, (_, options): &(Truth, DiskLogOptions)| {
            DiskLog::driven(self.machine.folder(place), options.clone())
        };
        Ok(Opened {
            journal: log(Place::Journal, &self.journal)?,
            bulk: log(Place::Bulk, &self.bulk)?,
            state: DiskState::driven(self.machine.folder(Place::State))?,
        })
    }

    /// Starts the process, again and again where it falls or fails as it opens the stores.
    fn start(&mut self, crash: &Crash, faults: &Turbulence, random: &mut Random) -> Opened {
        for tries in 0.. {
            let end = self.end.unwrap_or(if random.one_in(2) { End::Kill } else { End::PowerLoss });
            self.machine.start(end, faults, self.fall_in.take());
            self.machine.spare(tries >= TRIES);
            match self.open() {
                Ok(mut opened) if !self.machine.is_down() => {
                    self.machine.spare(true);
                    survey(&opened.journal.0, &mut opened.journal.1, &self.journal.0);
                    survey(&opened.bulk.0, &mut opened.bulk.1, &self.bulk.0);
                    self.machine.spare(false);
                    self.machine.lives(crash);
                    return opened;
                }
                Ok(_) => {}
                Err(error) => {
                    let lost = matches!(error.kind(), StoreErrorKind::Damaged | StoreErrorKind::Invalid);
                    assert!(!lost, "what a crash left cannot be opened: {error:?}");
                    assert!(tries < TRIES, "nothing goes wrong, and the stores do not open: {error:?}");
                }
            }
        }
        unreachable!("it opens, or fails for good")
    }
}

#[async_trait]
impl Stores for DiskStores {
    fn seen(&mut self, crash: &Crash, faults: &Turbulence, random: &mut Random) -> Seen {
        self.end();
        let Opened { journal, bulk, state } = self.start(crash, faults, random);
        let work = Work::begin(state.1, crash, random.fork());
        let state = DrivenState::new(state.0, &work, crash);
        let mut log = |(log, driver): (DiskLog, LogDriver), truth: &Truth| {
            let work = Work::begin(driver, crash, random.fork());
            let log = DrivenLog::new(log, &work, truth, crash, random.fork(), self.lie);
            (Box::new(log) as Box<dyn EventLog>, work)
        };
        let (journal, journal_work) = log(journal, &self.journal.0);
        let (bulk, bulk_work) = log(bulk, &self.bulk.0);
        let outside = state.outsider();
        let crash = crash.clone();
        self.process = Some(Process { crash, journal: journal_work, bulk: bulk_work, state: work, outside });
        (journal, bulk, Box::new(state))
    }

    fn undermine(&mut self, random: &mut Random) {
        self.fall_in = match random.below(4) {
            0 => Some(1 + random.below(100)),
            1 => Some(1 + random.below(3_000)),
            _ => None,
        };
    }

    fn journal(&self) -> Vec<Arc<Event>> {
        self.journal.0.events()
    }

    /// The last segment stays, and one that could not be removed until the next is released.
    fn held(&self) -> (usize, usize) {
        let held = |place| self.machine.files(place).saturating_sub(2);
        (held(Place::Journal), held(Place::Bulk))
    }

    fn state(&self) -> Arc<dyn StateStore> {
        let process = self.process.as_ref().expect("a life has begun");
        Arc::new(process.outside.clone())
    }

    async fn records(&self, space: Space, prefix: &str) -> Vec<(String, bytes::Bytes)> {
        self.machine.spare(true);
        let records = self.state().load(space, prefix).await;
        self.machine.spare(false);
        records.unwrap_or_default()
    }

    fn breaches(&self) -> Vec<String> {
        let of = |(truth, _): &(Truth, DiskLogOptions)| truth.breaches();
        of(&self.journal).into_iter().chain(of(&self.bulk)).collect()
    }
}
