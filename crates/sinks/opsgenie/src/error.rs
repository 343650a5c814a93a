use tidegate_http::TransportError;

/// Why an Opsgenie sink cannot be built. It holds no secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}")]
pub struct OpsgenieError {
    kind: OpsgenieErrorKind,
    key: &'static str,
    context: String,
    #[source]
    source: Option<TransportError>,
}

/// The sorts of [`OpsgenieError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OpsgenieErrorKind {
    /// A setting is not there.
    Missing,
    /// Two settings do not go together.
    Conflict,
    /// A setting is none that can work.
    Invalid,
}

impl OpsgenieError {
    pub(crate) fn new(kind: OpsgenieErrorKind, key: &'static str, context: impl Into<String>) -> Self {
        Self { kind, key, context: context.into(), source: None }
    }

    /// An endpoint that is not sent to.
    pub(crate) fn address(source: TransportError) -> Self {
        let context = "`endpoint` cannot be sent to".to_owned();
        Self { kind: OpsgenieErrorKind::Invalid, key: "endpoint", context, source: Some(source) }
    }

    /// The sort of error.
    pub fn kind(&self) -> OpsgenieErrorKind {
        self.kind
    }

    /// The setting that it is about, by its name in [`OpsgenieConfig`](crate::OpsgenieConfig): where to point in a file.
    pub fn key(&self) -> &'static str {
        self.key
    }
}

impl From<TransportError> for OpsgenieError {
    fn from(source: TransportError) -> Self {
        let context = "the HTTP client for Opsgenie cannot be set up".to_owned();
        Self { kind: OpsgenieErrorKind::Invalid, key: "timeout", context, source: Some(source) }
    }
}
