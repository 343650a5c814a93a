/// Why a connection to AWS cannot be built. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct AwsError {
    kind: AwsErrorKind,
    key: &'static str,
    context: String,
}

/// The sorts of [`AwsError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AwsErrorKind {
    /// A setting is not there, and another one needs it.
    Missing,
    /// A setting is none that can work.
    Invalid,
}

impl AwsError {
    pub(crate) fn missing(key: &'static str, context: impl Into<String>) -> Self {
        Self { kind: AwsErrorKind::Missing, key, context: context.into() }
    }

    pub(crate) fn invalid(key: &'static str, context: impl Into<String>) -> Self {
        Self { kind: AwsErrorKind::Invalid, key, context: context.into() }
    }

    /// The sort of error.
    pub fn kind(&self) -> AwsErrorKind {
        self.kind
    }

    /// The setting that it is about, by its name in [`AwsConfig`](crate::AwsConfig): where to point in a file.
    pub fn key(&self) -> &'static str {
        self.key
    }
}
