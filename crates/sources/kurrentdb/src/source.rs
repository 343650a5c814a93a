use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tidegate_event::{Cursor, Name, Resource};
use tidegate_source::{Intake, Source, SourceError};

use crate::engine::Engine;
use crate::node::Node;
use crate::shared::Shared;
use crate::{KurrentDbBuilder, rounds, scrapes};

/// A KurrentDB cluster: its nodes are asked for their views of each other, and for their metrics. Cheap to clone.
///
/// Its cursor holds what it learned about the size of the cluster. Nobody waits for its acks, since the next round and
/// the next measurement follow.
#[derive(Clone)]
pub struct KurrentDb {
    inner: Arc<Inner>,
}

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) name: String,
    pub(crate) cluster: Resource,
    pub(crate) nodes: Vec<Node>,
    pub(crate) gossip: Option<rounds::Plan>,
    pub(crate) metrics: Option<scrapes::Plan>,
    pub(crate) shared: Arc<Shared>,
}

impl KurrentDb {
    /// The cluster of this name, with default settings until others are set. At least [its
    /// nodes](KurrentDbBuilder::with_nodes) must be.
    pub fn builder(cluster: impl Into<String>) -> KurrentDbBuilder {
        KurrentDbBuilder::new(cluster.into())
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// The cluster.
    pub fn cluster(&self) -> &Resource {
        &self.inner.cluster
    }

    /// What the configuration names: the cluster and its nodes, by `host:port`. For the router, which closes the issues
    /// of what is no longer named.
    pub fn resources(&self) -> Vec<Resource> {
        let nodes = self.inner.nodes.iter().map(|node| self.inner.cluster.clone().with_node(node.name.clone()));
        std::iter::once(self.inner.cluster.clone()).chain(nodes).collect()
    }

    /// How long it is from one round of gossip to the next; `None` where none is asked for.
    pub fn gossip_interval(&self) -> Option<Duration> {
        self.inner.gossip.as_ref().map(|plan| plan.interval)
    }

    /// How long it is from one reading of a node's metrics to the next; `None` where none are read.
    pub fn metrics_interval(&self) -> Option<Duration> {
        self.inner.metrics.as_ref().map(|plan| plan.interval)
    }

    /// The same, where others measure load, memory and disks of these `nodes`, such as a host source on each: it makes
    /// no standard samples of them.
    pub fn yielding(mut self, nodes: impl IntoIterator<Item = impl Into<Name>>) -> Self {
        if let Some(plan) = &mut Arc::make_mut(&mut self.inner).metrics {
            plan.yielded.extend(nodes.into_iter().map(Into::into));
        }
        self
    }

    /// What it will not be able to tell of its configured nodes, by what is known before they are asked: a sentence for
    /// each node.
    pub fn untold(&self) -> Vec<String> {
        let Some(plan) = &self.inner.metrics else { return Vec::new() };
        let of = |node: &Node| {
            let resource = plan.resource(node);
            let untold = plan.reader(node).untold();
            untold.into_iter().map(move |untold| format!("{untold} ({resource})")).collect::<Vec<_>>()
        };
        self.inner.nodes.iter().flat_map(of).collect()
    }
}

impl Inner {
    /// 0 to 1, the same at every start: when clusters that begin together are asked.
    pub(crate) fn phase(&self) -> f64 {
        let mut hasher = DefaultHasher::new();
        self.cluster.hash(&mut hasher);
        // The high bits, of which a float has 53.
        (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The cluster's configured nodes, as far as a cursor is about them.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let mut names: Vec<_> = self.nodes.iter().map(|node| &node.name).collect();
        names.sort();
        names.hash(&mut hasher);
        hasher.finish()
    }
}

#[async_trait]
impl Source for KurrentDb {
    fn name(&self) -> &str {
        &self.inner.name
    }

    async fn open(&self, from: Option<Cursor>) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        let engine = Engine::start(Arc::clone(&self.inner), from.as_ref());
        Ok(stream::unfold(engine, async |mut engine| engine.next().await.map(|intake| (intake, engine))).boxed())
    }
}

impl fmt::Debug for KurrentDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KurrentDb")
            .field("name", &self.inner.name)
            .field("cluster", &self.inner.cluster.to_string())
            .field("nodes", &self.inner.nodes.iter().map(|node| &*node.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
