//! Reads from the disk, one at a time, beside the writer.

use std::io;
use std::sync::Arc;

use tidegate_event::Event;

use super::batch::events_of;
use super::decode::Names;
use super::fault::{damaged, from_io};
use super::frame::{Header, Kind};
use super::head::name_of;
use super::shared::{Fetch, Shared};
use super::view::{PLACES_APART, Plan};
use super::walk::{Found, Walk};
use super::{File, Files};
use crate::{Position, StoreError};

/// What was read.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) events: Vec<(Position, Arc<Event>)>,
    /// The number after them.
    pub(super) next: u64,
    /// How many were missing before them.
    pub(super) lost: u64,
}

#[derive(Debug)]
pub(super) struct Fetcher {
    shared: Arc<Shared>,
    files: Arc<dyn Files>,
    names: Names,
}

impl Fetcher {
    pub(super) fn new(shared: Arc<Shared>, files: Arc<dyn Files>) -> Self {
        Self { shared, files, names: Names::default() }
    }

    /// Does one read, if any is asked for.
    pub(super) fn turn(&mut self) -> bool {
        let Some(fetch) = self.shared.lock().fetches.pop_front() else { return false };
        if !fetch.reply.is_closed() {
            let fetched = self.fetch(&fetch);
            // Who gave up does not want to know.
            let _ = fetch.reply.send(fetched);
        }
        true
    }

    /// Reads until nobody wants anything any more.
    pub(super) fn run(mut self) {
        loop {
            drop(self.shared.wait(&self.shared.wanted, |state| !state.fetches.is_empty() || state.ended));
            if !self.turn() {
                return;
            }
        }
    }

    fn fetch(&mut self, fetch: &Fetch) -> Result<Option<Fetched>, StoreError> {
        let Some(plan) = self.shared.lock().view.plan(fetch.number) else { return Ok(None) };
        let name = name_of(plan.sequence);
        let path = self.files.path(&name);
        let failed = |error| from_io(format!("reading {path}"), error);
        let file = match self.file(plan.sequence, &name) {
            Ok(file) => file,
            // Released since, or it should be there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let now = self.shared.lock().view.plan(fetch.number);
                return if now.is_some_and(|now| now.sequence == plan.sequence) {
                    Err(failed(error))
                } else {
                    Ok(None)
                };
            }
            Err(error) => return Err(failed(error)),
        };
        let mut reading = Reading {
            walk: Walk::new(&*file, plan.sequence).map_err(failed)?,
            path: &path,
            from: fetch.number,
            room: fetch.max_bytes,
            fetched: Fetched { events: Vec::new(), next: fetch.number, lost: 0 },
            noted: Vec::new(),
        };
        let read = reading.run(plan, &mut self.names);
        // What stands before something unreadable is read; who reads on is told then.
        if reading.fetched.events.is_empty() {
            read?;
        }
        let Reading { fetched, noted, .. } = reading;
        let mut state = self.shared.lock();
        for (offset, number) in noted {
            state.view.note(plan.sequence, offset, number);
        }
        Ok(Some(fetched))
    }

    fn file(&self, sequence: u64, name: &str) -> io::Result<Arc<dyn File>> {
        if let Some(file) = self.shared.lock().open(sequence) {
            return Ok(file);
        }
        let file: Arc<dyn File> = Arc::from(self.files.open(name, false)?);
        self.shared.lock().keep_open(sequence, &file);
        Ok(file)
    }
}

/// One read of one segment.
struct Reading<'a> {
    walk: Walk<'a>,
    path: &'a str,
    from: u64,
    room: usize,
    fetched: Fetched,
    noted: Vec<(u64, u64)>,
}

impl Reading<'_> {
    fn run(&mut self, plan: Plan, names: &mut Names) -> Result<(), StoreError> {
        let Plan { mut offset, mut number, limit, .. } = plan;
        let mut leap = false;
        while number < limit {
            let header = match self.walk.find(offset).map_err(|error| self.failed(error))? {
                Found::Nothing if leap => break,
                Found::Frame(header) if leap && header.kind == Kind::Records && header.first >= limit => break,
                Found::Frame(header) => header,
                Found::Nothing => {
                    return self.damaged(offset, &format!("event {number} should be here, and nothing is"));
                }
                Found::Unreadable => return self.damaged(offset, "the record's header cannot be read"),
            };
            let follows = header.kind != Kind::Records || header.first == number || (leap && header.first > number);
            if !follows {
                return self.damaged(offset, &format!("event {} stands where {number} should", header.first));
            }
            if header.kind == Kind::Gap {
                leap = true;
            } else if header.kind == Kind::Records {
                leap = false;
                if header.after() > self.from {
                    if header.first > self.fetched.next && !self.leap_to(header.first) {
                        return Ok(());
                    }
                    if !self.take(offset, &header, names)? {
                        return Ok(());
                    }
                }
                self.note(offset, header.first);
                number = header.after();
            }
            offset += header.size();
        }
        if leap {
            self.leap_to(limit);
        }
        Ok(())
    }

    /// Leaps over missing events up to `number`; not after events, whose reader is told of the loss with what follows.
    fn leap_to(&mut self, number: u64) -> bool {
        if self.fetched.events.is_empty() {
            self.fetched.lost += number - self.fetched.next;
            self.fetched.next = number;
        }
        self.fetched.events.is_empty()
    }

    /// Takes events of the frame; whether there may be room for more.
    fn take(&mut self, offset: u64, header: &Header, names: &mut Names) -> Result<bool, StoreError> {
        let path = self.path;
        let contents = match self.walk.contents(offset, header) {
            Ok(Some(contents)) => contents,
            Ok(None) => return Err(damaged(path, offset, "the record is not what was written (its checksum differs)")),
            Err(error) => return Err(from_io(format!("reading {path}"), error)),
        };
        let unknown = || damaged(path, offset, "the record is whole, and this program does not know what it holds");
        let skip = self.fetched.next - header.first;
        for event in events_of(header, contents, skip, names).ok_or_else(unknown)? {
            let event = event.ok_or_else(unknown)?;
            let bytes = event.size_bytes();
            if bytes > self.room && !self.fetched.events.is_empty() {
                return Ok(false);
            }
            self.room = self.room.saturating_sub(bytes);
            self.fetched.events.push((Position::new(self.fetched.next), Arc::new(event)));
            self.fetched.next += 1;
        }
        Ok(self.room > 0)
    }

    fn note(&mut self, offset: u64, number: u64) {
        if self.noted.last().is_none_or(|(last, _)| offset >= last + PLACES_APART) {
            self.noted.push((offset, number));
        }
    }

    fn damaged(&self, offset: u64, why: &str) -> Result<(), StoreError> {
        Err(damaged(self.path, offset, why))
    }

    fn failed(&self, error: io::Error) -> StoreError {
        from_io(format!("reading {}", self.path), error)
    }
}
