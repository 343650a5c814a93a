//! tidegate watches the nodes of a database cluster, decides when something is wrong, and tells the services where
//! people look. This crate is all of it under one name.
//!
//! # How the parts meet
//! ```text
//!  sources ─▶ detectors ─▶ ledger ─▶ journal ─▶ one lane for each integration ─▶ sink
//! ```
//! A [`source::Source`] hands in what it measures or hears. The [detectors](detect::Detector) say what is wrong, and
//! the [`detect::Ledger`] makes issues of it: opened once, updated, closed once. The [`router::Router`] writes each
//! event down before the source hears that it was taken, and tells it to each [`router::Integration`] at the
//! integration's own pace: a [`sink::Sink`], and [what it is told](router::Subscription).
//!
//! ```
//! # use std::sync::{Arc, Mutex};
//! # use async_trait::async_trait;
//! # use chrono::{TimeZone, Utc};
//! # use tidegate::sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
//! use tidegate::event::{Event, EventKind, Resource, Sample};
//! use tidegate::router::{Integration, Router, Subscription};
//!
//! # #[derive(Clone)]
//! # struct Board { profile: Profile, told: Arc<Mutex<Vec<String>>> }
//! # impl Board { fn new() -> Self { Self { profile: Profile::new("board"), told: Arc::default() } } }
//! #[async_trait]
//! impl Sink for Board {
//! #   fn profile(&self) -> &Profile { &self.profile }
//!     async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
//!         for delivery in batch {
//!             if let Event::Issue(issue) = &*delivery.event {
//!                 self.told.lock().unwrap().push(format!("{}: {}", issue.severity, issue.cause));
//!             }
//!         }
//!         Ok(vec![Outcome::Accepted(None); batch.len()])
//!     }
//! #   async fn probe(&self) -> Result<Probe, SinkError> { Ok(Probe::new()) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let board = Board::new();
//! let router = Router::builder()
//!     .with_detectors(tidegate::detect::standard())
//!     .with_integration(Integration::new("board", board.clone(), Subscription::new([EventKind::Issue])))
//!     .build()?;
//! let handle = router.handle();
//! let running = tokio::spawn(router.run());
//!
//! let node = Resource::new().with_node("10.0.0.2:2113");
//! # let at = Utc.with_ymd_and_hms(2026, 11, 24, 3, 0, 0).unwrap();
//! let total = Sample::new("system.memory.total", node.clone(), 16e9, "By", at)?;
//! let used = Sample::new("system.memory.used", node, 15e9, "By", at)?;
//! handle.publish([total, used]).await?; // returns once what follows from it is written down
//!
//! handle.stop();
//! assert!(running.await??.is_empty(), "everything was delivered");
//! let told = board.told.lock().unwrap();
//! assert_eq!(*told, ["warning: 14.0 GiB of 14.9 GiB used (93.8 %, limit 90 %) on node 10.0.0.2:2113."]);
//! # Ok(())
//! # }
//! ```
//!
//! # The parts
//! | module | what is in it |
//! |---|---|
//! | [`event`] | what happened: issues, notifications, logs, metrics; signals; resources |
//! | [`detect`] | when something is wrong: the detectors and the ledger |
//! | [`source`] | the trait of what is listened to |
//! | [`sink`] | the trait of what is told |
//! | [`store`] | where events and state are kept: the traits, memory, and disk |
//! | [`router`] | what drives them all |
//! | [`base`] | the clock, secrets, seeded randomness |
//!
//! # Features
//! The modules above are always there. Each source and sink that is ready to use is a feature, none of them on by
//! default: a program that brings its own builds nothing else.
//!
//! | feature | brings |
//! |---|---|
//! | `source-host` | `sources::host`: this machine's load, memory and disks (Linux) |
//! | `source-kurrentdb` | `sources::kurrentdb`: the gossip and metrics of a KurrentDB cluster |
//! | `source-push` | `sources::push`: a source that the program feeds itself |
//! | `source-tail` | `sources::tail`: log files, without a gap |
//! | `sink-cloudwatch-logs` | `sinks::cloudwatch_logs`: Amazon CloudWatch Logs |
//! | `sink-cloudwatch-metrics` | `sinks::cloudwatch_metrics`: Amazon CloudWatch metrics |
//! | `sink-console` | `sinks::console`: a terminal, or JSON lines |
//! | `sink-opsgenie` | `sinks::opsgenie`: alerts in Opsgenie or Jira Service Management |
//! | `sink-pagerduty` | `sinks::pagerduty`: alerts in PagerDuty |
//! | `sink-slack` | `sinks::slack`: messages in Slack |
//! | `sink-webhook` | `sinks::webhook`: signed JSON to an address |
//! | `config` | `config`: a TOML file made into a router, of the kinds of the features that are on |
//! | `simulated` | `simulated`: a KurrentDB cluster that does not exist, with scripted faults, over real sockets |
//! | `status` | `status`: how a router is, and notifications to it, over HTTP |
//! | `http` | `http`: what makes a sink of a service's HTTP conversation |
//! | `aws` | `aws`: a connection to AWS, for sinks of one's own |
//! | `store-disk` | `store::DiskLog` and `store::DiskState`: events and state that outlive the process |
//! | `full` | all of them |
//!
//! # Limits
//! A router that is given no stores keeps events and state in memory: a restarted process begins anew, and issues that
//! were open are opened again if they still are. With the feature `store-disk` they outlive the process.
//!
//! The router runs on tokio. The traits, the events and the detectors need no runtime.

#[cfg(feature = "aws")]
pub use tidegate_aws as aws;
pub use tidegate_base as base;
#[cfg(feature = "config")]
pub use tidegate_config as config;
pub use tidegate_detect as detect;
pub use tidegate_event as event;
#[cfg(feature = "http")]
pub use tidegate_http as http;
pub use tidegate_router as router;
#[cfg(feature = "simulated")]
pub use tidegate_simulated as simulated;
pub use tidegate_sink as sink;
pub use tidegate_source as source;
#[cfg(feature = "status")]
pub use tidegate_status as status;
pub use tidegate_store as store;

/// Sources that are ready to use, one feature each.
pub mod sources {
    #[cfg(feature = "source-host")]
    pub use tidegate_source_host as host;
    #[cfg(feature = "source-kurrentdb")]
    pub use tidegate_source_kurrentdb as kurrentdb;
    #[cfg(feature = "source-push")]
    pub use tidegate_source_push as push;
    #[cfg(feature = "source-tail")]
    pub use tidegate_source_tail as tail;
}

/// Sinks that are ready to use, one feature each.
pub mod sinks {
    #[cfg(feature = "sink-cloudwatch-logs")]
    pub use tidegate_sink_cloudwatch_logs as cloudwatch_logs;
    #[cfg(feature = "sink-cloudwatch-metrics")]
    pub use tidegate_sink_cloudwatch_metrics as cloudwatch_metrics;
    #[cfg(feature = "sink-console")]
    pub use tidegate_sink_console as console;
    #[cfg(feature = "sink-opsgenie")]
    pub use tidegate_sink_opsgenie as opsgenie;
    #[cfg(feature = "sink-pagerduty")]
    pub use tidegate_sink_pagerduty as pagerduty;
    #[cfg(feature = "sink-slack")]
    pub use tidegate_sink_slack as slack;
    #[cfg(feature = "sink-webhook")]
    pub use tidegate_sink_webhook as webhook;
}
