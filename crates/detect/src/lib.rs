//! When something is wrong, and which issue it is: the detectors and the ledger.
//!
//! A [`Detector`] looks at the [`Signal`](tidegate_event::Signal)s of the sources and says of each issue of its kind
//! whether it is there, is not, or cannot be told ([`Condition`]). The [`Ledger`] turns these findings into
//! [`IssueEvent`](tidegate_event::IssueEvent)s: it opens an episode once, counts its updates, and closes it once, also
//! over restarts. Neither reads a clock or does any input or output, so that a schedule can be scripted and repeated.
//!
//! Six detectors are [`standard`]: [core load](Threshold::core_load), [disk usage](Threshold::disk_usage) and
//! [memory usage](Threshold::memory_usage), which are each a [`Threshold`] (a number over a limit, with hysteresis),
//! [`ClusterConsensus`], [`ReplicationLag`] and [`DiskFullSoon`]. [`Ratios`] tells the figures that the first three look at as metrics.
//!
//! ```
//! use chrono::{TimeDelta, TimeZone, Utc};
//! use tidegate_base::Random;
//! use tidegate_detect::{Detector, Ledger, Threshold};
//! use tidegate_event::{IssueState, Resource, Sample, Signal};
//!
//! let mut detector = Threshold::memory_usage().with_close(tidegate_detect::Rule::at_once(0.90)).build()?;
//! let mut ledger = Ledger::new(Random::seeded(7));
//! let node = Resource::new().with_node("10.0.0.2:2113");
//! let start = Utc.with_ymd_and_hms(2026, 11, 24, 3, 0, 0).unwrap();
//!
//! let mut told = Vec::new();
//! for (seconds, used) in [(0, 12e9), (10, 15e9), (20, 11e9)] {
//!     let at = start + TimeDelta::seconds(seconds);
//!     let mut findings = Vec::new();
//!     for (name, value) in [("system.memory.total", 16e9), ("system.memory.used", used)] {
//!         let sample = Sample::new(name, node.clone(), value, "By", at)?;
//!         detector.observe(&Signal::from(sample), &mut findings);
//!     }
//!     told.extend(findings.into_iter().filter_map(|finding| ledger.apply(finding)));
//! }
//! let (opened, closed) = (&told[0], &told[1]);
//! assert_eq!(opened.cause, "14.0 GiB of 14.9 GiB used (93.8 %, limit 90 %) on node 10.0.0.2:2113.");
//! assert_eq!((closed.state, closed.episode), (IssueState::Closed, opened.episode));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Two more look at the log lines of KurrentDB's nodes, and are for those who read these: [`ScavengeFailed`] and
//! [`NodeFatal`].
//!
//! # No data is not good news
//! Nothing closes because nobody measured it. What falls silent is [unknown](Condition::Unknown) after a while, and its
//! issue is told as stale.
//!
//! # A detector of one's own
//! For a number over a limit take [`Threshold::builder`] with a [`Measure`] and, where the standard words do not fit, a
//! [`Wording`]. For anything else implement [`Detector`].

mod book;
mod consensus;
mod detector;
mod disk_full;
mod error;
mod figure;
mod ledger;
mod log;
mod pair;
mod ratio;
mod replication;
mod run;
mod standard;
mod threshold;
mod ticks;
mod watch;

pub use consensus::{ClusterConsensus, ClusterConsensusBuilder, Judgement};
pub use detector::{Condition, Detector, Finding, Symptom};
pub use disk_full::{DiskFullSoon, DiskFullSoonBuilder};
pub use error::{DetectError, DetectErrorKind};
pub use ledger::Ledger;
pub use log::{NodeFatal, NodeFatalBuilder, ScavengeFailed};
pub use ratio::Ratios;
pub use replication::{ReplicationLag, ReplicationLagBuilder};
pub use standard::standard;
pub use threshold::{Figures, Measure, Rule, Threshold, ThresholdBuilder, Wording};
