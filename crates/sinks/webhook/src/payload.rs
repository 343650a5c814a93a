//! What we say.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tidegate_event::{Event, IssueEvent, Notification, time};
use tidegate_sink::{Delivery, DeliveryId, Outcome, Reason, Receipt};
use uuid::Uuid;

/// The root of the ids of batches, drawn once. Never to change.
const BATCH: Uuid = Uuid::from_u128(0x9d27_4be0_51fc_5a38_b6e1_0c83_f4d9_7e12);
/// What stands around the items of a batch: about so many bytes.
const FRAME: usize = 100;

/// What is posted at once: one event, or a batch of logs or of metrics.
#[derive(Debug)]
pub(crate) struct Parcel {
    load: Load,
    items: Vec<Item>,
    /// About how long the body is.
    bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Load {
    One,
    Logs,
    Metrics,
}

#[derive(Debug)]
struct Item {
    /// Its place in the batch that the lane gave.
    place: usize,
    id: DeliveryId,
    at: DateTime<Utc>,
    /// The whole body of one event; its part in the body of a batch.
    json: Vec<u8>,
}

/// An id and a body: the same on every attempt at the same items.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: Bytes,
}

impl Parcel {
    /// The places of what it holds.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        self.items.iter().map(|item| item.place)
    }

    /// Whether it is a batch of logs or metrics.
    pub(crate) fn is_bulk(&self) -> bool {
        self.load != Load::One
    }

    /// When the last of it happened.
    pub(crate) fn at(&self) -> DateTime<Utc> {
        self.items.last().map_or(DateTime::UNIX_EPOCH, |item| item.at)
    }

    pub(crate) fn message(&self) -> Message {
        let (name, list) = match (self.load, self.items.as_slice()) {
            (Load::One, [item, ..]) => return Message { id: item.id.to_string(), body: item.json.clone().into() },
            (Load::Metrics, _) => ("metric.batch", "metrics"),
            (Load::Logs | Load::One, _) => ("log.batch", "logs"),
        };
        let ids: Vec<u8> = self.items.iter().flat_map(|item| *item.id.as_uuid().as_bytes()).collect();
        let at = time::format(self.at());
        let mut body = format!(r#"{{"type":"{name}","timestamp":"{at}","data":{{"{list}":["#).into_bytes();
        body.reserve(self.bytes);
        for (number, item) in self.items.iter().enumerate() {
            if number > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&item.json);
        }
        body.extend_from_slice(b"]}}");
        Message { id: Uuid::new_v5(&BATCH, &ids).to_string(), body: body.into() }
    }

    /// Whether it holds several items.
    pub(crate) fn is_many(&self) -> bool {
        self.items.len() > 1
    }

    /// Its first half and its second.
    pub(crate) fn halves(mut self) -> (Self, Self) {
        let items = self.items.split_off(self.items.len() / 2);
        (Self::new(self.load, self.items), Self::new(self.load, items))
    }

    fn new(load: Load, items: Vec<Item>) -> Self {
        let bytes = items.iter().map(|item| item.json.len() + 1).sum::<usize>() + FRAME;
        Self { load, items, bytes }
    }

    fn push(&mut self, item: Item) {
        self.bytes += item.json.len() + 1;
        self.items.push(item);
    }
}

/// How `batch` is posted, in order: logs and metrics together, in bodies of at most `most` bytes, and each other event by
/// itself. What cannot be posted at all has its outcome in `outcomes`.
pub(crate) fn pack(batch: &[Delivery], most: usize, outcomes: &mut [Outcome]) -> Vec<Parcel> {
    let mut parcels: Vec<Parcel> = Vec::new();
    for ((place, delivery), outcome) in batch.iter().enumerate().zip(outcomes) {
        let (load, json) = match &*delivery.event {
            Event::Issue(issue) => (Load::One, issue_json(issue, delivery)),
            Event::Notification(notification) => (Load::One, notification_json(notification, delivery)),
            Event::Log(record) => (Load::Logs, serde_json::to_vec(&Entry { id: delivery.id, entry: &**record })),
            Event::Metric(sample) => (Load::Metrics, serde_json::to_vec(&Entry { id: delivery.id, entry: sample })),
        };
        let json = match json {
            Ok(json) => json,
            Err(error) => {
                *outcome = Outcome::Rejected(Reason::new(format!("it cannot be written as JSON: {error}")));
                continue;
            }
        };
        let item = Item { place, id: delivery.id, at: delivery.event.at(), json };
        // The last of its kind, if that has room.
        let last = parcels.iter_mut().rfind(|parcel| parcel.load == load && load != Load::One);
        match last.filter(|parcel| parcel.bytes + item.json.len() <= most) {
            Some(parcel) => parcel.push(item),
            None => parcels.push(Parcel::new(load, vec![item])),
        }
    }
    parcels
}

/// What a receipt says: something of it was taken here, so that what follows is an update.
#[derive(Serialize, Deserialize)]
struct Told {
    told: bool,
}

/// The receipt of an issue or notification that was taken.
pub(crate) fn receipt() -> Option<Receipt> {
    Receipt::new(&Told { told: true }).ok()
}

fn was_told(delivery: &Delivery) -> bool {
    delivery.prior.as_ref().and_then(|prior| prior.read::<Told>().ok()).is_some_and(|prior| prior.told)
}

#[derive(Serialize)]
struct Body<D> {
    r#type: &'static str,
    #[serde(with = "time")]
    timestamp: DateTime<Utc>,
    data: D,
}

#[derive(Serialize)]
struct Issue<'a> {
    id: String,
    #[serde(flatten)]
    issue: &'a IssueEvent,
}

#[derive(Serialize)]
struct Entry<'a, T> {
    id: DeliveryId,
    #[serde(flatten)]
    entry: &'a T,
}

/// An episode of which nothing was taken yet is opened, if later than it was.
fn issue_json(issue: &IssueEvent, delivery: &Delivery) -> serde_json::Result<Vec<u8>> {
    let r#type = match (issue.is_closed(), was_told(delivery)) {
        (true, _) => "issue.closed",
        (false, false) => "issue.opened",
        (false, true) => "issue.updated",
    };
    serde_json::to_vec(&Body { r#type, timestamp: issue.at, data: Issue { id: issue.key.id(), issue } })
}

fn notification_json(notification: &Notification, delivery: &Delivery) -> serde_json::Result<Vec<u8>> {
    let r#type = if was_told(delivery) { "notification.updated" } else { "notification.created" };
    serde_json::to_vec(&Body { r#type, timestamp: notification.at, data: notification })
}

#[cfg(test)]
mod tests;
