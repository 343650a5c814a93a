use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tidegate_base::Random;
use tidegate_detect::Ledger;
use tidegate_event::{Event, IssueEvent, Notification};
use tidegate_store::{Change, EventLog, Position, Space, StateStore, StoreError};

use crate::record::{RecordError, read_record, unreadable};
use crate::stores::{end_of, look_through};

/// The key of the book's one record.
const RECORD: &str = "book";
const VERSION: u8 = 1;
/// How many notification ids are remembered. A repeat of an older one is told again.
const SEEN: usize = 65_536;

/// What is known from the journal: the open issues and the notifications seen. A fold over it with a snapshot.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) ledger: Ledger,
    pub(super) seen: Seen,
    /// The journal up to which all of this holds.
    pub(super) position: Position,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: u8,
    position: Position,
    open: Vec<IssueEvent>,
    /// Oldest first.
    seen: Vec<(Digest, u32)>,
}

impl Book {
    pub(super) fn new(random: Random) -> Self {
        Self { ledger: Ledger::new(random), seen: Seen::default(), position: Position::START }
    }

    /// As it was saved last; a new one where none was.
    pub(crate) async fn load(state: &Arc<dyn StateStore>, random: Random) -> Result<Self, StoreError> {
        let records = state.load(Space::Snapshot, RECORD).await?;
        match records.into_iter().find(|(key, _)| key == RECORD) {
            Some((key, bytes)) => {
                Self::restore(random, &bytes).map_err(|error| unreadable(Space::Snapshot, &key, error))
            }
            None => Ok(Self::new(random)),
        }
    }

    /// As it was when the record was written.
    fn restore(random: Random, bytes: &Bytes) -> Result<Self, RecordError> {
        let record: Record = read_record(bytes, VERSION)?;
        let mut book = Self::new(random);
        book.ledger.restore(record.open);
        for (id, revision) in record.seen {
            book.seen.note(id, revision);
        }
        book.position = record.position;
        Ok(book)
    }

    /// Takes over what the journal says beyond it.
    pub(crate) async fn fold_journal(&mut self, journal: &dyn EventLog) -> Result<(), StoreError> {
        let end = end_of(journal).await?;
        let from = self.position;
        let fold = |_, event: &Arc<Event>| {
            self.fold(event);
            true
        };
        look_through(journal, from, end, fold).await?;
        self.position = from.max(end);
        Ok(())
    }

    fn fold(&mut self, event: &Event) {
        match event {
            Event::Issue(issue) => self.ledger.fold(issue),
            Event::Notification(notification) => {
                self.seen.is_new(notification);
            }
            Event::Log(_) | Event::Metric(_) => {}
        }
    }

    /// The change that saves it.
    pub(super) fn change(&self) -> Change {
        let record = Record {
            version: VERSION,
            position: self.position,
            open: self.ledger.open().cloned().collect(),
            seen: self.seen.in_order().collect(),
        };
        // Plain data with string keys: it cannot fail to become JSON.
        Change::put(Space::Snapshot, RECORD, serde_json::to_vec(&record).unwrap_or_default())
    }
}

/// The latest revision of each notification, so that one said again is not told again. Ids are kept as digests, so that
/// they take the same room however long they are.
#[derive(Debug, Default)]
pub(super) struct Seen {
    revisions: HashMap<Digest, (u32, u64), foldhash::fast::FixedState>,
    order: BTreeMap<u64, Digest>,
    next: u64,
}

/// The first half of the SHA-256 of a notification's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Digest(u128);

impl Digest {
    fn of(id: &str) -> Self {
        let digest = hmac_sha256::Hash::hash(id.as_bytes());
        Self(digest.iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte)))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        format!("{:032x}", digest.0)
    }
}

impl TryFrom<String> for Digest {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u128::from_str_radix(&text, 16).map(Self)
    }
}

impl Seen {
    /// Whether it says something new, which it then no longer does.
    pub(super) fn is_new(&mut self, notification: &Notification) -> bool {
        let id = Digest::of(&notification.id);
        let known = self.revisions.get(&id);
        if known.is_some_and(|(revision, _)| notification.revision <= *revision) {
            return false;
        }
        self.note(id, notification.revision);
        true
    }

    fn note(&mut self, id: Digest, revision: u32) {
        let order = self.next;
        self.next += 1;
        if let Some((_, old)) = self.revisions.insert(id, (revision, order)) {
            self.order.remove(&old);
        }
        self.order.insert(order, id);
        if self.order.len() > SEEN
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.revisions.remove(&oldest);
        }
    }

    fn in_order(&self) -> impl Iterator<Item = (Digest, u32)> {
        self.order.values().filter_map(|id| self.revisions.get(id).map(|(revision, _)| (*id, *revision)))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn notification(id: &str, revision: u32) -> Notification {
        Notification::new(id, "kind", "message", DateTime::UNIX_EPOCH).with_revision(revision)
    }

    #[test]
    fn a_notification_is_new_once_for_each_rise_of_its_revision() {
        let mut seen = Seen::default();
        let news: Vec<bool> =
            [0, 0, 2, 1, 2, 3].into_iter().map(|revision| seen.is_new(&notification("a", revision))).collect();
        assert_eq!(news, [true, false, true, false, false, true]);
        assert!(seen.is_new(&notification("b", 0)));
    }

    #[test]
    fn the_oldest_ids_are_forgotten_at_the_bound() {
        let mut seen = Seen::default();
        for number in 0..=SEEN {
            assert!(seen.is_new(&notification(&number.to_string(), 0)));
        }
        assert_eq!((seen.order.len(), seen.revisions.len()), (SEEN, SEEN));
        assert!(!seen.is_new(&notification("1", 0)));
        assert!(seen.is_new(&notification("0", 0)), "the oldest was forgotten");
    }

    #[test]
    fn a_snapshot_restores_what_was_seen() {
        let mut book = Book::new(Random::seeded(1));
        book.fold(&Event::from(notification("a", 4)));
        book.position = Position::new(9);
        let value = book.change().value.expect("a put");
        let mut restored = Book::restore(Random::seeded(2), &value).expect("readable");
        assert_eq!(restored.position, Position::new(9));
        assert!(!restored.seen.is_new(&notification("a", 4)));
        assert!(restored.seen.is_new(&notification("a", 5)));
    }
}
