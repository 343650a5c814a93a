use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tidegate_detect::Detector;
use tidegate_event::Resource;
use tidegate_sink::Sink;
use tidegate_source::Source;

use crate::{Refused, Section};

/// The kinds of sources, sinks and detectors that a configuration may name, each with a factory that makes one from a
/// [`Section`].
///
/// Nothing is registered by itself. A kind that is registered again is replaced.
pub struct Registry {
    pub(crate) sources: BTreeMap<String, SourceFactory>,
    pub(crate) sinks: BTreeMap<String, SinkFactory>,
    pub(crate) detectors: BTreeMap<String, DetectorEntry>,
    pub(crate) aliases: BTreeMap<String, String>,
}

type Factory<T> = Box<dyn Fn(&Section<'_>) -> Result<T, Refused> + Send + Sync>;
pub(crate) type SourceFactory = Factory<ConfiguredSource>;
pub(crate) type SinkFactory = Factory<Box<dyn Sink>>;

pub(crate) struct DetectorEntry {
    /// Whether it is there without a section.
    pub(crate) by_default: bool,
    pub(crate) make: Factory<Box<dyn Detector>>,
}

/// The spellings of Kurrent Cloud's Terraform provider, and ours.
const ALIASES: [(&str, &str); 4] = [
    ("opsGenie", "opsgenie"),
    ("pagerDuty", "pagerduty"),
    ("awsCloudWatchLogs", "cloudwatch-logs"),
    ("awsCloudWatchMetrics", "cloudwatch-metrics"),
];

impl Registry {
    /// Without any kind.
    pub fn new() -> Self {
        let aliases = ALIASES.into_iter().map(|(alias, kind)| (alias.to_owned(), kind.to_owned())).collect();
        Self { sources: BTreeMap::new(), sinks: BTreeMap::new(), detectors: BTreeMap::new(), aliases }
    }

    /// With the standard detectors, and with each source and sink that is a feature of this crate and switched on.
    pub fn standard() -> Self {
        let registry = crate::detectors::register(Self::new());
        #[cfg(feature = "source-host")]
        let registry = crate::host::register(registry);
        #[cfg(feature = "source-kurrentdb")]
        let registry = crate::kurrentdb::register(registry);
        #[cfg(feature = "source-tail")]
        let registry = crate::tail::register(registry);
        #[cfg(feature = "sink-cloudwatch-logs")]
        let registry = crate::cloudwatch::logs::register(registry);
        #[cfg(feature = "sink-cloudwatch-metrics")]
        let registry = crate::cloudwatch::metrics::register(registry);
        #[cfg(feature = "sink-console")]
        let registry = crate::console::register(registry);
        #[cfg(feature = "sink-opsgenie")]
        let registry = crate::opsgenie::register(registry);
        #[cfg(feature = "sink-pagerduty")]
        let registry = crate::pagerduty::register(registry);
        #[cfg(feature = "sink-slack")]
        let registry = crate::slack::register(registry);
        #[cfg(feature = "sink-webhook")]
        let registry = crate::webhook::register(registry);
        registry
    }

    /// Makes a `[[source]]` of `type = "kind"` by `factory`.
    pub fn with_source(
        mut self,
        kind: impl Into<String>,
        factory: impl Fn(&Section<'_>) -> Result<ConfiguredSource, Refused> + Send + Sync + 'static,
    ) -> Self {
        self.sources.insert(kind.into(), Box::new(factory));
        self
    }

    /// Makes the sink of an `[[integration]]` with `sink = "kind"` by `factory`.
    pub fn with_sink<S: Sink + 'static>(
        mut self,
        kind: impl Into<String>,
        factory: impl Fn(&Section<'_>) -> Result<S, Refused> + Send + Sync + 'static,
    ) -> Self {
        self.sinks.insert(kind.into(), Box::new(move |section| Ok(Box::new(factory(section)?))));
        self
    }

    /// Makes the detector of a `[detector.kind]` by `factory`. Without that section there is no such detector.
    pub fn with_detector<D: Detector + 'static>(
        self,
        kind: impl Into<String>,
        factory: impl Fn(&Section<'_>) -> Result<D, Refused> + Send + Sync + 'static,
    ) -> Self {
        self.with_detector_entry(kind.into(), false, factory)
    }

    /// The same, where the detector is there without a section too: then the factory gets an empty one. With
    /// `enabled = false` it is not.
    pub fn with_default_detector<D: Detector + 'static>(
        self,
        kind: impl Into<String>,
        factory: impl Fn(&Section<'_>) -> Result<D, Refused> + Send + Sync + 'static,
    ) -> Self {
        self.with_detector_entry(kind.into(), true, factory)
    }

    fn with_detector_entry<D: Detector + 'static>(
        mut self,
        kind: String,
        by_default: bool,
        factory: impl Fn(&Section<'_>) -> Result<D, Refused> + Send + Sync + 'static,
    ) -> Self {
        let make: Factory<Box<dyn Detector>> = Box::new(move |section| Ok(Box::new(factory(section)?)));
        self.detectors.insert(kind, DetectorEntry { by_default, make });
        self
    }

    /// Takes `alias` for the sink or source `kind` as well.
    pub fn with_alias(mut self, alias: impl Into<String>, kind: impl Into<String>) -> Self {
        self.aliases.insert(alias.into(), kind.into());
        self
    }

    /// The kind that is meant by `word`.
    pub(crate) fn resolve<'a>(&'a self, word: &'a str) -> &'a str {
        self.aliases.get(word).map_or(word, String::as_str)
    }
}

/// As [`new`](Registry::new): without any kind.
impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("sources", &self.sources.keys())
            .field("sinks", &self.sinks.keys())
            .field("detectors", &self.detectors.keys())
            .finish_non_exhaustive()
    }
}

