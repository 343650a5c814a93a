use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::oneshot;

use super::driver::StateDriver;
use super::format::{CURRENT, Format};
use super::home::Home;
use super::queue::{Load, Queue, Request, Save, ended};
use crate::disk::fault::from_io;
use crate::disk::{Files, Folder};
use crate::{Change, Space, StateStore, StoreError};

/// A [`StateStore`] in a folder: one file of [redb](https://docs.rs/redb), `state.redb`.
///
/// A save is one transaction, durable when it returns; saves that arrive while the disk is busy share the next one. A
/// thread of its own does all of it, so that nothing waits for the disk but what asked.
///
/// Where the disk fails or is full, what was asked for fails, and what is asked for later is tried at the file anew: it
/// goes on by itself when the disk is good again. After a failed sync nobody knows what of the file is on the disk: all of
/// it is written once more before anything is built on it, also when it is opened, for the syncs of the process before.
///
/// Each record has a checksum. One that is damaged is told by an error in the program's log, with file, space and key,
/// and is loaded with an empty value, so that whoever reads it finds it unreadable; it costs no other record. Where the
/// file itself cannot be read, that is [`StoreErrorKind::Damaged`](crate::StoreErrorKind::Damaged), and nothing is
/// changed.
///
/// The file gives room back when it is opened with most of it free. A file that an older version has written is brought
/// up when it is opened, and one of a newer version is refused.
///
/// Dropped, it waits until what it was asked for is done: as long as the disk takes for that.
///
/// ```
/// use tidegate_store::{Change, DiskState, Space, StateStore, StoreError};
///
/// # let dir = tempfile::tempdir().unwrap();
/// # futures::executor::block_on(async {
/// let state = DiskState::open(dir.path())?;
/// state.save(&[Change::put(Space::Lane, "ops/issues", "17")]).await?;
///
/// drop(state); // and after this process, or a loss of power
/// let state = DiskState::open(dir.path())?;
/// assert_eq!(state.load(Space::Lane, "ops/").await?, [("ops/issues".to_owned(), "17".into())]);
/// # Ok::<(), StoreError>(())
/// # }).unwrap();
/// ```
pub struct DiskState {
    queue: Arc<Queue>,
    path: String,
    thread: Option<JoinHandle<()>>,
}

impl DiskState {
    /// Opens the state in the folder `dir`, which is made where it is missing. Blocks: after a crash it reads the whole
    /// file.
    ///
    /// # Errors
    /// [`StoreErrorKind::InUse`](crate::StoreErrorKind::InUse) when another process has the folder, which is named;
    /// [`StoreErrorKind::Damaged`](crate::StoreErrorKind::Damaged) when the file cannot be read;
    /// [`StoreErrorKind::Invalid`](crate::StoreErrorKind::Invalid) when a newer version or another program has written
    /// it; others when the folder cannot be read or written.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, StoreError> {
        let dir = dir.as_ref();
        let folder = Folder::at(dir).map_err(|error| from_io(format!("making the folder {}", dir.display()), error))?;
        Self::open_in(Arc::new(folder))
    }

    /// The same on other [`Files`].
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_in(files: Arc<dyn Files>) -> Result<Self, StoreError> {
        let (mut state, driver) = Self::driven(files)?;
        let spawned = thread::Builder::new().name("tidegate-state".to_owned()).spawn(move || driver.run());
        state.thread = Some(spawned.map_err(|error| from_io("beginning the thread tidegate-state", error))?);
        Ok(state)
    }

    /// The same without a thread: nothing happens at the files but in the turns of the driver. For simulations, where
    /// whoever drives decides what happens between two steps.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn driven(files: Arc<dyn Files>) -> Result<(Self, StateDriver), StoreError> {
        Self::of_format(files, CURRENT)
    }

    pub(super) fn of_format(files: Arc<dyn Files>, format: Format) -> Result<(Self, StateDriver), StoreError> {
        let lock = files.lock()?;
        let home = Home::new(files, format);
        let path = home.path();
        let database = home.open()?;
        let queue = Arc::new(Queue::default());
        let driver = StateDriver::new(Arc::clone(&queue), home, database, lock);
        Ok((Self { queue, path, thread: None }, driver))
    }
}

#[async_trait]
impl StateStore for DiskState {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.ask(Request::Load(Load { space, prefix: prefix.to_owned(), reply }))?;
        answer.await.map_err(|_| ended())?
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        changes.iter().try_for_each(Change::check)?;
        if changes.is_empty() {
            return Ok(());
        }
        let (reply, answer) = oneshot::channel();
        self.queue.ask(Request::Save(Save { changes: changes.to_vec(), reply }))?;
        answer.await.map_err(|_| ended())?
    }
}

impl Drop for DiskState {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so already.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for DiskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskState").field("path", &self.path).finish_non_exhaustive()
    }
}
