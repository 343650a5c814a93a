use tidegate_http::TransportError;

/// Why a webhook sink cannot be built. It holds no secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}")]
pub struct WebhookError {
    kind: WebhookErrorKind,
    key: &'static str,
    context: String,
    #[source]
    source: Option<TransportError>,
}

/// The sorts of [`WebhookError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookErrorKind {
    /// A setting is not there.
    Missing,
    /// A setting is none that can work.
    Invalid,
}

impl WebhookError {
    pub(crate) fn new(kind: WebhookErrorKind, key: &'static str, context: impl Into<String>) -> Self {
        Self { kind, key, context: context.into(), source: None }
    }

    /// An address that is not sent to.
    pub(crate) fn address(source: TransportError) -> Self {
        let context = "`url` cannot be sent to".to_owned();
        Self { kind: WebhookErrorKind::Invalid, key: "url", context, source: Some(source) }
    }

    /// The sort of error.
    pub fn kind(&self) -> WebhookErrorKind {
        self.kind
    }

    /// The setting that it is about, by its name in [`WebhookConfig`](crate::WebhookConfig): where to point in a file.
    pub fn key(&self) -> &'static str {
        self.key
    }
}

impl From<TransportError> for WebhookError {
    fn from(source: TransportError) -> Self {
        let context = "the HTTP client for the webhook cannot be set up".to_owned();
        Self { kind: WebhookErrorKind::Invalid, key: "timeout", context, source: Some(source) }
    }
}
