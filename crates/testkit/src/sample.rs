//! Events and deliveries for tests: the same each time, about node `10.0.0.2:2113` of cluster `orders`, around
//! 2026-11-24T03:00:00Z.
//!
//! ```
//! use tidegate_testkit::sample;
//!
//! let series = sample::Episode::new("disk-usage");
//! let (open, worse, closed) = (series.open(), series.update(), series.close());
//! assert_eq!((open.sequence, worse.sequence, closed.sequence), (1, 2, 3));
//! assert_eq!(open.episode, closed.episode);
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::Clock;
use tidegate_event::{
    EpisodeId, Event, EventKind, IssueEvent, IssueKey, IssueState, LogLevel, LogRecord, Notification, Reading,
    Resource, Sample, Severity,
};
use tidegate_sink::{Delivery, DeliveryId};

use crate::ManualClock;

/// When the samples happen: where a [`ManualClock`] starts.
pub fn at() -> DateTime<Utc> {
    ManualClock::new().now()
}

/// Node `10.0.0.2:2113` of cluster `orders`.
pub fn node() -> Resource {
    Resource::new().with_cluster("orders").with_node("10.0.0.2:2113")
}

/// The key of an issue of `kind` at [`node`].
pub fn key(kind: &str) -> IssueKey {
    IssueKey::new(kind, node())
}

/// The episode number `number` of some issue, opened so many seconds after [`at`].
pub fn episode(number: u32) -> EpisodeId {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&number.to_be_bytes());
    EpisodeId::new(at() + TimeDelta::seconds(i64::from(number)), random)
}

/// The first event of an episode of `disk-usage`: a warning.
pub fn issue() -> IssueEvent {
    Episode::new("disk-usage").open()
}

/// A notification of severity warning with `id`, first revision.
pub fn notification(id: &str) -> Notification {
    Notification::new(id, "instances-provision-failed", "No instance could be had in eu-west-1a.", at())
        .with_severity(Severity::Warning)
        .with_resource(node())
}

/// A log line that says `message`, at level information.
pub fn log(message: &str) -> LogRecord {
    LogRecord::new(node(), message, at()).with_level(LogLevel::Information)
}

/// A sample of `name`.
///
/// # Panics
/// When `value` is not finite.
#[expect(clippy::unwrap_used, reason = "a sample of such a value is a mistake of the test")]
pub fn metric(name: &str, value: f64) -> Sample {
    Sample::new(name, node(), value, "1", at()).unwrap()
}

/// An event of `kind`, told from others of it by `number`.
pub fn event(kind: EventKind, number: u32) -> Event {
    match kind {
        EventKind::Issue => Episode::numbered("disk-usage", number).open().into(),
        EventKind::Notification => notification(&format!("notification-{number}")).into(),
        EventKind::Log => log(&format!("line {number}")).into(),
        EventKind::Metric => metric("system.load.1m", f64::from(number)).into(),
    }
}

/// A first attempt to deliver `event`. Its id follows from what tells events apart: episode and sequence, id and
/// revision, or resource, time and what was said or measured; so that the same event has the same id.
pub fn delivery(event: impl Into<Event>) -> Delivery {
    let event = event.into();
    let identity = match &event {
        Event::Issue(issue) => format!("{} {} {}", issue.key.id(), issue.episode, issue.sequence),
        Event::Notification(notification) => format!("{} {}", notification.id, notification.revision),
        Event::Log(record) => format!("{} {} {}", record.resource, record.at, record.message),
        Event::Metric(sample) => {
            let labels: Vec<_> = sample.labels.iter().collect();
            format!("{} {} {} {} {labels:?}", sample.resource, sample.at, sample.name, sample.value())
        }
    };
    Delivery::new(DeliveryId::new("testkit", &format!("{} {identity}", event.kind())), Arc::new(event))
}

/// Makes the events of one episode, in order and numbered.
#[derive(Debug)]
pub struct Episode {
    key: IssueKey,
    id: EpisodeId,
    severity: Severity,
    told: AtomicU32,
}

impl Episode {
    /// The first episode of an issue of `kind` at [`node`], of severity warning.
    pub fn new(kind: &str) -> Self {
        Self::of(key(kind), episode(1))
    }

    /// The episode `number` of an issue of `kind` whose part is `volume-<number>`: of each number another issue.
    pub fn numbered(kind: &str, number: u32) -> Self {
        Self::of(IssueKey::new(kind, node().with_part(format!("volume-{number}"))), episode(number))
    }

    /// The episode `id` of the issue `key`.
    pub fn of(key: IssueKey, id: EpisodeId) -> Self {
        Self { key, id, severity: Severity::Warning, told: AtomicU32::new(0) }
    }

    /// The same at `severity`.
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The issue.
    pub fn key(&self) -> &IssueKey {
        &self.key
    }

    /// The episode.
    pub fn id(&self) -> EpisodeId {
        self.id
    }

    /// The next event: open.
    pub fn open(&self) -> IssueEvent {
        self.next(IssueState::Open, self.severity)
    }

    /// The next event: still open, with other figures. Reads better than a second [`open`](Episode::open).
    pub fn update(&self) -> IssueEvent {
        self.open()
    }

    /// The next event: still open, at `severity`.
    pub fn update_at(&self, severity: Severity) -> IssueEvent {
        self.next(IssueState::Open, severity)
    }

    /// The next event: closed.
    pub fn close(&self) -> IssueEvent {
        self.next(IssueState::Closed, self.severity)
    }

    /// Each a minute after the one before.
    fn next(&self, state: IssueState, severity: Severity) -> IssueEvent {
        let sequence = self.told.fetch_add(1, Ordering::SeqCst) + 1;
        let used = 0.80 + f64::from(sequence % 20) / 100.0;
        let (summary, cause) = match state {
            IssueState::Open => ("Disk over 80 % full", format!("Share {used:.2} of the disk used (limit 0.80).")),
            IssueState::Closed => ("Disk below 80 % full", "Share 0.71 of the disk used (limit 0.80).".to_owned()),
        };
        IssueEvent {
            key: self.key.clone(),
            episode: self.id,
            sequence,
            state,
            severity,
            summary: summary.to_owned(),
            cause,
            remedy: "Remove data, run a scavenge, or move to a larger disk.".into(),
            evidence: vec![Reading::new("tidegate.disk_usage", used, "1").with_limit(0.80)],
            stale: false,
            opened_at: at(),
            at: at() + TimeDelta::minutes(i64::from(sequence) - 1),
        }
    }
}
