use std::time::Duration;

use tidegate_base::Secret;
use tidegate_event::EventKind;
use tidegate_http::{HttpSink, HttpTransport};
use tidegate_sink::{Profile, Rate};

use crate::dialect::Way;
use crate::{Paced, Slack, SlackError, SlackErrorKind};

/// A Slack sink over the network.
pub type SlackSink = HttpSink<Slack, Paced<HttpTransport>>;

/// Where Slack is.
const ENDPOINT: &str = "https://slack.com/api";
/// An edit tells nobody, and Slack counts each against the app.
const UPDATE_INTERVAL: Duration = Duration::from_mins(5);
/// The default of `HttpTransport`.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The largest answer that is read: 8 MiB. A look brings the whole texts of up to 50 messages, whosever they are.
const ANSWER_LIMIT: usize = 8 * 1024 * 1024;
/// Slack takes some 50 edits a minute, and a post a second with short bursts. What was saved up comes on top of what a
/// minute brings: no minute has more than 48. That is deliveries; what one needs beyond a request of each method, [`Paced`]
/// keeps to the same.
const CALLS: (u32, Duration) = (3, Duration::from_secs(4));
const CONCURRENCY: usize = 4;

/// Builds a [`Slack`] dialect, or the whole sink.
///
/// | setting | default |
/// |---|---|
/// | [`endpoint`](Self::with_endpoint) | `https://slack.com/api` |
/// | [`timeout`](Self::with_timeout) of a request | 15 s |
/// | [`update_interval`](Self::with_update_interval) | 5 min |
/// | plain http | to this machine only, or [anywhere](Self::with_http_allowed) |
#[derive(Debug, Clone)]
pub struct SlackBuilder {
    channel: Option<String>,
    secret: Secret,
    webhook: bool,
    endpoint: String,
    timeout: Duration,
    update_interval: Duration,
    http_allowed: bool,
}

impl SlackBuilder {
    pub(crate) fn bot(channel: String, token: Secret) -> Self {
        Self { channel: Some(channel), ..Self::new(token, false) }
    }

    pub(crate) fn webhook(url: Secret) -> Self {
        Self::new(url, true)
    }

    fn new(secret: Secret, webhook: bool) -> Self {
        let endpoint = ENDPOINT.to_owned();
        Self {
            channel: None,
            secret,
            webhook,
            endpoint,
            timeout: TIMEOUT,
            update_interval: UPDATE_INTERVAL,
            http_allowed: false,
        }
    }

    /// Sends to the channel with this ID. Of a webhook, which has its channel, it only names the destination: two
    /// webhooks without it are one destination to tidegate, so that a change from one to the other is not noticed.
    pub fn with_channel(mut self, id: impl Into<String>) -> Self {
        self.channel = Some(id.into());
        self
    }

    /// Asks Slack's methods below `endpoint`: of another Slack (`https://slack-gov.com/api`), a proxy or a stand-in.
    /// Without meaning for a webhook.
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// Gives a request up after `timeout`.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Keeps two updates of one issue at least so far apart.
    pub fn with_update_interval(mut self, interval: Duration) -> Self {
        self.update_interval = interval;
        self
    }

    /// Sends over plain http to other machines too, where anybody on the way can read the token.
    pub fn with_http_allowed(mut self) -> Self {
        self.http_allowed = true;
        self
    }

    /// The dialect, for a transport of one's own: one that reads answers of several MiB, since a look brings other
    /// people's messages, and that keeps to Slack's limits by [`Paced`].
    ///
    /// # Errors
    /// [`Invalid`](SlackErrorKind::Invalid): a channel that is no ID.
    pub fn build(self) -> Result<Slack, SlackError> {
        if let Some(channel) = &self.channel {
            check_channel(channel)?;
        }
        let destination = match &self.channel {
            Some(channel) if self.webhook => format!("slack-webhook:{channel}"),
            Some(channel) => format!("slack:{channel}"),
            None => "slack-webhook".to_owned(),
        };
        let profile = Profile::new(destination)
            .with_kinds([EventKind::Issue, EventKind::Notification].into())
            .with_concurrency(CONCURRENCY)
            .with_rate(Rate::new(CALLS.0, CALLS.1))
            .with_update_interval(self.update_interval);
        let way = match self.channel {
            Some(channel) if !self.webhook => Way::Bot { channel, token: self.secret, endpoint: self.endpoint },
            _ => Way::Webhook { url: self.secret },
        };
        Ok(Slack::new(profile, way))
    }

