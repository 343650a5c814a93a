//! `type = "host"`: this machine.

use std::time::Duration;

use serde::Deserialize;
use tidegate_source_host::{Host, HostErrorKind};

use crate::{ConfiguredSource, DurationConfig, Refused, Registry, Section};

/// So that measuring takes little of what it measures.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
struct HostKeys {
    cluster: Option<String>,
    node: Option<String>,
    interval: Option<DurationConfig>,
    #[serde(default)]
    volumes: Vec<String>,
    cgroup: Option<bool>,
}

pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_source("host", make)
}

fn make(section: &Section<'_>) -> Result<ConfiguredSource, Refused> {
    let keys: HostKeys = section.parse()?;
    let mut builder = Host::builder().with_name(section.name()).with_volumes(keys.volumes);
    if let Some(cluster) = keys.cluster {
        builder = builder.with_cluster(cluster);
    }
    if let Some(node) = keys.node {
        builder = builder.with_node(node);
    }
    if let Some(cgroup) = keys.cgroup {
        builder = builder.with_cgroup(cgroup);
    }
    if let Some(interval) = keys.interval.map(DurationConfig::get) {
        if interval < SHORTEST_INTERVAL {
            return Err(section.refuse_at("interval", "interval is too short; it must be at least 100ms"));
        }
        builder = builder.with_interval(interval);
    }
    let host = builder.build().map_err(|error| match error.kind() {
        HostErrorKind::InvalidVolume => section.refuse_at("volumes", error),
        _ => section.refuse(error),
    })?;
    let (resources, interval, node) = (host.resources(), host.interval(), host.node().clone());
    let source = ConfiguredSource::new(host).with_resources(resources).with_measured([node]);
    Ok(source.with_measure_interval(interval))
}
