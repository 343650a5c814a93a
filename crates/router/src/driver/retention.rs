use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use tidegate_event::time;
use tidegate_store::{Change, Space};

use crate::attempt::Attempt;

/// What is kept for people is bounded: nothing else forgets it.
#[derive(Debug)]
pub(super) struct Retention {
    dead_letters: Shelf,
    history: Shelf,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            dead_letters: Shelf::new(Limits { age: TimeDelta::days(30), groups: 10_000, bytes: 64 * 1024 * 1024 }),
            history: Shelf::new(Limits { age: TimeDelta::days(7), groups: 10_000, bytes: 16 * 1024 * 1024 }),
        }
    }
}

impl Retention {
    /// Takes note of records that were there at the start.
    pub(super) fn restore(&mut self, space: Space, records: &[(String, Bytes)]) {
        for (key, bytes) in records {
            // One that cannot be read is the oldest of all.
            let at = serde_json::from_slice::<Kept>(bytes).map_or(DateTime::<Utc>::MIN_UTC, |kept| kept.at);
            self.note(space, key, bytes.len(), at);
        }
    }

    /// Takes note of what is about to be saved, and adds the deletion of what must go.
    pub(super) fn follow(&mut self, changes: &mut Vec<Change>, now: DateTime<Utc>) {
        let before = (self.dead_letters.groups.len(), self.history.groups.len());
        for Change { space, key, value } in &*changes {
            match value {
                Some(value) => self.note(*space, key, value.len(), now),
                None if *space == Space::DeadLetter => self.dead_letters.forget(key),
                None => {}
            }
        }
        if before == (0, 0) && self.dead_letters.groups.is_empty() && self.history.groups.is_empty() {
            return;
        }
        let dropped = self.dead_letters.expire(now);
        if !dropped.is_empty() {
            tracing::warn!(dropped = dropped.len(), "the oldest dead letters are dropped, for their age or number");
        }
        changes.extend(dropped.into_iter().map(|(key, _)| Change::delete(Space::DeadLetter, key)));
        for (group, bits) in self.history.expire(now) {
            changes.extend(Attempt::keys(&group, bits).map(|key| Change::delete(Space::History, key)));
        }
    }

    fn note(&mut self, space: Space, key: &str, bytes: usize, at: DateTime<Utc>) {
        match space {
            Space::DeadLetter => self.dead_letters.note(key, 0, bytes, at),
            Space::History => self.history.note(Attempt::group(key), Attempt::bit(key), bytes, at),
            _ => {}
        }
    }
}

/// The part of either record that says how old it is.
#[derive(Debug, Deserialize)]
struct Kept {
    #[serde(with = "time")]
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    age: TimeDelta,
    groups: usize,
    bytes: usize,
}

/// Groups of records by when they were last added to.
#[derive(Debug)]
struct Shelf {
    limits: Limits,
    groups: HashMap<String, Group, foldhash::fast::FixedState>,
    order: BTreeMap<Order, String>,
    next: u64,
    bytes: usize,
}

type Order = (DateTime<Utc>, u64);

#[derive(Debug)]
struct Group {
    order: Order,
    bytes: usize,
    /// Which of its records there are, so that no others are deleted with it.
    bits: u32,
}

impl Shelf {
    fn new(limits: Limits) -> Self {
        Self { limits, groups: HashMap::default(), order: BTreeMap::new(), next: 0, bytes: 0 }
    }

    /// The bytes of a group only rise: what a record replaces is not known here, so the bound is reached too early
    /// rather than too late.
    fn note(&mut self, group: &str, bit: u32, bytes: usize, at: DateTime<Utc>) {
        let mut order = (at, self.next);
        self.next += 1;
        self.bytes += bytes;
        match self.groups.get_mut(group) {
            Some(known) => {
                self.order.remove(&known.order);
                order = order.max(known.order);
                *known = Group { order, bytes: known.bytes + bytes, bits: known.bits | bit };
            }
            None => {
                self.groups.insert(group.to_owned(), Group { order, bytes, bits: bit });
            }
        }
        self.order.insert(order, group.to_owned());
    }

