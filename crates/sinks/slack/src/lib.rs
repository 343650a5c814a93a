//! The Slack sink of tidegate: one message for each issue, edited as things go on and green when they are over.
//!
//! ```
//! use std::time::Duration;
//!
//! use tidegate_base::Secret;
//! use tidegate_sink::Sink;
//! use tidegate_sink_slack::Slack;
//!
//! let sink = Slack::bot("C0123456789", Secret::from_env("SLACK_TOKEN"))
//!     .with_update_interval(Duration::from_mins(10))
//!     .build_sink()?;
//! assert_eq!(&**sink.profile().destination(), "slack:C0123456789");
//! # Ok::<(), tidegate_sink_slack::SlackError>(())
//! ```
//!
//! # Two ways in
//!
//! | | [`Slack::bot`] | [`Slack::webhook`] |
//! |---|---|---|
//! | needs | a channel's ID and the token of an app | the URL of an incoming webhook, which is the secret |
//! | an issue is | one message, edited | a message for each change |
//! | an answer that was lost | the message is looked up | it is told again, and says so |
//! | updates of an issue | at most every 5 min | at most every 5 min |
//!
//! Openings, rises in severity and closes wait for nothing. A notification is a message of its own, and a new revision
//! edits it. Both ways take issues and notifications, four at a time, about 45 a minute. Where one of them needs several
//! requests of the same method (the pages of a look), those keep to [45 a minute](Paced) as well, but for an `endpoint` on
//! this machine.
//!
//! # Scopes of the token
//!
//! | scope | for |
//! |---|---|
//! | `chat:write` | everything; the app must be in the channel (`/invite @app`) |
//! | `chat:write.public` | public channels that the app is not in |
//! | `channels:history`, or `groups:history` in a private channel | looking up a message whose answer was lost |
//! | `metadata.message:read` | the same: a message is known by the metadata it carries |
//!
//! Without the last two, what may be there already is posted again, with a line that says so: nobody can edit a message
//! whose `ts` is not known. See the [limits](#limits).
//!
//! # What Slack says, and what follows
//!
//! | | |
//! |---|---|
//! | the token or the workspace refuses | [`Unauthorized`](tidegate_sink::SinkErrorKind::Unauthorized): everything waits for the operator |
//! | the channel is not there, archived, or closed to the app | [`Misconfigured`](tidegate_sink::SinkErrorKind::Misconfigured): the same |
//! | too much at once | [`Throttled`](tidegate_sink::SinkErrorKind::Throttled), as long as `Retry-After` says |
//! | a failure inside Slack | [`Unavailable`](tidegate_sink::SinkErrorKind::Unavailable): tried again after a look |
//! | the message is gone, or too old to be edited | a new one is posted, and gone on with |
//! | the layout does not please | the same as plain text, once |
//! | anything else | rejected |
//!
//! Every text is escaped, so that no log line can call a channel or forge a link, and then cut to Slack's limits,
//! marked with `…`. The token and the webhook's URL show in no error, no `Debug` and no receipt.
//!
//! # Limits
//! - Where nobody may look (a webhook, or a token without the scopes), each answer that is lost after Slack did what was
//!   asked leaves one copy more. It is not given up after the first: that both posts were lost cannot be told from that
//!   only their answers were, and an issue that nobody hears of is worse than a copy. The lane tries ever less often, up
//!   to 5 min apart, and a bot posts again only after Slack has answered its look. Where Slack loses many answers, grant
//!   the scopes: then each issue stands once.
//! - A look goes back over the last 1,000 messages since the issue opened; what lies behind them is posted once more,
//!   and says so.
//! - Slack lets apps that are distributed outside its marketplace look once a minute, at few messages: use an app of the
//!   workspace's own.
//! - A message is known by its episode or notification. Two integrations that tell the same in one channel may take each
//!   other's message for their own after a lost answer.
//! - A webhook cannot edit, so that its messages about what is over stay as they were; the last one is green.
//! - When the channel changes, the old one keeps what it was told.

mod answer;
mod builder;
mod config;
mod conversation;
mod dialect;
mod error;
mod pace;
mod parts;
mod payload;
mod webhook;

pub use builder::{SlackBuilder, SlackSink};
pub use config::SlackConfig;
pub use dialect::Slack;
pub use error::{SlackError, SlackErrorKind};
pub use pace::Paced;
