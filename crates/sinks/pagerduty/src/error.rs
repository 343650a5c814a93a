use tidegate_http::TransportError;

/// Why a PagerDuty sink cannot be built. It holds no secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}")]
pub struct PagerDutyError {
    kind: PagerDutyErrorKind,
    key: &'static str,
    context: String,
    #[source]
    source: Option<TransportError>,
}

/// The sorts of [`PagerDutyError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PagerDutyErrorKind {
    /// A setting is not there.
    Missing,
    /// A setting is none that can work.
    Invalid,
}

impl PagerDutyError {
    pub(crate) fn new(kind: PagerDutyErrorKind, key: &'static str, context: impl Into<String>) -> Self {
        Self { kind, key, context: context.into(), source: None }
    }

    /// An endpoint that is not sent to.
    pub(crate) fn address(source: TransportError) -> Self {
        let context = "`endpoint` cannot be sent to".to_owned();
        Self { kind: PagerDutyErrorKind::Invalid, key: "endpoint", context, source: Some(source) }
    }

    /// The sort of error.
    pub fn kind(&self) -> PagerDutyErrorKind {
        self.kind
    }

    /// The setting that it is about, by its name in [`PagerDutyConfig`](crate::PagerDutyConfig): where to point in a
    /// file.
    pub fn key(&self) -> &'static str {
        self.key
    }
}

impl From<TransportError> for PagerDutyError {
    fn from(source: TransportError) -> Self {
        let context = "the HTTP client for PagerDuty cannot be set up".to_owned();
        Self { kind: PagerDutyErrorKind::Invalid, key: "timeout", context, source: Some(source) }
    }
}