    /// The group is there no more.
    fn forget(&mut self, group: &str) {
        if let Some(Group { order, bytes, .. }) = self.groups.remove(group) {
            self.order.remove(&order);
            self.bytes -= bytes;
        }
    }

    /// Takes out the groups that must go, with their bits.
    fn expire(&mut self, now: DateTime<Utc>) -> Vec<(String, u32)> {
        let mut expired = Vec::new();
        while let Some(entry) = self.order.first_entry() {
            let old = now.signed_duration_since(entry.key().0) > self.limits.age;
            if !old && self.groups.len() <= self.limits.groups && self.bytes <= self.limits.bytes {
                break;
            }
            let name = entry.remove();
            if let Some(Group { bytes, bits, .. }) = self.groups.remove(&name) {
                self.bytes -= bytes;
                expired.push((name, bits));
            }
        }
        expired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a date of this century")
    }

    fn shelf(groups: usize, bytes: usize) -> Shelf {
        Shelf::new(Limits { age: TimeDelta::seconds(100), groups, bytes })
    }

    #[test]
    fn the_longest_untouched_go_first_by_age_number_and_bytes() {
        let mut by_number = shelf(2, 1_000);
        for (second, group) in [(0, "a"), (1, "b"), (2, "a"), (3, "c")] {
            by_number.note(group, 0, 10, at(second));
        }
        let names = |expired: Vec<(String, u32)>| expired.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(by_number.expire(at(3))), ["b"]);
        assert_eq!(by_number.bytes, 30);
        assert_eq!(by_number.expire(at(102)), [], "none is older than its age");
        assert_eq!(names(by_number.expire(at(103))), ["a"]);

        let mut by_bytes = shelf(10, 25);
        for (second, group) in [(0, "a"), (1, "b"), (2, "c")] {
            by_bytes.note(group, 0, 10, at(second));
        }
        assert_eq!(names(by_bytes.expire(at(2))), ["a"]);
    }

    #[test]
    fn a_save_that_buries_too_much_deletes_the_oldest_of_it() {
        let mut retention = Retention::default();
        retention.dead_letters.limits.groups = 1;
        retention.restore(Space::DeadLetter, &[("ops/1".to_owned(), r#"{"at":"2026-11-24T03:00:00.000Z"}"#.into())]);
        let mut changes = vec![Change::put(Space::DeadLetter, "ops/2", "{}")];
        retention.follow(&mut changes, at(400_000_000));
        assert_eq!(changes.last(), Some(&Change::delete(Space::DeadLetter, "ops/1")));
        assert_eq!(changes.len(), 2);
    }

    #[test]
    fn a_dead_letter_that_was_delivered_counts_no_more() {
        let mut retention = Retention::default();
        retention.dead_letters.limits.groups = 1;
        retention.follow(&mut vec![Change::put(Space::DeadLetter, "ops/1", "{}")], at(0));
        let mut changes =
            vec![Change::delete(Space::DeadLetter, "ops/1"), Change::put(Space::DeadLetter, "ops/2", "{}")];
        retention.follow(&mut changes, at(1));
        assert_eq!(changes.len(), 2, "nothing must go for it");
        assert_eq!((retention.dead_letters.bytes, retention.dead_letters.order.len()), (2, 1));
    }

    #[test]
    fn the_attempts_of_an_episode_go_together_and_nothing_else_is_deleted() {
        let mut retention = Retention::default();
        retention.restore(Space::History, &[("ops/e/19".to_owned(), r#"{"at":"2023-11-14T22:13:10.000Z"}"#.into())]);
        let mut changes =
            vec![Change::put(Space::History, "ops/e/00", "{}"), Change::put(Space::History, "ops/e/01", "{}")];
        retention.follow(&mut changes, at(0));
        assert_eq!(changes.len(), 2);
        let mut later = Vec::new();
        retention.follow(&mut later, at(0) + TimeDelta::days(8));
        assert_eq!(later, ["ops/e/00", "ops/e/01", "ops/e/19"].map(|key| Change::delete(Space::History, key)));
    }
}
