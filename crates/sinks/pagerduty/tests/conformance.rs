//! The rules that every sink keeps, against a PagerDuty in this process.

use std::fmt;

use async_trait::async_trait;
use common::{KEY, service};
use tidegate_base::Secret;
use tidegate_event::IssueEvent;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_sink_pagerduty::{PagerDuty, PagerDutySink};
use tidegate_testkit::conformance::Suite;
use tidegate_testkit::model::PagerDutyService;
use tidegate_testkit::sample;
use tidegate_testkit::server::{Fault, Server, json, text};

mod common;

/// What this PagerDuty never takes.
const REFUSED: &str = "never to be taken";

/// A sink and its PagerDuty.
struct Rig {
    sink: PagerDutySink,
    model: PagerDutyService,
    _server: Server,
}

impl Rig {
    async fn new() -> Self {
        Self::over(Fault::None).await
    }

    async fn over(fault: Fault) -> Self {
        let model = service().with_refused(REFUSED);
        let inner = model.clone();
        let server = Server::start(move |request| inner.answer(request)).await.with_fault(fault);
        let builder = PagerDuty::builder(Secret::literal(KEY)).with_endpoint(server.url());
        Self { sink: builder.build_sink().expect("a sink"), model, _server: server }
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
        assert_eq!(self.model.complaints(), [""; 0], "PagerDuty would have minded");
        outcomes
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

/// Services that refuse in the form of PagerDuty, and repeat the key.
async fn refusing() -> Vec<Rig> {
    let mut rigs = Vec::new();
    for status in [400, 401, 403, 404, 410, 413, 422, 500] {
        let errors = serde_json::json!({ "status": KEY, "message": KEY, "errors": ["Invalid routing key", KEY] });
        rigs.push(Rig::over(Fault::Instead(json(status, &errors))).await);
        rigs.push(Rig::over(Fault::Instead(text(status, format!("no such key: {KEY}")))).await);
    }
    rigs
}

#[tokio::test]
async fn it_keeps_the_rules_of_every_sink() {
    let rejected = IssueEvent { summary: REFUSED.to_owned(), ..sample::issue() };
    let suite = Suite::new(async || Rig::new().await)
        .with_view(|rig: &Rig, issue| rig.model.shown(issue))
        .with_failing(refusing().await)
        .with_rejected(rejected)
        .with_secrets([KEY])
        .with_deletion(|rig: &Rig, issue| assert!(rig.model.resolve_by_hand(&issue.key.id())))
        .with_rotation(|rig: &Rig| rig.model.set_key_good(false), |rig| rig.model.set_key_good(true))
        .with_server_faults(Rig::over)
        .await;
    let report = suite.run().await;
    println!("{report}");
    report.assert_passed();
    // PagerDuty knows an alert by our key, so that nothing must come back; a notification has no end; and what became of an
    // accepted event cannot be asked.
    let untold = ["a_receipt_is_short", "a_notification_is_revised", "what_is_accepted_is_applied"];
    assert_eq!(report.skipped(), untold);
}
