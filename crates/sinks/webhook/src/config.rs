use std::time::Duration;

use tidegate_base::Secret;

use crate::{Webhook, WebhookBuilder, WebhookError, WebhookErrorKind};

/// The settings of a webhook sink as plain data, each as its key in a configuration file says it. `url` and `secret` must
/// be there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct WebhookConfig {
    /// Where to post to: the whole address.
    pub url: Option<String>,
    /// What to sign with, `whsec_…`: one, or several while they change.
    pub secret: Vec<Secret>,
    /// How long a request may take. Default: 15 s.
    pub timeout: Option<Duration>,
    /// Posts over plain http to other machines too. Default: no.
    pub allow_http: bool,
    /// At least this long between two updates of one issue. Default: 1 min.
    pub update_interval: Option<Duration>,
    /// The most logs or metrics in one request. Default: 100.
    pub batch: Option<usize>,
    /// About the most bytes of its body. Default: 20,000.
    pub batch_bytes: Option<usize>,
}

impl WebhookConfig {
    /// The builder of what this says.
    ///
    /// # Errors
    /// [`Missing`](WebhookErrorKind::Missing): there is no `url`, or no `secret`.
    pub fn builder(self) -> Result<WebhookBuilder, WebhookError> {
        let missing = |key, context| Err(WebhookError::new(WebhookErrorKind::Missing, key, context));
        let Some(url) = self.url else {
            return missing("url", "there is no `url`; set it, such as \"https://example.org/hook\"");
        };
        let mut secrets = self.secret.into_iter();
        let Some(first) = secrets.next() else {
            return missing("secret", "there is no `secret`; set it, such as { env = \"WEBHOOK_SECRET\" }, or a list");
        };
        let builder = secrets.fold(Webhook::to(url, first), WebhookBuilder::with_secret);
        let builder = if self.allow_http { builder.with_http_allowed() } else { builder };
        let builder = self.timeout.into_iter().fold(builder, WebhookBuilder::with_timeout);
        let builder = self.update_interval.into_iter().fold(builder, WebhookBuilder::with_update_interval);
        let builder = self.batch.into_iter().fold(builder, WebhookBuilder::with_batch);
        Ok(self.batch_bytes.into_iter().fold(builder, WebhookBuilder::with_batch_bytes))
    }
}

/// The path of the address may be secret.
impl std::fmt::Debug for WebhookConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookConfig")
            .field("url", &self.url.as_ref().map(|_| "…"))
            .field("secret", &self.secret)
            .field("timeout", &self.timeout)
            .field("allow_http", &self.allow_http)
            .field("update_interval", &self.update_interval)
            .field("batch", &self.batch)
            .field("batch_bytes", &self.batch_bytes)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> WebhookConfig {
        WebhookConfig {
            url: Some("https://a.example/s3cret".to_owned()),
            secret: vec![Secret::from_env("ONE"), Secret::from_env("TWO")],
            ..WebhookConfig::default()
        }
    }

    #[test]
    fn both_must_be_there() {
        for (config, key) in [
            (WebhookConfig { url: None, ..config() }, "url"),
            (WebhookConfig { secret: Vec::new(), ..config() }, "secret"),
        ] {
            let error = config.builder().expect_err(key);
            assert_eq!((error.kind(), error.key()), (WebhookErrorKind::Missing, key));
        }
    }

    #[test]
    fn every_setting_arrives_and_no_path_is_shown() {
        let settings = WebhookConfig {
            timeout: Some(Duration::from_secs(3)),
            allow_http: true,
            update_interval: Some(Duration::from_secs(7)),
            batch: Some(11),
            batch_bytes: Some(12_345),
            ..config()
        };
        let shown = format!("{settings:?} {:?}", settings.clone().builder().expect("a builder"));
        let (_, built) = shown.split_once("WebhookBuilder").expect("a builder");
        for part in ["a.example", "ONE", "TWO", "3s", "7s", "11", "12345", "http_allowed: true"] {
            assert!(built.contains(part), "{part} is not in {built}");
        }
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
