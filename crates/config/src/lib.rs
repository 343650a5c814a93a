//! A TOML file made into a tidegate router, and each of its mistakes told with its place.
//!
//! ```
//! use tidegate_config::{Config, Registry};
//!
//! let text = r#"
//! [[source]]
//! type = "host"
//! node = "10.0.0.1:2113"
//!
//! [detector.disk-usage]
//! open = { above = 0.75, for = "1m", samples = 3 }
//!
//! [[integration]]
//! name = "terminal"
//! sink = "console"
//! min_severity = "warning"
//! "#;
//! let plan = Config::parse("tidegate.toml", text)?.build(&Registry::standard())?;
//! assert_eq!(plan.sources()[0].source().name(), "host");
//! assert!(plan.integration("terminal").is_some());
//! let router = plan.into_router().build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Mistakes
//! All of a file are told at once ([`ConfigErrors`]), each with file, line and column, what was found and what would be
//! right:
//! ```
//! # use tidegate_config::{Config, Registry};
//! let text = "[[integration]]\nname = \"ops\"\nsink = \"console\"\nmin_sevirity = \"warning\"\nlinger = 5\n";
//! let errors = Config::parse("tidegate.toml", text)?.build(&Registry::standard()).unwrap_err();
//! let expected = r#"error: unknown key `min_sevirity` in integration `ops`; did you mean `min_severity`?
//!  --> tidegate.toml:4:1
//!   |
//! 4 | min_sevirity = ***
//!   | ^^^^^^^^^^^^
//!   = help: known keys: format, color, colour, name, description, source, sink, cluster_ids, min_severity, min_level, muted, update_interval, rate, linger
//!
//! error: `linger` of integration `ops`: found a whole number; expected a duration in quotes, such as "30s"
//!  --> tidegate.toml:5:10
//!   |
//! 5 | linger = 5
//!   |          ^
//!
//! 2 errors in tidegate.toml"#;
//! assert_eq!(errors.to_string(), expected);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! A value is shown only where a type read it that is not a secret; all others are `***`, so that a token under a
//! misspelt key shows nowhere.
//!
//! # A sink of one's own
//! A factory reads its [`Section`] as any type that serde can read. What is wrong there is told like all else.
//! ```
//! # use async_trait::async_trait;
//! # use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
//! use serde::Deserialize;
//! use tidegate_base::Secret;
//! use tidegate_config::{Config, DurationConfig, Registry, SecretConfig};
//!
//! #[derive(Deserialize)]
//! struct PagerKeys {
//!     number: u32,
//!     pin: SecretConfig,
//!     timeout: Option<DurationConfig>,
//! }
//! # struct Pager { profile: Profile }
//! # impl Pager {
//! #     fn new(number: u32, _pin: Secret) -> Self { Self { profile: Profile::new(format!("pager:{number}")) } }
//! # }
//! # #[async_trait]
//! # impl Sink for Pager {
//! #     fn profile(&self) -> &Profile { &self.profile }
//! #     async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
//! #         Ok(vec![Outcome::Accepted(None); batch.len()])
//! #     }
//! #     async fn probe(&self) -> Result<Probe, SinkError> { Ok(Probe::new()) }
//! # }
//!
//! let registry = Registry::standard().with_sink("pager", |section| {
//!     let keys: PagerKeys = section.parse()?;
//!     if keys.number == 0 {
//!         return Err(section.refuse_at("number", "number is 0; it must be that of a pager"));
//!     }
//!     Ok(Pager::new(keys.number, keys.pin.into()))
//! });
//! let text = "[[integration]]\nname = \"night\"\nsink = \"pager\"\nnumber = 7\npin = \"1234\"\n";
//! let plan = Config::parse("tidegate.toml", text)?.build(&registry)?;
//! assert_eq!(&**plan.integrations()[0].integration().sink().profile().destination(), "pager:7");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The file
//! | key | |
//! |---|---|
//! | `state_dir` | the folder in which events and state are kept, by default `"tidegate-state"` beside the file; `""`: in memory |
//! | `journal_size`, `bulk_size` | how much the two logs take at most, by default `"1GiB"` each: issues and notifications, which are never dropped, and logs and metrics, of which the oldest are |
//! | `[status]` | `listen`, an address such as `"127.0.0.1:2115"`; without it nothing is served |
//! | `[intake]` | `token`, a secret: who has it may say notifications at the address of `[status]`; without it only this machine may |
//! | `[[source]]` | `type`, its kind; `name`, by default the kind; the rest is the source's |
//! | `[detector.kind]` | `enabled`, by default `true`; the rest is the detector's |
//! | `[[integration]]` | `name` and `sink`, its kind; the keys below; the rest is the sink's |
//!
//! | key of an integration | default | |
//! |---|---|---|
//! | `description` | none | for people |
//! | `source` | issues and notifications | one or some of `"issues"`, `"notifications"`, `"logs"`, `"metrics"` |
//! | `cluster_ids` | all | the clusters whose events it takes |
//! | `min_severity` | `"info"` | of issues and notifications: `"info"`, `"warning"`, `"error"`, `"critical"` |
//! | `min_level` | all | of logs: `"verbose"`, `"debug"`, `"information"` (or `"info"`), `"warning"`, `"error"`, `"fatal"` |
//! | `muted` | `false` | takes no new issues and no notifications |
//! | `update_interval` | the sink's | between two updates of one issue |
//! | `rate` | the sink's | how often the sink is called, such as `"10/s"` |
//! | `linger` | the sink's | how long a batch of logs or metrics waits to fill |
//!
//! The detectors `core-load`, `disk-usage` and `memory-usage` take `open = { above, for, samples }`, `close = { below,
//! for, samples }`, `critical`, `severity`, `remedy` and `stale_after`; `cluster-consensus` takes `open = { rounds }`,
//! `close = { rounds }`, `severity`, `remedy` and `stale_after`; `replication-lag` takes `open = { above, for, rounds }`,
//! `close = { below, for, rounds }`, of which the limits are sizes such as `"64MiB"`, `severity`, `remedy` and
//! `stale_after`; `disk-full-soon` takes `open = { below }`, `close = { above, for }` and `critical`, of which all are
//! times such as `"4h"`, `window`, `min_data`, `min_fit`, `min_used`, `reach`, `severity`, `remedy` and `stale_after`. Only with
//! a section of their own, be it empty, there are `node-fatal`, with `quiet`, `stale_after`, `severity` and `remedy`, and
//! `scavenge-failed`, with `severity` and `remedy`. What is left out stays at the figure of the standard
//! detector; a limit of closing follows that of opening, and `stale_after` the interval of the sources.
//!
//! The source `host` takes `cluster`, `node`, `interval`, `volumes` and `cgroup`. The source `kurrentdb` takes `cluster`,
//! `nodes`, `credentials = { username, password }`, `ca_file`, `client_certificate` and `client_key`, `allow_http`; of
//! gossip `gossip`, `gossip_interval`, `confirm`, `discover`, `expected_nodes`; of metrics `metrics`,
//! `metrics_interval`, `include`, `exclude`, `physical_cores` and `physical_memory`.
//! The source `tail` takes `path`, a file, folder or pattern, `cluster`, `node`, `format` (`"kurrentdb"`, `"json"` or `"text"`), `min_level`, `from` (`"end"` or
//! `"beginning"`), where it begins the first time, and `interval`; for KurrentDB `series`, some of `"log"`, `"log-err"` and
//! `"log-stats"`, for JSON `fields = { time, level, message, exception }`, and for text `start`, a regular expression for the
//! first line of a record. The sink `console` takes `format`
//! (`"text"` or `"json"`) and `color` (`"auto"`, `"always"`, `"never"`). The sink `slack` takes `channel_id` and `token`,
//! or `webhook_url`. The sink `opsgenie` takes `api_key`, `flavor` (`"opsgenie"` or `"jsm"`) and `region` (`"us"` or
//! `"eu"`). The sink `pagerduty` takes `routing_key`, `region` and `links`, a list of tables with `href` and `text`. All
//! three take `endpoint`. The sink `webhook` takes `url`, `secret` (one or a list), `batch` and `batch_bytes`. All four
//! take `timeout` and `allow_http`.
//!
//! The sinks `cloudwatch-metrics` and `cloudwatch-logs` take `region`, `access_key_id` and `secret_access_key`,
//! `session_token`, `profile`, `endpoint`, `timeout` and `allow_http`; where there is no key, what the AWS SDK finds. The
//! first takes `namespace`, `labels` and `on_unconfirmed` (`"auto"`, `"repeat"`, `"drop"`) besides, the second
//! `group_name`, `create_group` and `oversize` (`"cut"` or `"split"`).
//!
//! # Features
//! | feature | kind |
//! |---|---|
//! | `source-host` | source `host` |
//! | `source-kurrentdb` | source `kurrentdb` |
//! | `source-tail` | source `tail` |
//! | `sink-cloudwatch-logs` | sink `cloudwatch-logs` |
//! | `sink-cloudwatch-metrics` | sink `cloudwatch-metrics` |
//! | `sink-console` | sink `console` |
//! | `sink-opsgenie` | sink `opsgenie` |
//! | `sink-pagerduty` | sink `pagerduty` |
//! | `sink-slack` | sink `slack` |
//! | `sink-webhook` | sink `webhook` |
//!
//! None is on by default. [`Registry::standard`] has the kinds of those that are.
//!
//! # Limits
//! - A file that is not TOML is told as that alone: what it means is looked at once it can be read. Of the mistakes in
//!   its syntax the first of each line is told.
//! - serde does not tell which keys a type has under `#[serde(flatten)]`: there an unknown one goes unnoticed.
//! - A secret in a variable or file is read once when the plan is made, so that a mistake shows before it matters.

