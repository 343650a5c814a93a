use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::batch::Batch;
use super::fault::from_io;
use super::fetch::Fetcher;
use super::options::{Bound, DiskLogOptions};
use super::recover::{Recovered, recover};
use super::shared::{Fetch, Request, Shared, ended};
use super::view::Look;
use super::writer::Writer;
use super::{Files, Folder};
use crate::{Append, Chunk, EventLog, Mark, Position, StoreError, StoreErrorKind};

/// An [`EventLog`] in a folder: as a journal it keeps everything until it is released, and refuses what is over its
/// bound; as a bulk log it drops the oldest over its bound. The [module](crate::disk) tells how.
///
/// Dropped, it waits until what it was asked for is done: as long as the disk takes for that.
pub struct DiskLog {
    shared: Arc<Shared>,
    path: String,
    bound: Bound,
    recovered: Recovered,
    threads: Vec<JoinHandle<()>>,
}

impl DiskLog {
    /// Opens the log in the folder `dir`, which is made where it is missing. Blocks: it reads the last segment.
    ///
    /// # Errors
    /// [`StoreErrorKind::InUse`] when another process has the folder; [`StoreErrorKind::Damaged`] when something in it
    /// that had been durable cannot be read; [`StoreErrorKind::Invalid`] when a program with another format wrote it;
    /// others when the folder cannot be read or written.
    pub fn open(dir: impl AsRef<Path>, options: DiskLogOptions) -> Result<Self, StoreError> {
        let dir = dir.as_ref();
        let folder = Folder::at(dir).map_err(|error| from_io(format!("making the folder {}", dir.display()), error))?;
        Self::open_in(Arc::new(folder), options)
    }

    /// The same on other [`Files`].
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_in(files: Arc<dyn Files>, options: DiskLogOptions) -> Result<Self, StoreError> {
        let (mut log, LogDriver { writer, fetcher }) = Self::driven(files, options)?;
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let ends = Ends(Arc::clone(&log.shared));
            let body = move || {
                let _ends = ends;
                work();
            };
            let spawned = thread::Builder::new().name(name.to_owned()).spawn(body);
            spawned.map_err(|error| from_io(format!("beginning the thread {name}"), error))
        };
        let writing = spawn("tidegate-log-write", Box::new(move || writer.run()))?;
        let reading = match spawn("tidegate-log-read", Box::new(move || fetcher.run())) {
            Ok(reading) => reading,
            Err(error) => {
                log.threads = vec![writing];
                return Err(error);
            }
        };
        log.threads = vec![writing, reading];
        Ok(log)
    }

    /// The same without threads: nothing happens at the files but in the turns of the driver. For simulations, where
    /// whoever drives decides what happens between two steps.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn driven(files: Arc<dyn Files>, options: DiskLogOptions) -> Result<(Self, LogDriver), StoreError> {
        let lock = files.lock()?;
        let opened = recover(&*files, &options)?;
        let shared = Arc::new(Shared::new(opened.view));
        let fetcher = Fetcher::new(Arc::clone(&shared), Arc::clone(&files));
        let log = Self {
            shared: Arc::clone(&shared),
            path: files.path(""),
            bound: options.bound,
            recovered: opened.recovered,
            threads: Vec::new(),
        };
        let writer = Writer::new(shared, files, options, opened.active, lock);
        Ok((log, LogDriver { writer, fetcher }))
    }

    /// What was cut when it was opened.
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// How many bytes its segments take.
    pub fn bytes(&self) -> u64 {
        self.shared.lock().view.total()
    }

    /// How many events it holds, whether a reader may still want them or not.
    pub fn len(&self) -> u64 {
        let view = &self.shared.lock().view;
        view.next - view.first()
    }

    /// Whether it holds no event.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn ask(&self, batch: Batch) -> Result<oneshot::Receiver<Result<Position, StoreError>>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let bytes = batch.len() as u64;
        let unwanted = {
            let mut state = self.shared.lock();
            if let Bound::Refuse(most) = self.bound
                && !batch.events.is_empty()
            {
                let held = state.expected_bytes();
                if held > 0 && held + bytes > most {
                    return Err(self.full(held, most));
                }
            }
            state.ask(Request::Append { batch, reply })?
        };
        self.shared.asked.notify_one();
        drop(unwanted);
        Ok(answer)
    }

    fn full(&self, held: u64, most: u64) -> StoreError {
        let context = format!("{} holds {held} of at most {most} bytes that a reader has yet to take", self.path);
        StoreError::new(StoreErrorKind::Full, context)
    }

    /// What is there, or how to wait for it.
    fn look(&self, from: Position, max_bytes: usize) -> Result<Looked, StoreError> {
        let mut state = self.shared.lock();
        Ok(match state.view.look(from, max_bytes) {
            Look::Chunk(chunk) => Looked::Chunk(chunk),
            Look::Wait if state.ended => return Err(ended()),
            Look::Wait => Looked::Wait,
            Look::OnDisk(number, lost) => {
                let (reply, answer) = oneshot::channel();
                state.want(Fetch { number, max_bytes, reply })?;
                drop(state);
                self.shared.wanted.notify_one();
                Looked::Asked(answer, lost)
            }
        })
    }
}

