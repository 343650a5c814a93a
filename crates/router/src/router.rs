use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tidegate_base::{Clock, Random, SystemClock};
use tidegate_detect::Detector;
use tidegate_event::{Name, Resource};
use tidegate_source::Source;
use tidegate_store::{EventLog, MemoryLog, MemoryState, StateStore};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::core::{Core, GivenUp, Input, Watched};
use crate::handle::{Handle, Request};
use crate::inlet::{INPUTS, Inlet};
use crate::integration::validate_name;
use crate::pump::Pump;
use crate::stores::Stores;
use crate::{Integration, Leftover, RouterError, RouterErrorKind, SINK_UNAVAILABLE, SOURCE_UNAVAILABLE, STORE_FAILING};

/// How long a router that stops tries to write what the sources had handed in, where a store fails.
const LONGEST_DRAIN: Duration = Duration::from_secs(5);
/// The most that the journal in memory holds for lanes that are behind. Past it nothing is taken until one has read on.
const JOURNAL_BYTES: usize = 256 * 1024 * 1024;
/// About how much of what was decided is kept in memory while a store fails.
const RESERVE_BYTES: usize = 16 * 1024 * 1024;
/// About how much the memory bulk log holds.
const BULK_BYTES: usize = 64 * 1024 * 1024;

/// Puts a [`Router`] together.
///
/// Without stores of its own a router keeps everything in memory: the bulk log drops its oldest over 64 MiB, and the
/// journal makes the sources wait over 256 MiB, which a sink that is away reaches only once its window is full.
pub struct RouterBuilder {
    sources: Vec<Given>,
    detectors: Vec<Box<dyn Detector>>,
    integrations: Vec<Integration>,
    journal: Arc<dyn EventLog>,
    bulk: Arc<dyn EventLog>,
    state: Arc<dyn StateStore>,
    clock: Arc<dyn Clock>,
    random: Random,
    grace: Duration,
    reserve: usize,
}

impl Default for RouterBuilder {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            detectors: Vec::new(),
            integrations: Vec::new(),
            journal: Arc::new(MemoryLog::refusing(JOURNAL_BYTES)),
            bulk: Arc::new(MemoryLog::bounded(BULK_BYTES)),
            state: Arc::new(MemoryState::new()),
            clock: Arc::new(SystemClock::new()),
            random: Random::from_entropy(),
            grace: Duration::from_secs(10),
            reserve: RESERVE_BYTES,
        }
    }
}

/// A source, and what it watches.
struct Given {
    source: Arc<dyn Source>,
    resources: Vec<Resource>,
    /// It is closed while all of them are retired.
    is_polled: bool,
}

impl Given {
    fn new(source: impl Source + 'static, resources: impl IntoIterator<Item = Resource>) -> Self {
        Self { source: Arc::new(source), resources: resources.into_iter().collect(), is_polled: false }
    }
}

impl RouterBuilder {
    /// Watches or listens to `source`.
    pub fn with_source(self, source: impl Source + 'static) -> Self {
        self.with_source_watching(source, [])
    }

    /// The same, where the configuration names these resources for it: an issue of one of them is closed at a later
    /// start whose configuration does not name it any more.
    pub fn with_source_watching(
        mut self,
        source: impl Source + 'static,
        resources: impl IntoIterator<Item = Resource>,
    ) -> Self {
        self.sources.push(Given::new(source, resources));
        self
    }

    /// The same for a source that asks these resources. While all of them are [retired](Handle::retire) it is closed:
    /// nothing is asked of what is gone on purpose. It goes on where it was once one of them is restored, which somebody
    /// else must say.
    pub fn with_polled_source(
        mut self,
        source: impl Source + 'static,
        resources: impl IntoIterator<Item = Resource>,
    ) -> Self {
        self.sources.push(Given { is_polled: true, ..Given::new(source, resources) });
        self
    }

    /// Lets `detector` see every signal.
    pub fn with_detector(mut self, detector: impl Detector + 'static) -> Self {
        self.detectors.push(Box::new(detector));
        self
    }

    /// Lets each of `detectors` see every signal.
    pub fn with_detectors(mut self, detectors: impl IntoIterator<Item = Box<dyn Detector>>) -> Self {
        self.detectors.extend(detectors);
        self
    }

