//! The CloudWatch Logs sink of tidegate: log lines, issues and notifications as events in a log group of Amazon's.
//!
//! ```
//! use tidegate_aws::AwsConnection;
//! use tidegate_base::Secret;
//! use tidegate_sink::Sink;
//! use tidegate_sink_cloudwatch_logs::CloudWatchLogs;
//!
//! let keys = (Secret::from_env("LOGS_KEY_ID"), Secret::from_file("/run/secrets/logs-key"));
//! let connection = AwsConnection::builder().with_region("eu-west-1").with_keys(keys.0, keys.1).build()?;
//! let sink = CloudWatchLogs::builder(connection, "/tidegate/orders").build()?;
//! assert_eq!(&**sink.profile().destination(), "cloudwatch-logs:eu-west-1:/tidegate/orders");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is written
//! A stream for each node, `<cluster>/<node>`, where `:` of a node is `_`: `orders/10.0.0.2_2113`. What is of no node or of
//! no cluster has `-` in its place. Each event is a JSON object on one line:
//!
//! | field | of | |
//! |---|---|---|
//! | `message` | all | the original line; of an issue its summary |
//! | `level` | all | `information`, `warning` and so on; of an issue its severity. Left out where the line has none |
//! | `time` | all | RFC 3339 in milliseconds, which is the event's own time there too |
//! | `exception`, `properties`, `flags` | logs | where there are any |
//! | `type` | issues, notifications | `issue` or `notification` |
//! | `kind`, `state`, `cause`, `remedy`, `evidence`, `stale`, `opened_at`, `issue`, `episode`, `sequence` | issues | as the event has them; `issue` is the id of its key |
//! | `kind`, `notification`, `revision` | notifications | the same |
//! | `cluster`, `node`, `part` | all | where it happened |
//! | `id` | all | the [`DeliveryId`](tidegate_sink::DeliveryId), the same on every attempt |
//!
//! # What is answered, and what follows
//!
//! | | |
//! |---|---|
//! | taken | done; events in `rejectedLogEventsInfo` are rejected with the reason, and no others |
//! | `ResourceNotFoundException` | the stream is created, and the group where [`create_group`](CloudWatchLogsBuilder::with_create_group) says so; then it is sent again, twice at the most. Otherwise [`Misconfigured`](tidegate_sink::SinkErrorKind::Misconfigured) |
//! | `DataAlreadyAcceptedException` | done |
//! | `InvalidSequenceTokenException` | sent again once |
//! | `InvalidParameterException`, 413 and codes that are not known | the call is halved until the event is found that is minded; that one is rejected, unless [whatever is sent is refused](tidegate_aws::Refusals): then [`Misconfigured`](tidegate_sink::SinkErrorKind::Misconfigured), so that nothing is lost for what is no event's fault |
//! | `LimitExceededException` | [`Misconfigured`](tidegate_sink::SinkErrorKind::Misconfigured): a quota of groups, not a rate |
//! | `OperationAbortedException` | [`Unavailable`](tidegate_sink::SinkErrorKind::Unavailable) |
//! | the rest | as [`tidegate_aws`] has it |
//!
//! The service knows no repeated event: what is [`Unconfirmed`](tidegate_sink::SinkErrorKind::Unconfirmed) is sent again, and
//! may stand there twice, to the letter the same. `stats earliest(@message) by id` counts it once.
//!
//! # Limits
//! - *API Reference*, `PutLogEvents`: a call has at most 10,000 events and 1,048,576 bytes, 26 for each event beside its
//!   message, in order of time and within 24 hours. What is older than 14 days or more than 2 hours ahead is rejected
//!   unsent, by the service's clock where it is known to be another.
//! - A log line over 1,048,550 bytes is [cut or split](Oversize); the texts of issues and notifications are cut.
//! - Calls of one stream follow one another, and those of up to four streams go at once. After one that failed none is
//!   begun; once throttled, one stream is written to at a time until a delivery goes through.
//! - A line that failed for a reason of its stream alone can be overtaken by later lines of it in the next delivery. The
//!   service sorts by time, so that this shows only between lines of the same millisecond. So do lines among which one is
//!   looked for that the service minds.
//! - There is no look whether a stream is there before it is written to: the call itself says so. So nothing is kept that
//!   could be wrong, and a stream that is there costs no permission but `logs:PutLogEvents`.
//! - A group that is created keeps its events for ever, until somebody sets a retention.

mod answer;
mod builder;
mod config;
mod error;
mod pack;
mod payload;
mod probe;
mod sink;
mod stream;
mod tally;

pub use builder::CloudWatchLogsBuilder;
pub use config::CloudWatchLogsConfig;
pub use error::{CloudWatchLogsError, CloudWatchLogsErrorKind};
pub use payload::Oversize;
pub use sink::CloudWatchLogs;
