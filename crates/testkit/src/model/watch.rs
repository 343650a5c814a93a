use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate_event::Event;
use tidegate_sink::{Delivery, Outcome, Profile, SinkError};

/// Watches over what a caller owes to a profile: how many calls at once, how large a batch, which kinds, and one event
/// of an issue or notification at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    calls: u64,
    under_way: Vec<Vec<String>>,
    most_at_once: usize,
    breaches: Vec<String>,
    rejected: Vec<Delivery>,
}

/// A call that is under way; dropped when it ends or is given up.
pub(super) struct UnderWay {
    watch: Watch,
    keys: Vec<String>,
}

impl Watch {
    pub(super) fn enter(&self, profile: &Profile, batch: &[Delivery]) -> UnderWay {
        let keys: Vec<String> = batch.iter().filter_map(key).collect();
        let mut seen = self.lock();
        let mut breaches = breaches(profile, batch, &keys);
        for key in keys.iter().filter(|key| seen.under_way.iter().any(|call| call.contains(key))) {
            breaches.push(format!("{key}: told while an earlier event of it is still under way"));
        }
        seen.calls += 1;
        seen.under_way.push(keys.clone());
        if seen.under_way.len() > profile.concurrency() {
            breaches.push(format!("{} calls at once, where {} go", seen.under_way.len(), profile.concurrency()));
        }
        seen.most_at_once = seen.most_at_once.max(seen.under_way.len());
        seen.breaches.append(&mut breaches);
        UnderWay { watch: self.clone(), keys }
    }

    pub(super) fn answered(&self, batch: &[Delivery], delivered: &Result<Vec<Outcome>, SinkError>) {
        let outcomes = delivered.iter().flatten();
        let rejected = batch.iter().zip(outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Rejected(_)));
        self.lock().rejected.extend(rejected.map(|(delivery, _)| delivery.clone()));
    }

    pub(super) fn rejected(&self) -> Vec<Delivery> {
        self.lock().rejected.clone()
    }

    pub(super) fn calls(&self) -> u64 {
        self.lock().calls
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.lock().most_at_once
    }

    pub(super) fn breaches(&self) -> Vec<String> {
        self.lock().breaches.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut seen = self.watch.lock();
        if let Some(index) = seen.under_way.iter().position(|keys| *keys == self.keys) {
            seen.under_way.swap_remove(index);
        }
    }
}

/// What may be told one at a time only.
fn key(delivery: &Delivery) -> Option<String> {
    match &*delivery.event {
        Event::Issue(issue) => Some(format!("issue {}", issue.key.id())),
        Event::Notification(notification) => Some(format!("notification {}", notification.id)),
        Event::Log(_) | Event::Metric(_) => None,
    }
}

fn breaches(profile: &Profile, batch: &[Delivery], keys: &[String]) -> Vec<String> {
    let mut breaches = Vec::new();
    if batch.len() > profile.batch() {
        breaches.push(format!("a batch of {} items, where {} go", batch.len(), profile.batch()));
    }
    let bytes: usize = batch.iter().map(|delivery| delivery.event.size_bytes()).sum();
    if batch.len() > 1 && bytes > profile.batch_bytes() {
        breaches.push(format!("a batch of {bytes} bytes, where {} go", profile.batch_bytes()));
    }
    for kind in batch.iter().map(|delivery| delivery.event.kind()).filter(|kind| !profile.kinds().contains(*kind)) {
        breaches.push(format!("a {kind}, which it does not take"));
    }
    for (index, key) in keys.iter().enumerate().filter(|(index, key)| keys[..*index].contains(key)) {
        breaches.push(format!("{key}: twice in one batch, at item {index}"));
    }
    breaches
}
