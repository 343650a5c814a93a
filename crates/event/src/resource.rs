use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A name that is shared rather than copied.
pub type Name = Arc<str>;

/// Where it happened. Absent parts are left out of the JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// The database cluster, by the name the operator gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Name>,
    /// The node, usually `host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Name>,
    /// A volume, a network, a subscription: whatever is smaller than a node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Name>,
}

impl Resource {
    /// A resource without any part yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same in `cluster`.
    pub fn with_cluster(mut self, cluster: impl Into<Name>) -> Self {
        self.cluster = Some(cluster.into());
        self
    }

    /// The same on `node`.
    pub fn with_node(mut self, node: impl Into<Name>) -> Self {
        self.node = Some(node.into());
        self
    }

    /// The same at `part`.
    pub fn with_part(mut self, part: impl Into<Name>) -> Self {
        self.part = Some(part.into());
        self
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.cluster.is_none() && self.node.is_none() && self.part.is_none()
    }

    /// Whether `other` is this resource or lies within it: a cluster covers its nodes, a node its volumes.
    /// The empty resource covers nothing but itself, so that a slip retires nothing.
    pub fn covers(&self, other: &Self) -> bool {
        let within = |mine: &Option<Name>, theirs: &Option<Name>| mine.is_none() || mine == theirs;
        self == other
            || (!self.is_empty()
                && within(&self.cluster, &other.cluster)
                && within(&self.node, &other.node)
                && within(&self.part, &other.part))
    }

    /// The bytes that its names take, shared or not.
    pub(crate) fn text_bytes(&self) -> usize {
        [&self.cluster, &self.node, &self.part].into_iter().flatten().map(|name| name.len()).sum()
    }
}

/// For people: `/var on node 10.0.0.1:2113 of cluster orders`.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut joint = "";
        if let Some(part) = &self.part {
            write!(f, "{part}")?;
            joint = " on ";
        }
        if let Some(node) = &self.node {
            write!(f, "{joint}node {node}")?;
            joint = " of ";
        }
        match &self.cluster {
            Some(cluster) => write!(f, "{joint}cluster {cluster}"),
            None if joint.is_empty() => f.write_str("no resource"),
            None => Ok(()),
        }
    }
}
