//! `sink = "opsgenie"`: alerts in Opsgenie, or in Jira Service Management.

use serde::Deserialize;
use tidegate_base::Secret;
use tidegate_sink_opsgenie::{OpsgenieBuilder, OpsgenieConfig, OpsgenieErrorKind, OpsgenieSink};

use crate::service::refuse;
use crate::{DurationConfig, Refused, Registry, SecretConfig, Section};

#[derive(Deserialize)]
struct OpsgenieKeys {
    api_key: Option<SecretConfig>,
    flavor: Option<String>,
    region: Option<String>,
    endpoint: Option<String>,
    timeout: Option<DurationConfig>,
    #[serde(default)]
    allow_http: bool,
}

pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_sink("opsgenie", make)
}

fn make(section: &Section<'_>) -> Result<OpsgenieSink, Refused> {
    let keys: OpsgenieKeys = section.parse()?;
    let config = OpsgenieConfig {
        api_key: keys.api_key.map(Secret::from),
        flavor: keys.flavor,
        region: keys.region,
        endpoint: keys.endpoint,
        timeout: keys.timeout.map(DurationConfig::get),
        allow_http: keys.allow_http,
        update_interval: None, // the key of every integration, which its policy keeps
    };
    config.builder().and_then(OpsgenieBuilder::build_sink).map_err(|error| {
        let key = (error.kind() != OpsgenieErrorKind::Missing).then(|| error.key());
        refuse(section, &error, key)
    })
}
