use std::fmt;
use std::sync::Arc;

use tidegate_event::{ControlPlane, Notification, Resource, Signal};
use tidegate_source::{Ack, Taken};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc};

use crate::queue::Item;
use crate::size::size_bytes;
use crate::{PushError, PushErrorKind};

/// Publishes through a [`Push`](crate::Push) source. Cheap to clone; the source ends when the last one is dropped.
#[derive(Clone)]
pub struct Publisher {
    pub(crate) source_name: Arc<str>,
    pub(crate) items: mpsc::UnboundedSender<Item>,
    pub(crate) room: Arc<Semaphore>,
    /// All the room there is, in bytes.
    pub(crate) capacity: u32,
}

impl Publisher {
    /// Publishes `signals` as one: returns once all are taken, and what is to be kept of them is durable. Waits for room
    /// in the queue, and for a router.
    ///
    /// Dropped while it waits for room, it has published nothing. Dropped after that, the signals stay on their way, and
    /// nobody hears of it.
    ///
    /// # Errors
    /// [`PushErrorKind::NotTaken`] when the router stops first: publish it again. [`PushErrorKind::Closed`] when the
    /// source is dropped.
    pub async fn publish(&self, signals: impl IntoIterator<Item = impl Into<Signal>>) -> Result<(), PushError> {
        let signals: Vec<Signal> = signals.into_iter().map(Into::into).collect();
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(self.weight(&signals)).await else {
            return Err(self.error(PushErrorKind::Closed, signals));
        };
        let taken = self.enqueue(signals, room)?;
        taken.await.map_err(|_| self.error(PushErrorKind::NotTaken, Vec::new()))
    }

    /// Publishes `signals` as one, without waiting: the answer is a future of their being taken, which need not be
    /// awaited.
    ///
    /// # Errors
    /// [`PushErrorKind::Full`] when there is no room now, or others already wait for it; [`PushErrorKind::Closed`] when
    /// the source is dropped. Both give the signals back: [`PushError::into_signals`].
    pub fn try_publish(&self, signals: impl IntoIterator<Item = impl Into<Signal>>) -> Result<Taken, PushError> {
        let signals: Vec<Signal> = signals.into_iter().map(Into::into).collect();
        match Arc::clone(&self.room).try_acquire_many_owned(self.weight(&signals)) {
            Ok(room) => self.enqueue(signals, room),
            Err(TryAcquireError::NoPermits) => Err(self.error(PushErrorKind::Full, signals)),
            Err(TryAcquireError::Closed) => Err(self.error(PushErrorKind::Closed, signals)),
        }
    }

    /// Closes the issues of `resource` and all that lies in it with this cause, and lets nothing about it open until
    /// it is [restored](Publisher::restore).
    ///
    /// # Errors
    /// [`PushErrorKind::NoResource`] when the resource is empty; those of [`publish`](Publisher::publish).
    pub async fn retire(&self, resource: Resource, why: impl Into<String> + Send) -> Result<(), PushError> {
        self.check(&resource)?;
        self.publish([Signal::Retired { resource, why: why.into() }]).await
    }

    /// Lets `resource` and all that lies in it be watched again.
    ///
    /// # Errors
    /// [`PushErrorKind::NoResource`] when the resource is empty; those of [`publish`](Publisher::publish).
    pub async fn restore(&self, resource: Resource) -> Result<(), PushError> {
        self.check(&resource)?;
        self.publish([Signal::Restored { resource }]).await
    }

    /// Publishes what a control plane tells, as one with what becomes of the cluster: `notification`, with `event`'s kind
    /// and message, and the cluster that it names is retired or restored.
    ///
    /// ```
    /// # use chrono::{DateTime, Utc};
    /// use tidegate_event::ControlPlane;
    /// # use tidegate_source_push::{PushError, Publisher};
    ///
    /// # async fn failed(publisher: Publisher, now: DateTime<Utc>) -> Result<(), PushError> {
    /// let event = ControlPlane::InstancesProvisionFailed;
    /// publisher.control_plane(event, event.notification("cp-7781", "orders", now)).await?;
    /// # Ok(())
    /// # }
    /// ```
    /// The cluster is retired or restored again when it is published again: say what is new after what is old, and the
    /// same thing twice only while nothing newer was said.
    ///
    /// # Errors
    /// [`PushErrorKind::NoCluster`] when the notification names no cluster; those of [`publish`](Publisher::publish).
    pub async fn control_plane(&self, event: ControlPlane, notification: Notification) -> Result<(), PushError> {
        if notification.resource.cluster.is_none() {
            return Err(self.error(PushErrorKind::NoCluster, vec![notification.into()]));
        }
        self.publish(event.signals(notification)).await
    }

    /// Whether the source is dropped, so that nothing can be published any more.
    pub fn is_closed(&self) -> bool {
        self.room.is_closed()
    }

    fn enqueue(&self, signals: Vec<Signal>, room: OwnedSemaphorePermit) -> Result<Taken, PushError> {
        let (ack, taken) = Ack::new();
        match self.items.send(Item { signals, ack, room }) {
            Ok(()) => Ok(taken),
            Err(mpsc::error::SendError(item)) => Err(self.error(PushErrorKind::Closed, item.signals)),
        }
    }

    /// The room that `signals` take: all there is at the most, or they would wait for ever.
    fn weight(&self, signals: &[Signal]) -> u32 {
        u32::try_from(size_bytes(signals)).unwrap_or(u32::MAX).min(self.capacity)
    }

    /// The empty resource stands for nothing: what was meant is not known, and a slip retires nothing.
    fn check(&self, resource: &Resource) -> Result<(), PushError> {
        if resource.is_empty() { Err(self.error(PushErrorKind::NoResource, Vec::new())) } else { Ok(()) }
    }

    fn error(&self, kind: PushErrorKind, signals: Vec<Signal>) -> PushError {
        PushError::new(kind, &self.source_name, signals)
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher")
            .field("source_name", &self.source_name)
            .field("capacity", &self.capacity)
            .field("free", &self.room.available_permits())
            .finish_non_exhaustive()
    }
}
