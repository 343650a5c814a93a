//! Requests that are taken, and worked off later.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tidegate_base::Random;

use super::alert::{OpsgenieAlert, OpsgenieState};

/// A change that waits.
#[derive(Debug)]
struct Job {
    due: DateTime<Utc>,
    id: String,
    operation: String,
    alias: String,
    body: Value,
}

/// What became of a change.
#[derive(Debug)]
struct Became {
    action: String,
    status: &'static str,
    success: bool,
    /// The alert's own name, and its alias.
    alert: Option<(String, String)>,
}

/// The queue, and the alerts that it works on.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lag: Option<(Random, Duration)>,
    /// Only those of one sort keep their order.
    overtaking: bool,
    jobs: Vec<Job>,
    done: BTreeMap<String, Became>,
    pub(super) alerts: Vec<OpsgenieAlert>,
    taken: u64,
}

impl Queue {
    pub(super) fn set_lag(&mut self, random: Random, longest: Duration) {
        self.lag = Some((random, longest));
    }

    pub(super) fn set_overtaking(&mut self) {
        self.overtaking = true;
    }

    /// Takes a change in; gives the request's id.
    pub(super) fn take(&mut self, operation: &str, alias: String, body: Value, now: DateTime<Utc>) -> String {
        self.taken += 1;
        let id = format!("5d2f6b1e-0c3a-4b7e-9a51-{:012x}", self.taken);
        let lag = self.lag.as_mut().map_or(Duration::ZERO, |(random, longest)| {
            let most = if random.one_in(4) { *longest } else { *longest / 8 };
            random.duration(most)
        });
        let goes_before = |job: &&Job| job.alias == alias && (!self.overtaking || job.operation == operation);
        let before = self.jobs.iter().filter(goes_before).map(|job| job.due).max();
        let due = (now + TimeDelta::from_std(lag).unwrap_or_default()).max(before.unwrap_or(now));
        self.jobs.push(Job { due, id: id.clone(), operation: operation.to_owned(), alias, body });
        id
    }

    /// Works off what is due.
    pub(super) fn settle(&mut self, now: Option<DateTime<Utc>>, filter: Option<&str>) {
        let is_due = |job: &Job| now.is_none_or(|now| job.due <= now);
        let (mut due, later): (Vec<Job>, Vec<Job>) = std::mem::take(&mut self.jobs).into_iter().partition(is_due);
        self.jobs = later;
        due.sort_by_key(|job| job.due);
        for job in due {
            let became = self.work(&job, filter);
            self.done.insert(job.id, became);
        }
    }

    /// What became of the request `id`, as the service tells it. `None`: it is not known, or in the queue.
    pub(super) fn status(&self, id: &str) -> Option<Value> {
        let became = self.done.get(id)?;
        let (alert, alias) = became.alert.clone().unwrap_or_default();
        Some(json!({
            "action": became.action,
            "isSuccess": became.success,
            "success": became.success,
            "status": became.status,
            "alertId": alert,
            "alias": alias,
        }))
    }

    /// The open alert of `alias`, or else the last one that is there.
    pub(super) fn find(&mut self, alias: &str) -> Option<&mut OpsgenieAlert> {
        let there = |alert: &&mut OpsgenieAlert| alert.alias == alias && alert.state != OpsgenieState::Deleted;
        self.alerts.iter_mut().filter(there).max_by_key(|alert| alert.is_open())
    }

    fn work(&mut self, job: &Job, filter: Option<&str>) -> Became {
        let action = job.operation.clone();
        let failed = |status, alert| Became { action: job.operation.clone(), status, success: false, alert };
        if job.operation == "create" {
            if filter.is_some_and(|part| job.body["message"].as_str().is_some_and(|text| text.contains(part))) {
                return failed("Alert is not created: ignored by integration filter", None);
            }
            let alert = Some(self.create(job));
            return Became { action, status: "Created alert", success: true, alert };
        }
        let Some(alert) = self.find(&job.alias) else { return failed("Alert does not exist", None) };
        let named = Some((alert.id.clone(), alert.alias.clone()));
        if !alert.is_open() {
            return failed("Alert is already closed", named);
        }
        let text = |name: &str| job.body[name].as_str().unwrap_or_default().to_owned();
        match job.operation.as_str() {
            "message" => alert.message = text("message"),
            "description" => alert.description = text("description"),
            "priority" => alert.priority = text("priority"),
            "close" => alert.state = OpsgenieState::Closed,
            _ => {}
        }
        if let Some(note) = job.body["note"].as_str() {
            alert.notes.push(note.to_owned());
        }
        Became { action, status: "Done", success: true, alert: named }
    }

    fn create(&mut self, job: &Job) -> (String, String) {
        if let Some(alert) = self.find(&job.alias).filter(|alert| alert.is_open()) {
            alert.count += 1;
            return (alert.id.clone(), alert.alias.clone());
        }
        let id = format!("e7c1a2b3-4d5e-4f60-8a9b-{:012x}-{}", self.alerts.len() + 1, job.due.timestamp_millis());
        let alert = OpsgenieAlert::of(id, &job.body);
        let named = (alert.id.clone(), alert.alias.clone());
        self.alerts.push(alert);
        named
    }
}
