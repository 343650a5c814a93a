use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::{Clock, Random};
use tidegate_event::{Event, EventKind, LogRecord, Notification, Resource, Sample, Signal};
use tidegate_router::{Handle, Integration, Leftover, Router, RouterBuilder, RouterError, Subscription};
use tidegate_sink::Sink;
use tidegate_store::Space;
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub(crate) use crate::level::{LEVEL, Level};
use crate::stores::{Log, State};

/// A clock that goes with tokio's, which stands still while anything has something to do.
#[derive(Debug, Clone)]
pub(crate) struct TokioClock {
    start: Instant,
}

impl Clock for TokioClock {
    fn now(&self) -> DateTime<Utc> {
        let start = DateTime::from_timestamp(1_795_489_200, 0).expect("24 November 2026");
        start + TimeDelta::from_std(self.start.elapsed()).expect("a short test")
    }
}

/// What outlives a router: its stores, and time.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) journal: Log,
    pub(crate) bulk: Log,
    pub(crate) state: State,
    pub(crate) clock: TokioClock,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = TokioClock { start: Instant::now() };
        Self { journal: Log::default(), bulk: Log::default(), state: State::default(), clock }
    }

    /// A router over these stores, with the detector of levels.
    pub(crate) fn router(&self) -> RouterBuilder {
        self.bare().with_detector(Level)
    }

    /// A router over these stores without a detector.
    pub(crate) fn bare(&self) -> RouterBuilder {
        Router::builder()
            .with_stores(self.journal.clone(), self.bulk.clone(), self.state.clone())
            .with_clock(self.clock.clone())
            .with_random(Random::seeded(11))
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// What the detector of levels makes an issue of, where it is above 0.8.
    pub(crate) fn level(&self, node: &str, value: f64) -> Event {
        Sample::new(LEVEL, resource(node), value, "1", self.now()).expect("finite").into()
    }

    pub(crate) fn notification(&self, id: &str, revision: u32) -> Event {
        Notification::new(id, "backup", "Backup taken.", self.now()).with_revision(revision).into()
    }

    pub(crate) fn line(&self, text: &str) -> Event {
        LogRecord::new(resource("a"), text, self.now()).into()
    }

    pub(crate) fn records(&self, space: Space) -> Vec<String> {
        self.state.keys(space)
    }
}

/// A node of cluster `orders`.
pub(crate) fn resource(node: &str) -> Resource {
    Resource::new().with_cluster("orders").with_node(node)
}

/// Issues and notifications.
pub(crate) fn told() -> Subscription {
    Subscription::new([EventKind::Issue, EventKind::Notification])
}

pub(crate) fn integration(name: &str, sink: &(impl Sink + Clone + 'static)) -> Integration {
    Integration::new(name, sink.clone(), told())
}

/// Lets time pass, and all that is to happen in it happen.
pub(crate) async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// Lets all happen that is due now.
pub(crate) async fn settle() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// A router that runs.
pub(crate) struct Running {
    pub(crate) handle: Handle,
    pub(crate) task: JoinHandle<Result<Leftover, RouterError>>,
}

pub(crate) async fn run(builder: RouterBuilder) -> Running {
    let router = builder.build().expect("parts that fit");
    let handle = router.handle();
    let running = Running { handle, task: tokio::spawn(router.run()) };
    settle().await;
    running
}

impl Running {
    pub(crate) async fn publish(&self, event: Event) {
        self.handle.publish([event]).await.expect("taken");
    }

    pub(crate) async fn signal(&self, signal: Signal) {
        self.handle.publish([signal]).await.expect("taken");
    }

    pub(crate) async fn end(self) -> Result<Leftover, RouterError> {
        self.handle.stop();
        self.task.await.expect("it does not panic")
    }

    pub(crate) async fn stop(self) -> Leftover {
        self.end().await.expect("it stops in order")
    }

    /// Ends it as a crash does.
    pub(crate) async fn crash(self) {
        self.task.abort();
        settle().await;
    }

    /// The open issues, as `kind resource`.
    pub(crate) async fn open(&self) -> Vec<String> {
        let snapshot = self.handle.snapshot().await.expect("it runs");
        snapshot.issues.iter().map(|issue| format!("{} {}", issue.key.kind(), issue.key.resource())).collect()
    }
}
