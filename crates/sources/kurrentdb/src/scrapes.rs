//! When the metrics of a node are due, and what comes of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{Name, Resource, Signal};
use tokio::time::{Instant, sleep_until};

use crate::client::{Answer, Ask, AskErrorKind};
use crate::metrics::{Figure, Reader, ReaderOptions, Scrape};
use crate::node::Node;
use crate::shared::{Shared, WITHHELD};

/// How long an answer may take at most, from the first byte asked to the last one read, whatever the interval.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// What a node has in every version. Of the other format it would send the same.
const ACCEPT: &str = "text/plain; version=0.0.4, */*; q=0.1";
/// The part of a node that a gap names when its metrics cannot be read.
const PART: &str = "metrics";

/// How metrics are read.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) cluster: Resource,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) include: Vec<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) physical_cores: Option<u32>,
    pub(crate) physical_memory: Option<u64>,
    /// The nodes whose load, memory and disks somebody else measures.
    pub(crate) yielded: BTreeSet<Name>,
}

impl Plan {
    pub(crate) fn resource(&self, node: &Node) -> Resource {
        self.cluster.clone().with_node(node.name.clone())
    }

    fn is_standard(&self, node: &Node) -> bool {
        !self.yielded.contains(&node.name)
    }

    pub(crate) fn reader(&self, node: &Node) -> Reader {
        let options = ReaderOptions::new(self.resource(node))
            .with_physical_cores(self.physical_cores.unwrap_or(0))
            .with_physical_memory(self.physical_memory.unwrap_or(0))
            .with_standard(self.is_standard(node))
            .with_include(self.include.iter().cloned())
            .with_exclude(self.exclude.iter().cloned());
        Reader::new(options)
    }
}

/// The scrapes of one node. It moves into the task that waits for the next one and comes back with what came of it.
pub(crate) struct Scrapes {
    node: Node,
    resource: Resource,
    reader: Reader,
    interval: Duration,
    timeout: Duration,
    due: Instant,
    shared: Arc<Shared>,
    /// What the server does not tell, as it was said last.
    untold: Vec<Figure>,
    /// That something in its answers cannot be read was said.
    warned: bool,
}

impl Scrapes {
    /// The first is due after `phase`, 0 to 1, of an interval.
    pub(crate) fn new(plan: &Plan, node: Node, shared: Arc<Shared>, phase: f64) -> Self {
        Self {
            resource: plan.resource(&node),
            reader: plan.reader(&node),
            interval: plan.interval,
            timeout: plan.timeout,
            due: Instant::now() + plan.interval.mul_f64(phase.clamp(0.0, 1.0)),
            node,
            shared,
            untold: Vec::new(),
            warned: false,
        }
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Waits until it is due, and reads what the node tells.
    pub(crate) async fn next(mut self) -> (Self, Vec<Signal>) {
        sleep_until(self.due).await;
        let at = self.shared.clock.now();
        let signals = match self.ask().await {
            Ok(answer) => self.read(&answer, at),
            Err(why) => vec![self.gap(why)],
        };
        let now = Instant::now();
        while self.due <= now {
            self.due += self.interval;
        }
        (self, signals)
    }

    async fn ask(&self) -> Result<Answer, String> {
        let ask = Ask {
            url: &self.node.url("/metrics"),
            accept: ACCEPT,
            credentials: self.shared.credentials_for(&self.node),
            timeout: self.timeout,
            limit: Reader::MOST_BYTES,
        };
        let answer = self.shared.client.get(ask, &*self.shared.clock).await.map_err(|error| match error.kind {
            AskErrorKind::Refused => format!("/metrics cannot be asked for: {error}"),
            _ => format!("/metrics: {error}"),
        })?;
        match answer.status.as_u16() {
            200 => Ok(answer),
            _ => Err(format!("/metrics answers {}", self.refusal(&answer))),
        }
    }

    fn refusal(&self, answer: &Answer) -> String {
        let known = self.shared.credentials_for(&self.node).is_some();
        let withheld = self.shared.withholds(&self.node);
        match answer.status.as_u16() {
            401 if known => "401, it does not take the `credentials`".to_owned(),
            401 | 403 if withheld => format!("{}, {WITHHELD}", answer.status.as_u16()),
            401 => "401, it wants a user; set `credentials`".to_owned(),
            403 => "403, the user of the `credentials` may not read metrics there".to_owned(),
            404 => "404; `DisableStatsOnHttp` is set there, or this is no node of KurrentDB".to_owned(),
            408 => "408, its main queue is blocked, or it has not started".to_owned(),
            503 if known => "503, it cannot check credentials yet; it is starting, or has no leader".to_owned(),
            code @ 300..=399 => format!("{code}, a redirect, which is not followed"),
            _ => answer.status.to_string(),
        }
    }

    fn read(&mut self, answer: &Answer, at: DateTime<Utc>) -> Vec<Signal> {
        let scrape = match self.reader.read(&answer.body, &answer.content_type, at) {
            Ok(scrape) => scrape,
            Err(error) => return vec![self.gap(format!("/metrics: {error}"))],
        };
        self.warn(&scrape);
        let figures: Vec<Figure> = scrape.untold.iter().map(|untold| untold.figure).collect();
        let gaps = scrape.untold.iter().filter(|untold| !self.untold.contains(&untold.figure));
        let mut signals: Vec<Signal> = gaps.map(|untold| untold.gap(&self.resource)).collect();
        self.untold = figures;
        signals.extend(scrape.samples.into_iter().map(Signal::from));
        signals
    }

    /// Once, until all of an answer can be read again.
    fn warn(&mut self, scrape: &Scrape) {
        let odd = scrape.faults > 0 || scrape.over > 0 || scrape.is_cut;
        if odd && !self.warned {
            let first = scrape.first_fault.as_ref().map(ToString::to_string).unwrap_or_default();
            let (faults, over, is_cut) = (scrape.faults, scrape.over, scrape.is_cut);
            tracing::warn!(resource = %self.resource, faults, first, over, is_cut, "not all of its metrics can be read");
        }
        self.warned = odd;
    }

    /// Nothing is measured. It is a gap of the metrics and not of the node, whose gossip and log may well be heard.
    fn gap(&mut self, why: String) -> Signal {
        // What it does not tell is to be said again once it answers.
        self.untold.clear();
        Signal::Gap { resource: self.resource.clone().with_part(PART), why }
    }
}
