use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tidegate_base::Random;
use tidegate_detect::Ledger;
use tidegate_event::{Event, IssueEvent, Notification};
use tidegate_store::{Change, Position, Space};

/// The key of the book's one record.
const SNAPSHOT: &str = "book";
const VERSION: u8 = 1;
/// How many notification ids are remembered. A repeat of an older one is told again.
const SEEN: usize = 65_536;

/// What is known from the journal: the open issues and the notifications seen. A fold over it with a snapshot.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) ledger: Ledger,
    pub(super) seen: Seen,
    /// The journal up to which all of this holds.
    pub(super) position: Position,
}

#[derive(Debug, Serialize, Deserialize)]
struct Snapshot {
    version: u8,
    position: Position,
    open: Vec<IssueEvent>,
    /// Oldest first.
    seen: Vec<(String, u32)>,
}

impl Book {
    pub(super) fn new(random: Random) -> Self {
        Self { ledger: Ledger::new(random), seen: Seen::default(), position: Position::START }
    }

    /// As it was when the snapshot was written.
    pub(super) fn restore(random: Random, bytes: &Bytes) -> Result<Self, serde_json::Error> {
        let snapshot: Snapshot = serde_json::from_slice(bytes)?;
        let mut book = Self::new(random);
        book.ledger.restore(snapshot.open);
        for (id, revision) in snapshot.seen {
            book.seen.note(&id, revision);
        }
        book.position = snapshot.position;
        Ok(book)
    }

    pub(super) fn fold(&mut self, event: &Event) {
        match event {
            Event::Issue(issue) => self.ledger.fold(issue),
            Event::Notification(notification) => {
                self.seen.is_new(notification);
            }
            Event::Log(_) | Event::Metric(_) => {}
        }
    }

    pub(super) fn snapshot(&self) -> Change {
        let snapshot = Snapshot {
            version: VERSION,
            position: self.position,
            open: self.ledger.open().cloned().collect(),
            seen: self.seen.in_order().map(|(id, revision)| (id.to_owned(), revision)).collect(),
        };
        // Plain data with string keys: it cannot fail to become JSON.
        Change::put(Space::Snapshot, SNAPSHOT, serde_json::to_vec(&snapshot).unwrap_or_default())
    }

    /// Whether `key` is that of the book's record.
    pub(super) fn is_record(key: &str) -> bool {
        key == SNAPSHOT
    }
}

/// The latest revision of each notification, so that one said again is not told again.
#[derive(Debug, Default)]
pub(super) struct Seen {
    revisions: HashMap<String, (u32, u64), foldhash::fast::FixedState>,
    order: BTreeMap<u64, String>,
    next: u64,
}

impl Seen {
    /// Whether it says something new, which it then no longer does.
    pub(super) fn is_new(&mut self, notification: &Notification) -> bool {
        let known = self.revisions.get(&notification.id);
        if known.is_some_and(|(revision, _)| notification.revision <= *revision) {
            return false;
        }
        self.note(&notification.id, notification.revision);
        true
    }

    fn note(&mut self, id: &str, revision: u32) {
        let order = self.next;
        self.next += 1;
        if let Some((_, old)) = self.revisions.insert(id.to_owned(), (revision, order)) {
            self.order.remove(&old);
        }
        self.order.insert(order, id.to_owned());
        if self.order.len() > SEEN
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.revisions.remove(&oldest);
        }
    }

    fn in_order(&self) -> impl Iterator<Item = (&str, u32)> {
        self.order.values().filter_map(|id| self.revisions.get(id).map(|(revision, _)| (id.as_str(), *revision)))
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
        let value = book.snapshot().value.expect("a put");
        let mut restored = Book::restore(Random::seeded(2), &value).expect("readable");
        assert_eq!(restored.position, Position::new(9));
        assert!(!restored.seen.is_new(&notification("a", 4)));
        assert!(restored.seen.is_new(&notification("a", 5)));
    }
}
