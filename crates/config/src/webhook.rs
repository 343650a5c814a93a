//! `sink = "webhook"`: signed JSON to an address.

use serde::Deserialize;
use tidegate_sink_webhook::{WebhookBuilder, WebhookConfig, WebhookErrorKind, WebhookSink};

use crate::service::refuse;
use crate::{DurationConfig, Refused, Registry, SecretsConfig, Section, SizeConfig};

#[derive(Deserialize)]
struct WebhookKeys {
    url: Option<String>,
    secret: Option<SecretsConfig>,
    batch: Option<usize>,
    batch_bytes: Option<SizeConfig>,
    timeout: Option<DurationConfig>,
    #[serde(default)]
    allow_http: bool,
}

pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_sink("webhook", make)
}

fn make(section: &Section<'_>) -> Result<WebhookSink, Refused> {
    let keys: WebhookKeys = section.parse()?;
    let config = WebhookConfig {
        url: keys.url,
        secret: keys.secret.map(Vec::from).unwrap_or_default(),
        batch: keys.batch,
        batch_bytes: keys.batch_bytes.map(|size| usize::try_from(size.bytes()).unwrap_or(usize::MAX)),
        timeout: keys.timeout.map(DurationConfig::get),
        allow_http: keys.allow_http,
        update_interval: None, // the key of every integration, which its policy keeps
    };
    config.builder().and_then(WebhookBuilder::build_sink).map_err(|error| {
        let key = (error.kind() != WebhookErrorKind::Missing).then(|| error.key());
        refuse(section, &error, key)
    })
}
