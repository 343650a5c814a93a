//! From a batch to calls: by stream, in order of time, within every limit.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use chrono::{DateTime, TimeDelta, Utc};
use tidegate_aws::Part;
use tidegate_event::{Name, Resource};
use tidegate_sink::{Delivery, Outcome, Reason};

use crate::payload::{Messages, Oversize, render};
use crate::stream;

/// The most events of a call. *API Reference*, `PutLogEvents`, as all that follow.
const MOST_EVENTS: usize = 10_000;
/// The most bytes of a call, as the service counts them.
const MOST_BYTES: usize = 1_048_576;
/// What the service counts for each event beside its message.
const OVERHEAD: usize = 26;
/// From the first to the last event of a call.
const SPAN: i64 = TimeDelta::hours(24).num_milliseconds();
/// How old an event may be.
const PAST: TimeDelta = TimeDelta::days(14);
/// How far ahead it may be.
const FUTURE: TimeDelta = TimeDelta::hours(2);

/// What goes into one call.
#[derive(Debug)]
pub(crate) struct Call {
    /// The place in the batch of each event.
    pub(crate) items: Vec<usize>,
    pub(crate) events: Vec<InputLogEvent>,
}

impl Part for Call {
    fn places(&self) -> Vec<usize> {
        self.items.clone()
    }

    fn size(&self) -> usize {
        self.items.len()
    }

    fn halves(mut self) -> [Self; 2] {
        let half = self.items.len() / 2;
        let (items, events) = (self.items.split_off(half), self.events.split_off(half));
        [self, Self { items, events }]
    }
}

/// What goes into one stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) name: String,
    /// Places in the batch, in the order in which they came.
    pub(crate) items: Vec<usize>,
}

/// How to render and what to bear.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packing {
    pub(crate) now: DateTime<Utc>,
    pub(crate) limit: usize,
    pub(crate) oversize: Oversize,
}

/// The streams of `batch`, in the order in which they come up.
pub(crate) fn streams(batch: &[Delivery]) -> Vec<Stream> {
    let mut groups = Groups::default();
    for (item, delivery) in batch.iter().enumerate() {
        groups.of(delivery.event.resource()).push(item);
    }
    groups.all
}

struct Entry {
    at: i64,
    item: usize,
    message: String,
}

/// The calls for `items` of `batch`, and what became at once of those that can never be taken.
pub(crate) fn pack(batch: &[Delivery], items: &[usize], packing: Packing) -> (VecDeque<Call>, Vec<(usize, Outcome)>) {
    let mut entries = Vec::with_capacity(items.len());
    let mut outcomes = Vec::new();
    for &item in items {
        let Some(delivery) = batch.get(item) else { continue };
        let at = delivery.event.at();
        let rendered = match out_of_time(at, packing.now) {
            Some(reason) => Err(reason),
            None => render(delivery, packing.limit, packing.oversize),
        };
        let at = at.timestamp_millis();
        match rendered {
            Ok(Messages::One(message)) => entries.push(Entry { at, item, message }),
            Ok(Messages::Many(pieces)) => {
                entries.extend(pieces.into_iter().map(|message| Entry { at, item, message }));
            }
            Err(reason) => outcomes.push((item, Outcome::Rejected(reason))),
        }
    }
    (calls(entries), outcomes)
}

fn out_of_time(at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Reason> {
    if at < now - PAST || at.timestamp_millis() < 0 {
        return Some(too_old());
    }
    (at > now + FUTURE).then(too_new)
}

/// Why an event is refused that is too old.
pub(crate) fn too_old() -> Reason {
    Reason::new("CloudWatch Logs takes no event that is older than 14 days")
}

/// Why an event is refused that is too far ahead.
pub(crate) fn too_new() -> Reason {
    Reason::new(
        "CloudWatch Logs takes no event that is more than 2 hours ahead; is the clock right where it comes from?",
    )
}

#[derive(Default)]
struct Groups {
    all: Vec<Stream>,
    by_place: HashMap<Place, usize>,
    by_name: HashMap<String, usize>,
    /// Where the last one went: what comes after it is of the same node as a rule.
    last: Option<(Place, usize)>,
}

/// A cluster and a node.
type Place = (Option<Name>, Option<Name>);

impl Groups {
    fn of(&mut self, resource: &Resource) -> &mut Vec<usize> {
        let known = self.last.as_ref().filter(|((cluster, node), _)| {
            is_same(cluster.as_ref(), resource.cluster.as_ref()) && is_same(node.as_ref(), resource.node.as_ref())
        });
        let index = match known {
            Some((_, index)) => *index,
            None => self.look_up(resource),
        };
        &mut self.all[index].items
    }

    fn look_up(&mut self, resource: &Resource) -> usize {
        let place = (resource.cluster.clone(), resource.node.clone());
        let known = self.by_place.get(&place).copied();
        let index = known.unwrap_or_else(|| {
            let name = stream::name(resource);
            let index = *self.by_name.entry(name.clone()).or_insert(self.all.len());
            if index == self.all.len() {
                self.all.push(Stream { name, items: Vec::new() });
            }
            self.by_place.insert(place.clone(), index);
            index
        });
        self.last = Some((place, index));
        index
    }
}

fn is_same(one: Option<&Name>, other: Option<&Name>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one == other,
        (None, None) => true,
        _ => false,
    }
}

fn calls(mut entries: Vec<Entry>) -> VecDeque<Call> {
    // Stable: what happened at the same moment stays in the order in which it came.
    entries.sort_by_key(|entry| entry.at);
    let mut calls = VecDeque::new();
    let mut call = Call { items: Vec::with_capacity(entries.len()), events: Vec::with_capacity(entries.len()) };
    let (mut bytes, mut first) = (0, 0);
    for Entry { at, item, message } in entries {
        let size = message.len() + OVERHEAD;
        let full = call.items.len() == MOST_EVENTS || bytes + size > MOST_BYTES || at - first >= SPAN;
        if call.items.is_empty() {
            first = at;
        } else if full {
            let left = call.items.capacity() - call.items.len();
            let next = Call { items: Vec::with_capacity(left), events: Vec::with_capacity(left) };
            calls.push_back(std::mem::replace(&mut call, next));
            (bytes, first) = (0, at);
        }
        bytes += size;
        // Both fields are there, which is all that it asks for.
        if let Ok(event) = InputLogEvent::builder().timestamp(at).message(message).build() {
            call.items.push(item);
            call.events.push(event);
        }
    }
    if !call.items.is_empty() {
        calls.push_back(call);
    }
    calls
}
