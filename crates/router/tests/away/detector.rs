use chrono::{DateTime, Utc};
use tidegate_event::{Resource, Sample, Signal};

pub(crate) use crate::level::{LEVEL, Level};

/// What opens the issue of a node, or closes it.
pub(crate) fn level(node: usize, high: bool, at: DateTime<Utc>) -> Signal {
    let resource = Resource::new().with_cluster("orders").with_node(format!("n{node}"));
    Sample::new(LEVEL, resource, if high { 0.9 } else { 0.5 }, "1", at).expect("finite").into()
}
