//! The rules that every sink keeps, in both flavors, against a service in this process.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use common::KEY;
use tidegate_base::Secret;
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

/// A sink and its service.
struct Rig {
    sink: OpsgenieSink,
    model: OpsgenieService,
    _server: Server,
}

impl Rig {
    async fn new(flavor: Flavor) -> Self {
        Self::over(flavor, Fault::None).await
    }

    async fn over(flavor: Flavor, fault: Fault) -> Self {
        let model = if flavor == Flavor::Jsm { OpsgenieService::jsm(KEY) } else { OpsgenieService::new(KEY) };
        let model = model.with_refused(REFUSED);
        let inner = model.clone();
        let server = Server::start(move |request| inner.answer(request)).await.with_fault(fault);
        let builder = Opsgenie::builder(Secret::literal(KEY)).with_flavor(flavor).with_endpoint(server.url());
        let sink = builder.with_polls([Duration::ZERO; 3]).build_sink().expect("a sink");
        Self { sink, model, _server: server }
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

async fn keeps_the_rules(flavor: Flavor) {
    let suite = Suite::new(async || Rig::new(flavor).await)
        .with_view(|rig: &Rig, issue| rig.model.shown(issue))
        .with_rejected(refused())
        .with_secrets([KEY])
        .with_server_faults(async |fault| Rig::over(flavor, fault).await)
        .await;
    let report = suite.run().await;
    println!("{report}");
    report.assert_passed();
}

#[tokio::test]
async fn opsgenie_keeps_the_rules_of_every_sink() {
    keeps_the_rules(Flavor::Opsgenie).await;
}

#[tokio::test]
async fn jira_service_management_keeps_them_too() {
    keeps_the_rules(Flavor::Jsm).await;
}
