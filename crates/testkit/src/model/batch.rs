use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, MutexGuard};

use async_trait::async_trait;
use tidegate_event::{Event, EventKind};
use tidegate_sink::{Delivery, DeliveryId, Outcome, Probe, Profile, Sink, SinkError};

use super::desk::{Book, Desk, service};
use super::watch::Watch;
use crate::Crash;
use crate::faults::{Faults, FaultySink};

/// A place for logs and metrics: takes whatever comes, and counts what comes more than once.
///
/// Default profile: logs and metrics, 100 items a call, 1 MiB, one call at once.
#[derive(Clone)]
pub struct BatchService {
    sink: FaultySink<Desk<Items>>,
    watch: Watch,
}

/// One item, as often as it came.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it came as.
    pub id: DeliveryId,
    /// What it is.
    pub event: Arc<Event>,
    /// How often it came.
    pub count: u64,
}

#[derive(Debug, Default)]
pub(super) struct Items {
    items: Vec<Item>,
    places: HashMap<DeliveryId, usize>,
}

impl Book for Items {
    fn apply(&mut self, delivery: &Delivery) -> Outcome {
        let next = self.items.len();
        let place = *self.places.entry(delivery.id).or_insert(next);
        if place == next {
            self.items.push(Item { id: delivery.id, event: delivery.event.clone(), count: 0 });
        }
        self.items[place].count += 1;
        Outcome::Accepted(None)
    }
}

impl BatchService {
    /// A place at `destination`.
    pub fn new(destination: &str) -> Self {
        let profile = Profile::new(destination).with_kinds([EventKind::Log, EventKind::Metric].into()).with_batch(100);
        Self { sink: FaultySink::faultless(Desk::new(profile, Items::default())), watch: Watch::default() }
    }

    /// All items, each once, in the order in which they first came.
    pub fn items(&self) -> Vec<Item> {
        self.book().items.clone()
    }

    /// How often the item `id` came.
    pub fn count(&self, id: DeliveryId) -> u64 {
        let book = self.book();
        book.places.get(&id).map_or(0, |place| book.items[*place].count)
    }

    /// How many items it has, each once.
    pub fn len(&self) -> usize {
        self.book().items.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items that came more than once.
    pub fn repeated(&self) -> Vec<Item> {
        self.book().items.iter().filter(|item| item.count > 1).cloned().collect()
    }
}

service!(BatchService, Items);
