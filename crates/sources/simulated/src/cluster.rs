use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tidegate_base::{Clock, Random};
use tidegate_detect::Detector;
use tidegate_event::{Cursor, Name, Resource, time};
use tidegate_source::{Intake, Source, SourceError};

use crate::play::Play;
use crate::story::{LENGTH, PLOTS, scenes};
use crate::tempo::Tempo;
use crate::{ClusterBuilder, Hurried, Progress, Scene};

/// Three nodes that do not exist, whose story is told once and quickly. Cheap to clone.
///
/// The source is named `simulated`. It has no cursor: opened again, it tells the story from the beginning.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) cluster: Resource,
    pub(crate) tempo: Tempo,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    begun: Mutex<Option<DateTime<Utc>>>,
}

impl Cluster {
    /// A cluster with default settings until others are set.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    pub(crate) fn new(cluster: Name, speed: f64, clock: Arc<dyn Clock>, random: Random) -> Self {
        let cluster = Resource::new().with_cluster(cluster);
        let tempo = Tempo { since: time::truncate(clock.now()), speed };
        Self { inner: Arc::new(Inner { cluster, tempo, clock, random, begun: Mutex::new(None) }) }
    }

    /// `detector` in the time of this story. A detector that is not hurried sees 15 minutes pass in less than one, and
    /// those that open or close only after minutes do not.
    pub fn hurry<D: Detector>(&self, detector: D) -> Hurried<D> {
        Hurried::new(detector, Arc::clone(&self.inner))
    }

    /// Each of `detectors` in the time of this story, for `RouterBuilder::with_detectors`.
    pub fn hurry_all(&self, detectors: impl IntoIterator<Item = Box<dyn Detector>>) -> Vec<Box<dyn Detector>> {
        detectors.into_iter().map(|detector| Box::new(self.hurry(detector)) as _).collect()
    }

    /// How long the story takes, by our clock.
    pub fn duration(&self) -> Duration {
        self.inner.duration()
    }

    /// How many times as fast as it happened it is told.
    pub fn speed(&self) -> f64 {
        self.inner.tempo.speed
    }

    /// What happens, in order.
    pub fn scenes(&self) -> Vec<Scene> {
        scenes()
    }

    /// Tells how far the story has come.
    pub fn progress(&self) -> Progress {
        Progress::new(Arc::clone(&self.inner))
    }

    /// The cluster and its three nodes, for `RouterBuilder::with_source_watching`.
    pub fn resources(&self) -> Vec<Resource> {
        let cluster = &self.inner.cluster;
        let nodes = PLOTS.iter().map(|plot| cluster.clone().with_node(plot.name));
        std::iter::once(cluster.clone()).chain(nodes).collect()
    }
}

impl Inner {
    pub(crate) fn duration(&self) -> Duration {
        self.tempo.lasts(Duration::from_secs(LENGTH.into()))
    }

    /// When the story was begun last.
    pub(crate) fn begun(&self) -> Option<DateTime<Utc>> {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the last is said of the story that was begun last.
    pub(crate) fn end(&self) -> Option<DateTime<Utc>> {
        self.begun().map(|begun| self.due(begun, LENGTH))
    }

    /// When this second of a story comes that was begun then, by our clock.
    pub(crate) fn due(&self, begun: DateTime<Utc>, second: u32) -> DateTime<Utc> {
        let lasts = self.tempo.lasts(Duration::from_secs(second.into()));
        let due = TimeDelta::from_std(lasts).ok().and_then(|lasts| begun.checked_add_signed(lasts));
        time::truncate(due.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    pub(crate) fn begin(&self) -> DateTime<Utc> {
        let now = time::truncate(self.clock.now());
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        now
    }
}

#[async_trait]
impl Source for Cluster {
    fn name(&self) -> &'static str {
        "simulated"
    }

    async fn open(
        &self,
        _from: Option<Cursor>,
    ) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        let play = Play::new(Arc::clone(&self.inner), self.inner.begin());
        let next = |mut play: Play| async move { play.next().await.map(|signals| (Ok(Intake::new(signals)), play)) };
        Ok(stream::unfold(play, next).boxed())
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("cluster", &self.inner.cluster.to_string())
            .field("speed", &self.speed())
            .field("begun", &self.inner.begun())
            .finish_non_exhaustive()
    }
}
