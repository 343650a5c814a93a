//! What was published and not yet handed in.

use std::sync::{Arc, Mutex, PoisonError};

use tidegate_event::Signal;
use tidegate_source::{Ack, Intake};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// One call, and the room that it takes while it waits.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) signals: Vec<Signal>,
    pub(crate) ack: Ack,
    pub(crate) room: OwnedSemaphorePermit,
}

/// The end from which the source reads. Dropping it closes the queue for all publishers.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) items: mpsc::UnboundedReceiver<Item>,
    pub(crate) room: Arc<Semaphore>,
}

impl Drop for Exit {
    fn drop(&mut self) {
        // Publishers that wait for room hear of it by this; those that wait for an ack, by the items that go.
        self.room.close();
    }
}

/// Where the exit is while nobody reads.
pub(crate) type Home = Arc<Mutex<Option<Exit>>>;

/// An exit in use. It goes home when the stream is dropped, with everything that still waits.
#[derive(Debug)]
pub(crate) struct Reader {
    exit: Option<Exit>,
    home: Home,
}

impl Reader {
    /// Takes the exit; `None` while somebody else has it.
    pub(crate) fn take(home: &Home) -> Option<Self> {
        let exit = home.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Self { exit: Some(exit), home: Arc::clone(home) })
    }

    /// The next call, and its room to others; `None` when all publishers are gone. Loses nothing when it is dropped
    /// while it waits.
    pub(crate) async fn next(&mut self) -> Option<Intake> {
        let Item { signals, ack, room } = self.exit.as_mut()?.items.recv().await?;
        drop(room);
        Some(Intake::new(signals).with_ack(ack))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = self.exit.take();
    }
}
