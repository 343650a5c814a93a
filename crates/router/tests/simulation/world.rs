use std::collections::{BTreeMap, BTreeSet};

use tidegate_base::{Clock, Random};
use tidegate_detect::{Detector, Measure, Rule, Threshold};
use tidegate_event::{IssueKey, LogRecord, Notification, Resource, Sample, Severity, Signal};

use crate::clock::SimulatedClock;
use crate::feed::Feed;
use crate::guest::Guest;
use crate::life::Life;
use crate::services::Services;
use crate::stores::{MemoryStores, Stores, Turbulence};

/// How many nodes are watched; the last is known by discovery only: no configuration ever names it.
pub(crate) const NODES: usize = 4;
/// The limit of both detectors.
pub(crate) const LIMIT: f64 = 0.8;
/// The detector that is always there, and the one that a configuration may drop.
pub(crate) const KINDS: [&str; 2] = ["sim-level", "sim-extra"];
/// What a resource is retired with.
pub(crate) const RETIRED: &str = "Taken out of service.";

/// How bad a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Good,
    Bad,
    Worse,
}

/// Everything that is there, and all that was done to it.
pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) clock: SimulatedClock,
    pub(crate) stores: Box<dyn Stores>,
    pub(crate) store_faults: Turbulence,
    pub(crate) services: Services,
    pub(crate) guest: Option<Box<dyn Guest>>,
    pub(crate) feed: Feed,
    pub(crate) life: Option<Life>,
    /// The nodes that the configuration names.
    pub(crate) named: BTreeSet<usize>,
    /// Whether the second detector is configured.
    pub(crate) extra: bool,
    /// The nodes that some configuration stopped naming.
    pub(crate) unnamed: BTreeSet<usize>,
    /// The nodes that were ever retired, and those that are now.
    pub(crate) ever_retired: BTreeSet<usize>,
    pub(crate) retired: BTreeSet<usize>,
    /// The last value of each series.
    pub(crate) levels: BTreeMap<(usize, usize), f64>,
    /// Of each value the items that said it first and last.
    pub(crate) said: BTreeMap<u64, (usize, usize)>,
    /// Of each notification the last revision, and the item that said it.
    pub(crate) notifications: BTreeMap<String, (u32, usize)>,
    /// Of each log line the item that said it.
    pub(crate) logs: BTreeMap<String, usize>,
    pub(crate) trace: Vec<String>,
    /// Dead letters are delivered again, and what was told is told once more.
    pub(crate) again: bool,
    counter: u32,
}

/// The seeds from this one on make schedules in which things are told again.
pub(crate) const AGAIN: u64 = 1 << 32;

/// The seeds from this one on make schedules in which the logs are away at times, and the state is not.
pub(crate) const LOGS_AWAY: u64 = 1 << 33;

impl World {
    /// One whose stores are in memory.
    pub(crate) fn new(seed: u64) -> Self {
        Self::over(seed, |random| Box::new(MemoryStores::new(random)))
    }

    pub(crate) fn over(seed: u64, stores: impl FnOnce(&mut Random) -> Box<dyn Stores>) -> Self {
        let mut random = Random::seeded(seed);
        let one_in = [0, 40, 8][usize::try_from(random.below(3)).expect("one of three")];
        let clock = SimulatedClock::new();
        Self {
            clock,
            stores: stores(&mut random),
            store_faults: Turbulence::new(random.fork(), one_in).of_logs_alone(seed >= LOGS_AWAY),
            services: Services::new(&mut random),
            guest: crate::guest(seed, clock),
            feed: Feed::default(),
            life: None,
            named: (0..NODES - 1).collect(),
            extra: true,
            unnamed: BTreeSet::new(),
            ever_retired: BTreeSet::new(),
            retired: BTreeSet::new(),
            levels: BTreeMap::new(),
            said: BTreeMap::new(),
            notifications: BTreeMap::new(),
            logs: BTreeMap::new(),
            trace: Vec::new(),
            again: (AGAIN..LOGS_AWAY).contains(&seed),
            counter: 0,
            random,
        }
    }

