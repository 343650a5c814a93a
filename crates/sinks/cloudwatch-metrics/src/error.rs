use tidegate_aws::{AwsError, AwsErrorKind};

/// Why a sink for CloudWatch's metrics cannot be built. It holds no secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}")]
pub struct CloudWatchMetricsError {
    kind: CloudWatchMetricsErrorKind,
    key: &'static str,
    context: String,
}

/// The sorts of [`CloudWatchMetricsError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloudWatchMetricsErrorKind {
    /// A setting is not there, and another one needs it.
    Missing,
    /// A setting is none that can work.
    Invalid,
}

impl CloudWatchMetricsError {
    pub(crate) fn invalid(key: &'static str, context: impl Into<String>) -> Self {
        Self { kind: CloudWatchMetricsErrorKind::Invalid, key, context: context.into() }
    }

    /// The sort of error.
    pub fn kind(&self) -> CloudWatchMetricsErrorKind {
        self.kind
    }

    /// The setting that it is about, by its name in [`CloudWatchMetricsConfig`](crate::CloudWatchMetricsConfig): where to
    /// point in a file.
    pub fn key(&self) -> &'static str {
        self.key
    }
}

impl From<AwsError> for CloudWatchMetricsError {
    fn from(error: AwsError) -> Self {
        let kind = match error.kind() {
            AwsErrorKind::Missing => CloudWatchMetricsErrorKind::Missing,
            _ => CloudWatchMetricsErrorKind::Invalid,
        };
        Self { kind, key: error.key(), context: error.to_string() }
    }
}
