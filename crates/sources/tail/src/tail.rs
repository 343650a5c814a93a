use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tidegate_event::{Cursor, Resource};
use tidegate_source::{Ack, Intake, Source, SourceError, SourceErrorKind, Taken};
use tokio::time::{Instant, sleep};

use crate::TailBuilder;
use crate::builder::Settings;
use crate::follow::{Batch, Follower, Now};

/// How much of the files, or of the records made of them, in bytes, is handed in and not yet taken at the most.
const WINDOW: usize = 4 * 1024 * 1024;
/// How much is passed over in silence before it is said how far that was.
const SILENT: usize = 8 * 1024 * 1024;
/// How long nothing was written when the files are looked at less often, and how often then.
const IDLE: Duration = Duration::from_secs(10);
const SELDOM: Duration = Duration::from_millis(500);

/// Log files, each line of them once. Cheap to clone.
#[derive(Clone)]
pub struct Tail {
    settings: Arc<Settings>,
}

impl Tail {
    /// A tail with default settings until others are set.
    pub fn builder() -> TailBuilder {
        TailBuilder::new()
    }

    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }

    #[cfg(test)]
    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings)
    }

    /// The node whose lines these are, as far as it is named.
    pub fn resource(&self) -> &Resource {
        &self.settings.resource
    }
}

#[async_trait]
impl Source for Tail {
    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn open(&self, from: Option<Cursor>) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        let follower = Follower::new(Arc::clone(&self.settings), from.as_ref());
        let mut reading = Reading::new(Arc::clone(&self.settings), follower);
        // Where nothing can be read, it is not open.
        let first = reading.step().await?;
        reading.ready = Some(first);
        let next = |state: Option<Reading>| async move {
            let mut reading = state?;
            match reading.next().await {
                Ok(intake) => Some((Ok(intake), Some(reading))),
                Err(error) => Some((Err(error), None)),
            }
        };
        Ok(stream::unfold(Some(reading), next).boxed())
    }
}

/// A tail that is open.
struct Reading {
    settings: Arc<Settings>,
    /// `None` while it steps.
    follower: Option<Follower>,
    /// What was read and not handed in.
    ready: Option<Batch>,
    /// What was handed in and may not be taken yet, with its size.
    untaken: VecDeque<(Taken, usize)>,
    silent: usize,
    /// Whether it was ever said how far all was read: what is passed over first may be long past at the next start.
    has_told: bool,
    started: Instant,
    /// When anything was last read.
    read_at: Instant,
}

impl Reading {
    fn new(settings: Arc<Settings>, follower: Follower) -> Self {
        let now = Instant::now();
        Self {
            settings,
            follower: Some(follower),
            ready: None,
            untaken: VecDeque::new(),
            silent: 0,
            has_told: false,
            started: now,
            read_at: now,
        }
    }

    /// Waits for something to hand in.
    async fn next(&mut self) -> Result<Intake, SourceError> {
        loop {
            self.make_room().await?;
            let batch = match self.ready.take() {
                Some(batch) => batch,
                None => self.step().await?,
            };
            self.silent += batch.bytes;
            let is_place = batch.cursor.is_some() && (batch.bytes == 0 || !self.has_told);
            if is_place || !batch.signals.is_empty() || self.silent >= SILENT {
                self.silent = 0;
                self.has_told |= batch.cursor.is_some();
                return Ok(self.intake(batch));
            }
            if batch.bytes == 0 {
                self.pause().await;
            }
        }
    }

    /// Reads a batch on a thread that may wait for the disk.
    async fn step(&mut self) -> Result<Batch, SourceError> {
        let Some(mut follower) = self.follower.take() else { return Err(broken()) };
        let now = Now { at: self.settings.clock.now(), since_start: self.started.elapsed() };
        let stepped = tokio::task::spawn_blocking(move || {
            let batch = follower.step(now);
            (follower, batch)
        });
        let (follower, batch) = stepped.await.map_err(|error| broken().with_source(error))?;
        self.follower = Some(follower);
        let batch = batch?;
        if batch.bytes > 0 {
            self.read_at = Instant::now();
        }
        Ok(batch)
    }

    /// Waits until enough of what was handed in is taken: more is read only then, so that a log that hangs is felt here.
    async fn make_room(&mut self) -> Result<(), SourceError> {
        while self.untaken.iter().map(|(_, bytes)| bytes).sum::<usize>() >= WINDOW {
            let Some((taken, _)) = self.untaken.front_mut() else { break };
            taken.await.map_err(|error| {
                SourceError::new(SourceErrorKind::Unreachable, "handing in log lines").with_source(error)
            })?;
            self.untaken.pop_front();
        }
        Ok(())
    }

    fn intake(&mut self, batch: Batch) -> Intake {
        let (ack, taken) = Ack::new();
        self.untaken.push_back((taken, batch.weight()));
        Intake { signals: batch.signals, cursor: batch.cursor, ack }
    }

    async fn pause(&self) {
        let interval = self.settings.interval;
        let is_idle = self.read_at.elapsed() >= IDLE;
        sleep(if is_idle { interval.max(SELDOM.min(2 * interval)) } else { interval }).await;
    }
}

fn broken() -> SourceError {
    SourceError::new(SourceErrorKind::Unreachable, "reading log files: the thread that did so ended")
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tail").field(&self.settings).finish()
    }
}
