//! The stores on disk.

use std::path::Path;
use std::sync::Arc;

use tidegate::config::Storage;
use tidegate::router::{Records, RouterBuilder};
use tidegate::store::{DiskLog, DiskLogOptions, DiskState, StoreError, StoreErrorKind};

use crate::failure::{Failure, chain};

/// What both logs take at most where no file says so: 1 GiB each.
const SIZE: u64 = 1 << 30;

/// The folders of the logs, in that of the state.
pub(crate) const LOGS: [&str; 2] = ["journal", "bulk"];

/// The stores of one folder, which no other process can open meanwhile. Cheap to clone.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) journal: Arc<DiskLog>,
    pub(crate) bulk: Arc<DiskLog>,
    pub(crate) records: Records,
    kept: Arc<DiskState>,
}

impl State {
    /// Opens the stores in `dir`, which is made where it is missing; the logs take at most so many bytes.
    pub(crate) async fn open(dir: &Path, [journal, bulk]: [u64; 2]) -> Result<Self, StoreError> {
        let folder = dir.to_path_buf();
        let kept = Arc::new(blocking(move || DiskState::open(folder)).await?);
        let records = Records::new(Arc::clone(&kept));
        let options = [DiskLogOptions::refusing(journal), DiskLogOptions::bounded(bulk)];
        // A log that was lost begins behind those that read it.
        let farthest = records.farthest().await.map_err(|error| {
            StoreError::new(StoreErrorKind::Io, "looking how far the logs were read").with_source(error)
        })?;
        let mut logs = Vec::new();
        for ((name, options), first) in LOGS.into_iter().zip(options).zip(farthest) {
            let folder = dir.join(name);
            logs.push(Arc::new(blocking(move || DiskLog::open(folder, options.with_first(first))).await?));
        }
        let [journal, bulk] = <[_; 2]>::try_from(logs).map_err(|_| ended())?;
        Ok(Self { journal, bulk, records, kept })
    }

    /// The same as a configuration file wants it, where it wants one.
    pub(crate) async fn of(storage: &Storage) -> Result<Option<Self>, Failure> {
        Self::wanted(storage.dir(), [storage.journal_bytes(), storage.bulk_bytes()]).await
    }

    /// The same in the folder of a flag, where there is one.
    pub(crate) async fn at(dir: Option<&Path>) -> Result<Option<Self>, Failure> {
        Self::wanted(dir, [SIZE, SIZE]).await
    }

    async fn wanted(dir: Option<&Path>, sizes: [u64; 2]) -> Result<Option<Self>, Failure> {
        let Some(dir) = dir else { return Ok(None) };
        Self::open(dir, sizes).await.map(Some).map_err(|error| failure(dir, &error))
    }

    /// Has `router` keep everything here.
    pub(crate) fn keep(&self, router: RouterBuilder) -> RouterBuilder {
        router.with_stores(Arc::clone(&self.journal), Arc::clone(&self.bulk), Arc::clone(&self.kept))
    }
}

/// Why the stores cannot be opened, and what to do.
pub(crate) fn failure(dir: &Path, error: &StoreError) -> Failure {
    let advice = match error.kind() {
        StoreErrorKind::Damaged => "; `tidegate repair` shows what is damaged",
        StoreErrorKind::InUse => "; two cannot share a state: stop that one, or give this one another `state_dir`",
        StoreErrorKind::Full => "; make room on that volume, and start again",
        StoreErrorKind::Denied => "; let this user write there, or set another `state_dir`",
        _ => "",
    };
    Failure::Failed(format!("cannot use the state in {}: {}{advice}", dir.display(), chain(error)))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ended())?
}

fn ended() -> StoreError {
    StoreError::new(StoreErrorKind::Io, "the program ends")
}
