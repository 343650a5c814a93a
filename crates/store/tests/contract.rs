//! The stores keep the contract: those in memory bare, boxed and shared, the log on disk with and without its cache.

use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use futures::executor::{LocalPool, block_on};
use futures::task::LocalSpawnExt;
use tidegate_store::{
    Append, Chunk, DiskLog, DiskLogOptions, EventLog, Mark, MemoryLog, MemoryState, Position, StateStore, StoreError,
    contract,
};

/// Nothing in memory waits for anything but the check itself: a check that stalls has met a read that nobody woke.
fn at_once(check: impl Future<Output = ()> + 'static) {
    let mut pool = LocalPool::new();
    let checked = pool.spawner().spawn_local_with_handle(check).expect("the pool is there");
    pool.run_until_stalled();
    assert_eq!(checked.now_or_never(), Some(()), "the check ends without waiting");
}

#[test]
fn a_memory_log_keeps_the_contract() {
    at_once(contract::check_log(|| Box::new(MemoryLog::new())));
}

#[test]
fn a_bounded_memory_log_keeps_the_contract() {
    at_once(contract::check_log(|| Box::new(MemoryLog::bounded(1024 * 1024))));
    at_once(contract::check_bounded_log(16 * 1024, || Box::new(MemoryLog::bounded(16 * 1024))));
    at_once(contract::check_bounded_log(100_001, || Box::new(MemoryLog::bounded(100_001))));
}

#[test]
fn boxed_and_shared_logs_keep_the_contract() {
    at_once(contract::check_log(|| Box::new(Arc::new(MemoryLog::new()))));
    at_once(contract::check_log(|| Box::new(Box::new(MemoryLog::new()) as Box<dyn EventLog>)));
    at_once(contract::check_log(|| Box::new(Arc::new(MemoryLog::new()) as Arc<dyn EventLog>)));
}

#[test]
fn a_memory_state_keeps_the_contract() {
    at_once(contract::check_state(|| Box::new(MemoryState::new())));
}

#[test]
fn boxed_and_shared_states_keep_the_contract() {
    at_once(contract::check_state(|| Box::new(Arc::new(MemoryState::new()))));
    at_once(contract::check_state(|| Box::new(Box::new(MemoryState::new()) as Box<dyn StateStore>)));
    at_once(contract::check_state(|| Box::new(Arc::new(MemoryState::new()) as Arc<dyn StateStore>)));
}

#[test]
fn stores_and_checks_go_between_threads() {
    fn is_send_and_sync<T: Send + Sync>() {}
    fn is_send(_: impl Send) {}
    is_send_and_sync::<MemoryLog>();
    is_send_and_sync::<MemoryState>();
    is_send_and_sync::<Box<dyn EventLog>>();
    is_send_and_sync::<Arc<dyn StateStore>>();

    is_send(contract::check_log(|| Box::new(MemoryLog::new())));
    is_send(contract::check_state(|| Box::new(MemoryState::new())));
}

/// A log in a folder that goes with it.
struct Temporary {
    log: DiskLog,
    _dir: tempfile::TempDir,
}

impl Temporary {
    fn new(options: DiskLogOptions) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        Self { log: DiskLog::open(dir.path(), options).expect("an empty log"), _dir: dir }
    }
}

#[async_trait]
impl EventLog for Temporary {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        self.log.append(append).await
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

#[test]
fn a_log_on_disk_keeps_the_contract() {
    for options in [
        DiskLogOptions::new(),
        DiskLogOptions::refusing(64 * 1024 * 1024),
        DiskLogOptions::new().with_segment_bytes(0).with_cache_bytes(0),
        DiskLogOptions::new().with_segment_bytes(0).with_cache_bytes(1_000),
    ] {
        block_on(contract::check_log(move || Box::new(Temporary::new(options.clone()))));
    }
}

#[test]
fn a_bounded_log_on_disk_keeps_the_contract() {
    for cache in [0, 1_000, 1024 * 1024] {
        let options = |max_bytes| DiskLogOptions::bounded(max_bytes).with_cache_bytes(cache);
        block_on(contract::check_log(|| Box::new(Temporary::new(options(1024 * 1024)))));
        block_on(contract::check_bounded_log(16 * 1024, || Box::new(Temporary::new(options(16 * 1024)))));
        block_on(contract::check_bounded_log(100_001, || Box::new(Temporary::new(options(100_001)))));
    }
}