mod build;
#[cfg(any(feature = "sink-cloudwatch-logs", feature = "sink-cloudwatch-metrics"))]
mod cloudwatch;
mod config;
mod config_types;
#[cfg(feature = "sink-console")]
mod console;
mod detectors;
mod document;
mod error;
#[cfg(feature = "source-host")]
mod host;
#[cfg(feature = "source-kurrentdb")]
mod kurrentdb;
#[cfg(feature = "sink-opsgenie")]
mod opsgenie;
#[cfg(feature = "sink-pagerduty")]
mod pagerduty;
mod plan;
mod rated;
mod read;
mod registry;
mod report;
mod scrub;
mod section;
#[cfg(any(
    feature = "sink-cloudwatch-logs",
    feature = "sink-cloudwatch-metrics",
    feature = "sink-opsgenie",
    feature = "sink-pagerduty",
    feature = "sink-slack",
    feature = "sink-webhook",
    feature = "source-kurrentdb"
))]
mod service;
#[cfg(feature = "sink-slack")]
mod slack;
mod syntax;
#[cfg(feature = "source-tail")]
mod tail;
mod tree;
mod units;
#[cfg(feature = "sink-webhook")]
mod webhook;

pub use config::Config;
pub use config_types::{PathConfig, SecretConfig, SecretsConfig};
pub use error::{ConfigError, ConfigErrorKind, ConfigErrors};
pub use plan::{Plan, PlannedIntegration, Storage};
pub use registry::{ConfiguredSource, Registry};
pub use report::Refused;
pub use section::Section;
pub use units::{DurationConfig, RateConfig, SizeConfig};

/// A section that takes no key.
#[derive(serde::Deserialize)]
pub(crate) struct ReadNothing {}