    pub(crate) fn note(&mut self, what: impl AsRef<str>) {
        let crash = self.life.as_ref().map_or(0, |life| life.crash.points());
        let line = format!("{:9.3} s, point {crash}: {}", self.clock.seconds(), what.as_ref());
        if std::env::var_os("TIDEGATE_TRACE").is_some() {
            eprintln!("{line}");
        }
        self.trace.push(line);
    }

    pub(crate) fn detectors(&self) -> Vec<Box<dyn Detector>> {
        let kinds = if self.extra { &KINDS[..] } else { &KINDS[..1] };
        kinds
            .iter()
            .map(|kind| {
                let open = Rule::at_once(LIMIT);
                let built = Threshold::builder(*kind, Measure::value(*kind, "1"), open).with_critical(0.95).build();
                Box::new(built.expect("figures that fit")) as Box<dyn Detector>
            })
            .collect()
    }

    /// The resources that the configuration names.
    pub(crate) fn named_resources(&self) -> Vec<Resource> {
        self.named.iter().map(|node| resource(*node)).collect()
    }

    /// Says a new figure for a series.
    pub(crate) fn say_level(&mut self, node: usize, kind: usize, level: Level) {
        self.counter += 1;
        let base = match level {
            Level::Good => 0.5,
            Level::Bad => 0.85,
            Level::Worse => 0.97,
        };
        // No two alike, so that what a close was found by can be told.
        self.say_value(node, kind, base + f64::from(self.counter) * 1e-7);
        self.note(format!("node {node} {} {level:?}", KINDS[kind]));
    }

    pub(crate) fn say_value(&mut self, node: usize, kind: usize, value: f64) {
        let sample = Sample::new(KINDS[kind], resource(node), value, "1", self.clock.now()).expect("finite");
        let item = self.feed.say(vec![Signal::from(sample)]);
        self.levels.insert((node, kind), value);
        self.said.entry(value.to_bits()).or_insert((item, item)).1 = item;
    }

    pub(crate) fn say_notification(&mut self, id: &str, revision: u32) {
        self.counter += 1;
        let severity = if self.random.one_in(3) { Severity::Critical } else { Severity::Warning };
        let notification = Notification::new(id, "sim", format!("number {}", self.counter), self.clock.now())
            .with_revision(revision)
            .with_severity(severity);
        let item = self.feed.say(vec![Signal::from(notification)]);
        let known = self.notifications.entry(id.to_owned()).or_insert((revision, item));
        if revision > known.0 {
            *known = (revision, item);
        }
        self.note(format!("notification {id} revision {revision}"));
    }

    pub(crate) fn say_logs(&mut self, lines: u64) {
        let mut signals = Vec::new();
        let mut texts = Vec::new();
        for _ in 0..lines {
            self.counter += 1;
            let text = format!("line {}", self.counter);
            signals.push(Signal::from(LogRecord::new(resource(0), text.clone(), self.clock.now())));
            texts.push(text);
        }
        let item = self.feed.say(signals);
        self.note(format!("{} in item {item}", texts.join(", ")));
        self.logs.extend(texts.into_iter().map(|text| (text, item)));
    }

    pub(crate) fn retire(&mut self, node: usize) {
        self.retired.insert(node);
        self.ever_retired.insert(node);
        self.feed.say(vec![Signal::Retired { resource: resource(node), why: RETIRED.to_owned() }]);
        self.note(format!("node {node} retired"));
    }

    pub(crate) fn restore(&mut self, node: usize) {
        self.retired.remove(&node);
        self.feed.say(vec![Signal::Restored { resource: resource(node) }]);
        self.note(format!("node {node} restored"));
    }

    /// The issues that must be open once everything said was heard: by the last figure of each series.
    pub(crate) fn expected(&self) -> BTreeSet<IssueKey> {
        let open = self.levels.iter().filter(|((node, kind), value)| {
            **value > LIMIT && !self.retired.contains(node) && (*kind == 0 || self.extra)
        });
        open.map(|((node, kind), _)| IssueKey::new(KINDS[*kind], resource(*node))).collect()
    }

    /// How much became durable so far.
    pub(crate) fn durable(&self) -> usize {
        self.stores.journal().len()
    }
}

pub(crate) fn resource(node: usize) -> Resource {
    Resource::new().with_cluster("orders").with_node(format!("n{node}"))
}