    /// The sink over the network.
    ///
    /// # Errors
    /// As [`build`](Self::build), for an address that is not sent to, and for a time-out of zero.
    pub fn build_sink(self) -> Result<SlackSink, SlackError> {
        let mut transport = HttpTransport::builder().with_timeout(self.timeout).with_answer_limit(ANSWER_LIMIT);
        if self.http_allowed {
            transport = transport.with_http_allowed();
        }
        let transport = transport.build()?;
        self.check_address(&transport)?;
        Ok(HttpSink::new(self.build()?, Paced::new(transport)))
    }

    /// A secret that is not there yet is complained of when it is used.
    fn check_address(&self, transport: &HttpTransport) -> Result<(), SlackError> {
        let (key, checked) = if !self.webhook {
            ("endpoint", transport.check_endpoint(&self.endpoint, "/chat.postMessage"))
        } else if let Ok(url) = self.secret.reveal() {
            ("webhook_url", transport.check(&url))
        } else {
            return Ok(());
        };
        checked.map_err(|source| SlackError::address(key, source))
    }
}

/// A channel's name would do to post, and for nothing else.
fn check_channel(channel: &str) -> Result<(), SlackError> {
    let is_id = channel.starts_with(|first: char| first.is_ascii_uppercase())
        && channel.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_id {
        return Ok(());
    }
    let context = format!(
        "`channel_id` is {channel:?}; it must be the ID of a channel, such as \"C0123456789\", which stands at the end \
         of the channel's details"
    );
    Err(SlackError::new(SlackErrorKind::Invalid, "channel_id", context))
}

#[cfg(test)]
mod tests {
    use tidegate_sink::Sink as _;

    use super::*;

    fn bot() -> SlackBuilder {
        Slack::bot("C0123456789", Secret::literal("xoxb-1"))
    }

    #[test]
    fn the_profile_is_what_the_front_page_says() {
        let sink = bot().build_sink().expect("a sink");
        let profile = sink.profile();
        assert_eq!((profile.update_interval(), profile.concurrency(), profile.batch()), (UPDATE_INTERVAL, 4, 1));
        assert_eq!(profile.kinds().iter().collect::<Vec<_>>(), [EventKind::Issue, EventKind::Notification]);
        let named = Slack::webhook(Secret::literal("https://a.example/s3cret")).with_channel("C7").build();
        assert_eq!(&**tidegate_http::Dialect::profile(&named.expect("a dialect")).destination(), "slack-webhook:C7");
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for channel in ["", "#ops", "ops", "C01 23", "0123", "C0é"] {
            let error = bot().with_channel(channel).build().expect_err(channel);
            assert_eq!((error.kind(), error.key()), (SlackErrorKind::Invalid, "channel_id"));
            assert!(error.to_string().contains("C0123456789"), "{error}");
        }
        for endpoint in ["", "slack.com/api", "ftp://slack.com", "https://", "/api", "http://slack.com/api"] {
            let error = bot().with_endpoint(endpoint).build_sink().expect_err(endpoint);
            assert_eq!((error.kind(), error.key()), (SlackErrorKind::Invalid, "endpoint"), "{endpoint}");
        }
        assert!(bot().with_endpoint("http://slack.com/api").with_http_allowed().build_sink().is_ok());
        let hook = Slack::webhook(Secret::literal("s3cret")).build_sink().expect_err("no address");
        assert_eq!(hook.key(), "webhook_url");
        assert!(!format!("{hook} {hook:?}").contains("s3cret"), "{hook:?}");
        let error = bot().with_timeout(Duration::ZERO).build_sink().expect_err("no time");
        assert_eq!(error.kind(), SlackErrorKind::Invalid);
    }
}
