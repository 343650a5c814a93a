//! What appenders and readers share with those who work at the files.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::File;
use super::batch::Batch;
use super::fetch::Fetched;
use super::view::View;
use crate::{Position, StoreError, StoreErrorKind};

/// From so many on what waits is looked through for what nobody waits for any more.
const MANY: usize = 1024;
const MUCH: u64 = 16 * 1024 * 1024;
/// How many segments stay open.
const OPEN: usize = 8;
/// So many buffers are kept to be used again, none of them larger than this: taking a large one from the system each time
/// costs as much as filling it.
const SPARE: usize = 8;
const LARGEST_SPARE: usize = 1024 * 1024;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Request {
    Append {
        batch: Batch,
        reply: oneshot::Sender<Result<Position, StoreError>>,
    },
    /// Removes the segments that are released.
    Tidy {
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
}

impl Request {
    fn bytes(&self) -> u64 {
        match self {
            Self::Append { batch, .. } => batch.len() as u64,
            Self::Tidy { .. } => 0,
        }
    }

    fn is_wanted(&self) -> bool {
        match self {
            Self::Append { reply, .. } => !reply.is_closed(),
            Self::Tidy { reply } => !reply.is_closed(),
        }
    }
}

/// What is to be read from the disk.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) number: u64,
    pub(super) max_bytes: usize,
    pub(super) reply: oneshot::Sender<Result<Option<Fetched>, StoreError>>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) view: View,
    pub(super) fetches: VecDeque<Fetch>,
    queue: VecDeque<Request>,
    /// Of what is in the queue.
    queued_bytes: u64,
    /// What the writer is at.
    pub(super) writing_bytes: u64,
    look_through_at: (usize, u64),
    /// Segments that were read lately, by their sequence.
    open: VecDeque<(u64, Arc<dyn File>)>,
    /// Room for appends to be encoded in.
    spare: Vec<Vec<u8>>,
    /// Set when nobody asks any more: the writer does what is left, and ends.
    pub(super) closing: bool,
    /// Set when nobody answers any more.
    pub(super) ended: bool,
}

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Wakes the writer.
    pub(super) asked: Condvar,
    /// Wakes who reads from the disk.
    pub(super) wanted: Condvar,
    /// Wakes readers.
    pub(super) grown: Notify,
}

impl Shared {
    pub(super) fn new(view: View) -> Self {
        Self {
            state: Mutex::new(State {
                view,
                fetches: VecDeque::new(),
                queue: VecDeque::new(),
                queued_bytes: 0,
                writing_bytes: 0,
                look_through_at: (MANY, MUCH),
                open: VecDeque::new(),
                spare: Vec::new(),
                closing: false,
                ended: false,
            }),
            asked: Condvar::new(),
            wanted: Condvar::new(),
            grown: Notify::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic stands between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits on `signal` until `there` is so, or the log is closed.
    pub(super) fn wait(&self, signal: &Condvar, there: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waiting = |state: &mut State| !there(state) && !state.closing;
        signal.wait_while(self.lock(), waiting).unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever waits for an answer is told that there will be none.
    pub(super) fn end(&self) {
        let (queue, fetches) = {
            let mut state = self.lock();
            state.ended = true;
            state.queued_bytes = 0;
            (std::mem::take(&mut state.queue), std::mem::take(&mut state.fetches))
        };
        drop((queue, fetches));
        self.grown.notify_waiters();
    }
}

impl State {
    /// Puts `request` into the queue; hands out what nobody waits for any more.
    pub(super) fn ask(&mut self, request: Request) -> Result<VecDeque<Request>, StoreError> {
        if self.ended {
            return Err(ended());
        }
        self.queued_bytes += request.bytes();
        self.queue.push_back(request);
        let (many, much) = self.look_through_at;
        if self.queue.len() < many && self.queued_bytes < much {
            return Ok(VecDeque::new());
        }
        let (wanted, unwanted) = std::mem::take(&mut self.queue).into_iter().partition(Request::is_wanted);
        self.queue = wanted;
        self.queued_bytes = self.queue.iter().map(Request::bytes).sum();
        self.look_through_at = (MANY.max(2 * self.queue.len()), MUCH.max(2 * self.queued_bytes));
        Ok(unwanted)
    }

    /// Asks for `fetch`.
    pub(super) fn want(&mut self, fetch: Fetch) -> Result<(), StoreError> {
        if self.ended {
            return Err(ended());
        }
        if self.fetches.len() >= MANY {
            self.fetches.retain(|fetch| !fetch.reply.is_closed());
        }
        self.fetches.push_back(fetch);
        Ok(())
    }

    /// What the log will hold once all that was asked for is done.
    pub(super) fn expected_bytes(&self) -> u64 {
        self.view.held() + self.queued_bytes + self.writing_bytes
    }

    /// The segment of this sequence, if it is open.
    pub(super) fn open(&self, sequence: u64) -> Option<Arc<dyn File>> {
        self.open.iter().find(|(open, _)| *open == sequence).map(|(_, file)| Arc::clone(file))
    }

    /// Keeps a segment open, if it is one still.
    pub(super) fn keep_open(&mut self, sequence: u64, file: &Arc<dyn File>) {
        if self.view.has(sequence) {
            self.open.truncate(OPEN - 1);
            self.open.push_front((sequence, Arc::clone(file)));
        }
    }

    /// Takes out a segment that is removed: while it is open it takes room on the disk.
    pub(super) fn close(&mut self, sequence: u64) -> Option<Arc<dyn File>> {
        let index = self.open.iter().position(|(open, _)| *open == sequence)?;
        self.open.remove(index).map(|(_, file)| file)
    }

    pub(super) fn spare(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// Keeps `buffer` to be used again.
    pub(super) fn keep(&mut self, buffer: Vec<u8>) {
        if self.spare.len() < SPARE && buffer.capacity() <= LARGEST_SPARE {
            self.spare.push(buffer);
        }
    }

    pub(super) fn is_asked(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The next request, if `takes` says so.
    pub(super) fn next_if(&mut self, takes: impl FnOnce(&Request) -> bool) -> Option<Request> {
        let request = self.queue.pop_front_if(|request| takes(request))?;
        self.queued_bytes = self.queued_bytes.saturating_sub(request.bytes());
        Some(request)
    }
}

pub(super) fn ended() -> StoreError {
    StoreError::new(StoreErrorKind::Io, "the log's own thread has ended")
}
