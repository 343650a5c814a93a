use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tidegate_base::Secret;
use tidegate_detect::Detector;
use tidegate_router::{Integration, Router, RouterBuilder};

use crate::ConfiguredSource;

/// Everything that a configuration asks for, checked and made, and not running yet.
pub struct Plan {
    pub(crate) sources: Vec<ConfiguredSource>,
    pub(crate) detectors: Vec<Box<dyn Detector>>,
    pub(crate) integrations: Vec<PlannedIntegration>,
    pub(crate) status: Option<SocketAddr>,
    pub(crate) intake_token: Option<Secret>,
    pub(crate) storage: Storage,
}

/// Where a configuration wants events and state to be kept, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    pub(crate) dir: Option<PathBuf>,
    pub(crate) journal_bytes: u64,
    pub(crate) bulk_bytes: u64,
}

impl Storage {
    /// The folder, of `state_dir`; `None`: everything is kept in memory.
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// How many bytes the journal takes at most, of `journal_size`. A journal forgets nothing: at its bound it refuses.
    pub fn journal_bytes(&self) -> u64 {
        self.journal_bytes
    }

    /// How many bytes the bulk log takes at most, of `bulk_size`. Over it the oldest logs and metrics are dropped.
    pub fn bulk_bytes(&self) -> u64 {
        self.bulk_bytes
    }
}

impl Plan {
    /// The sources, in the order of the file.
    pub fn sources(&self) -> &[ConfiguredSource] {
        &self.sources
    }

    /// The kinds of the detectors: those of the file and those that are there by default.
    pub fn detectors(&self) -> impl Iterator<Item = &str> {
        self.detectors.iter().map(Detector::kind)
    }

    /// The integrations, in the order of the file.
    pub fn integrations(&self) -> &[PlannedIntegration] {
        &self.integrations
    }

    /// The integration of this name.
    pub fn integration(&self, name: &str) -> Option<&PlannedIntegration> {
        self.integrations.iter().find(|one| &**one.integration.name() == name)
    }

    /// Where the status is to be served, of `[status]`.
    pub fn status(&self) -> Option<SocketAddr> {
        self.status
    }

    /// The token of who may say notifications at the address of the status, of `[intake]`; `None`: only who is on this
    /// machine may.
    pub fn intake_token(&self) -> Option<&Secret> {
        self.intake_token.as_ref()
    }

    /// Where events and state are to be kept, of `state_dir` and the sizes. The router of
    /// [`into_router`](Plan::into_router) keeps them in memory until it is given stores.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The same without its sources, for a program that plays them itself.
    pub fn without_sources(mut self) -> Self {
        self.sources.clear();
        self
    }

    /// The same with each detector as `change` makes it, such as a wrapper that sees what it finds.
    pub fn map_detectors(mut self, change: impl FnMut(Box<dyn Detector>) -> Box<dyn Detector>) -> Self {
        self.detectors = self.detectors.into_iter().map(change).collect();
        self
    }

    /// The same with each integration as `change` makes it, such as one that takes more.
    pub fn map_integrations(mut self, mut change: impl FnMut(Integration) -> Integration) -> Self {
        for planned in &mut self.integrations {
            planned.integration = change(planned.integration.clone());
        }
        self
    }

    /// The router, to which more can be added.
    pub fn into_router(self) -> RouterBuilder {
        let router = Router::builder().with_detectors(self.detectors);
        let router =
            self.sources.into_iter().fold(router, |router, one| router.with_polled_source(one.source, one.resources));
        self.integrations.into_iter().fold(router, |router, one| router.with_integration(one.integration))
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("sources", &self.sources)
            .field("detectors", &self.detectors().collect::<Vec<_>>())
            .field("integrations", &self.integrations)
            .field("status", &self.status)
            .finish()
    }
}

/// An integration, and what the file says of it beyond that.
#[derive(Debug, Clone)]
pub struct PlannedIntegration {
    pub(crate) integration: Integration,
    pub(crate) kind: String,
    pub(crate) description: Option<String>,
}

impl PlannedIntegration {
    /// The integration.
    pub fn integration(&self) -> &Integration {
        &self.integration
    }

    /// The kind of its sink, such as `console`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What the operator wrote about it.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }
}
