use tidegate_aws::{AwsConfig, AwsConnection};

use crate::{CloudWatchMetrics, CloudWatchMetricsBuilder, CloudWatchMetricsError, OnUnconfirmed};

/// The settings of a sink for CloudWatch's metrics as plain data, each as its key in a configuration file says it. None must
/// be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CloudWatchMetricsConfig {
    /// How to reach AWS: `region`, `endpoint`, `profile`, `access_key_id`, `secret_access_key`, `session_token`, `timeout`,
    /// `allow_http`, each a key of its own in a file.
    pub aws: AwsConfig,
    /// The namespace of the metrics; those of KurrentDB and of machines are in two below it. Default: `tidegate`.
    pub namespace: Option<String>,
    /// The labels that become dimensions. Default: all.
    pub labels: Option<Vec<String>>,
    /// What becomes of samples that may have been put already: `auto`, `repeat` or `drop`. Default: `auto`.
    pub on_unconfirmed: Option<OnUnconfirmed>,
}

impl CloudWatchMetricsConfig {
    /// The builder of what this says.
    ///
    /// # Errors
    /// As [`AwsBuilder::build`](tidegate_aws::AwsBuilder::build).
    pub fn builder(self) -> Result<CloudWatchMetricsBuilder, CloudWatchMetricsError> {
        let builder = CloudWatchMetrics::builder(AwsConnection::from_config(self.aws)?);
        let builder = self.namespace.into_iter().fold(builder, CloudWatchMetricsBuilder::with_namespace);
        let builder = self.labels.into_iter().fold(builder, CloudWatchMetricsBuilder::with_labels);
        Ok(self.on_unconfirmed.into_iter().fold(builder, CloudWatchMetricsBuilder::with_on_unconfirmed))
    }
}
