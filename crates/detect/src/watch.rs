//! What the detectors that are no [`Threshold`](crate::Threshold) have in common: silence, gaps, restarts and resources
//! that go.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{Event, IssueEvent, IssueKey, Resource, Signal};

use crate::book::{Book, Series};
use crate::ticks::{NEXT_TICK, Step, Ticks, to_ms};
use crate::{Condition, Finding};

/// What a detector counts for one resource.
pub(crate) trait Counts: Default {
    /// Nothing was measured for too long: what must be so consistently starts anew.
    fn start_anew(&mut self);

    /// `issue` is open from before.
    fn resume(&mut self, issue: &IssueEvent) {
        let _ = issue;
    }
}

/// Every resource that a detector knows, each with a `T` for what it counts.
#[derive(Debug)]
pub(crate) struct Watch<T> {
    kind: &'static str,
    book: Book<Watched<T>>,
    ticks: Ticks,
    stale_after: i64,
    /// Before then nothing falls silent or is forgotten.
    next_check: i64,
}

/// One resource. Times in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Watched<T> {
    pub(crate) counts: T,
    /// The time of the last measurement.
    last: Option<i64>,
    heard: i64,
    /// When the issue that is open was first known of, here.
    open: Option<i64>,
    unknown: Option<Box<str>>,
}

impl<T: Counts> Watch<T> {
    pub(crate) fn new(kind: &'static str, stale_after: Duration, most: usize) -> Self {
        let stale_after = to_ms(stale_after);
        Self { kind, book: Book::new(most), ticks: Ticks::default(), stale_after, next_check: i64::MIN }
    }

    pub(crate) fn len(&self) -> usize {
        self.book.len()
    }

    /// What is remembered of `resource`, which is added where there is room.
    #[inline]
    pub(crate) fn entry(&mut self, resource: &Resource, at: i64) -> Option<&mut Watched<T>> {
        if self.book.get_mut(resource).is_none() {
            let heard = self.ticks.heard(at, self.stale_after);
            self.next_check = self.next_check.min(heard + self.stale_after);
            self.book.add(resource, heard)?;
        }
        self.book.get_mut(resource)
    }

    /// Takes note of a measurement of a known resource. `None` where it is old news, or nothing is known of it.
    #[inline]
    pub(crate) fn measured(&mut self, resource: &Resource, at: i64) -> Option<&mut Watched<T>> {
        let (heard, stale_after) = (self.ticks.heard(at, self.stale_after), self.stale_after);
        let watched = self.book.get_mut(resource)?;
        match Step::between(watched.last, at, stale_after) {
            Step::Old => return None,
            Step::Next => {}
            Step::Anew => watched.counts.start_anew(),
        }
        (watched.last, watched.heard) = (Some(at), heard);
        self.next_check = self.next_check.min(heard + stale_after);
        Some(watched)
    }

    /// Takes note of a line of the log of a known resource, in whatever order lines come.
    pub(crate) fn line(&mut self, resource: &Resource, at: i64) -> Option<&mut Watched<T>> {
        let (heard, stale_after) = (self.ticks.heard(at, self.stale_after), self.stale_after);
        let watched = self.book.get_mut(resource)?;
        (watched.last, watched.heard) = (watched.last.max(Some(at)), heard);
        self.next_check = self.next_check.min(heard.saturating_add(stale_after));
        Some(watched)
    }

    /// Forgets `resource`.
    pub(crate) fn forget(&mut self, resource: &Resource) {
        self.book.remove(resource);
    }

    pub(crate) fn finding(&self, resource: &Resource, condition: Condition, at: DateTime<Utc>) -> Finding {
        Finding { key: IssueKey::new(self.kind, resource.clone()), condition, at }
    }

    /// Signals that mean the same to every detector.
    pub(crate) fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        match signal {
            Signal::Event(Event::Issue(issue)) => self.resume(issue),
            Signal::Gap { resource, why } => {
                for covered in self.book.covered(resource) {
                    self.lose(&covered, why, findings);
                }
            }
            Signal::Retired { resource, .. } | Signal::Restored { resource } => {
                for covered in self.book.covered(resource) {
                    self.book.remove(&covered);
                }
            }
            Signal::Event(_) | Signal::Views(_) => {}
        }
    }

    fn resume(&mut self, issue: &IssueEvent) {
        if **issue.key.kind() != *self.kind || issue.is_closed() {
            return;
        }
        let heard = self.ticks.now().unwrap_or(NEXT_TICK);
        let open = Some(issue.at.timestamp_millis());
        let mut counts = T::default();
        counts.resume(issue);
        *self.book.add_always(issue.key.resource()) = Watched { counts, heard, open, ..Watched::default() };
        self.next_check = i64::MIN;
    }

    fn lose(&mut self, resource: &Resource, why: &str, findings: &mut Vec<Finding>) {
        let now = self.ticks.now();
        let Some(watched) = self.book.get_mut(resource) else { return };
        if !watched.lose(why) {
            return;
        }
        let at = now.or(watched.last).or(watched.open).unwrap_or(0);
        let at = DateTime::from_timestamp_millis(at).unwrap_or(DateTime::UNIX_EPOCH);
        findings.push(self.finding(resource, Condition::Unknown { why: why.to_owned() }, at));
    }

    /// Lets it be `now`. `why` says of what has fallen silent why nothing can be told.
    pub(crate) fn tick(&mut self, now: DateTime<Utc>, why: impl Fn(&Resource) -> String, findings: &mut Vec<Finding>) {
        let now = now.timestamp_millis();
        let set_back = self.ticks.set(now);
        if now <= self.next_check && !set_back {
            return;
        }
        let (silent, next) = self.book.tick(now, self.stale_after);
        self.next_check = next;
        for resource in silent {
            self.lose(&resource, &why(&resource), findings);
        }
    }
}

impl<T: Counts> Watched<T> {
    pub(crate) fn open(&mut self, at: i64) {
        self.open = Some(at);
    }

    pub(crate) fn close(&mut self) {
        self.open = None;
    }

    /// It can be told again. Whether it could not.
    pub(crate) fn know(&mut self) -> bool {
        self.unknown.take().is_some()
    }

    /// Nothing could be measured. Tells whether that says something new.
    fn lose(&mut self, why: &str) -> bool {
        self.counts.start_anew();
        if !self.is_known() || self.unknown.as_deref() == Some(why) {
            return false;
        }
        self.unknown = Some(why.into());
        true
    }
}

impl<T: Counts> Series for Watched<T> {
    fn heard(&self) -> i64 {
        self.heard
    }

    fn hear(&mut self, heard: i64) {
        self.heard = heard;
    }

    fn is_known(&self) -> bool {
        self.last.is_some() || self.open.is_some()
    }

    fn is_unknown(&self) -> bool {
        self.unknown.is_some()
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }
}
