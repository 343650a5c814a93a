//! Events to print, and screens to print on.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use futures::executor::block_on;
use tidegate_event::{
    EpisodeId, Event, IssueEvent, IssueKey, IssueState, LogFlag, LogLevel, LogRecord, Notification, Reading, Resource,
    Sample, Severity,
};
use tidegate_sink::{Delivery, DeliveryId, Outcome, Receipt, Sink};
use tidegate_sink_console::{Console, Output, Screen};

pub(crate) fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 24, 3, 0, 0).single().expect("a time")
}

pub(crate) fn node() -> Resource {
    Resource::new().with_cluster("orders").with_node("10.0.0.1:2113")
}

pub(crate) fn issue() -> IssueEvent {
    let random = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    IssueEvent {
        key: IssueKey::new("disk-usage", node().with_part("/var")),
        episode: EpisodeId::new(start(), random),
        sequence: 1,
        state: IssueState::Open,
        severity: Severity::Warning,
        summary: "Disk over 80 % full at /var on node 10.0.0.1:2113 of cluster orders".to_owned(),
        cause: "412.3 GiB of 500.0 GiB used (82.5 %, limit 80 %) at /var on node 10.0.0.1:2113 of cluster orders."
            .to_owned(),
        remedy: "Remove data, run a scavenge, or move to a larger disk.".into(),
        evidence: vec![
            Reading::new("tidegate.disk_usage", 0.8246, "1").with_limit(0.8),
            Reading::new("system.filesystem.used", 442_703_754_854.4, "By"),
            Reading::new("system.filesystem.size", 536_870_912_000.0, "By"),
        ],
        stale: false,
        opened_at: start(),
        at: start(),
    }
}

/// A later event of the same episode.
pub(crate) fn later(seconds: i64, sequence: u32) -> IssueEvent {
    IssueEvent { at: start() + TimeDelta::seconds(seconds), sequence, ..issue() }
}

/// One of each sort, in order, with whether it was told before.
pub(crate) fn all_sorts() -> Vec<(Event, bool)> {
    let other = IssueKey::new("cluster-consensus", Resource::new().with_cluster("orders"));
    let fields = [("EventId".to_owned(), serde_json::json!({"Id": 7})), ("tag".to_owned(), "a\"b".into())];
    vec![
        (issue().into(), false),
        (IssueEvent { severity: Severity::Critical, ..later(90, 2) }.into(), true),
        (IssueEvent { stale: true, ..later(150, 3) }.into(), true),
        (IssueEvent { state: IssueState::Closed, ..later(7_500, 4) }.into(), true),
        (
            IssueEvent {
                key: other,
                summary: "The nodes do not agree".to_owned(),
                severity: Severity::Error,
                remedy: "".into(),
                evidence: Vec::new(),
                ..issue()
            }
            .into(),
            false,
        ),
        (
            Notification::new("n-1", "instances-provision-failed", "No room left\nin eu-west-1", start())
                .with_severity(Severity::Error)
                .with_revision(2)
                .with_resource(node())
                .into(),
            false,
        ),
        (Notification::new("n-2", "backup", "Done", start()).into(), false),
        (
            LogRecord::new(node(), "Slow queue", start())
                .with_level(LogLevel::Warning)
                .with_exception("TimeoutException: late\n   at Queue.Take()")
                .with_fields(fields.into_iter().collect())
                .with_flag(LogFlag::Truncated)
                .into(),
            false,
        ),
        (LogRecord::new(Resource::new(), "started", start()).into(), false),
        (
            Sample::new("system.cpu.time", node(), 0.3, "s", start())
                .expect("finite")
                .with_labels([("cpu", "0"), ("mode", "user")].into_iter().collect())
                .into(),
            false,
        ),
    ]
}

pub(crate) fn deliveries(events: impl IntoIterator<Item = (Event, bool)>) -> Vec<Delivery> {
    let events = events.into_iter().enumerate();
    events.map(|(number, (event, told))| delivery(&number.to_string(), event, told)).collect()
}

pub(crate) fn delivery(id: &str, event: impl Into<Event>, told: bool) -> Delivery {
    let delivery = Delivery::new(DeliveryId::new("console", id), Arc::new(event.into()));
    if told { delivery.with_prior(Receipt::new(&true).expect("JSON")) } else { delivery }
}

pub(crate) fn deliver(console: &Console, batch: &[Delivery]) -> Vec<Outcome> {
    block_on(console.deliver(batch)).expect("an outcome for each")
}

/// A writer whose text can be read, and which takes only so many bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paper {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    text: Vec<u8>,
    room: Option<(usize, ErrorKind)>,
}

impl Paper {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.inner.lock().expect("not poisoned").text.clone()).expect("UTF-8")
    }

    /// Fails with `kind` after so many bytes.
    pub(crate) fn fail_after(&self, bytes: usize, kind: ErrorKind) {
        self.inner.lock().expect("not poisoned").room = Some((bytes, kind));
    }

    pub(crate) fn mend(&self) {
        self.inner.lock().expect("not poisoned").room = None;
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut inner = self.inner.lock().expect("not poisoned");
        let taken = match &mut inner.room {
            None => bytes.len(),
            Some((0, kind)) => return Err((*kind).into()),
            Some((room, _)) => {
                let taken = bytes.len().min(*room);
                *room -= taken;
                taken
            }
        };
        inner.text.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A screen that is no terminal, and its paper.
pub(crate) fn screen() -> (Screen, Paper) {
    let paper = Paper::default();
    let screen = Screen::new(Output::new("memory", paper.clone()), Output::nowhere()).expect("a thread");
    (screen, paper)
}

/// A terminal on which results and words meet.
pub(crate) fn terminal(columns: usize) -> (Screen, Paper) {
    let paper = Paper::default();
    let output = |name: &str| Output::new(name, paper.clone()).with_terminal(move || columns);
    let screen = Screen::new(output("results"), output("words")).expect("a thread");
    (screen, paper)
}
