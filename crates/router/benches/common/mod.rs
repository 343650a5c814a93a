//! What the benches share: a sink that does nothing, a detector that opens what it is told to, and events of the usual
//! length.

// Each bench takes what it needs of this.
#![allow(dead_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tidegate_detect::{Condition, Detector, Finding, Symptom};
use tidegate_event::{Event, IssueKey, LogLevel, LogRecord, Name, Notification, Reading, Resource, Sample, Severity};
use tidegate_event::{Labels, Signal};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tokio::sync::Notify;

/// When everything here happens.
pub(crate) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).expect("a date of this century")
}

/// Accepts everything at once, and counts it.
#[derive(Debug, Clone)]
pub(crate) struct Counting {
    profile: Profile,
    count: Arc<Count>,
}

/// How many items a sink has accepted.
#[derive(Debug, Default)]
pub(crate) struct Count {
    accepted: AtomicU64,
    risen: Notify,
}

impl Count {
    /// Waits until `total` items were accepted since the start.
    pub(crate) async fn reach(&self, total: u64) {
        loop {
            let risen = self.risen.notified();
            if self.accepted.load(Ordering::Acquire) >= total {
                return;
            }
            risen.await;
        }
    }
}

impl Counting {
    /// A sink that takes up to `batch` items at once.
    pub(crate) fn new(batch: usize) -> (Self, Arc<Count>) {
        let count = Arc::new(Count::default());
        let profile = Profile::new("nowhere").with_batch(batch);
        (Self { profile, count: Arc::clone(&count) }, count)
    }
}

#[async_trait]
impl Sink for Counting {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        self.count.accepted.fetch_add(batch.len() as u64, Ordering::Release);
        self.count.risen.notify_waiters();
        Ok(vec![Outcome::Accepted(None); batch.len()])
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new())
    }
}

/// Opens an issue of kind `disk-usage` at the resource of each sample of `disk` that is over 0.8, and closes it at one
/// that is not, in the words of the detector of that name, which would want minutes of samples first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AtOnce;

impl Detector for AtOnce {
    fn kind(&self) -> &'static str {
        "disk-usage"
    }

    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        let Signal::Event(Event::Metric(sample)) = signal else { return };
        if *sample.name != *"disk" {
            return;
        }
        let evidence = vec![Reading::new("tidegate.disk_usage", sample.value(), "1").with_limit(0.8)];
        let condition = if sample.value() > 0.8 {
            Condition::Met(Symptom {
                severity: Severity::Warning,
                summary: format!("Disk over 80 % full at {}", sample.resource),
                cause: format!("431.2 of 500.0 GB of the disk used (86 %, limit 80 %) at {}.", sample.resource),
                remedy: "Remove data, run a scavenge, or move to a larger disk.".into(),
                evidence,
            })
        } else {
            let cause = format!("350.0 of 500.0 GB of the disk used (70 %, limit 80 %) at {}.", sample.resource);
            Condition::Cleared { cause, evidence }
        };
        let key = IssueKey::new("disk-usage", sample.resource.clone());
        findings.push(Finding { key, condition, at: sample.at });
    }

    fn tick(&mut self, _now: DateTime<Utc>, _findings: &mut Vec<Finding>) {}
}

/// A node of a cluster of many.
pub(crate) fn node(number: usize) -> Resource {
    let name = format!("10.{}.{}.{}:2113", number / 62_500, number / 250 % 250, number % 250);
    Resource::new().with_cluster("orders").with_node(name)
}

/// The sample that makes [`AtOnce`] open the issue of volume `number`, or close it.
pub(crate) fn disk(number: usize, used: f64) -> Signal {
    let volume = node(number).with_part("/var/lib/kurrentdb");
    Signal::from(Sample::new("disk", volume, used, "1", start()).expect("finite"))
}

/// `count` samples of a metric that no detector reads, of a thousand nodes.
pub(crate) fn metrics(count: usize) -> Vec<Signal> {
    let (name, unit) = (Name::from("kurrentdb_io_bytes_total"), Name::from("By"));
    let labels: Labels = [("activity", "written")].into_iter().collect();
    let nodes: Vec<Resource> = (0..1_000).map(node).collect();
    let sample = |number: usize| {
        let value = 1e9 + number as f64;
        Sample::new(name.clone(), nodes[number % nodes.len()].clone(), value, unit.clone(), start()).expect("finite")
    };
    (0..count).map(|number| sample(number).with_labels(labels.clone()).into()).collect()
}

/// `count` log lines of a thousand nodes.
pub(crate) fn logs(count: usize) -> Vec<Signal> {
    let nodes: Vec<Resource> = (0..1_000).map(node).collect();
    let line = |number: usize| {
        let message = format!("SLOW QUEUE MSG [StorageWriterQueue]: WritePrepares - {number} ms. Q: 0/12.");
        LogRecord::new(nodes[number % nodes.len()].clone(), message, start()).with_level(LogLevel::Warning)
    };
    (0..count).map(|number| line(number).into()).collect()
}

/// `count` notifications, the first with the id `from`.
pub(crate) fn notifications(from: usize, count: usize) -> Vec<Signal> {
    let one = |number: usize| {
        let message = "No instance of the wanted size could be had in eu-west-1a; trying again in eu-west-1b.";
        Notification::new(format!("notification-{number}"), "instances-provision-failed", message, start())
            .with_severity(Severity::Warning)
            .with_resource(node(number))
    };
    (from..from + count).map(|number| one(number).into()).collect()
}

/// The number of the node that [`node`] made.
pub(crate) fn number(node: &Resource) -> usize {
    let name = node.node.as_deref().unwrap_or_default();
    let digits = |part: &str| part.parse::<usize>().unwrap_or_default();
    let mut parts = name.trim_end_matches(":2113").split('.').skip(1).map(digits);
    let mut next = || parts.next().unwrap_or_default();
    next() * 62_500 + next() * 250 + next()
}
