use tidegate_aws::{AwsError, AwsErrorKind};

/// Why a CloudWatch Logs sink cannot be built. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct CloudWatchLogsError {
    kind: CloudWatchLogsErrorKind,
    key: &'static str,
    context: String,
}

/// The sorts of [`CloudWatchLogsError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloudWatchLogsErrorKind {
    /// A setting is not there.
    Missing,
    /// A setting is none that can work.
    Invalid,
}

impl CloudWatchLogsError {
    pub(crate) fn new(kind: CloudWatchLogsErrorKind, key: &'static str, context: impl Into<String>) -> Self {
        Self { kind, key, context: context.into() }
    }

    /// The sort of error.
    pub fn kind(&self) -> CloudWatchLogsErrorKind {
        self.kind
    }

    /// The setting that it is about, by its name in [`CloudWatchLogsConfig`](crate::CloudWatchLogsConfig) or in its
    /// [`AwsConfig`](tidegate_aws::AwsConfig): where to point in a file.
    pub fn key(&self) -> &'static str {
        self.key
    }
}

impl From<AwsError> for CloudWatchLogsError {
    fn from(error: AwsError) -> Self {
        let kind = match error.kind() {
            AwsErrorKind::Missing => CloudWatchLogsErrorKind::Missing,
            _ => CloudWatchLogsErrorKind::Invalid,
        };
        Self::new(kind, error.key(), error.to_string())
    }
}
