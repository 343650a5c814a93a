//! `sink = "slack"`: messages in Slack.

use serde::Deserialize;
use tidegate_base::Secret;
use tidegate_sink_slack::{SlackBuilder, SlackConfig, SlackErrorKind, SlackSink};

use crate::service::refuse;
use crate::{DurationConfig, Refused, Registry, SecretConfig, Section};

#[derive(Deserialize)]
struct SlackKeys {
    channel_id: Option<String>,
    token: Option<SecretConfig>,
    webhook_url: Option<SecretConfig>,
    endpoint: Option<String>,
    timeout: Option<DurationConfig>,
    #[serde(default)]
    allow_http: bool,
}

pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_sink("slack", make)
}

fn make(section: &Section<'_>) -> Result<SlackSink, Refused> {
    let keys: SlackKeys = section.parse()?;
    let config = SlackConfig {
        channel_id: keys.channel_id,
        token: keys.token.map(Secret::from),
        webhook_url: keys.webhook_url.map(Secret::from),
        endpoint: keys.endpoint,
        timeout: keys.timeout.map(DurationConfig::get),
        allow_http: keys.allow_http,
        update_interval: None, // the key of every integration, which its policy keeps
    };
    config.builder().and_then(SlackBuilder::build_sink).map_err(|error| {
        let key = (error.kind() != SlackErrorKind::Missing).then(|| error.key());
        refuse(section, &error, key)
    })
}