    /// Tells `integration`.
    pub fn with_integration(mut self, integration: Integration) -> Self {
        self.integrations.push(integration);
        self
    }

    /// Keeps issue events and notifications in `journal`, logs and metrics in `bulk`, everything else in `state`.
    pub fn with_stores(
        mut self,
        journal: impl EventLog + 'static,
        bulk: impl EventLog + 'static,
        state: impl StateStore + 'static,
    ) -> Self {
        self.journal = Arc::new(journal);
        self.bulk = Arc::new(bulk);
        self.state = Arc::new(state);
        self
    }

    /// Takes the time from `clock`.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Takes jitter and identities from `random`.
    pub fn with_random(mut self, random: Random) -> Self {
        self.random = random;
        self
    }

    /// Lets the lanes deliver for this long after the sources have stopped. Default 10 s.
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Keeps about so many bytes of what was decided in memory while a store fails or is slow: detectors see on and what
    /// they find waits there. Past that the sources wait. Default 16 MiB.
    pub fn with_reserve_bytes(mut self, bytes: usize) -> Self {
        self.reserve = bytes;
        self
    }

    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// When two sources, detectors or integrations have one name, or a name is not fit for one.
    pub fn build(self) -> Result<Router, RouterError> {
        unique("source", self.sources.iter().map(|given| given.source.name()))?;
        let kinds = self.detectors.iter().map(Detector::kind);
        unique("detector", kinds.chain([SINK_UNAVAILABLE, SOURCE_UNAVAILABLE, STORE_FAILING]))?;
        unique("integration", self.integrations.iter().map(|integration| &**integration.name()))?;
        let (inlet, inbox) = Inlet::new();
        let (requests, asked) = mpsc::channel(16);
        let (stop, stopping) = watch::channel(false);
        let handle = Handle { inlet, requests, stop };
        Ok(Router { parts: self, handle, inbox, asked, stopping })
    }
}

impl fmt::Debug for RouterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterBuilder")
            .field("sources", &self.sources.iter().map(|given| given.source.name()).collect::<Vec<_>>())
            .field("detectors", &self.detectors.iter().map(Detector::kind).collect::<Vec<_>>())
            .field("integrations", &self.integrations)
            .finish_non_exhaustive()
    }
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), RouterError> {
    let mut known = BTreeSet::new();
    for name in names {
        validate_name(what, name)?;
        if !known.insert(name) {
            let context = format!("two of the name `{name}` among the {what}s; names must differ");
            return Err(RouterError::new(RouterErrorKind::InvalidName, context));
        }
    }
    Ok(())
}

/// Drives sources, detectors, ledger, logs and lanes.
#[derive(Debug)]
pub struct Router {
    parts: RouterBuilder,
    handle: Handle,
    inbox: mpsc::Receiver<Input>,
    asked: mpsc::Receiver<Request>,
    stopping: watch::Receiver<bool>,
}

impl Router {
    /// Begins to put a router together.
    pub fn builder() -> RouterBuilder {
        RouterBuilder::default()
    }

    /// Steers it from outside, before and while it runs.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs until [`Handle::stop`] is called. Then the sources stop, what they handed in is taken, and the lanes
    /// deliver for the grace period. When it returns, or is dropped, nothing of it runs any more.
    ///
    /// Runs on a tokio runtime with time enabled.
    ///
    /// # Errors
    /// When what is stored cannot be read at start, or the logs failed until it was stopped.
    pub async fn run(self) -> Result<Leftover, RouterError> {
        let Self { parts, handle, inbox, asked, stopping } = self;
        let RouterBuilder { sources, detectors, integrations, journal, bulk, state, clock, mut random, grace, reserve } =
            parts;
        let stores = Stores { journal, bulk, state, clock };
        let watched = sources
            .iter()
            .map(|given| Watched::new(Name::from(given.source.name()), given.resources.clone(), given.is_polled))
            .collect();
        let random_of_core = random.fork();
        let core =
            Core::start(stores, random_of_core, detectors, watched, integrations, reserve, stopping.clone()).await?;
        let mut pumps = JoinSet::new();
        for (number, Given { source, .. }) in sources.into_iter().enumerate() {
            let (inlet, random) = (handle.inlet.clone(), random.fork());
            let pump = Pump { number, source, core: inlet, random, resting: core.resting(number) };
            pumps.spawn(pump.run(core.cursor(number)));
        }
        let work = Work { core, inbox, asked, stopping, inputs: Vec::new(), _handle: handle };
        work.run(pumps, grace).await
    }
}

