//! Events that are known by their append and their place in it, and a log that is driven step by step.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use chrono::DateTime;
use tidegate_event::{Cursor, Event, Notification};
use tidegate_store::disk::{LogDriver, SimulatedDisk};
use tidegate_store::{Append, Chunk, DiskLog, DiskLogOptions, EventLog, Mark, Position, StoreError};

/// Room for everything in one chunk.
pub(crate) const PLENTY: usize = 64 * 1024 * 1024;

/// The event `index` of `count` of the append `append`, with a text of `bytes` bytes.
pub(crate) fn event(append: u64, index: u64, count: u64, bytes: usize) -> Arc<Event> {
    let id = format!("{append}/{index}/{count}");
    Arc::new(Notification::new(id, "test", "x".repeat(bytes), DateTime::UNIX_EPOCH).into())
}

pub(crate) fn events(append: u64, count: u64, bytes: usize) -> Append {
    Append::new().with_events((0..count).map(|index| event(append, index, count, bytes)).collect())
}

pub(crate) fn mark(number: u64) -> Mark {
    Mark { name: "source".into(), number, cursor: Cursor::new(format!("at {number}")) }
}

/// Append, index and count of an event.
pub(crate) fn identity(event: &Event) -> [u64; 3] {
    let Event::Notification(notification) = event else { panic!("no event of ours: {event:?}") };
    let mut parts = notification.id.split('/').map(|part| part.parse().expect("a number"));
    std::array::from_fn(|_| parts.next().expect("three numbers"))
}

/// A log on a simulated disk, and who does its work.
pub(crate) struct Driven {
    pub(crate) log: DiskLog,
    pub(crate) driver: LogDriver,
}

impl Driven {
    pub(crate) fn open(disk: &SimulatedDisk, options: &DiskLogOptions) -> Result<Self, StoreError> {
        let (log, driver) = DiskLog::driven(Arc::new(disk.clone()), options.clone())?;
        Ok(Self { log, driver })
    }

    pub(crate) fn append(&mut self, append: Append) -> Result<Position, StoreError> {
        let Self { log, driver } = self;
        run(driver, log.append(append).as_mut()).expect("an append ends")
    }

    pub(crate) fn read(&mut self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        let Self { log, driver } = self;
        run(driver, log.read(from, max_bytes).as_mut()).expect("there is something to read")
    }

    pub(crate) fn release(&mut self, before: Position) -> Result<(), StoreError> {
        let Self { log, driver } = self;
        run(driver, log.release(before).as_mut()).expect("a release ends")
    }

    pub(crate) fn end(&mut self) -> Position {
        self.append(Append::new()).expect("an empty append succeeds")
    }

    /// All from `from` to the end, and how many were lost.
    pub(crate) fn read_all(&mut self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        let end = self.end();
        let mut all = Chunk { events: Vec::new(), next: from, lost: 0 };
        while all.next < end {
            let chunk = self.read(all.next, max_bytes)?;
            assert!(all.next < chunk.next, "a read leads on");
            all.events.extend(chunk.events);
            all.next = chunk.next;
            all.lost += chunk.lost;
        }
        Ok(all)
    }

    /// The number of the only mark.
    pub(crate) fn marked(&mut self) -> u64 {
        let Self { log, driver } = self;
        let marks = run(driver, log.marks().as_mut()).expect("at once").expect("marks");
        assert!(marks.iter().all(|found| *found == mark(found.number)), "marks are read as they were written");
        marks.first().map_or(0, |mark| mark.number)
    }

    pub(crate) fn close(self) {
        self.driver.close();
    }
}

fn run<T>(driver: &mut LogDriver, mut future: Pin<&mut (dyn Future<Output = T> + Send + '_)>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return Some(done);
        }
        if !driver.turn() {
            return match future.as_mut().poll(&mut context) {
                Poll::Ready(done) => Some(done),
                Poll::Pending => None,
            };
        }
    }
}
