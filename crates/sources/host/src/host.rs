use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tidegate_base::Clock;
use tidegate_event::{Cursor, Name, Resource, Signal};
use tidegate_source::{Intake, Source, SourceError, SourceErrorKind};
use tokio::time::MissedTickBehavior;

use crate::mounts::Mount;
use crate::roots::{Measured, Roots};
use crate::round::{Rounds, blocking};
use crate::select::Watched;
use crate::volumes::Asker;
use crate::{Basis, HostBuilder, Volume, mounts};

/// This machine: load, memory and disks, measured each interval. Cheap to clone.
///
/// It has no cursor: after a restart it measures anew. Nobody waits for its acks, since the next measurement follows.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) name: String,
    pub(crate) node: Resource,
    pub(crate) interval: Duration,
    /// Empty: all local filesystems.
    pub(crate) volumes: Vec<Name>,
    pub(crate) cgroup: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) roots: Roots,
    pub(crate) asker: Asker,
    pub(crate) warned_of_cores: AtomicBool,
}

impl Host {
    /// This machine, with default settings until others are set.
    pub fn builder() -> HostBuilder {
        HostBuilder::new()
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// How long it is from one measurement to the next.
    pub fn interval(&self) -> Duration {
        self.inner.interval
    }

    /// The node as which this machine is known.
    pub fn node(&self) -> &Resource {
        &self.inner.node
    }

    /// What the configuration names: the node, and each volume of [`HostBuilder::with_volumes`]. For the router, which
    /// closes the issues of what is no longer named.
    pub fn resources(&self) -> Vec<Resource> {
        let volumes = self.inner.volumes.iter().map(|name| self.node().clone().with_part(name.clone()));
        std::iter::once(self.node().clone()).chain(volumes).collect()
    }

    /// The volumes that it watches now, by mount point: the named ones in their order, or all local ones. One that does
    /// not answer is among them, and holds this up for 5 s, or the interval where that is shorter.
    ///
    /// # Errors
    /// [`SourceErrorKind::Misconfigured`] on other systems than Linux; [`SourceErrorKind::Unreachable`] when the mounts
    /// cannot be read.
    pub async fn volumes(&self) -> Result<Vec<Volume>, SourceError> {
        supported(std::env::consts::OS)?;
        let inner = Arc::clone(&self.inner);
        let mounts = blocking(move || mounts::mounts(&inner.roots)).await?;
        let watched =
            self.inner.watched(mounts).await.map_err(|why| SourceError::new(SourceErrorKind::Unreachable, why))?;
        let volume = |Watched { name, mount }| Volume {
            resource: self.node().clone().with_part(name),
            filesystem: mount.map(|mount| mount.kind.into()),
        };
        Ok(watched.into_iter().map(volume).collect())
    }

    /// Measures once, now: the signals that the stream would hand in, whether it is open or not.
    ///
    /// # Errors
    /// [`SourceErrorKind::Misconfigured`] on other systems than Linux; [`SourceErrorKind::Unreachable`] when nothing at
    /// all can be read.
    pub async fn measure(&self) -> Result<Vec<Signal>, SourceError> {
        supported(std::env::consts::OS)?;
        Rounds::new(Arc::clone(&self.inner)).next().await
    }

    /// What the figures are of, now: where it cannot be read, as if nothing were out of the ordinary.
    ///
    /// # Errors
    /// [`SourceErrorKind::Misconfigured`] on other systems than Linux.
    pub async fn basis(&self) -> Result<Basis, SourceError> {
        supported(std::env::consts::OS)?;
        let inner = Arc::clone(&self.inner);
        blocking(move || Basis::of(&inner.roots, inner.cgroup)).await
    }
}

impl Inner {
    /// Which of `mounts` are the volumes to watch. A named one is among them though nothing can be read.
    pub(crate) async fn watched(&self, mounts: Measured<Vec<Mount>>) -> Measured<Vec<Watched>> {
        if self.volumes.is_empty() {
            return Ok(self.asker.local(&mounts?).await);
        }
        Ok(match mounts {
            Ok(mounts) => self.asker.named(&mounts, &self.volumes).await,
            Err(why) => {
                let unknown = |name: &Name| Watched { name: name.clone(), mount: Err(why.clone()) };
                self.volumes.iter().map(unknown).collect()
            }
        })
    }

    /// Says once that cores are not the physical ones.
    pub(crate) fn warn_of_cores(&self) {
        if !self.warned_of_cores.swap(true, Ordering::Relaxed) {
            tracing::warn!(source = %self.name, "this machine does not tell its physical cores; each logical core counts");
        }
    }
}

#[async_trait]
impl Source for Host {
    fn name(&self) -> &str {
        &self.inner.name
    }

    async fn open(
        &self,
        _from: Option<Cursor>,
    ) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        supported(std::env::consts::OS)?;
        self.inner.roots.check()?;
        let mut interval = tokio::time::interval(self.inner.interval);
        // A measurement that was late is not made up for: it would be of the same moment.
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let rounds = Rounds::new(Arc::clone(&self.inner));
        let next = |state: Option<_>| async move {
            let (mut interval, mut rounds): (tokio::time::Interval, Rounds) = state?;
            interval.tick().await;
            match rounds.next().await {
                Ok(signals) => Some((Ok(Intake::new(signals)), Some((interval, rounds)))),
                Err(error) => Some((Err(error), None)),
            }
        };
        Ok(stream::unfold(Some((interval, rounds)), next).boxed())
    }
}

/// Refuses systems that tell of themselves in other ways.
fn supported(system: &str) -> Result<(), SourceError> {
    if system == "linux" {
        return Ok(());
    }
    let context = format!("measuring this machine, which runs {system}: the host source knows Linux only");
    Err(SourceError::new(SourceErrorKind::Misconfigured, context))
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { name, node, interval, volumes, cgroup, .. } = &*self.inner;
        f.debug_struct("Host")
            .field("name", name)
            .field("node", &node.to_string())
            .field("interval", interval)
            .field("volumes", volumes)
            .field("cgroup", cgroup)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_systems_are_refused_in_clear_words() {
        assert!(supported("linux").is_ok());
        let error = supported("macos").expect_err("another system");
        assert_eq!(error.kind(), SourceErrorKind::Misconfigured);
        let expected = "measuring this machine, which runs macos: the host source knows Linux only: misconfigured";
        assert_eq!(error.to_string(), expected);
    }
}
