//! The rules that every sink keeps, in both flavors, against a service in this process.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use common::KEY;
use tidegate_base::{Random, Secret};
use tidegate_event::IssueEvent;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_sink_opsgenie::{Flavor, Opsgenie, OpsgenieSink};
use tidegate_testkit::conformance::Suite;
use tidegate_testkit::model::OpsgenieService;
use tidegate_testkit::sample;
use tidegate_testkit::server::{Fault, Server};

mod common;

/// What this service never takes.
const REFUSED: &str = "never to be taken";

/// The key after the next.
const OTHER: &str = "an0ther-s3cret";

/// A sink and its service.
struct Rig {
    sink: OpsgenieSink,
    model: OpsgenieService,
    key: Key,
    _server: Server,
}

impl Rig {
    async fn new(flavor: Flavor) -> Self {
        Self::over(flavor, Fault::None).await
    }

    async fn over(flavor: Flavor, fault: Fault) -> Self {
        Self::at(flavor, fault, |model| model).await
    }

    async fn at(flavor: Flavor, fault: Fault, set: impl FnOnce(OpsgenieService) -> OpsgenieService) -> Self {
        let model = if flavor == Flavor::Jsm { OpsgenieService::jsm(KEY) } else { OpsgenieService::new(KEY) };
        let model = set(model.with_refused(REFUSED));
        let key = Key::new();
        let inner = model.clone();
        let server = Server::start(move |request| inner.answer(request)).await.with_fault(fault);
        let builder = Opsgenie::builder(Secret::from_file(&key.0)).with_flavor(flavor).with_endpoint(server.url());
        let sink = builder.with_polls([Duration::from_millis(3); 3]).build_sink().expect("a sink");
        Self { sink, model, key, _server: server }
    }

    /// With a queue, in which a change is for up to 8 ms.
    async fn slow(seed: u64) -> Self {
        let queue = |model: OpsgenieService| model.with_lag(Random::seeded(seed), Duration::from_millis(8));
        Self::at(Flavor::Opsgenie, Fault::None, queue).await
    }

    fn delete(&self, issue: &IssueEvent) {
        for alert in self.model.alerts_of(&issue.key) {
            self.model.delete(&alert.id);
        }
    }

    /// Another key is good from now on, which nobody told the sink.
    fn revoke(&self) {
        self.model.set_key(OTHER);
    }

    /// Somebody writes it where the sink reads it.
    fn renew(&self) {
        std::fs::write(&self.key.0, OTHER).expect("written");
    }
}

/// A file with the key.
struct Key(PathBuf);

impl Key {
    fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tidegate-opsgenie-{}-{number}", std::process::id()));
        std::fs::write(&path, KEY).expect("written");
        Self(path)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // What is left behind in a folder for such things does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl fmt::Debug for Rig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.sink, self.sink.dialect())
    }
}

#[async_trait]
impl Sink for Rig {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let outcomes = self.sink.deliver(batch).await;
        assert_eq!(self.model.complaints(), [""; 0], "the service would have minded");
        outcomes
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

fn refused() -> IssueEvent {
    IssueEvent { summary: REFUSED.to_owned(), ..sample::issue() }
}

/// What both flavors can be looked at for.
async fn suite<F: AsyncFn() -> Rig>(flavor: Flavor, make: F) -> Suite<Rig, F> {
    Suite::new(make)
        .with_view(|rig: &Rig, issue| rig.model.shown(issue))
        .with_rejected(refused())
        .with_secrets([KEY, OTHER])
        .with_rotation(Rig::revoke, Rig::renew)
        .with_server_faults(async |fault| Rig::over(flavor, fault).await)
        .await
}

#[tokio::test]
async fn opsgenie_keeps_the_rules_of_every_sink() {
    let mut slow = Vec::new();
    for seed in 0..8 {
        slow.push(Rig::slow(seed).await);
    }
    let ignoring = Rig::at(Flavor::Opsgenie, Fault::None, |model| model.with_filter("Disk")).await;
    let suite = suite(Flavor::Opsgenie, async || Rig::new(Flavor::Opsgenie).await).await;
    let report = suite.with_slow(slow).with_deletion(Rig::delete).with_failing([ignoring]).run().await;
    println!("{report}");
    report.assert_passed();
    assert_eq!(report.skipped(), ["a_notification_is_revised"], "it takes issues only");
}

#[tokio::test]
async fn jira_service_management_keeps_them_but_for_what_it_does_not_tell() {
    let report = suite(Flavor::Jsm, async || Rig::new(Flavor::Jsm).await).await.run().await;
    println!("{report}");
    report.assert_passed();
    let untold = ["a_notification_is_revised", "what_is_accepted_is_applied", "what_somebody_deleted_is_told_anew"];
    assert_eq!(report.skipped(), untold);
}