enum Looked {
    Chunk(Chunk),
    Asked(oneshot::Receiver<Result<Option<super::fetch::Fetched>, StoreError>>, u64),
    Wait,
}

#[async_trait]
impl EventLog for DiskLog {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        if append.is_empty() {
            return Ok(self.shared.lock().view.end());
        }
        let buffer = self.shared.lock().spare();
        let answer = self.ask(Batch::new(append, buffer)?)?;
        answer.await.map_err(|_| ended())?
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        loop {
            let mut grown = std::pin::pin!(self.shared.grown.notified());
            // Before looking: what comes after the look wakes it.
            grown.as_mut().enable();
            match self.look(from, max_bytes)? {
                Looked::Chunk(chunk) => return Ok(chunk),
                Looked::Wait => grown.await,
                Looked::Asked(answer, lost) => {
                    // None: it was forgotten meanwhile.
                    if let Some(fetched) = answer.await.map_err(|_| ended())?? {
                        let next = Position::new(fetched.next);
                        return Ok(Chunk { events: fetched.events, next, lost: lost + fetched.lost });
                    }
                }
            }
        }
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        let answer = {
            let mut state = self.shared.lock();
            state.view.release(before.number());
            if !state.view.may_take_oldest() {
                return Ok(());
            }
            let (reply, answer) = oneshot::channel();
            state.ask(Request::Tidy { reply })?;
            answer
        };
        self.shared.asked.notify_one();
        answer.await.map_err(|_| ended())?
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        Ok(self.shared.lock().view.marks.values().cloned().collect())
    }
}

impl Drop for DiskLog {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.asked.notify_all();
        self.shared.wanted.notify_all();
        for thread in self.threads.drain(..) {
            // One that panicked has said so already.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for DiskLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("DiskLog")
            .field("path", &self.path)
            .field("first", &state.view.first())
            .field("end", &state.view.end())
            .field("bytes", &state.view.total())
            .finish_non_exhaustive()
    }
}

/// Does the work of a [`DiskLog::driven`] at its files, step by step.
#[derive(Debug)]
pub struct LogDriver {
    writer: Writer,
    fetcher: Fetcher,
}

impl LogDriver {
    /// Does one step: writes what was asked for, or makes durable and answers what was written, or removes what was
    /// released; and a read, if one is asked for. Returns whether there was anything to do. What is asked for between
    /// two turns arrives, for the log, while the disk is busy.
    pub fn turn(&mut self) -> bool {
        let read = self.fetcher.turn();
        self.writer.turn() || read
    }

    /// Does what is left, and closes the log cleanly. A driver that is dropped instead leaves what a crash leaves.
    pub fn close(self) {
        self.writer.close();
    }
}

/// Tells whoever waits that the thread which holds it has ended, be it by a panic.
struct Ends(Arc<Shared>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.end();
    }
}
