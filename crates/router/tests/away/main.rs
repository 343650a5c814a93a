//! An integration that is away for long, over stores on a real disk and in scripted time: for an hour in which a million
//! log lines and 500 issues pass, and for a month in which 100,000 issues open and close.
//!
//! Memory is counted for the whole process, so that one story is told at a time.

#[path = "../simulation/clock.rs"]
mod clock;
mod detector;
mod hour;
#[path = "../router/level.rs"]
mod level;
mod month;
mod stores;
mod tally;

use std::sync::{Mutex, MutexGuard, PoisonError};

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

static STAGE: Mutex<()> = Mutex::new(());

/// Keeps the others waiting for as long as what is returned lives.
fn alone() -> MutexGuard<'static, ()> {
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `story` in scripted time.
fn tell(story: impl Future<Output = ()>) {
    let _stage = alone();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().expect("a runtime").block_on(story);
}
