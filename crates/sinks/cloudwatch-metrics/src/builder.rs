use std::time::Duration;

use tidegate_aws::AwsConnection;
use tidegate_event::EventKind;
use tidegate_sink::{Keeps, Profile};

use crate::labels::Chosen;
use crate::name::NAME;
use crate::namespace::Namespaces;
use crate::{CloudWatchMetrics, CloudWatchMetricsError, OnUnconfirmed};

const NAMESPACE: &str = "tidegate";
/// Samples of a call: those of a minute are put together, so that the more there are the less is sent.
const BATCH: usize = 10_000;
/// The bytes of as many samples as they are in memory.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// CloudWatch adds up by the minute, and is paid for by the request.
const LINGER: Duration = Duration::from_mins(1);
/// A call for samples, and one for issues beside it.
const CONCURRENCY: usize = 2;

/// Builds a [`CloudWatchMetrics`] sink.
///
/// | setting | default |
/// |---|---|
/// | [`namespace`](Self::with_namespace) | `tidegate` |
/// | [`labels`](Self::with_labels) that become dimensions | all |
/// | [`on_unconfirmed`](Self::with_on_unconfirmed) | [`OnUnconfirmed::Auto`] |
#[derive(Debug, Clone)]
pub struct CloudWatchMetricsBuilder {
    connection: AwsConnection,
    namespace: String,
    labels: Chosen,
    on_unconfirmed: OnUnconfirmed,
}

impl CloudWatchMetricsBuilder {
    pub(crate) fn new(connection: AwsConnection) -> Self {
        Self {
            connection,
            namespace: NAMESPACE.to_owned(),
            labels: Chosen::All,
            on_unconfirmed: OnUnconfirmed::default(),
        }
    }

    /// Puts metrics into `namespace`, and below it with `/KurrentDB` and `/host` after it.
    pub fn with_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Makes dimensions of these labels only. Samples that differ in others are values of one metric then.
    pub fn with_labels<L: Into<String>>(mut self, labels: impl IntoIterator<Item = L>) -> Self {
        self.labels = Chosen::Only(labels.into_iter().map(Into::into).collect());
        self
    }

    /// Says what becomes of a sample that may have been put already.
    pub fn with_on_unconfirmed(mut self, on_unconfirmed: OnUnconfirmed) -> Self {
        self.on_unconfirmed = on_unconfirmed;
        self
    }

    /// The sink.
    ///
    /// # Errors
    /// [`Invalid`](crate::CloudWatchMetricsErrorKind::Invalid): a namespace that CloudWatch does not take.
    pub fn build(self) -> Result<CloudWatchMetrics, CloudWatchMetricsError> {
        let namespace = &self.namespace;
        let invalid = |why: String| Err(CloudWatchMetricsError::invalid("namespace", format!("`namespace` {why}")));
        let namespaces = Namespaces::new(namespace);
        let longest = NAME - namespaces.longest_suffix();
        if namespace.trim().is_empty() {
            return invalid("is empty; it must be a name such as \"tidegate\"".to_owned());
        }
        if namespace.len() > longest {
            return invalid(format!(
                "has {} bytes; CloudWatch takes {longest} with what is added to it",
                namespace.len()
            ));
        }
        if let Some(odd) = namespace.chars().find(|letter| !matches!(letter, ' '..='~')) {
            return invalid(format!("{namespace:?} has {odd:?}; CloudWatch takes ASCII without control characters"));
        }
        if namespace.starts_with(':') || namespace.starts_with("AWS/") {
            return invalid(format!("is {namespace:?}; it must begin neither with a colon nor with AWS/"));
        }
        let profile = Profile::new(format!("cloudwatch-metrics:{}:{namespace}", self.connection.place()))
            .with_kinds([EventKind::Metric, EventKind::Issue].into())
            .with_batch(BATCH)
            .with_batch_bytes(BATCH_BYTES)
            .with_concurrency(CONCURRENCY)
            .with_linger(LINGER)
            .with_keeps(Keeps::Alerts);
        Ok(CloudWatchMetrics::new(profile, self.connection, namespaces, self.labels, self.on_unconfirmed))
    }
}
