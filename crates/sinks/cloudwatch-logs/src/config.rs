use std::time::Duration;

use tidegate_aws::{AwsConfig, AwsConnection};

use crate::{CloudWatchLogs, CloudWatchLogsBuilder, CloudWatchLogsError, CloudWatchLogsErrorKind, Oversize};

/// The settings of a CloudWatch Logs sink as plain data, each as its key in a configuration file says it. `group_name` must be
/// there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CloudWatchLogsConfig {
    /// How to reach AWS: `region`, `endpoint`, `profile`, `access_key_id`, `secret_access_key`, `session_token`, `timeout`,
    /// `allow_http`.
    pub aws: AwsConfig,
    /// The log group to write into.
    pub group_name: Option<String>,
    /// Creates the group where it is missing. Streams are created either way. Default: no.
    pub create_group: bool,
    /// What becomes of a log line over 1 MiB: `cut` or `split`. Default: `cut`.
    pub oversize: Option<Oversize>,
    /// At least this long between two updates of one issue. Default: 1 min.
    pub update_interval: Option<Duration>,
}

impl CloudWatchLogsConfig {
    /// The builder of what this says.
    ///
    /// # Errors
    /// [`Missing`](CloudWatchLogsErrorKind::Missing): there is no `group_name`. And as
    /// [`AwsBuilder::build`](tidegate_aws::AwsBuilder::build).
    pub fn builder(self) -> Result<CloudWatchLogsBuilder, CloudWatchLogsError> {
        let Some(group) = self.group_name else {
            let context = "there is no `group_name`; set it to a log group, such as \"/tidegate/orders\"";
            return Err(CloudWatchLogsError::new(CloudWatchLogsErrorKind::Missing, "group_name", context));
        };
        let builder = CloudWatchLogs::builder(AwsConnection::from_config(self.aws)?, group);
        let builder = if self.create_group { builder.with_create_group() } else { builder };
        let builder = self.oversize.into_iter().fold(builder, CloudWatchLogsBuilder::with_oversize);
        Ok(self.update_interval.into_iter().fold(builder, CloudWatchLogsBuilder::with_update_interval))
    }
}
