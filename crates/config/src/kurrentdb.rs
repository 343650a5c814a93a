//! `type = "kurrentdb"`: a KurrentDB cluster.

use serde::Deserialize;
use tidegate_event::{Name, Resource};
use tidegate_source_kurrentdb::{Connections, KurrentDb, KurrentDbBuilder};

use crate::service::refuse;
use crate::{ConfiguredSource, DurationConfig, PathConfig, Refused, Registry, SecretConfig, Section, SizeConfig};

#[derive(Deserialize)]
struct KurrentDbKeys {
    cluster: String,
    nodes: Vec<String>,
    credentials: Option<CredentialsKeys>,
    ca_file: Option<PathConfig>,
    client_certificate: Option<PathConfig>,
    client_key: Option<PathConfig>,
    #[serde(default)]
    allow_http: bool,
    gossip: Option<bool>,
    gossip_interval: Option<DurationConfig>,
    confirm: Option<DurationConfig>,
    metrics: Option<bool>,
    metrics_interval: Option<DurationConfig>,
    #[serde(default)]
    discover: bool,
    expected_nodes: Option<u32>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    physical_cores: Option<u32>,
    physical_memory: Option<SizeConfig>,
}

#[derive(Deserialize)]
struct CredentialsKeys {
    username: String,
    password: SecretConfig,
}

/// All clusters of a configuration share connections.
pub(crate) fn register(registry: Registry) -> Registry {
    let connections = Connections::new();
    registry.with_source("kurrentdb", move |section| make(section, connections.clone()))
}

fn make(section: &Section<'_>, connections: Connections) -> Result<ConfiguredSource, Refused> {
    let keys: KurrentDbKeys = section.parse()?;
    off_with(section, "gossip", keys.gossip, &["gossip_interval", "confirm"])?;
    let only_metrics = ["metrics_interval", "include", "exclude", "physical_cores", "physical_memory"];
    off_with(section, "metrics", keys.metrics, &only_metrics)?;
    let builder = builder(section, keys)?.with_connections(connections);
    let source = builder.build().map_err(|error| refuse(section, &error, Some(error.key())))?;
    Ok(configured(source))
}

/// A key that says how to do what is off can hardly be meant.
fn off_with(section: &Section<'_>, what: &str, is_on: Option<bool>, keys: &[&str]) -> Result<(), Refused> {
    match keys.iter().find(|key| is_on == Some(false) && section.has(key)) {
        None => Ok(()),
        Some(key) => Err(section.refuse_at(key, format!("{key} has no meaning where `{what} = false`; take one out"))),
    }
}

fn builder(section: &Section<'_>, keys: KurrentDbKeys) -> Result<KurrentDbBuilder, Refused> {
    let mut builder = KurrentDb::builder(keys.cluster)
        .with_name(section.name())
        .with_nodes(keys.nodes)
        .with_discover(keys.discover)
        .with_include(keys.include)
        .with_exclude(keys.exclude);
    if let Some(credentials) = keys.credentials {
        builder = builder.with_credentials(credentials.username, credentials.password);
    }
    if let Some(path) = keys.ca_file {
        builder = builder.with_ca_file(path);
    }
    builder = match (keys.client_certificate, keys.client_key) {
        (None, None) => builder,
        (Some(certificate), Some(key)) => builder.with_client_certificate(certificate, key),
        (Some(_), None) => {
            return Err(
                section.refuse_at("client_certificate", "client_certificate needs its private key; give `client_key`")
            );
        }
        (None, Some(_)) => {
            return Err(section.refuse_at("client_key", "client_key needs its certificate; give `client_certificate`"));
        }
    };
    if keys.allow_http {
        builder = builder.with_http_allowed();
    }
    if let Some(nodes) = keys.expected_nodes {
        builder = builder.with_expected_nodes(nodes);
    }
    if let Some(cores) = keys.physical_cores {
        builder = builder.with_physical_cores(cores);
    }
    if let Some(memory) = keys.physical_memory {
        builder = builder.with_physical_memory(memory.bytes());
    }
    Ok(intervals(builder, keys.gossip, keys.metrics, [keys.gossip_interval, keys.confirm, keys.metrics_interval]))
}

fn intervals(
    mut builder: KurrentDbBuilder,
    gossip: Option<bool>,
    metrics: Option<bool>,
    durations: [Option<DurationConfig>; 3],
) -> KurrentDbBuilder {
    let [gossip_interval, confirm, metrics_interval] = durations.map(|duration| duration.map(DurationConfig::get));
    if let Some(interval) = gossip_interval {
        builder = builder.with_gossip_interval(interval);
    }
    if let Some(confirm) = confirm {
        builder = builder.with_confirm(confirm);
    }
    if let Some(interval) = metrics_interval {
        builder = builder.with_metrics_interval(interval);
    }
    if gossip == Some(false) {
        builder = builder.without_gossip();
    }
    if metrics == Some(false) {
        builder = builder.without_metrics();
    }
    builder
}

fn configured(source: KurrentDb) -> ConfiguredSource {
    let (resources, notes) = (source.resources(), source.untold());
    let (rounds, measures) = (source.gossip_interval(), source.metrics_interval());
    let mut configured = ConfiguredSource::new(source.clone()).with_resources(resources).with_notes(notes);
    if let Some(interval) = rounds {
        configured = configured.with_round_interval(interval);
    }
    if let Some(interval) = measures {
        configured = configured.with_measure_interval(interval);
        configured = configured.with_yielding(move |measured| yielding(source, measured));
    }
    configured
}

/// The same without the standard samples of nodes that are measured on their own machines.
fn yielding(source: KurrentDb, measured: &[Resource]) -> ConfiguredSource {
    let cluster = &source.cluster().cluster;
    let of_us = measured.iter().filter(|resource| resource.cluster == *cluster && resource.part.is_none());
    let nodes: Vec<Name> = of_us.filter_map(|resource| resource.node.clone()).collect();
    configured(source.yielding(nodes))
}
