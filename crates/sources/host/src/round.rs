//! One measurement after the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tidegate_event::{Name, Resource, Sample, Signal};
use tidegate_source::{SourceError, SourceErrorKind};

use crate::cores::{self, Cores};
use crate::filesystems::Space;
use crate::host::Inner;
use crate::memory::{self, Memory};
use crate::mounts::{self, Mount};
use crate::roots::Measured;
use crate::select::Watched;

/// Measures again and again, and remembers which volumes there were.
pub(crate) struct Rounds {
    host: Arc<Inner>,
    known: BTreeSet<Name>,
}

/// What the kernel's files tell.
struct Figures {
    load: Measured<[f64; 3]>,
    cores: Measured<Cores>,
    memory: Measured<Memory>,
    mounts: Measured<Vec<Mount>>,
}

impl Rounds {
    pub(crate) fn new(host: Arc<Inner>) -> Self {
        Self { host, known: BTreeSet::new() }
    }

    /// One measurement.
    pub(crate) async fn next(&mut self) -> Result<Vec<Signal>, SourceError> {
        let at = self.host.clock.now();
        let figures = read(&self.host).await?;
        if figures.cores.as_ref().is_ok_and(|cores| matches!(cores, Cores::Logical(_))) {
            self.host.warn_of_cores();
        }
        let mut told = Told { node: &self.host.node, at, signals: Vec::new() };
        told.load(figures.load, figures.cores);
        told.memory(figures.memory);
        match self.host.watched(figures.mounts).await {
            Ok(volumes) => {
                let spaces = self.host.asker.spaces(&volumes).await;
                told.gone(&self.known, &volumes);
                self.known = volumes.iter().map(|volume| volume.name.clone()).collect();
                for (volume, space) in volumes.iter().zip(spaces) {
                    told.space(&volume.name, space);
                }
            }
            Err(why) => told.no_volumes(&self.known, &why),
        }
        Ok(told.signals)
    }
}

async fn read(host: &Arc<Inner>) -> Result<Figures, SourceError> {
    let host = Arc::clone(host);
    let read = move || {
        host.roots.check()?;
        Ok(Figures {
            load: cores::load(&host.roots),
            cores: cores::cores(&host.roots),
            memory: memory::memory(&host.roots, host.cgroup),
            mounts: mounts::mounts(&host.roots),
        })
    };
    blocking(read).await?
}

/// Runs what may block on a thread that may.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SourceError> {
    let failed = |error| SourceError::new(SourceErrorKind::Unreachable, "measuring this machine").with_source(error);
    tokio::task::spawn_blocking(work).await.map_err(failed)
}

/// The signals of one measurement.
struct Told<'a> {
    node: &'a Resource,
    at: DateTime<Utc>,
    signals: Vec<Signal>,
}

impl Told<'_> {
    fn load(&mut self, load: Measured<[f64; 3]>, cores: Measured<Cores>) {
        match cores {
            Ok(Cores::Physical(count) | Cores::Logical(count)) => {
                self.sample("system.cpu.physical.count", None, count as f64, "1");
            }
            Err(why) => self.gap("cpu", why),
        }
        match load {
            Ok([one, five, fifteen]) => {
                self.sample("system.load.1m", None, one, "1");
                self.sample("system.load.5m", None, five, "1");
                self.sample("system.load.15m", None, fifteen, "1");
            }
            Err(why) => self.gap("load", why),
        }
    }

    fn memory(&mut self, memory: Measured<Memory>) {
        let memory = match memory {
            Ok(memory) => memory,
            Err(why) => return self.gap("memory", why),
        };
        self.bytes("system.memory.total", None, memory.total);
        self.bytes("system.memory.used", None, memory.used);
        self.bytes("system.memory.available", None, memory.total.saturating_sub(memory.used));
        if let Some(swap) = memory.swap {
            self.bytes("system.paging.total", None, swap.total);
            self.bytes("system.paging.used", None, swap.used);
        }
    }

    fn space(&mut self, volume: &Name, space: Measured<Space>) {
        match space {
            Ok(space) => {
                self.bytes("system.filesystem.size", Some(volume), space.size());
                self.bytes("system.filesystem.used", Some(volume), space.used());
            }
            Err(why) => self.gap(volume.clone(), why),
        }
    }

    /// Tells of each of `known` that is no longer among `volumes`.
    fn gone(&mut self, known: &BTreeSet<Name>, volumes: &[Watched]) {
        let there: BTreeSet<&Name> = volumes.iter().map(|volume| &volume.name).collect();
        for name in known.iter().filter(|name| !there.contains(name)) {
            self.gap(name.clone(), format!("{name} is no longer mounted"));
        }
    }

    fn no_volumes(&mut self, known: &BTreeSet<Name>, why: &str) {
        self.gap("filesystems", why.to_owned());
        for name in known {
            self.gap(name.clone(), why.to_owned());
        }
    }

    fn bytes(&mut self, name: &str, volume: Option<&Name>, bytes: u64) {
        self.sample(name, volume, bytes as f64, "By");
    }

    fn sample(&mut self, name: &str, volume: Option<&Name>, value: f64, unit: &str) {
        let mut resource = self.node.clone();
        resource.part = volume.cloned();
        // Every value here is finite: a count, or checked when it was read.
        self.signals.extend(Sample::new(name, resource, value, unit, self.at).ok().map(Signal::from));
    }

    fn gap(&mut self, part: impl Into<Name>, why: String) {
        self.signals.push(Signal::Gap { resource: self.node.clone().with_part(part), why });
    }
}
