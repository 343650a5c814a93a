use tidegate_http::TransportError;

/// Why a Slack sink cannot be built. It holds no secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}")]
pub struct SlackError {
    kind: SlackErrorKind,
    key: &'static str,
    context: String,
    #[source]
    source: Option<TransportError>,
}

/// The sorts of [`SlackError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SlackErrorKind {
    /// A setting is not there.
    Missing,
    /// Two settings do not go together.
    Conflict,
    /// A setting is none that can work.
    Invalid,
}

impl SlackError {
    pub(crate) fn new(kind: SlackErrorKind, key: &'static str, context: impl Into<String>) -> Self {
        Self { kind, key, context: context.into(), source: None }
    }

    /// An address under `key` that is not sent to.
    pub(crate) fn address(key: &'static str, source: TransportError) -> Self {
        let context = format!("`{key}` cannot be sent to");
        Self { kind: SlackErrorKind::Invalid, key, context, source: Some(source) }
    }

    /// The sort of error.
    pub fn kind(&self) -> SlackErrorKind {
        self.kind
    }

    /// The setting that it is about, by its name in [`SlackConfig`](crate::SlackConfig): where to point in a file.
    pub fn key(&self) -> &'static str {
        self.key
    }
}

impl From<TransportError> for SlackError {
    fn from(source: TransportError) -> Self {
        let context = "the HTTP client for Slack cannot be set up".to_owned();
        Self { kind: SlackErrorKind::Invalid, key: "timeout", context, source: Some(source) }
    }
}