struct Work {
    core: Core,
    inbox: mpsc::Receiver<Input>,
    asked: mpsc::Receiver<Request>,
    stopping: watch::Receiver<bool>,
    inputs: Vec<Input>,
    /// Keeps the channels open where nobody else does: a router whose handles are all gone runs on.
    _handle: Handle,
}

impl Work {
    async fn run(mut self, mut pumps: JoinSet<()>, grace: Duration) -> Result<Leftover, RouterError> {
        self.work().await;
        pumps.shutdown().await;
        self.inbox.close();
        self.asked.close();
        let drained = self.drain().await;
        let leftover = self.core.stop(grace).await;
        drained.map(|()| leftover).map_err(RouterError::from)
    }

    /// Until it is told to stop. What fails to be written is tried again beside everything else; what comes in meanwhile is
    /// taken while there is room for it, one at a time, so that it is passed by one at the most.
    async fn work(&mut self) {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let (writing, room) = (self.core.is_writing(), self.core.has_room());
            let most = if writing { 1 } else { INPUTS };
            tokio::select! {
                biased;
                () = stopped(&mut self.stopping) => return,
                _ = seconds.tick() => self.core.tick().await,
                Some(request) = self.asked.recv() => self.answer(request).await,
                () = self.core.progress(), if writing => self.core.write_on().await,
                _ = self.inbox.recv_many(&mut self.inputs, most), if room => {
                    self.core.take(&mut self.inputs).await;
                }
            }
        }
    }

    /// Takes what the sources had handed in when they were stopped.
    async fn drain(&mut self) -> Result<(), GivenUp> {
        self.core.write_surely(LONGEST_DRAIN).await?;
        while self.inbox.recv_many(&mut self.inputs, INPUTS).await > 0 {
            self.core.take(&mut self.inputs).await;
            self.core.write_surely(LONGEST_DRAIN).await?;
        }
        Ok(())
    }

    /// Whoever asked may have gone: then nobody wants the answer.
    async fn answer(&mut self, request: Request) {
        match request {
            Request::Add(integration, reply) => {
                let _ = reply.send(self.add(*integration).await);
            }
            Request::Replace(integration, reply) => {
                let _ = reply.send(self.replace(*integration).await);
            }
            Request::Remove(name, reply) => {
                let _ = reply.send(found(self.core.remove(&name), &name));
            }
            Request::Retell(name, reply) => {
                let known = found(self.core.has(&name), &name);
                let _ = reply.send(known.and_then(|()| self.core.retell(&name)));
            }
            Request::Redeliver(name, reply) => {
                let _ = reply.send(found(self.core.redeliver(&name), &name));
            }
            Request::Replay(name, reply) => {
                let known = found(self.core.has(&name), &name);
                let _ = reply.send(known.and_then(|()| self.core.replay(&name)));
            }
            Request::Snapshot(reply) => {
                let _ = reply.send(self.core.snapshot());
            }
        }
    }

    async fn add(&mut self, integration: Integration) -> Result<(), RouterError> {
        integration.validate()?;
        let name = integration.name();
        if self.core.has(name) {
            let context = format!("there is an integration `{name}` already; replace it");
            return Err(RouterError::new(RouterErrorKind::InvalidName, context));
        }
        if self.core.is_leaving(name) {
            let context = format!("the integration `{name}` that was removed has deliveries under way; add it later");
            return Err(RouterError::new(RouterErrorKind::Busy, context));
        }
        self.core.replace(integration).await
    }

    async fn replace(&mut self, integration: Integration) -> Result<(), RouterError> {
        found(self.core.has(integration.name()), integration.name())?;
        self.core.replace(integration).await
    }
}

/// Waits until the router is told to stop.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that every handle is gone, and the router keeps one itself.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

fn found(found: bool, name: &str) -> Result<(), RouterError> {
    let missing = || RouterError::new(RouterErrorKind::NotFound, format!("there is no integration `{name}`"));
    if found { Ok(()) } else { Err(missing()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_runs_on_any_thread() {
        fn is_send(_: &impl Send) {}
        let router = Router::builder().build().expect("nothing contradicts itself");
        is_send(&router.run());
    }
}
