use std::time::Duration;

use http::Uri;
use tidegate_base::Secret;
use tidegate_http::{HttpTransport, TransportError};
use tidegate_sink::Profile;

use crate::signature::Key;
use crate::{Webhook, WebhookError, WebhookErrorKind, WebhookSink, address};

/// A program can bear more than people, and still need not hear each figure.
const UPDATE_INTERVAL: Duration = Duration::from_mins(1);
/// The specification wants 15 to 30 s.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The most items of a batch.
const BATCH: usize = 100;
/// The most bytes of its body: the specification wants some 20 KB.
const BATCH_BYTES: usize = 20_000;
/// As far as a setting goes.
const MOST_ITEMS: usize = 10_000;
const MOST_BYTES: std::ops::RangeInclusive<usize> = 1_000..=16 * 1024 * 1024;

/// Builds a [`Webhook`], or the whole sink.
///
/// | setting | default |
/// |---|---|
/// | [`secret`](Self::with_secret)s beside the first | none |
/// | [`timeout`](Self::with_timeout) of a request | 15 s |
/// | [`update_interval`](Self::with_update_interval) | 1 min |
/// | [`batch`](Self::with_batch) of logs or metrics | 100 items |
/// | [`batch_bytes`](Self::with_batch_bytes) | 20,000 |
/// | plain http | to this machine only, or [anywhere](Self::with_http_allowed) |
#[derive(Clone)]
pub struct WebhookBuilder {
    url: String,
    secrets: Vec<Secret>,
    timeout: Duration,
    update_interval: Duration,
    batch: usize,
    batch_bytes: usize,
    http_allowed: bool,
}

impl WebhookBuilder {
    pub(crate) fn new(url: String, secret: Secret) -> Self {
        Self {
            url,
            secrets: vec![secret],
            timeout: TIMEOUT,
            update_interval: UPDATE_INTERVAL,
            batch: BATCH,
            batch_bytes: BATCH_BYTES,
            http_allowed: false,
        }
    }

    /// Signs with `secret` as well: while a receiver changes from one to the other, it takes either signature.
    pub fn with_secret(mut self, secret: Secret) -> Self {
        self.secrets.push(secret);
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

    /// Puts up to `items` logs or metrics into one request: 1 to 10,000.
    pub fn with_batch(mut self, items: usize) -> Self {
        self.batch = items;
        self
    }

    /// Puts as many logs or metrics into one request as make a body of up to `bytes`: 1,000 to 16 MiB. One that is larger
    /// by itself goes alone.
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// Posts over plain http to other machines too, where anybody on the way can read it. Nobody can change it: it is
    /// signed.
    pub fn with_http_allowed(mut self) -> Self {
        self.http_allowed = true;
        self
    }

    /// The webhook, for a transport of one's own.
    ///
    /// # Errors
    /// [`Invalid`](WebhookErrorKind::Invalid): an address that is none, a batch out of its bounds, or a secret that is
    /// there and of the wrong form. One that is not there yet is complained of when it is used.
    pub fn build(self) -> Result<Webhook, WebhookError> {
        let invalid = |key, context: String| Err(WebhookError::new(WebhookErrorKind::Invalid, key, context));
        let Some(uri) = self.url.parse::<Uri>().ok().filter(|uri| uri.host().is_some()) else {
            return invalid("url", "`url` is no address; it must be like \"https://example.org/hook\"".to_owned());
        };
        if !(1..=MOST_ITEMS).contains(&self.batch) {
            return invalid("batch", format!("`batch` is {}; it must be 1 to {MOST_ITEMS} items", self.batch));
        }
        if !MOST_BYTES.contains(&self.batch_bytes) {
            let (least, most) = (MOST_BYTES.start(), MOST_BYTES.end());
            let context = format!("`batch_bytes` is {}; it must be {least} to {most} bytes", self.batch_bytes);
            return invalid("batch_bytes", context);
        }
        for secret in &self.secrets {
            let revealed = secret.reveal();
            if let Some(what) = revealed.ok().and_then(|revealed| Key::parse(&revealed).err()) {
                return invalid("secret", format!("`secret`, which is {secret}, cannot be used: {what}"));
            }
        }
        let profile = Profile::new(address::destination(&uri))
            .with_batch(self.batch)
            .with_batch_bytes(self.batch_bytes)
            .with_update_interval(self.update_interval)
            .with_deduplication();
        Ok(Webhook::new(profile, self.url, uri, self.secrets, self.batch_bytes))
    }

    /// The sink over the network.
    ///
    /// # Errors
    /// As [`build`](Self::build), for an address that is not sent to, and for a time-out of zero.
    pub fn build_sink(self) -> Result<WebhookSink, WebhookError> {
        let transport = self.transport()?;
        transport.check(&self.url).map_err(WebhookError::address)?;
        Ok(WebhookSink::new(self.build()?, transport))
    }

    fn transport(&self) -> Result<HttpTransport, TransportError> {
        let transport = HttpTransport::builder().with_timeout(self.timeout);
        if self.http_allowed { transport.with_http_allowed() } else { transport }.build()
    }
}

/// The path of the address may be secret.
impl std::fmt::Debug for WebhookBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = self.url.parse::<Uri>().ok().map(|uri| address::host(&uri));
        f.debug_struct("WebhookBuilder")
            .field("host", &host.unwrap_or_default())
            .field("secrets", &self.secrets)
            .field("timeout", &self.timeout)
            .field("update_interval", &self.update_interval)
            .field("batch", &self.batch)
            .field("batch_bytes", &self.batch_bytes)
            .field("http_allowed", &self.http_allowed)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use tidegate_event::EventKind;
    use tidegate_sink::{Keeps, Sink as _};

