//! `sink = "cloudwatch-metrics"` and `sink = "cloudwatch-logs"`: Amazon CloudWatch.

/// The keys of a sink that reaches AWS. A macro, since serde does not tell which keys are under `#[serde(flatten)]`, so that
/// a mistyped one would go unnoticed.
macro_rules! aws_keys {
    (struct $name:ident { $($(#[$attribute:meta])* $key:ident: $type:ty,)* }) => {
        #[derive(serde::Deserialize)]
        struct $name {
            $($(#[$attribute])* $key: $type,)*
            region: Option<String>,
            endpoint: Option<String>,
            profile: Option<String>,
            access_key_id: Option<crate::SecretConfig>,
            secret_access_key: Option<crate::SecretConfig>,
            session_token: Option<crate::SecretConfig>,
            timeout: Option<crate::DurationConfig>,
            #[serde(default)]
            allow_http: bool,
        }

        impl $name {
            fn aws(&mut self) -> tidegate_aws::AwsConfig {
                tidegate_aws::AwsConfig {
                    region: self.region.take(),
                    endpoint: self.endpoint.take(),
                    profile: self.profile.take(),
                    access_key_id: self.access_key_id.take().map(tidegate_base::Secret::from),
                    secret_access_key: self.secret_access_key.take().map(tidegate_base::Secret::from),
                    session_token: self.session_token.take().map(tidegate_base::Secret::from),
                    timeout: self.timeout.take().map(crate::DurationConfig::get),
                    allow_http: self.allow_http,
                }
            }
        }
    };
}

#[cfg(feature = "sink-cloudwatch-metrics")]
pub(crate) mod metrics {
    use tidegate_sink_cloudwatch_metrics::{
        CloudWatchMetrics, CloudWatchMetricsBuilder, CloudWatchMetricsConfig, CloudWatchMetricsErrorKind, OnUnconfirmed,
    };

    use crate::service::refuse;
    use crate::{Refused, Registry, Section};

    aws_keys! {
        struct MetricsKeys {
            namespace: Option<String>,
            labels: Option<Vec<String>>,
            on_unconfirmed: Option<OnUnconfirmed>,
        }
    }

    pub(crate) fn register(registry: Registry) -> Registry {
        registry.with_sink("cloudwatch-metrics", make)
    }

    fn make(section: &Section<'_>) -> Result<CloudWatchMetrics, Refused> {
        let mut keys: MetricsKeys = section.parse()?;
        let aws = keys.aws();
        let MetricsKeys { namespace, labels, on_unconfirmed, .. } = keys;
        let config = CloudWatchMetricsConfig { aws, namespace, labels, on_unconfirmed };
        config.builder().and_then(CloudWatchMetricsBuilder::build).map_err(|error| {
            let key = (error.kind() != CloudWatchMetricsErrorKind::Missing).then(|| error.key());
            refuse(section, &error, key)
        })
    }
}

#[cfg(feature = "sink-cloudwatch-logs")]
pub(crate) mod logs {
    use tidegate_sink_cloudwatch_logs::{
        CloudWatchLogs, CloudWatchLogsBuilder, CloudWatchLogsConfig, CloudWatchLogsErrorKind, Oversize,
    };

    use crate::service::refuse;
    use crate::{Refused, Registry, Section};

    aws_keys! {
        struct LogsKeys {
            group_name: Option<String>,
            #[serde(default)]
            create_group: bool,
            oversize: Option<Oversize>,
        }
    }

    pub(crate) fn register(registry: Registry) -> Registry {
        registry.with_sink("cloudwatch-logs", make)
    }

    fn make(section: &Section<'_>) -> Result<CloudWatchLogs, Refused> {
        let mut keys: LogsKeys = section.parse()?;
        let aws = keys.aws();
        let LogsKeys { group_name, create_group, oversize, .. } = keys;
        let update_interval = None; // the key of every integration, which its policy keeps
        let config = CloudWatchLogsConfig { aws, group_name, create_group, oversize, update_interval };
        config.builder().and_then(CloudWatchLogsBuilder::build).map_err(|error| {
            let key = (error.kind() != CloudWatchLogsErrorKind::Missing).then(|| error.key());
            refuse(section, &error, key)
        })
    }
}