/// A source, and what its section says about it.
pub struct ConfiguredSource {
    pub(crate) source: Box<dyn Source>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) measure_interval: Option<Duration>,
    pub(crate) round_interval: Option<Duration>,
    pub(crate) measured: Vec<Resource>,
    pub(crate) notes: Vec<String>,
    pub(crate) yielding: Option<Yielding>,
}

/// Makes a source anew of which others measure something.
pub(crate) type Yielding = Box<dyn FnOnce(&[Resource]) -> ConfiguredSource + Send + Sync>;

impl ConfiguredSource {
    /// A source that names no resources and measures nothing at an interval. Its name is to be that of the section.
    pub fn new(source: impl Source + 'static) -> Self {
        Self {
            source: Box::new(source),
            resources: Vec::new(),
            measure_interval: None,
            round_interval: None,
            measured: Vec::new(),
            notes: Vec::new(),
            yielding: None,
        }
    }

    /// The same, where the configuration names these resources: see
    /// [`with_polled_source`](tidegate_router::RouterBuilder::with_polled_source).
    pub fn with_resources(mut self, resources: impl IntoIterator<Item = Resource>) -> Self {
        self.resources = resources.into_iter().collect();
        self
    }

    /// The same, which measures at this interval. A detector's `stale_after` must be three times that.
    pub fn with_measure_interval(mut self, interval: Duration) -> Self {
        self.measure_interval = Some(interval);
        self
    }

    /// The same, which asks all nodes of a cluster for their views at this interval. The `stale_after` of
    /// `cluster-consensus` must be three times that.
    pub fn with_round_interval(mut self, interval: Duration) -> Self {
        self.round_interval = Some(interval);
        self
    }

    /// The same, which measures load, memory and disks of these nodes on their own machines. No other source measures
    /// those then: see [`with_yielding`](Self::with_yielding).
    pub fn with_measured(mut self, nodes: impl IntoIterator<Item = Resource>) -> Self {
        self.measured = nodes.into_iter().collect();
        self
    }

    /// The same, which may be made anew by `yielding`: it is handed the nodes that the sources of the configuration
    /// measure on their own machines, and gives a source that leaves these to them.
    pub fn with_yielding(mut self, yielding: impl FnOnce(&[Resource]) -> Self + Send + Sync + 'static) -> Self {
        self.yielding = Some(Box::new(yielding));
        self
    }

    /// The same with what an operator should know of it before it runs, a sentence each.
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes = notes.into_iter().collect();
        self
    }

    /// What an operator should know of it before it runs, such as what it cannot measure.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The same, where `measured` are the nodes that are measured on their own machines.
    pub(crate) fn beside(mut self, measured: &[Resource]) -> Self {
        match self.yielding.take() {
            Some(yielding) if !measured.is_empty() => yielding(measured),
            _ => self,
        }
    }

    /// The source.
    pub fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// The resources that the configuration names for it.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }
}

impl fmt::Debug for ConfiguredSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfiguredSource")
            .field("source", &self.source.name())
            .field("resources", &self.resources)
            .field("measure_interval", &self.measure_interval)
            .field("round_interval", &self.round_interval)
            .finish()
    }
}
