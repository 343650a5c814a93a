//! The CloudWatch sink of tidegate for metrics: samples, and the state of issues as metrics that alarms can stand on.
//!
//! ```
//! use tidegate_aws::AwsConnection;
//! use tidegate_sink::Sink;
//! use tidegate_sink_cloudwatch_metrics::CloudWatchMetrics;
//!
//! let connection = AwsConnection::builder().with_region("eu-west-1").build()?;
//! let sink = CloudWatchMetrics::builder(connection).with_namespace("Databases").with_labels(["disk"]).build()?;
//! assert_eq!(&**sink.profile().destination(), "cloudwatch-metrics:eu-west-1:Databases");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is put
//!
//! | | namespace | name |
//! |---|---|---|
//! | an issue | `<namespace>` | `issue.<kind>`: 1 while it is open, 0 once it is closed |
//! | tidegate's own samples, and yours | `<namespace>` | as it is: `tidegate.disk_usage` |
//! | KurrentDB's samples (`kurrentdb_`, `eventstore_`, `kestrel_` …) | `<namespace>/KurrentDB` | as it is |
//! | a machine's (`system.`) | `<namespace>/host` | as it is: `system.load.1m` |
//!
//! **Dimensions** are `cluster`, `node` and `part` (a volume, say), each where it is there, and the labels of a sample: all,
//! or those that are [chosen](CloudWatchMetricsBuilder::with_labels). A label of one of the three names is `label.cluster`.
//! CloudWatch knows a metric by all of its dimensions and charges for each.
//!
//! **Names and values** that CloudWatch does not take are escaped, so that different ones stay different: a byte that is no
//! printable ASCII becomes `%` and two hexadecimal digits (`Zürich` is `Z%C3%BCrich`), and what is too long ends with its
//! SHA-256. An empty value is the same as none.
//!
//! **Units** are translated: `By` is `Bytes`, `s` is `Seconds`, `{node}` is `Count`, `By/s` is `Bytes/Second`. What
//! CloudWatch has no word for is `None`; no value is converted.
//!
//! **Values** of one series within one minute go together, each once with how often it came: CloudWatch keeps minutes, so
//! that nothing is lost. A batch waits a minute to fill, of at most 10,000 samples, which are a few requests then.
//!
//! # Issues, for alarms
//! An alarm on `issue.<kind>` by `Maximum` over a minute, above 0, must treat missing data as *ignore*: an issue says nothing
//! while it stays as it is. A close is put into a minute of its own after all that was put of the episode, up to two minutes
//! ahead, since CloudWatch knows no order within a minute. The minutes are those of the delivery: an alarm does not look at
//! what comes late. An issue that opens, closes and opens again within one minute reads as closed until its next change.
//!
//! # What may count twice
//! CloudWatch knows a repetition by nothing. When no answer comes, or one that says that it failed inside, gauges are put
//! again: their minimum, maximum and average stay right. Counters (by their kind, or where they have none by `_total`,
//! `_sum` or `_bucket` at the end of their names) are not: once CloudWatch answers again they are rejected, and stand among
//! the dead letters as what may be missing. They are not rejected before, so that the lane waits and tells of the outage as
//! of any other. [`OnUnconfirmed`] sets it otherwise. After a crash what was on its way is put again, whatever it is.
//!
//! # What CloudWatch says, and what follows
//!
//! | | |
//! |---|---|
//! | 200 | accepted |
//! | a refusal that names a datum (`MetricData.member.<n>`) | what is in that datum is rejected; the rest is put again, once |
//! | any other refusal, and 413 | halved until it is found what is refused, which is rejected |
//! | `Throttling` and the like, 429 | [`Throttled`](tidegate_sink::SinkErrorKind::Throttled), as long as `x-amz-retry-after` says |
//! | `InternalServiceError`, `ServiceUnavailable`, 5xx | [`Unavailable`](tidegate_sink::SinkErrorKind::Unavailable): it may have been applied |
//! | a wrong key or signature, no permission | [`Unauthorized`](tidegate_sink::SinkErrorKind::Unauthorized): everything waits for the operator |
//! | no region, a wrong address, a clock that is off; another 4xx without a code, which is a proxy's | [`Misconfigured`](tidegate_sink::SinkErrorKind::Misconfigured), and the same |
//!
//! # Limits
//! By the API's model a request has at most 1,000 datums, a datum 150 unique values and 30 dimensions, and numbers go up to
//! 2^360. A request is 1 MB at most, of which 900,000 bytes are used before it is compressed. What is older than two weeks
//! or more than two hours ahead is rejected, with the reason; so is a sample without a name or with over 30 dimensions.
//!
//! A probe writes nothing: no metric can be taken back. It proves the key and the region, and not that
//! `cloudwatch:PutMetricData` is allowed, so that it ends no pause for credentials: the next sample or issue does.

mod answer;
mod builder;
mod config;
mod course;
mod doubt;
mod error;
mod issue;
mod labels;
mod name;
mod namespace;
mod origin;
mod parcel;
mod piece;
mod plan;
mod sink;
mod size;
mod unit;

pub use builder::CloudWatchMetricsBuilder;
pub use config::CloudWatchMetricsConfig;
pub use doubt::OnUnconfirmed;
pub use error::{CloudWatchMetricsError, CloudWatchMetricsErrorKind};
pub use sink::CloudWatchMetrics;
