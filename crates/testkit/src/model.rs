//! Services as they really behave, in memory: what a sink of ours would show people, and a test can ask.
//!
//! Each is a [`Sink`](tidegate_sink::Sink). Clones are the same service, which outlives whatever sent to it: give a
//! clone to the router, drop the router, start another over the same service, and ask what is open.
//!
//! | | like | told a second time |
//! |---|---|---|
//! | [`MessageService`] | Slack | posts once more, unless it is looked up first |
//! | [`AlertService`] | Opsgenie, PagerDuty | knows it by the issue's key |
//! | [`BatchService`] | logs, metrics | holds it twice, and counts it |
//!
//! With the feature `server` there are services that are no sinks, to which a real sink speaks HTTP:
//!
//! | | like |
//! |---|---|
//! | `CloudWatchService` | Amazon CloudWatch's metrics; with the feature `cloudwatch` |
//! | `LogsService` | Amazon CloudWatch Logs |
//! | `OpsgenieService` | Opsgenie and Jira Service Management, with their queue |
//! | `PagerDutyService` | PagerDuty's Events API v2 |
//! | `SlackService` | Slack |
//! | `WebhookReceiver` | a receiver of Standard Webhooks |
//!
//! ```
//! use tidegate_sink::{Sink, SinkErrorKind};
//! use tidegate_testkit::faults::{Fault, Script};
//! use tidegate_testkit::model::MessageService;
//! use tidegate_testkit::sample::{self, Episode};
//!
//! # futures::executor::block_on(async {
//! let lost = Script::new([Fault::lost(SinkErrorKind::Unconfirmed)]);
//! let chat = MessageService::new("chat").with_faults(lost);
//! let disk = Episode::new("disk-usage");
//!
//! let open = sample::delivery(disk.open());
//! chat.deliver(&[open.clone()]).await.unwrap_err(); // posted, and the answer lost
//! chat.deliver(&[open.with_maybe_applied()]).await.unwrap();
//! assert_eq!(chat.posts(disk.id()).len(), 1, "looked up before it posted");
//! assert_eq!(chat.open(), [disk.id()]);
//! # });
//! ```

mod alert;
#[cfg(feature = "server")]
mod aws;
mod batch;
#[cfg(feature = "cloudwatch")]
mod cloudwatch;
mod desk;
#[cfg(feature = "server")]
mod logs;
mod message;
#[cfg(feature = "server")]
mod opsgenie;
#[cfg(feature = "server")]
mod pagerduty;
#[cfg(feature = "server")]
mod slack;
mod telling;
mod watch;
#[cfg(feature = "server")]
mod webhook;

pub use self::alert::{Alert, AlertService};
pub use self::batch::{BatchService, Item};
#[cfg(feature = "cloudwatch")]
pub use self::cloudwatch::{CloudWatchPoint, CloudWatchRequest, CloudWatchSeries, CloudWatchService};
#[cfg(feature = "server")]
pub use self::logs::{LogsEvent, LogsRequest, LogsService, LogsStream};
pub use self::message::{Message, MessageService};
#[cfg(feature = "server")]
pub use self::opsgenie::{OpsgenieAlert, OpsgenieRequest, OpsgenieService, OpsgenieState};
#[cfg(feature = "server")]
pub use self::pagerduty::{PagerDutyAlert, PagerDutyRequest, PagerDutyService};
#[cfg(feature = "server")]
pub use self::slack::{SlackMessage, SlackRequest, SlackService};
pub use self::telling::{Subject, Telling};
#[cfg(feature = "server")]
pub use self::webhook::{WebhookMessage, WebhookReceiver, WebhookRequest};
