use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::channel::mpsc;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use tidegate_base::{Clock, Random};
use tidegate_detect::Detector;
use tidegate_event::{Cursor, Name, Resource, time};
use tidegate_source::{Intake, Source, SourceError, SourceErrorKind};
use tidegate_source_kurrentdb::{KurrentDb, KurrentDbError};
use tokio::task::JoinSet;

use crate::drive::{StoryClock, drive};
use crate::stage::{CORES, MEMORY, Stage};
use crate::story::{ASKED_EACH, CONFIRMED_AFTER, MEASURED_EACH, STORY, scenes};
use crate::tempo::Tempo;
use crate::{ClusterBuilder, Hurried, Progress, Scene};

/// Three nodes that do not exist, whose story is told once and quickly. Cheap to clone.
///
/// They listen on loopback from [`build`](ClusterBuilder::build) on, and answer from the moment that the source is
/// opened. The source is named `simulated`. It has no cursor: opened again, it tells the story from the beginning.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) cluster: Resource,
    pub(crate) tempo: Tempo,
    pub(crate) clock: Arc<dyn Clock>,
    random: Random,
    /// One for each node; each opening takes a handle.
    listeners: [TcpListener; 3],
    addresses: [SocketAddr; 3],
    /// `host:port` of each.
    pub(crate) names: [Name; 3],
    told: Mutex<Told>,
}

/// How far the story was told that was begun last.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    /// By our clock.
    begun: Option<DateTime<Utc>>,
    /// What is past of the story.
    past: Duration,
}

impl Cluster {
    /// A cluster with default settings until others are set.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    pub(crate) fn new(
        cluster: Name,
        speed: f64,
        clock: Arc<dyn Clock>,
        random: Random,
        nodes: [(TcpListener, SocketAddr); 3],
    ) -> Self {
        let cluster = Resource::new().with_cluster(cluster);
        let tempo = Tempo { since: time::truncate(clock.now()), speed };
        let addresses = [nodes[0].1, nodes[1].1, nodes[2].1];
        let names = addresses.map(|address| address.to_string().into());
        let listeners = nodes.map(|(listener, _)| listener);
        let told = Mutex::default();
        Self { inner: Arc::new(Inner { cluster, tempo, clock, random, listeners, addresses, names, told }) }
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
        scenes(&self.inner.names)
    }

    /// Tells how far the story has come.
    pub fn progress(&self) -> Progress {
        Progress::new(Arc::clone(&self.inner))
    }

    /// Where the nodes listen, in order. While the story is told, anybody on this machine may ask them: `GET /gossip`,
    /// `/metrics`, `/info`, `/health/live`.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.inner.addresses
    }

    /// The cluster and its three nodes, for `RouterBuilder::with_source_watching`.
    pub fn resources(&self) -> Vec<Resource> {
        let cluster = &self.inner.cluster;
        let nodes = self.inner.names.iter().map(|name| cluster.clone().with_node(name.clone()));
        std::iter::once(cluster.clone()).chain(nodes).collect()
    }
}

impl Inner {
    pub(crate) fn duration(&self) -> Duration {
        self.tempo.lasts(STORY)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the story was begun last.
    pub(crate) fn begun(&self) -> Option<DateTime<Utc>> {
        self.told().begun
    }

    /// What is past of it.
    pub(crate) fn past(&self) -> Duration {
        self.told().past
    }

    /// Whether it was told to its end.
    pub(crate) fn is_over(&self) -> bool {
        self.past() >= STORY
    }

    /// When it is in the story, by our clock; later than that where something held the program up.
    pub(crate) fn story_now(&self) -> DateTime<Utc> {
        let Told { begun, past } = *self.told();
        let lasts = TimeDelta::from_std(self.tempo.lasts(past)).ok();
        let now = begun.zip(lasts).and_then(|(begun, lasts)| begun.checked_add_signed(lasts));
        time::truncate(now.unwrap_or_else(|| self.clock.now()))
    }

    fn begin(&self) {
        let begun = Some(time::truncate(self.clock.now()));
        *self.told() = Told { begun, past: Duration::ZERO };
    }

    pub(crate) fn go_on(&self, past: Duration) {
        self.told().past = past;
    }

    /// The real source, asking as often as in the story.
    fn source(self: &Arc<Self>) -> Result<KurrentDb, KurrentDbError> {
        let each = |seconds: u32| Duration::from_secs(seconds.into());
        KurrentDb::builder(self.cluster.cluster.as_deref().unwrap_or_default())
            .with_nodes(self.addresses.map(|address| format!("http://{address}")))
            .with_expected_nodes(3)
            .with_gossip_interval(each(ASKED_EACH))
            .with_confirm(each(CONFIRMED_AFTER))
            .with_metrics_interval(each(MEASURED_EACH))
            .with_pace(self.tempo.speed)
            .with_physical_cores(CORES)
            .with_physical_memory(MEMORY)
            // What the detectors look at always passes. A service that counts metrics is not sent thousands in a minute.
            .with_exclude(["*"])
            .with_clock(StoryClock(Arc::clone(self)))
            .build()
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
        let inner = &self.inner;
        let fail = |what: &str| SourceError::new(SourceErrorKind::Misconfigured, what);
        let stage = Stage::new(inner.clock.now(), inner.tempo.speed, inner.random.clone());
        let listeners = inner.listeners.iter().map(TcpListener::try_clone).collect::<Result<_, _>>();
        let nodes = listeners.and_then(|listeners| stage.listen(listeners));
        let nodes = nodes.map_err(|error| fail("the simulated nodes cannot listen").with_source(error))?;
        let source = inner.source().map_err(|error| fail("the simulated nodes cannot be asked").with_source(error))?;
        inner.begin();
        let asked = source.open(None).await?;
        let (tell, told) = mpsc::unbounded();
        let mut driving = JoinSet::new();
        driving.spawn(drive(Arc::clone(inner), stage, tell));
        // Whoever drops the stream drops the nodes too.
        let ended = async move {
            driving.join_next().await;
            drop(nodes);
        };
        let asked = asked.map(|intake| intake.map(|intake| Intake { cursor: None, ..intake }));
        let asked = asked.take_until(ended.boxed());
        Ok(stream::select(asked, told.map(Ok)).boxed())
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
