//! Stores that are driven step by step, as a router sees them.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tidegate_base::Random;
use tidegate_store::disk::{LogDriver, StateDriver};
use tidegate_store::{
    Append, Change, Chunk, DiskLog, DiskState, EventLog, Mark, Position, Space, StateStore, StoreError, StoreErrorKind,
};
use tidegate_testkit::Crash;
use tokio::sync::Notify;

use super::known::Truth;
use super::lies::Lie;

/// Who does the work of a store.
pub(super) trait Driver: Send + 'static {
    fn turn(&mut self) -> bool;
    fn close(self);
}

impl Driver for LogDriver {
    fn turn(&mut self) -> bool {
        LogDriver::turn(self)
    }

    fn close(self) {
        LogDriver::close(self);
    }
}

impl Driver for StateDriver {
    fn turn(&mut self) -> bool {
        StateDriver::turn(self)
    }

    fn close(self) {
        StateDriver::close(self);
    }
}

/// A store's driver at work in a task, so that others go on between its turns.
pub(super) struct Work<D> {
    driver: Arc<Mutex<Option<D>>>,
    asked: Arc<Notify>,
}

impl<D: Driver> Work<D> {
    pub(super) fn begin(driver: D, crash: &Crash, random: Random) -> Self {
        let work = Self { driver: Arc::new(Mutex::new(Some(driver))), asked: Arc::default() };
        tokio::spawn(work_on(Arc::clone(&work.driver), Arc::clone(&work.asked), crash.clone(), random));
        work
    }

    /// Ends the work: in order what is left is done first.
    pub(super) fn end(self, in_order: bool) {
        let driver = self.driver.lock().expect("no test panics here").take();
        if let Some(driver) = driver.filter(|_| in_order) {
            driver.close();
        }
        self.asked.notify_one();
    }
}

async fn work_on<D: Driver>(driver: Arc<Mutex<Option<D>>>, asked: Arc<Notify>, crash: Crash, mut random: Random) {
    loop {
        let turned = match &mut *driver.lock().expect("no test panics here") {
            Some(driver) => driver.turn(),
            None => return,
        };
        if crash.is_tripped() {
            return;
        }
        if !turned {
            asked.notified().await;
        } else if random.one_in(500) {
            // A disk that is busy with something else.
            tokio::time::sleep(Duration::from_millis(random.below(3_000))).await;
        } else {
            for _ in 0..random.below(3) {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Asks, has the work done, and hears the answer: never, once the process has ended.
async fn answer<T>(mut asking: Pin<&mut (dyn Future<Output = T> + Send + '_)>, asked: &Notify, crash: &Crash) -> T {
    poll_fn(|context| {
        if crash.is_tripped() {
            return Poll::Pending;
        }
        let answer = asking.as_mut().poll(context);
        asked.notify_one();
        answer
    })
    .await
}

/// A log in a process that ends with `crash`.
pub(super) struct DrivenLog {
    log: DiskLog,
    truth: Truth,
    asked: Arc<Notify>,
    crash: Crash,
    random: Mutex<Random>,
    lie: Option<Lie>,
}

impl DrivenLog {
    pub(super) fn new(
        log: DiskLog,
        work: &Work<LogDriver>,
        truth: &Truth,
        crash: &Crash,
        random: Random,
        lie: Option<Lie>,
    ) -> Self {
        let (truth, asked, crash) = (truth.clone(), Arc::clone(&work.asked), crash.clone());
        Self { log, truth, asked, crash, random: Mutex::new(random), lie }
    }

    async fn append_to(&self, append: Append) -> Result<Position, StoreError> {
        let events = append.events.clone();
        let end = answer(self.log.append(append).as_mut(), &self.asked, &self.crash).await?;
        self.truth.acknowledged(events, end);
        Ok(end)
    }
}

#[async_trait]
impl EventLog for DrivenLog {
    async fn append(&self, mut append: Append) -> Result<Position, StoreError> {
        self.crash.point().await;
        if self.lie == Some(Lie::MarksApart) && !append.events.is_empty() {
            self.append_to(Append::new().with_marks(std::mem::take(&mut append.marks))).await?;
        }
        let appended = self.append_to(append).await;
        self.crash.point().await;
        appended
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        self.crash.point().await;
        let most = {
            let mut random = self.random.lock().expect("no test panics here");
            if random.one_in(2) { usize::try_from(random.below(2_000)).unwrap_or(max_bytes) } else { max_bytes }
        };
        let mut reading = self.log.read(from, max_bytes.min(most));
        let chunk = answer(reading.as_mut(), &self.asked, &self.crash).await?;
        self.truth.read(from, &chunk);
        Ok(chunk)
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        self.crash.point().await;
        self.truth.released(before);
        let released = answer(self.log.release(before).as_mut(), &self.asked, &self.crash).await;
        self.crash.point().await;
        released
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.crash.point().await;
        self.log.marks().await
    }
}

/// The state in a process that ends with `crash`.
#[derive(Clone)]
pub(super) struct DrivenState {
    state: Arc<DiskState>,
    asked: Arc<Notify>,
    crash: Crash,
    /// Whoever asks is not of the process, and outlives it.
    outside: bool,
}

impl DrivenState {
    pub(super) fn new(state: DiskState, work: &Work<StateDriver>, crash: &Crash) -> Self {
        Self { state: Arc::new(state), asked: Arc::clone(&work.asked), crash: crash.clone(), outside: false }
    }

    pub(super) fn outsider(&self) -> Self {
        Self { outside: true, ..self.clone() }
    }

    async fn answer<T: Send>(
        &self,
        asking: Pin<&mut (dyn Future<Output = Result<T, StoreError>> + Send + '_)>,
    ) -> Result<T, StoreError> {
        let ended = async {
            self.crash.tripped().await;
            if !self.outside {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = ended => Err(StoreError::new(StoreErrorKind::Io, "the process has ended")),
            answer = answer(asking, &self.asked, &self.crash) => answer,
        }
    }
}

#[async_trait]
impl StateStore for DrivenState {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        if !self.outside {
            self.crash.point().await;
        }
        self.answer(self.state.load(space, prefix).as_mut()).await
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        if !self.outside {
            self.crash.point().await;
        }
        let saved = self.answer(self.state.save(changes).as_mut()).await;
        if !self.outside {
            self.crash.point().await;
        }
        saved
    }
}
