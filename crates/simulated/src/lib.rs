//! A KurrentDB cluster that does not exist, as a tidegate source: within a minute its issues open and close.
//!
//! [`Cluster`] tells the story of three nodes, once: a disk fills, memory and load rise and fall, a partition heals, a
//! volume is not provisioned. The nodes are those of the testkit: they gossip, elect and copy among themselves, and answer
//! over HTTP on this machine's loopback. The real KurrentDB source asks them, and the real detectors, ledger, router and
//! integrations do all that follows. It is for whoever wants to see that, and to try a configuration from end to end.
//!
//! ```
//! use tidegate_event::EventKind;
//! use tidegate_router::{Integration, Router, Subscription};
//! # use tidegate_testkit::model::MessageService;
//! use tidegate_simulated::Cluster;
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
//! // While the router runs, a status line polls this, and a person curls these.
//! let progress = cluster.progress();
//! assert!(progress.now().is_none(), "the router has not opened the source yet");
//! for scene in cluster.scenes() {
//!     println!("{:4} s  {}", scene.at.as_secs(), scene.title);
//! }
//! println!("curl http://{}/gossip", cluster.addresses()[0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Two times
//! The story takes 15 minutes and is told 24 times as fast ([`ClusterBuilder::with_speed`]): in 37.5 s. The nodes and the
//! detectors live in the story's time, in which "for 5 minutes" is over in 12.5 s; [`Hurried`] puts the detectors there and
//! says how. Lanes, rates, `Retry-After` and the distance of updates stay in ours, so that a real service is told no faster
//! than ever. The nodes are asked as often as ever by the story's time: for metrics every 15 s of it, for gossip every 30 s,
//! once more 6 s after a bad round.
//!
//! A program that is held up finds the story where it left it: it lasts so much longer, and goes on as if nothing had been.
//!
//! # What happens
//! With the figures of the standard detectors, at the default speed; half a minute of the story earlier or later, as the
//! nodes happen to be asked:
//!
//! | of the story | of ours | |
//! |---|---|---|
//! | 1:45 | 4.4 s | `core-load` of node 1 opens: over 2.0 a core |
//! | 5:00 | 12.5 s | `disk-usage` of node 2 at `/var/lib/kurrentdb` opens: over 80 % for 2 minutes |
//! | 5:45 | 14.4 s | `memory-usage` of node 3 opens: over 90 % |
//! | 7:10 | 17.9 s | the disk is over 90 %: critical |
//! | 8:20 | 20.8 s | a notification: *Cluster volumes failed to provision* |
//! | 9:05 | 22.7 s | `core-load` closes: below 2.0 for 5 minutes |
//! | 10:10 | 25.4 s | `disk-usage` closes: old backups were removed |
//! | 11:50 | 29.6 s | `cluster-consensus` opens: node 3 is cut off, and a second round says so too |
//! | 13:15 | 33.1 s | `cluster-consensus` closes; node 3 is catching up |
//! | 13:45 | 34.4 s | `memory-usage` closes: below 90 % for 5 minutes |
//! | 15:00 | 37.5 s | the stream ends: all is said |
//!
//! With other figures other things open, and what must be calm for longer than 5 minutes may not close: nothing is heard
//! of the cluster after the end.
//!
//! It runs on tokio, with its timers and sockets.

mod builder;
mod cluster;
mod curve;
mod drive;
mod error;
mod hurried;
mod progress;
mod stage;
mod story;
mod tempo;

pub use builder::ClusterBuilder;
pub use cluster::Cluster;
pub use error::{SimulatedError, SimulatedErrorKind};
pub use hurried::Hurried;
pub use progress::{Moment, Progress, Scene};
