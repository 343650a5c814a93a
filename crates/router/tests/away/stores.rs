//! Stores on a real disk that are driven by whoever waits for them: no thread of theirs, so that scripted time stands
//! still while they work.

use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use async_trait::async_trait;
use bytes::Bytes;
use tidegate_store::disk::{Folder, LogDriver, StateDriver};
use tidegate_store::{
    Append, Change, Chunk, DiskLog, DiskLogOptions, DiskState, EventLog, Mark, Position, Space, StateStore, StoreError,
};

/// A store, and who does its work.
pub(crate) struct Driven<S, D> {
    pub(crate) store: Arc<S>,
    driver: Arc<Mutex<D>>,
    turn: fn(&mut D) -> bool,
}

impl<S, D> Clone for Driven<S, D> {
    fn clone(&self) -> Self {
        Self { store: Arc::clone(&self.store), driver: Arc::clone(&self.driver), turn: self.turn }
    }
}

pub(crate) type Log = Driven<DiskLog, LogDriver>;
pub(crate) type State = Driven<DiskState, StateDriver>;

pub(crate) fn log(dir: &Path, options: DiskLogOptions) -> Log {
    let folder = Folder::at(dir).expect("a folder");
    let (store, driver) = DiskLog::driven(Arc::new(folder), options).expect("an empty log");
    Driven { store: Arc::new(store), driver: Arc::new(Mutex::new(driver)), turn: LogDriver::turn }
}

pub(crate) fn state(dir: &Path) -> State {
    let folder = Folder::at(dir).expect("a folder");
    let (store, driver) = DiskState::driven(Arc::new(folder)).expect("an empty state");
    Driven { store: Arc::new(store), driver: Arc::new(Mutex::new(driver)), turn: StateDriver::turn }
}

impl<S, D> Driven<S, D> {
    /// Asks, works until there is nothing left to do, and hears the answer.
    async fn answer<T>(&self, mut asking: Pin<&mut (dyn Future<Output = T> + Send + '_)>) -> T {
        poll_fn(|context| {
            loop {
                if let Poll::Ready(answer) = asking.as_mut().poll(context) {
                    return Poll::Ready(answer);
                }
                if !(self.turn)(&mut self.driver.lock().expect("no test panics here")) {
                    return Poll::Pending;
                }
            }
        })
        .await
    }
}

#[async_trait]
impl EventLog for Log {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        self.answer(self.store.append(append).as_mut()).await
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        self.answer(self.store.read(from, max_bytes).as_mut()).await
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        self.answer(self.store.release(before).as_mut()).await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.store.marks().await
    }
}

#[async_trait]
impl StateStore for State {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        self.answer(self.store.load(space, prefix).as_mut()).await
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        self.answer(self.store.save(changes).as_mut()).await
    }
}
