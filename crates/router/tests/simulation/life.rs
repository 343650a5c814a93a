use std::time::Duration;

use tidegate_router::{Handle, Integration, Leftover, Router, RouterError, RouterErrorKind, Snapshot};
use tidegate_testkit::Crash;
use tokio::task::JoinHandle;

use crate::world::World;

/// How many minutes somebody asks who is told to ask again.
pub(crate) const PATIENCE: u64 = 5;

/// One life of the router, from a start to a stop or crash.
pub(crate) struct Life {
    pub(crate) crash: Crash,
    handle: Handle,
    running: JoinHandle<Result<Leftover, RouterError>>,
}

impl Life {
    /// Starts a router over what the stores have, by the configuration of now.
    pub(crate) fn begin(world: &mut World, crash: Crash) -> Self {
        let (journal, bulk, state) = world.stores.seen(&crash, &world.store_faults, &mut world.random);
        let mut builder = Router::builder()
            .with_source_watching(world.feed.clone(), world.named_resources())
            .with_detectors(world.detectors())
            .with_stores(journal, bulk, state)
            .with_clock(world.clock)
            .with_random(world.random.fork());
        let guest = world.guest.as_mut().map(|guest| guest.integration(&crash));
        for integration in world.services.integrations(&crash).into_iter().chain(guest) {
            builder = builder.with_integration(integration);
        }
        let router = builder.build().expect("names that fit");
        let handle = router.handle();
        let running = tokio::spawn(router.run());
        Self { crash, handle, running }
    }

    /// Ends it at once: whatever is under way never ends.
    pub(crate) async fn crash(self) {
        self.crash.trip();
        self.running.abort();
        let _ = self.running.await;
        // The tasks that it had started are dropped when the runtime comes to them.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    /// Ends it in order; whether it did before it crashed.
    pub(crate) async fn stop(mut self) -> Result<(), String> {
        self.handle.stop();
        let ended = tokio::select! {
            biased;
            () = self.crash.tripped() => None,
            ended = tokio::time::timeout(Duration::from_mins(5), &mut self.running) => Some(ended),
        };
        match ended {
            // A store that failed to the end is an error of the run, and no harm.
            Some(Ok(Ok(_))) => Ok(()),
            Some(Ok(Err(panicked))) => Err(format!("the router panicked: {panicked}")),
            Some(Err(_)) => Err("the router did not stop within 5 minutes".to_owned()),
            None => {
                self.crash().await;
                Ok(())
            }
        }
    }

    /// Adds an integration, as often as the store and one of that name that ends must be asked.
    pub(crate) async fn add(&self, integration: Integration) {
        self.insist(async || self.handle.add(integration.clone()).await).await;
    }

    pub(crate) async fn remove(&self, name: &'static str) {
        self.insist(async || self.handle.remove(name).await).await;
    }

    pub(crate) async fn retell(&self, name: &'static str) {
        self.insist(async || self.handle.retell(name).await).await;
    }

    pub(crate) async fn redeliver(&self, name: &'static str) {
        self.insist(async || self.handle.redeliver(name).await).await;
    }

    pub(crate) async fn replay(&self, name: &'static str) {
        self.insist(async || self.handle.replay(name).await).await;
    }

    /// Has an integration as `integration` says, whether one of its name is there or not.
    /// `patience`: how many minutes that may take.
    pub(crate) async fn ensure(&self, integration: Integration, patience: u64) {
        let ask = async || match self.handle.replace(integration.clone()).await {
            Err(error) if error.kind() == RouterErrorKind::NotFound => self.handle.add(integration.clone()).await,
            replaced => replaced,
        };
        self.insist_for(patience, ask).await;
    }

    /// Asks until it is done or the process ends; not for ever, since stores may be away for long.
    async fn insist(&self, ask: impl AsyncFn() -> Result<(), RouterError>) {
        self.insist_for(PATIENCE, ask).await;
    }

    async fn insist_for(&self, minutes: u64, ask: impl AsyncFn() -> Result<(), RouterError>) {
        let insist = async {
            for _ in 0..minutes * 40 {
                let Err(error) = ask().await else { return };
                match error.kind() {
                    RouterErrorKind::Store | RouterErrorKind::Busy => {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                    // It could not start for its stores, or could not be added before for them.
                    RouterErrorKind::Stopped | RouterErrorKind::NotFound => return,
                    kind => panic!("it is there, but: {kind}"),
                }
            }
        };
        tokio::select! {
            biased;
            () = self.crash.tripped() => {}
            // A router whose stores are away as it starts answers only when they are back.
            _ = tokio::time::timeout(Duration::from_mins(minutes), insist) => {}
        }
    }

    /// What a status page shows; nothing where it crashed.
    pub(crate) async fn snapshot(&self) -> Option<Snapshot> {
        tokio::select! {
            biased;
            () = self.crash.tripped() => None,
            snapshot = self.handle.snapshot() => snapshot.ok(),
        }
    }

    /// Whether it came to an end that nobody asked for: a store that failed at its start.
    pub(crate) async fn is_over(&mut self) -> Result<bool, String> {
        if !self.running.is_finished() || self.crash.is_tripped() {
            return Ok(false);
        }
        match (&mut self.running).await {
            Ok(Err(error)) if error.kind() == RouterErrorKind::Store => Ok(true),
            Ok(ended) => Err(format!("the router ended by itself: {ended:?}")),
            Err(panicked) => Err(format!("the router panicked: {panicked}")),
        }
    }
}
