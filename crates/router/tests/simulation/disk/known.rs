//! What is known of a log beside it, so that it can be held to it.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tidegate_event::Event;
use tidegate_store::disk::LogDriver;
use tidegate_store::{Append, Chunk, DiskLog, EventLog, Position, StoreError};

/// All that a log ever acknowledged or showed, by its number, and what it was allowed to forget.
#[derive(Debug, Clone, Default)]
pub(super) struct Truth {
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    events: BTreeMap<u64, Arc<Event>>,
    released: u64,
    breaches: Vec<String>,
}

impl Truth {
    pub(super) fn events(&self) -> Vec<Arc<Event>> {
        self.lock().events.values().cloned().collect()
    }

    pub(super) fn breaches(&self) -> Vec<String> {
        self.lock().breaches.clone()
    }

    fn breach(&self, what: String) {
        self.lock().breaches.push(what);
    }

    /// The number after the last event that is known.
    fn end(&self) -> u64 {
        self.lock().events.last_key_value().map_or(1, |(number, _)| number + 1)
    }

    pub(super) fn acknowledged(&self, events: Vec<Arc<Event>>, end: Position) {
        let first = end.number() - events.len() as u64;
        self.shown((first..).map(Position::new).zip(events));
    }

    fn shown(&self, events: impl IntoIterator<Item = (Position, Arc<Event>)>) {
        let mut known = self.lock();
        for (position, event) in events {
            let first = known.events.entry(position.number()).or_insert_with(|| Arc::clone(&event));
            if *first != event {
                let what = format!("event {position} of the log was {first:?}, and now is {event:?}");
                known.breaches.push(what);
            }
        }
    }

    /// Takes in a chunk that was read from `from` on.
    pub(super) fn read(&self, from: Position, chunk: &Chunk) {
        self.shown(chunk.events.iter().cloned());
        let next = from.number().max(1) + chunk.lost;
        let mut known = self.lock();
        if chunk.lost > 0 && next > known.released {
            let what = format!("up to {next} the log has forgotten, and only what is before {} may be", known.released);
            known.breaches.push(what);
        }
    }

    pub(super) fn released(&self, before: Position) {
        let mut known = self.lock();
        known.released = known.released.max(before.number());
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("no test panics here")
    }
}

/// Reads all that a log holds as it is opened, and compares it with what is known.
pub(super) fn survey(log: &DiskLog, driver: &mut LogDriver, truth: &Truth) {
    let mut context = Context::from_waker(Waker::noop());
    let mut run = |asking: Pin<&mut (dyn Future<Output = Result<Chunk, StoreError>> + Send + '_)>| {
        let mut asking = asking;
        for _ in 0..10 {
            if let Poll::Ready(answer) = asking.as_mut().poll(&mut context) {
                return answer;
            }
            driver.turn();
        }
        panic!("a read at the start does not end");
    };
    let end = {
        let asking =
            pin!(async { log.append(Append::new()).await.map(|next| Chunk { events: Vec::new(), next, lost: 0 }) });
        run(asking).expect("an empty append asks only").next
    };
    let known = truth.end();
    if end.number().max(1) < known {
        truth.breach(format!("the log was acknowledged up to event {known}, and after a restart ends before {end}"));
    }
    let mut from = Position::START;
    while from < end {
        match run(log.read(from, usize::MAX).as_mut()) {
            Ok(chunk) => {
                truth.read(from, &chunk);
                from = chunk.next;
            }
            Err(error) => return truth.breach(format!("the log cannot be read at {from} after a restart: {error:?}")),
        }
    }
}
