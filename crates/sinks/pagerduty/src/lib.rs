//! The PagerDuty sink of tidegate: one alert for each issue, changed as things go on and resolved when they are over, by
//! the Events API v2.
//!
//! ```
//! use tidegate_base::Secret;
//! use tidegate_sink::Sink;
//! use tidegate_sink_pagerduty::{Link, PagerDuty, Region};
//!
//! let sink = PagerDuty::builder(Secret::from_env("PAGERDUTY_KEY"))
//!     .with_region(Region::Eu)
//!     .with_link(Link::new("https://wiki.example.com/runbooks/{kind}").with_text("Runbook"))
//!     .build_sink()?;
//! assert_eq!(&**sink.profile().destination(), "pagerduty:eu");
//! # Ok::<(), tidegate_sink_pagerduty::PagerDutyError>(())
//! ```
//!
//! # What is told
//! The routing key is the integration key of an *Events API v2* integration on a service. It decides whom PagerDuty wakes.
//! It takes issues only: a notification has no end, and nobody would resolve its alert.
//!
//! | | is sent as |
//! |---|---|
//! | an issue opens | a `trigger` under the issue's [id](tidegate_event::IssueKey::id) as `dedup_key` |
//! | it changes | the same `trigger` with what is true now; PagerDuty puts it into the open alert |
//! | it closes | a `resolve` of that `dedup_key`; where no alert of it is open, PagerDuty drops it |
//!
//! | field | holds |
//! |---|---|
//! | `summary` | what broke |
//! | `severity` | the same four words: `critical`, `error`, `warning`, `info` |
//! | `source`, `component`, `group` | the node, the part (a volume, say), the cluster |
//! | `class` | the kind of issue |
//! | `custom_details` | cause, remedy, figures with their limits, where, since when, episode and number of the event |
//! | `links` | those that were [set](PagerDutyBuilder::with_link) |
//!
//! A repetition joins the alert that is there, so that a lost answer does no harm and no receipt is kept. Updates of an
//! issue are at least 15 min apart; openings, rises in severity and closes wait for nothing. Four requests go out at a
//! time, 105 within a minute: PagerDuty takes about 120 of a key.
//!
//! # What PagerDuty says, and what follows
//!
//! | | |
//! |---|---|
//! | 202 with `status` `success` | accepted |
//! | 400 whose errors name the routing key; 401, 402, 403 | [`Unauthorized`](tidegate_sink::SinkErrorKind::Unauthorized): everything waits for the operator |
//! | 3xx, 404, 405, 407, 410, 421 | [`Misconfigured`](tidegate_sink::SinkErrorKind::Misconfigured): the address or the proxy is wrong, and the same |
//! | 413 | told once more without details and links, which says so; then rejected |
//! | 429 | [`Throttled`](tidegate_sink::SinkErrorKind::Throttled), as long as `Retry-After` says, else 30 s |
//! | 408, 5xx | [`Unavailable`](tidegate_sink::SinkErrorKind::Unavailable): tried again |
//! | 2xx in other words | [`Unconfirmed`](tidegate_sink::SinkErrorKind::Unconfirmed): tried again |
//! | any other 400 or 4xx | rejected, with PagerDuty's words |
//!
//! # Limits
//! PagerDuty's documents (*Events API v2: Overview*, *Send an Alert Event*, *Rate Limits*) take 1,024 characters in a
//! summary, 255 in a `dedup_key`, and 512 KB in all. Every text is cut at a character, marked with `…`, so that the largest
//! event has less than 200 KB. The routing key stands in each request's body and in no error, `Debug`, log or receipt.
//!
//! - A 202 says that an event was taken, not that anybody is woken: PagerDuty says the same of a key whose service is
//!   disabled, or whose events are routed nowhere.
//! - The order in which PagerDuty works off what it has taken is its own. A trigger that lay in the network past its
//!   time-out may come after the resolve that followed it, and then opens an alert that people must resolve.
//! - Whether the head of an open alert shows a changed summary and severity is not documented. They stand in its log.
//! - When people resolve an alert by hand while the issue goes on, its next change opens a new one.
//! - To PagerDuty another routing key is another place, which knows nothing of the alerts of the first. tidegate names the
//!   destination by region, so that a changed key does not drop what waits: what is open is told by the new key when it
//!   changes, and the old key's alerts stay for people to resolve.

mod answer;
mod builder;
mod config;
mod dialect;
mod error;
mod link;
mod payload;
mod region;

pub use builder::{PagerDutyBuilder, PagerDutySink};
pub use config::PagerDutyConfig;
pub use dialect::PagerDuty;
pub use error::{PagerDutyError, PagerDutyErrorKind};
pub use link::Link;
pub use region::Region;
