//! What tests of tidegate need, and of whatever is built on its traits: no network, no waiting, and the same course of
//! things each time.
//!
//! | | for |
//! |---|---|
//! | [`conformance`] | the rules that every sink keeps, as a suite to run on one's own |
//! | [`model`] | services as they really behave: messages, alerts, batches; a test asks what they show |
//! | [`faults`] | sinks and stores that fail, by script, by seed or by closure |
//! | [`Crash`] | the end of a process at any await, and what may be left behind in the stores |
//! | [`ManualClock`] | time that stands until it is told |
//! | `mock` | a mockall mock of every contract trait (feature `mock`, on by default) |
//! | [`sample`] | events and deliveries, the same in every test |
//! | `server` | with the feature `server`: an HTTP server in this process that fails as a test says; `model::SlackService` to put behind it |
//! | `kurrentdb` | with the feature `kurrentdb`: a KurrentDB cluster that gossips, elects and fails in scripted time |
//!
//! # For the author of a sink
//! Put this in `tests/conformance.rs` of the sink's crate, over a stand-in of the service:
//!
//! ```
//! use std::sync::{Arc, Mutex, PoisonError};
//!
//! use async_trait::async_trait;
//! use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
//! use tidegate_testkit::conformance::{Suite, check};
//!
//! /// Writes a line for each event.
//! #[derive(Debug)]
//! struct Lines {
//!     profile: Profile,
//!     written: Arc<Mutex<Vec<String>>>,
//! }
//!
//! impl Lines {
//!     fn new() -> Self {
//!         Self { profile: Profile::new("lines").with_batch(100), written: Arc::default() }
//!     }
//! }
//!
//! #[async_trait]
//! impl Sink for Lines {
//!     fn profile(&self) -> &Profile {
//!         &self.profile
//!     }
//!
//!     async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
//!         let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
//!         written.extend(batch.iter().map(|delivery| format!("{:?}", delivery.event)));
//!         Ok(batch.iter().map(|_| Outcome::Accepted(None)).collect())
//!     }
//!
//!     async fn probe(&self) -> Result<Probe, SinkError> {
//!         Ok(Probe::new().with_proven("there is memory left"))
//!     }
//! }
//!
//! # futures::executor::block_on(async {
//! check(async || Lines::new()).await; // panics with each rule that is broken, and what was seen
//!
//! let report = Suite::new(async || Lines::new()).with_secrets(["none to tell"]).run().await;
//! println!("{report}"); // passed, BROKEN or skipped, rule by rule
//! # assert!(report.broken().is_empty());
//! # });
//! ```
//!
//! The more the suite is told, the more rules it looks at: [what the service shows](conformance::Suite::with_view),
//! [what it rejects](conformance::Suite::with_rejected), [how it fails](conformance::Suite::with_failing),
//! [what nobody may see](conformance::Suite::with_secrets), [what works requests off
//! later](conformance::Suite::with_slow), [how people delete](conformance::Suite::with_deletion) and [how a secret is
//! changed](conformance::Suite::with_rotation). A rule that it cannot look at is skipped, and the report
//! says why and what to tell it. Over HTTP, `Suite::with_server_faults` has a service fail in every way that there is.
//! `docs/guide/writing-a-sink.md` leads through it, and `examples/custom-sink` is the result.
//!
//! # For a simulation
//! Stores and services outlive the process that uses them. Keep a [`MemoryLog`](tidegate_store::MemoryLog), a
//! [`MemoryState`](tidegate_store::MemoryState) and the model services; for each life of the process wrap them with one
//! [`Crash`], run until it [happens](Crash::tripped), drop everything, and begin the next life. In the end let all go
//! well and ask the services what is open.
//!
//! ```
//! use std::sync::Arc;
//!
//! use futures::executor::LocalPool;
//! use futures::task::LocalSpawnExt;
//! use tidegate_base::Random;
//! use tidegate_sink::Sink;
//! use tidegate_store::{Append, EventLog, MemoryLog};
//! use tidegate_testkit::model::AlertService;
//! use tidegate_testkit::{Crash, CrashingLog, sample};
//!
//! let (log, pager) = (Arc::new(MemoryLog::new()), AlertService::new("pager"));
//! for point in 1..=4 {
//!     let crash = Crash::at(point); // before or after the append, before or after the call
//!     let log = CrashingLog::new(log.clone(), crash.clone(), Random::seeded(point));
//!     let pager = pager.clone().with_crash(crash.clone());
//!     let life = async move {
//!         log.append(Append::new().with_events(vec![Arc::new(sample::issue().into())])).await.unwrap();
//!         pager.deliver(&[sample::delivery(sample::issue())]).await.unwrap();
//!     };
//!     let mut pool = LocalPool::new();
//!     pool.spawner().spawn_local(life).unwrap();
//!     pool.run_until_stalled();
//!     assert!(crash.is_tripped());
//! }
//! assert_eq!(pager.opened_for(sample::issue().episode).len(), 1, "however often it was told");
//! ```

mod clock;
mod crash;

pub mod conformance;
pub mod faults;
#[cfg(feature = "kurrentdb")]
pub mod kurrentdb;
#[cfg(feature = "mock")]
pub mod mock;
pub mod model;
pub mod sample;
#[cfg(feature = "server")]
pub mod server;

pub use clock::ManualClock;
pub use crash::{Crash, CrashingLog, CrashingState};
