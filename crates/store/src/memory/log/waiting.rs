use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::MemoryLog;
use crate::{Chunk, Position};

/// A read of a [`MemoryLog`]. Dropped while it waits, it leaves nothing behind.
pub(super) struct Reading<'a> {
    log: &'a MemoryLog,
    from: Position,
    max_bytes: usize,
    ticket: Option<u64>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(log: &'a MemoryLog, from: Position, max_bytes: usize) -> Self {
        Self { log, from, max_bytes, ticket: None }
    }
}

impl Future for Reading<'_> {
    type Output = Chunk;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Chunk> {
        let log = self.log;
        let mut held = log.lock();
        if let Some(chunk) = held.chunk(self.from, self.max_bytes) {
            return Poll::Ready(chunk);
        }
        let (ticket, replaced) = held.wait(self.ticket, context.waker());
        // Before a waker is dropped; see `Held`.
        drop(held);
        drop(replaced);
        self.ticket = Some(ticket);
        Poll::Pending
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let waker = self.log.lock().leave(ticket);
            // After the lock; see `Held`.
            drop(waker);
        }
    }
}
