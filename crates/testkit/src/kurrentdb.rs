//! A KurrentDB cluster that does not exist: it gossips, elects, writes, falls behind and fails in scripted time. Needs the
//! feature `kurrentdb`.
//!
//! A test lets time pass by [`advance`](Cluster::advance) and asks the nodes what they [answer](Cluster::ask) at that
//! moment: `/gossip`, `/metrics`, `/info` and `/health/live`, in the formats and by the access rules of the versions
//! 24.10, 25.0 and 26.1. Nothing of it takes real time, and the same seed gives the same course of things.
//!
//! ```
//! use std::time::Duration;
//!
//! use tidegate_testkit::kurrentdb::{Cluster, State};
//!
//! let cluster = Cluster::builder().build(); // three nodes; node 1 leads
//! cluster.kill(1);
//! assert!(cluster.get(1, "/gossip").is_refused());
//!
//! cluster.advance(Duration::from_secs(10)); // long enough for elections
//! let leader = cluster.leaders()[0];
//! assert_ne!(leader, 1);
//! let view = cluster.get(leader, "/gossip").within(Duration::from_secs(5)).unwrap();
//! let view = std::str::from_utf8(view.body()).unwrap();
//! assert!(view.contains("\"isAlive\": false"), "node 1 is dead to it");
//!
//! cluster.start(1);
//! cluster.advance(Duration::from_secs(20));
//! assert_eq!(cluster.state(1), Some(State::Follower));
//! ```
//!
//! # What can go wrong
//! | | |
//! |---|---|
//! | processes | [`kill`](Cluster::kill), [`start`](Cluster::start), [`stop`](Cluster::stop), [`restart`](Cluster::restart), [`upgrade`](Cluster::upgrade), [`elect`](Cluster::elect) |
//! | the network | [`partition`](Cluster::partition), [`heal`](Cluster::heal), [`divert`](Cluster::divert) |
//! | answers | [`slow`](Cluster::slow), [`hang`](Cluster::hang), [`block`](Cluster::block), [`unavailable`](Cluster::unavailable), [`recover`](Cluster::recover) |
//! | clocks, logs | [`skew`](Cluster::skew), [`stall`](Cluster::stall), [`fall_behind`](Cluster::fall_behind), [`set_write_rate`](Cluster::set_write_rate) |
//! | machines | [`set_load`](Cluster::set_load), [`set_tasks`](Cluster::set_tasks), [`set_cpu`](Cluster::set_cpu), [`set_memory`](Cluster::set_memory), [`set_disk`](Cluster::set_disk), [`set_mount`](Cluster::set_mount) |
//!
//! # Over sockets
//! [`Cluster::serve`] lets each node listen on loopback, and a killed one listen no more. The clock stays the test's:
//!
//! ```
//! # use std::time::Duration;
//! # use tidegate_testkit::kurrentdb::Cluster;
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let cluster = Cluster::builder().insecure().build();
//! let nodes = cluster.serve().await.unwrap();
//! // … a client asks `nodes.urls()`, and between its questions:
//! cluster.advance(Duration::from_secs(30));
//! # assert!(nodes.urls()[0].starts_with("http://127.0.0.1:"));
//! # });
//! ```
//!
//! With the feature `kurrentdb-tls`, `Cluster::serve_tls` does so over https, with certificates of an authority of its own.
//!
//! # How it moves
//! In steps of 100 ms. Each node pushes its view every 2 s to one other at random, and gets that one's view back; after a
//! start it does so twenty times at 100 ms. What a node says of itself holds; of third nodes the entry of the higher
//! epoch, then of the longer log, then of the later stamp. A peer that does not answer is dead; a leader only when the
//! connection to it is lost, which takes no time where the process ended, and 1.4 s where the network or the process is
//! silent. Who is dead for 1,800 s is forgotten. Followers without a leader elect one in 0.5 to 1.5 s; all others are
//! `Unknown` to them until they say otherwise; the winner is `PreLeader` for 0.4 s. A leader without a quorum leads for
//! 5 s more. These figures are the server's defaults where it documents them, and plausible ones elsewhere.

mod answer;
mod builder;
mod cluster;
mod elections;
mod entry;
mod exposition;
mod faults;
mod figures;
mod gossip;
mod host;
mod json;
mod node;
mod reply;
mod roles;
mod serve;
mod state;
mod table;
#[cfg(feature = "kurrentdb-tls")]
mod tls;
mod version;
mod world;

pub use answer::{basic, get};
pub use builder::ClusterBuilder;
pub use cluster::Cluster;
pub use reply::Reply;
pub use serve::Nodes;
pub use state::State;
pub use version::Version;
