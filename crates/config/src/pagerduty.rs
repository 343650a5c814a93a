//! `sink = "pagerduty"`: alerts in PagerDuty.

use serde::Deserialize;
use tidegate_base::Secret;
use tidegate_sink_pagerduty::{Link, PagerDutyBuilder, PagerDutyConfig, PagerDutyErrorKind, PagerDutySink, Region};

use crate::service::refuse;
use crate::{DurationConfig, Refused, Registry, SecretConfig, Section};

#[derive(Deserialize)]
struct PagerDutyKeys {
    routing_key: Option<SecretConfig>,
    region: Option<Region>,
    endpoint: Option<String>,
    #[serde(default)]
    links: Vec<Link>,
    timeout: Option<DurationConfig>,
    #[serde(default)]
    allow_http: bool,
}

pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_sink("pagerduty", make)
}

fn make(section: &Section<'_>) -> Result<PagerDutySink, Refused> {
    let keys: PagerDutyKeys = section.parse()?;
    let config = PagerDutyConfig {
        routing_key: keys.routing_key.map(Secret::from),
        region: keys.region,
        endpoint: keys.endpoint,
        links: keys.links,
        timeout: keys.timeout.map(DurationConfig::get),
        allow_http: keys.allow_http,
        update_interval: None, // the key of every integration, which its policy keeps
    };
    config.builder().and_then(PagerDutyBuilder::build_sink).map_err(|error| {
        let key = (error.kind() != PagerDutyErrorKind::Missing).then(|| error.key());
        refuse(section, &error, key)
    })
}
