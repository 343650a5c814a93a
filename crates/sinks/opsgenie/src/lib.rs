//! The Opsgenie sink of tidegate: one alert for each issue, kept up to date and closed when it is over. It speaks to Jira
//! Service Management as well, which takes Opsgenie's place.
//!
//! ```
//! use tidegate_base::Secret;
//! use tidegate_sink::Sink;
//! use tidegate_sink_opsgenie::{Opsgenie, Region};
//!
//! let sink = Opsgenie::builder(Secret::from_env("OPSGENIE_KEY")).with_region(Region::Eu).build_sink()?;
//! assert_eq!(&**sink.profile().destination(), "opsgenie:eu");
//! # Ok::<(), tidegate_sink_opsgenie::OpsgenieError>(())
//! ```
//!
//! **The API of Opsgenie ends on 2027-04-05.** Until then make an integration in Jira Service Management, and take
//! [`Flavor::Jsm`] with its key: Opsgenie's keys do not carry over. A sink of [`Flavor::Opsgenie`] says so in the log when
//! it is built.
//!
//! # Two flavors
//!
//! | | [`Flavor::Opsgenie`] | [`Flavor::Jsm`] |
//! |---|---|---|
//! | address | by [`Region`] | one for all |
//! | an issue opens | an alert | an alert |
//! | it goes on | message, description and priority are set anew | a note: an integration's key can change nothing |
//! | it closes | the alert is closed, with a note | the same |
//! | 202, which says that a request is queued | followed until it is worked off | counts |
//! | an answer to a note was lost | | it is added again, until an answer comes |
//! | an answer that was lost | the alert is looked up by its alias | created again, which the alias makes harmless but for its count |
//! | somebody deleted or closed the alert | the next update creates it anew | is not noticed |
//! | updates of an issue | at most every 15 min | at most every 15 min |
//!
//! Rises in severity and closes wait for nothing. Both take issues only: a notification has no end, and nobody would close
//! its alert.
//!
//! # What an alert looks like
//!
//! | field | | limit |
//! |---|---|---|
//! | `alias` | [`IssueKey::id`](tidegate_event::IssueKey::id): one open alert for each issue | 512 |
//! | `message` | the summary | 130 |
//! | `description` | cause, remedy, where, since when, the figures with their limits | 15,000 |
//! | `priority` | critical P1, error P2, warning P3, info P5 | |
//! | `entity` | where it is | 512 |
//! | `tags` | `tidegate`, the kind, the cluster | 20 of 50 |
//! | `details` | `kind`, `cluster`, `node`, `part`, `episode`, `opened_at` | 8,000 in all |
//! | `source` | `tidegate` | 100 |
//! | the close's `note` | cause, how long it lasted, the figures | 25,000 |
//!
//! The limits are those of Opsgenie's documentation ("Alerts and alert fields"; details and notes by its published
//! schemas). A longer text is cut at a character and marked with `…`. Tags, details and entity hold nothing that changes.
//!
//! # How a request is followed
//! A 202 names a request, which is asked after 1, 2, 5, 15 and 60 s (404: in the queue still). So an accepted delivery is one
//! that was applied. Deliveries therefore take a second and more, and 32 go side by side.
//!
//! | became | of a creation | of an update | of a close |
//! |---|---|---|---|
//! | applied | accepted | accepted | accepted |
//! | there is no such alert, or it is closed | as in other words | created anew | accepted |
//! | ignored by a filter of the integration | rejected | rejected | rejected |
//! | failed in other words | [`Unavailable`](tidegate_sink::SinkErrorKind::Unavailable), which no other alert waits for | the same | the same |
//! | in the queue still | [`Unconfirmed`](tidegate_sink::SinkErrorKind::Unconfirmed), tried again | the same | the same |
//! | a key without the right to read | accepted | accepted | accepted |
//!
//! An opening that may have been applied is looked up by its alias first, four times within 8 s, since it may be in the
//! queue. An open alert is then updated; without one it is created, and where it may say something older, updated too, once
//! the creation is worked off: a change that overtook it would find no alert.
//!
//! An update is three requests. One of which a part is refused is rejected, and the reason says what was taken: a new
//! priority that was refused must not count as told.
//!
//! A question that is answered with 5xx is asked again in the next round. With 429, or where the service says how long to
//! wait, the delivery is [`Unconfirmed`](tidegate_sink::SinkErrorKind::Unconfirmed) at once, with that wait, which then
//! holds for all of them. A delivery waits for at most 95 s all in all.
//!
//! # What the service says, and what follows
//!
//! | | |
//! |---|---|
//! | 202 | queued, and followed |
//! | 401, 402, 403; 422 of the service without a word about a field | [`Unauthorized`](tidegate_sink::SinkErrorKind::Unauthorized): everything waits for the operator |
//! | 404, 400, 422 and the like by something else than the service; 3xx, 405, 410 | [`Misconfigured`](tidegate_sink::SinkErrorKind::Misconfigured): the same |
//! | 429 | [`Throttled`](tidegate_sink::SinkErrorKind::Throttled), as long as `Retry-After` or `X-RateLimit-Period-In-Sec` says |
//! | 5xx | [`Unavailable`](tidegate_sink::SinkErrorKind::Unavailable) |
//! | 400, 422 with `errors`, any other 4xx of the service | rejected |
//! | 200 without what was asked for | [`Unconfirmed`](tidegate_sink::SinkErrorKind::Unconfirmed) |
//!
//! An answer is the service's own where it has a `requestId`, as all of its answers have; gateways have a `message` too. Only
//! such a 404 says that there is no alert, and only such a 4xx that an item is bad.
//!
//! The key shows in no error, no `Debug` and no receipt. It is read anew at each request, so that a rotated one is taken
//! up from a changed file.
//!
//! # Limits
//! - The destination is the service and its region: a new key is the same destination. When it is one of another account,
//!   the old account keeps what it was told, and the new one has open issues created at their next update.
//! - An opening that is in the queue for longer than 8 s after its answer was lost is created a second time, which raises
//!   the alert's count, and makes no other.
//! - Requests for one alert are taken to be worked off in the order of their coming, where one delivery ended
//!   unconfirmed and the next begins. Opsgenie does not say so: a close could overtake a creation whose answer was lost.
//! - Why a queued request failed has no code: the words "already closed", "does not exist", "ignored" and "filter" are
//!   looked for. Were they to change, the close of an alert that is none would be tried for ever.
//! - Two integrations that tell the same issue in one account share its alert.

mod answer;
mod builder;
mod config;
mod conversation;
mod dialect;
mod error;
mod payload;
mod place;
mod probe;

pub use builder::{OpsgenieBuilder, OpsgenieSink};
pub use config::OpsgenieConfig;
pub use dialect::Opsgenie;
pub use error::{OpsgenieError, OpsgenieErrorKind};
pub use place::{Flavor, Region};
