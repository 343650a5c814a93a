use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use tidegate_event::Event;
use tidegate_store::{
    Append, Change, Chunk, EventLog, Mark, MemoryLog, MemoryState, Position, Space, StateStore, StoreError,
    StoreErrorKind,
};
use tokio::sync::watch;

fn broken(what: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Io, format!("cannot {what}"))
}

/// A log in memory that blocks and fails when it is told.
#[derive(Clone)]
pub(crate) struct Log {
    inner: Arc<Inner>,
}

struct Inner {
    log: MemoryLog,
    blocked: watch::Sender<bool>,
    faults: Mutex<Faults>,
}

#[derive(Default)]
struct Faults {
    /// So many appends succeed before the first that fails.
    spared: usize,
    appends: usize,
    reads: usize,
    /// What each append that was tried was to append, failed ones too; without empty ones.
    tried: Vec<Vec<String>>,
}

impl Default for Log {
    fn default() -> Self {
        let inner = Inner { log: MemoryLog::new(), blocked: watch::channel(false).0, faults: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }
}

impl Log {
    /// Lets appends wait until it is unblocked.
    pub(crate) fn block(&self) {
        self.inner.blocked.send_replace(true);
    }

    pub(crate) fn unblock(&self) {
        self.inner.blocked.send_replace(false);
    }

    /// The next so many appends fail.
    pub(crate) fn fail_appends(&self, number: usize) {
        self.faults().appends = number;
    }

    /// After `spared` more appends the others fail.
    pub(crate) fn fail_appends_after(&self, spared: usize) {
        let mut faults = self.faults();
        (faults.spared, faults.appends) = (spared, usize::MAX);
    }

    /// The next so many reads fail.
    pub(crate) fn fail_reads(&self, number: usize) {
        self.faults().reads = number;
    }

    /// What was to be appended, in order, failed appends too.
    pub(crate) fn tried(&self) -> Vec<Vec<String>> {
        self.faults().tried.clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.inner.log.len()
    }

    /// How many share it.
    pub(crate) fn shares(&self) -> usize {
        Arc::strong_count(&self.inner)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.inner.faults.lock().expect("no test panics here")
    }
}

#[async_trait]
impl EventLog for Log {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        if append.is_empty() {
            return self.inner.log.append(append).await;
        }
        self.inner.blocked.subscribe().wait_for(|blocked| !*blocked).await.expect("the log is here");
        {
            let mut faults = self.faults();
            faults.tried.push(append.events.iter().map(|event| words(event)).collect());
            if faults.spared > 0 && faults.appends > 0 {
                faults.spared -= 1;
            } else if faults.appends > 0 {
                faults.appends -= 1;
                return Err(broken("append"));
            }
        }
        self.inner.log.append(append).await
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        {
            let mut faults = self.faults();
            if faults.reads > 0 {
                faults.reads -= 1;
                return Err(broken("read"));
            }
        }
        self.inner.log.read(from, max_bytes).await
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        self.inner.log.release(before).await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.inner.log.marks().await
    }
}

/// An event in a few words.
pub(crate) fn words(event: &Event) -> String {
    match event {
        Event::Issue(issue) => {
            let state = if issue.is_closed() { "closed" } else { "open" };
            let (kind, resource) = (issue.key.kind(), issue.key.resource());
            let place = resource.part.as_ref().or(resource.node.as_ref()).map_or("", |name| name);
            format!("{kind} {place} {state}")
        }
        Event::Notification(notification) => format!("{} {}", notification.id, notification.revision),
        Event::Log(record) => record.message.clone(),
        Event::Metric(sample) => format!("{} {}", sample.name, sample.value()),
    }
}

/// A state store in memory that fails when it is told.
#[derive(Clone, Default)]
pub(crate) struct State {
    inner: Arc<(MemoryState, Mutex<Failing>)>,
}

#[derive(Default)]
struct Failing {
    saves: bool,
    saves_of: Option<&'static str>,
    loads: bool,
    loads_of: Option<Space>,
    save_takes: Duration,
}

impl State {
    /// From now on each save takes so long.
    pub(crate) fn take(&self, time: Duration) {
        self.inner.1.lock().expect("no test panics here").save_takes = time;
    }

    /// From now on saves fail, or do no more.
    pub(crate) fn fail_saves(&self, failing: bool) {
        self.failing().saves = failing;
    }

    /// From now on saves of the record `key` fail, or none do.
    pub(crate) fn fail_saves_of(&self, key: Option<&'static str>) {
        self.failing().saves_of = key;
    }

    /// From now on loads fail, or do no more.
    pub(crate) fn fail_loads(&self, failing: bool) {
        self.failing().loads = failing;
    }

    /// From now on loads of `space` fail, or none do.
    pub(crate) fn fail_loads_of(&self, space: Option<Space>) {
        self.failing().loads_of = space;
    }

    /// How many share it.
    pub(crate) fn shares(&self) -> usize {
        Arc::strong_count(&self.inner)
    }

    pub(crate) fn keys(&self, space: Space) -> Vec<String> {
        let records = self.inner.0.load(space, "").now_or_never().expect("memory does not wait");
        records.expect("nor does it fail").into_iter().map(|(key, _)| key).collect()
    }

    fn failing(&self) -> MutexGuard<'_, Failing> {
        self.inner.1.lock().expect("no test panics here")
    }
}

#[async_trait]
impl StateStore for State {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        let of = self.failing().loads_of;
        if self.failing().loads || of == Some(space) {
            return Err(broken("load"));
        }
        self.inner.0.load(space, prefix).await
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        let takes = self.inner.1.lock().expect("no test panics here").save_takes;
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        let of = self.failing().saves_of;
        if self.failing().saves || changes.iter().any(|change| Some(&*change.key) == of) {
            return Err(broken("save"));
        }
        self.inner.0.save(changes).await
    }
}
