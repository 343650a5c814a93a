//! The memory stores keep the contract: bare, boxed and shared.

use std::sync::Arc;

use futures::FutureExt;
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use tidegate_store::{EventLog, MemoryLog, MemoryState, StateStore, contract};

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
