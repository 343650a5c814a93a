//! The issue that the router finds of its own stores: one of them fails, or does not answer.

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_detect::{Condition, Finding, Symptom};
use tidegate_event::{IssueKey, Resource, Severity};
use tidegate_store::StoreErrorKind;

use super::Core;
use super::write::{Write, Writing};
use crate::STORE_FAILING;
use crate::status::{Store, Trouble};

/// How long a store must have failed, or kept us waiting, before that is an issue. A journal that is full of what lanes have
/// told is released sooner.
pub(super) const LASTING: TimeDelta = TimeDelta::seconds(10);
/// How long all stores must have been well before it is over.
const STEADY: TimeDelta = TimeDelta::seconds(5);

/// The issue's key: there is one for all stores, since they fail together more often than not.
pub(super) fn key() -> IssueKey {
    IssueKey::new(STORE_FAILING, Resource::new().with_part("stores"))
}

impl Core {
    /// What the stores fail with now, the longest first.
    pub(super) fn troubles(&self) -> Vec<Trouble> {
        let of_lanes =
            self.seats.values().flat_map(|seat| seat.board.with(|report| report.troubles().collect::<Vec<_>>()));
        let book = || self.book_saving.as_ref().map(|saving| Trouble::late(Store::State, saving.since));
        let own = self.writing.iter().filter_map(Writing::trouble);
        let own = own.chain(self.book_trouble.clone().or_else(book)).chain(self.ahead.trouble());
        let mut troubles: Vec<Trouble> = own.chain(of_lanes).collect();
        troubles.sort_by_key(|trouble| trouble.since);
        troubles
    }

    /// Stores that fail for long are an issue, told to every integration.
    pub(super) fn check_stores(&mut self, now: DateTime<Utc>, write: &mut Write) {
        // A call that is only slow is none before it has lasted.
        let mut troubles = self.troubles();
        troubles.retain(|trouble| !trouble.is_late() || trouble.has_lasted(LASTING, now));
        let lasting: Vec<Trouble> =
            troubles.iter().filter(|trouble| trouble.has_lasted(LASTING, now)).cloned().collect();
        let condition = if !lasting.is_empty() {
            self.stores_well_since = None;
            Condition::Met(symptom(lasting))
        } else if troubles.is_empty() && self.book.ledger.find(&key()).is_some() {
            let since = *self.stores_well_since.get_or_insert(now);
            if (now - since).abs() < STEADY {
                return;
            }
            let cause = "All stores take again what is written.".to_owned();
            Condition::Cleared { cause, evidence: Vec::new() }
        } else {
            self.stores_well_since = None;
            return;
        };
        self.findings.push(Finding { key: key(), condition, at: now });
        self.apply_findings(write);
    }
}

/// What is wrong with each store, one of the integrations that find the same speaking for all.
fn symptom(mut lasting: Vec<Trouble>) -> Symptom {
    lasting.sort_by_key(|trouble| trouble.store);
    lasting.dedup_by_key(|trouble| trouble.store);
    let sentence = |trouble: &Trouble| {
        let (store, since) = (trouble.store, trouble.since.format("%Y-%m-%d %H:%M UTC"));
        match trouble.kind {
            None => format!("The {store} has not answered since {since}."),
            Some(_) => format!("The {store} has failed since {since}: {}.", trouble.why),
        }
    };
    let cause: Vec<String> = lasting.iter().map(sentence).collect();
    let summary = match lasting.as_slice() {
        [only] => format!("The {} fails", only.store),
        _ => "Stores fail".to_owned(),
    };
    let kinds: Vec<StoreErrorKind> = lasting.iter().filter_map(|trouble| trouble.kind).collect();
    let of_bulk_alone = lasting.iter().all(|trouble| trouble.store == Store::Bulk);
    Symptom {
        severity: if of_bulk_alone { Severity::Warning } else { Severity::Error },
        summary,
        cause: cause.join(" "),
        remedy: remedy(&kinds).into(),
        evidence: Vec::new(),
    }
}

fn remedy(kinds: &[StoreErrorKind]) -> &'static str {
    if kinds.contains(&StoreErrorKind::Damaged) {
        "Stop tidegate and run `tidegate repair`: it names what is damaged, and goes past it if you agree."
    } else if kinds.contains(&StoreErrorKind::Full) {
        "Make room where the state is kept. Nothing that was acknowledged is lost, and it goes on by itself."
    } else if kinds.contains(&StoreErrorKind::Denied) {
        "Check that the state is on a volume that can be written, and who may write to it. It goes on by itself."
    } else {
        "Check the disk that the state is on. Nothing that was acknowledged is lost, and it goes on by itself."
    }
}
