//! `sink = "slack"`: messages in Slack.

use std::error::Error;

use serde::Deserialize;
use tidegate_base::Secret;
use tidegate_sink_slack::{SlackConfig, SlackError, SlackErrorKind, SlackSink};

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
    let sink = config.builder().and_then(tidegate_sink_slack::SlackBuilder::build_sink);
    sink.map_err(|error| refuse(section, &error))
}

/// At the key that it is about; what is missing, at the head.
fn refuse(section: &Section<'_>, error: &SlackError) -> Refused {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    let reason = format!("{error}{cause}");
    match error.kind() {
        SlackErrorKind::Missing => section.refuse(reason),
        _ => section.refuse_at(error.key(), reason),
    }
}