    use super::*;

    const SECRET: &str = "whsec_dGlkZWdhdGUtYWNjZXB0YW5jZS1zZWNyZXQtMDE=";

    fn to(url: &str) -> WebhookBuilder {
        Webhook::to(url, Secret::literal(SECRET))
    }

    #[test]
    fn the_profile_is_what_the_front_page_says() {
        let sink = to("https://a.example/hook").build_sink().expect("a sink");
        let profile = sink.profile();
        assert_eq!((profile.update_interval(), profile.concurrency()), (UPDATE_INTERVAL, 1));
        assert_eq!((profile.batch(), profile.batch_bytes()), (100, 20_000));
        assert_eq!(profile.kinds().iter().collect::<Vec<_>>(), EventKind::ALL);
        assert_eq!((profile.deduplicates(), profile.keeps()), (true, Keeps::Messages));
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for url in ["", "receiver.example.com/hook", "ftp://a.example", "https://", "/hook", "http://a.example/s3cret"]
        {
            let error = to(url).build_sink().expect_err(url);
            assert_eq!((error.kind(), error.key()), (WebhookErrorKind::Invalid, "url"), "{url}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
        assert!(to("http://a.example/hook").with_http_allowed().build_sink().is_ok());
        let key = |builder: WebhookBuilder| builder.build_sink().expect_err("a setting that cannot work").key();
        let good = || to("https://a.example/hook");
        assert_eq!(key(good().with_batch(0)), "batch");
        assert_eq!(key(good().with_batch_bytes(999)), "batch_bytes");
        assert_eq!(key(good().with_timeout(Duration::ZERO)), "timeout");
        let secret = good().with_secret(Secret::literal("whsec_s3cret")).build().expect_err("no secret");
        assert_eq!(secret.key(), "secret");
        assert!(!format!("{secret} {secret:?}").contains("s3cret"), "{secret:?}");
        assert!(good().with_secret(Secret::from_env("TIDEGATE_NOT_SET")).build().is_ok());
    }

    #[test]
    fn no_debug_shows_a_path_or_a_secret() {
        let builder = to("https://u:s3cret@a.example/s3cret?key=s3cret");
        let sink = builder.clone().build_sink().expect("a sink");
        let shown = format!("{builder:?} {sink:?} {:?}", builder.clone().build());
        assert!(shown.contains("a.example") && !shown.contains("s3cret") && !shown.contains("dGlk"), "{shown}");
    }
}
