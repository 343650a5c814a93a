//! A cluster that does not exist, as a tidegate source: within a minute its issues open and close.
//!
//! [`Cluster`] tells the story of three nodes, once: a disk fills, memory and load rise and fall, a partition heals, a
//! volume is not provisioned. What it says is what the host source and a source of gossip would say, so that the real
//! detectors, ledger, router and integrations do all that follows. It is for whoever wants to see that, and to try a
//! configuration from end to end.
//!
//! ```
//! use tidegate_event::EventKind;
//! use tidegate_router::{Integration, Router, Subscription};
//! # use tidegate_testkit::model::MessageService;
//! use tidegate_source_simulated::Cluster;
//!
//! let cluster = Cluster::builder().build()?;
//! let told = Subscription::new([EventKind::Issue, EventKind::Notification]);
//! # let chat = MessageService::new("chat");
//! let router = Router::builder()
//!     .with_source_watching(cluster.clone(), cluster.resources())
//!     .with_detectors(cluster.hurry_all(tidegate_detect::standard()))
//!     .with_integration(Integration::new("chat", chat, told))
//!     .build()?;
//!
//! // While the router runs, a status line polls this.
//! let progress = cluster.progress();
//! assert!(progress.now().is_none(), "the router has not opened the source yet");
//! for scene in cluster.scenes() {
//!     println!("{:4} s  {}", scene.at.as_secs(), scene.title);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Two times
//! The story takes 15 minutes and is told 24 times as fast ([`ClusterBuilder::with_speed`]): in 37.5 s. Only the
//! detectors live in the story's time, in which "for 5 minutes" is over in 12.5 s; [`Hurried`] puts them there and says
//! how. Stamps, lanes, rates, `Retry-After` and the distance of updates stay in ours, so that a real service is told no
//! faster than ever. Samples come every 10 s of the story and rounds of gossip every 30 s, so the detectors' own
//! `stale_after` and intervals are right as they stand.
//!
//! What is said is stamped with when it is due. A sleep that ends late, or a router that takes nothing for a while,
//! changes nothing in the story: what is due is said at once, and counts as if it had been said in time.
//!
//! # What happens
//! With the figures of the standard detectors, at the default speed; with another seed some seconds of the story earlier
//! or later:
//!
//! | of the story | of ours | |
//! |---|---|---|
//! | 1:40 | 4.2 s | `core-load` of `10.0.0.1:2113` opens: over 2.0 a core |
//! | 5:00 | 12.5 s | `disk-usage` of `10.0.0.2:2113` at `/var/lib/kurrentdb` opens: over 80 % for 2 minutes |
//! | 5:40 | 14.2 s | `memory-usage` of `10.0.0.3:2113` opens: over 90 % |
//! | 7:00 | 17.5 s | the disk is over 90 %: critical |
//! | 8:20 | 20.8 s | a notification: *Cluster volumes failed to provision* |
//! | 9:00 | 22.5 s | `core-load` closes: below 2.0 for 5 minutes |
//! | 10:00 | 25.0 s | `disk-usage` closes: old backups were removed |
//! | 11:36 | 29.0 s | `cluster-consensus` opens: `10.0.0.3:2113` is cut off, and a second round says so too |
//! | 13:00 | 32.5 s | `cluster-consensus` closes |
//! | 13:40 | 34.2 s | `memory-usage` closes: below 90 % for 5 minutes |
//! | 15:00 | 37.5 s | the stream ends: all is said |
//!
//! With other figures other things open, and what must be calm for longer than 5 minutes may not close: nothing is heard
//! of the cluster after the end.
//!
//! It runs on tokio, with its timers.

mod builder;
mod cluster;
mod curve;
mod error;
mod gossip;
mod hurried;
mod node;
mod play;
mod progress;
mod story;
mod tempo;

pub use builder::ClusterBuilder;
pub use cluster::Cluster;
pub use error::{SimulatedError, SimulatedErrorKind};
pub use hurried::Hurried;
pub use progress::{Moment, Progress, Scene};
