//! The stores on a real disk.

use std::path::Path;

use tempfile::TempDir;
use tidegate_router::RouterBuilder;
use tidegate_store::{DiskLog, DiskLogOptions, DiskState};

/// A folder that is gone when this is; `TMPDIR` says on which disk.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Keeps everything in `dir`, as the agent does.
pub(crate) fn on_disk(router: RouterBuilder, dir: &Path) -> RouterBuilder {
    let journal = DiskLog::open(dir.join("journal"), DiskLogOptions::refusing(1 << 30)).expect("a journal");
    let bulk = DiskLog::open(dir.join("bulk"), DiskLogOptions::bounded(4 << 30)).expect("a bulk log");
    let state = DiskState::open(dir).expect("a state");
    router.with_stores(journal, bulk, state)
}
