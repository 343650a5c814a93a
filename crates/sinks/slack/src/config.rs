use std::time::Duration;

use tidegate_base::Secret;

use crate::{Slack, SlackBuilder, SlackError, SlackErrorKind};

/// The settings of a Slack sink as plain data, each as its key in a configuration file says it. Either `channel_id` and
/// `token`, or `webhook_url`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlackConfig {
    /// The ID of the channel, such as `C0123456789`; it stands at the end of the channel's details. Beside a
    /// `webhook_url` it only names the destination.
    pub channel_id: Option<String>,
    /// The token of the app, `xoxb-…`.
    pub token: Option<Secret>,
    /// The URL of an incoming webhook, instead of a token.
    pub webhook_url: Option<Secret>,
    /// What stands before the names of Slack's methods. Default: `https://slack.com/api`.
    pub endpoint: Option<String>,
    /// How long a request may take. Default: 15 s.
    pub timeout: Option<Duration>,
    /// Sends over plain http to other machines too. Default: no.
    pub allow_http: bool,
    /// At least this long between two updates of one issue. Default: 5 min.
    pub update_interval: Option<Duration>,
}

impl SlackConfig {
    /// The builder of what this says.
    ///
    /// # Errors
    /// [`Missing`](SlackErrorKind::Missing): neither way in is complete. [`Conflict`](SlackErrorKind::Conflict): a
    /// webhook with a token or an endpoint.
    pub fn builder(self) -> Result<SlackBuilder, SlackError> {
        let missing = |key, context| Err(SlackError::new(SlackErrorKind::Missing, key, context));
        let conflict = |key, context| Err(SlackError::new(SlackErrorKind::Conflict, key, context));
        let builder = match (self.channel_id, self.token, self.webhook_url) {
            (_, Some(_), Some(_)) => {
                return conflict("webhook_url", "`token` and `webhook_url` are both set; keep one of them");
            }
            (None, None, None) => {
                return missing(
                    "channel_id",
                    "there is no `channel_id` and `token`; set both, or `webhook_url` instead",
                );
            }
            (None, Some(_), None) => {
                return missing("channel_id", "there is no `channel_id`; set it, such as \"C0123456789\"");
            }
            (Some(_), None, None) => {
                return missing(
                    "token",
                    "there is no `token`; set it, such as { env = \"SLACK_TOKEN\" }, or a `webhook_url`",
                );
            }
            (Some(channel), Some(token), None) => Slack::bot(channel, token),
            (channel, None, Some(url)) => {
                if self.endpoint.is_some() {
                    return conflict(
                        "endpoint",
                        "`endpoint` has no meaning beside `webhook_url`, which is the whole address",
                    );
                }
                channel.into_iter().fold(Slack::webhook(url), SlackBuilder::with_channel)
            }
        };
        let builder = self.endpoint.into_iter().fold(builder, SlackBuilder::with_endpoint);
        let builder = if self.allow_http { builder.with_http_allowed() } else { builder };
        let builder = self.timeout.into_iter().fold(builder, SlackBuilder::with_timeout);
        Ok(self.update_interval.into_iter().fold(builder, SlackBuilder::with_update_interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(channel: Option<&str>, token: bool, webhook: bool) -> SlackConfig {
        SlackConfig {
            channel_id: channel.map(str::to_owned),
            token: token.then(|| Secret::literal("xoxb-1")),
            webhook_url: webhook.then(|| Secret::literal("https://hooks.slack.com/services/T/B/x")),
            ..SlackConfig::default()
        }
    }

    #[test]
    fn either_way_in_must_be_complete_and_alone() {
        let kind = |config: SlackConfig| config.builder().err().map(|error| error.kind());
        assert_eq!(kind(config(Some("C1"), true, false)), None);
        assert_eq!(kind(config(None, false, true)), None);
        assert_eq!(kind(config(Some("C1"), false, true)), None);
        for (channel, token) in [(None, false), (Some("C1"), false), (None, true)] {
            assert_eq!(kind(config(channel, token, false)), Some(SlackErrorKind::Missing));
        }
        assert_eq!(kind(config(Some("C1"), true, true)), Some(SlackErrorKind::Conflict));
        let endpoint = Some("https://slack-gov.com/api".to_owned());
        assert_eq!(kind(SlackConfig { endpoint, ..config(None, false, true) }), Some(SlackErrorKind::Conflict));
    }

    #[test]
    fn every_setting_arrives() {
        let settings = SlackConfig {
            endpoint: Some("https://slack-gov.com/api".to_owned()),
            timeout: Some(Duration::from_secs(3)),
            update_interval: Some(Duration::from_secs(7)),
            ..config(Some("C1"), true, false)
        };
        let builder = settings.builder().expect("a builder");
        let shown = format!("{builder:?}");
        for part in ["C1", "https://slack-gov.com/api", "3s", "7s"] {
            assert!(shown.contains(part), "{shown}");
        }
        assert!(!shown.contains("xoxb-1"), "{shown}");
    }
}
