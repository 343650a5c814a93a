//! The one who writes: what is asked for at once is written at once, made durable at once, and answered then.

mod segments;

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Files;
use super::active::Active;
use super::batch::Batch;
use super::frame::Place;
use super::options::{Bound, DiskLogOptions};
use super::shared::{Request, Shared};
use crate::newest::Entry;
use crate::{Mark, Position, StoreError};

pub(super) use self::segments::begin;

/// The most that is written at once, unless one append alone is larger.
const MOST_AT_ONCE: u64 = 4 * 1024 * 1024;

/// An append whose bytes are in the file, and may not be durable.
#[derive(Debug)]
struct Written {
    events: Vec<Entry>,
    marks: Vec<Mark>,
    /// What it was encoded in.
    bytes: Vec<u8>,
    /// Where its frames begin, and the numbers of their first events.
    places: Vec<(u64, u64)>,
    reply: oneshot::Sender<Result<Position, StoreError>>,
    after: u64,
}

#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    files: Arc<dyn Files>,
    options: DiskLogOptions,
    /// The segment that is written to; none before the first append, and after a failure.
    active: Option<Active>,
    /// What waits for a sync, and where it ends in the file.
    written: Option<(Vec<Written>, u64)>,
    /// Segments that nobody sees any more, and whose files are still to be removed.
    leftover: Vec<u64>,
    buffer: Vec<u8>,
    /// Kept until everything is done.
    _lock: Box<dyn std::fmt::Debug + Send + Sync>,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        files: Arc<dyn Files>,
        options: DiskLogOptions,
        active: Option<Active>,
        lock: Box<dyn std::fmt::Debug + Send + Sync>,
    ) -> Self {
        Self { shared, files, options, active, written: None, leftover: Vec::new(), buffer: Vec::new(), _lock: lock }
    }

    /// Does one step: writes what is asked for, or makes durable and answers what was written, or removes segments.
    /// Whether there was anything to do.
    pub(super) fn turn(&mut self) -> bool {
        if let Some((written, end)) = self.written.take() {
            self.settle(written, end);
            return true;
        }
        let request = self.shared.lock().next_if(|_| true);
        match request {
            None => false,
            Some(Request::Tidy { reply }) => {
                let _ = reply.send(self.tidy());
                true
            }
            Some(Request::Append { batch, reply }) => {
                self.write_with_others(batch, reply);
                true
            }
        }
    }

    /// Works until the log is closed and everything is done.
    pub(super) fn run(mut self) {
        loop {
            if !self.turn() {
                let state = self.shared.wait(&self.shared.asked, super::shared::State::is_asked);
                if state.closing && !state.is_asked() {
                    break;
                }
            }
        }
        self.close();
    }

    /// Says in the file that everything in it is durable, so that anything unreadable that is found in it later is known
    /// to be damage.
    pub(super) fn close(mut self) {
        while self.turn() {}
        if let Some(active) = self.active.take()
            && let Err(error) = active.close(self.next())
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the log could not be closed; nothing is lost by that"
            );
        }
    }

    fn next(&self) -> u64 {
        self.shared.lock().view.next
    }

    fn write_with_others(&mut self, first: Batch, reply: oneshot::Sender<Result<Position, StoreError>>) {
        let ready = self.room_for(first.len() as u64);
        let mut group = vec![(first, reply)];
        match ready.and_then(|room| self.write(&mut group, room)) {
            Ok(written) => self.written = Some(written),
            Err(error) => {
                self.give_up();
                self.shared.lock().writing_bytes = 0;
                for (_, reply) in group {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    /// Makes sure of a segment with room for `bytes`, and says how much room it has.
    fn room_for(&mut self, bytes: u64) -> Result<u64, StoreError> {
        let room = self.active.as_ref().map_or(0, Active::room);
        if room >= bytes {
            return Ok(room);
        }
        self.begin_segment(bytes)?;
        Ok(self.active.as_ref().map_or(0, Active::room))
    }

    fn write(&mut self, group: &mut Group, room: u64) -> Result<(Vec<Written>, u64), StoreError> {
        let Some(active) = &self.active else { return Err(super::shared::ended()) };
        let next = self.take_others(group, room);
        let start = active.end();
        let mut place = Place { sequence: active.sequence(), offset: start };
        let mut number = next;
        let mut numbers = Vec::with_capacity(group.len());
        for (batch, _) in group.iter_mut() {
            batch.stamp(place, start, number);
            place.offset += batch.len() as u64;
            number += batch.events.len() as u64;
            numbers.push(number);
        }
        if let [(alone, _)] = &group[..] {
            active.write(&alone.bytes)?;
        } else {
            self.buffer.clear();
            for (batch, _) in group.iter() {
                self.buffer.extend_from_slice(&batch.bytes);
            }
            active.write(&self.buffer)?;
        }
        let mut offset = start;
        let written = group.drain(..).zip(numbers).map(|((batch, reply), after)| {
            let places = batch.places().map(|(at, number)| (offset + at, number)).collect();
            offset += batch.len() as u64;
            let Batch { events, marks, bytes, .. } = batch;
            let events = events.into_iter().map(Entry::new).collect();
            Written { events, marks, bytes, places, reply, after }
        });
        Ok((written.collect(), place.offset))
    }

    /// Takes appends from the queue into `group` for as long as they fit; says which number comes next.
    fn take_others(&self, group: &mut Group, room: u64) -> u64 {
        let mut state = self.shared.lock();
        let mut bytes: u64 = group.iter().map(|(batch, _)| batch.len() as u64).sum();
        let most = room.min(MOST_AT_ONCE);
        while let Some(Request::Append { batch, reply }) = state.next_if(|request| match request {
            Request::Append { batch, .. } => bytes + batch.len() as u64 <= most,
            Request::Tidy { .. } => false,
        }) {
            bytes += batch.len() as u64;
            if !reply.is_closed() {
                group.push((batch, reply));
            }
        }
        state.writing_bytes = bytes;
        state.view.next
    }

    /// Makes durable what was written, and answers.
    fn settle(&mut self, written: Vec<Written>, end: u64) {
        let synced = match &mut self.active {
            Some(active) => active.sync_to(end),
            None => Err(super::shared::ended()),
        };
        match synced {
            Ok(()) => self.publish(written, end),
            Err(error) => {
                self.give_up();
                self.shared.lock().writing_bytes = 0;
                for Written { reply, .. } in written {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn publish(&mut self, written: Vec<Written>, end: u64) {
        let mut replies = Vec::with_capacity(written.len());
        let mut dropped = Vec::new();
        {
            let mut state = self.shared.lock();
            state.writing_bytes = 0;
            for Written { events, marks, bytes, places, reply, after } in written {
                state.keep(bytes);
                state.view.mark(marks);
                for (offset, number) in places {
                    if let Some(last) = state.view.segments.back_mut() {
                        last.note(offset, number);
                    }
                }
                dropped.push(state.view.publish(events, end));
                debug_assert_eq!(state.view.next, after, "numbers are given in order");
                replies.push((reply, state.view.end()));
            }
        }
        drop(dropped);
        for (reply, end) in replies {
            let _ = reply.send(Ok(end));
        }
        self.shared.grown.notify_waiters();
        if let Bound::Drop(_) = self.options.bound
            && let Err(error) = self.tidy()
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what is over the log's bound could not be removed"
            );
        }
    }

    /// After a failed write or sync nobody knows what of it is on the disk, and asking again would not tell. The segment
    /// ends where it was durable; what comes next begins another one.
    fn give_up(&mut self) {
        if let Some(active) = self.active.take() {
            active.abandon();
        }
    }
}

type Group = Vec<(Batch, oneshot::Sender<Result<Position, StoreError>>)>;
