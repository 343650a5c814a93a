//! The rules that every sink keeps, both ways in, against a Slack in this process.

use std::fmt;

use async_trait::async_trait;
use common::{CHANNEL, TOKEN, service};
use tidegate_base::Secret;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_sink_slack::{Slack, SlackBuilder, SlackSink};
use tidegate_testkit::conformance::Suite;
use tidegate_testkit::model::SlackService;
use tidegate_testkit::sample;
use tidegate_testkit::server::{Fault, Point, RetryAfter, Server, json, text};

mod common;

/// What this Slack never takes.
const REFUSED: &str = "never to be taken";

/// A sink and its Slack.
struct Rig {
    sink: SlackSink,
    model: SlackService,
    _server: Server,
}

impl Rig {
    async fn new(model: SlackService, build: impl Fn(&str) -> SlackBuilder) -> Self {
        Self::with_fault(model, Fault::None, build).await
    }

    async fn with_fault(model: SlackService, fault: Fault, build: impl Fn(&str) -> SlackBuilder) -> Self {
        let inner = model.clone();
        let server = Server::start(move |request| inner.answer(request)).await.with_fault(fault);
        let sink = build(&server.url()).build_sink().expect("a sink");
        Self { sink, model, _server: server }
    }

    async fn failing(fault: Fault, build: impl Fn(&str) -> SlackBuilder) -> Self {
        let server = Server::start(|_| text(200, "ok")).await.with_faults(move |_: &_| fault.clone());
        let sink = build(&server.url()).build_sink().expect("a sink");
        Self { sink, model: service(), _server: server }
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
        assert_eq!(self.model.complaints(), [""; 0], "Slack would have minded");
        outcomes
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

fn bot(url: &str) -> SlackBuilder {
    Slack::bot(CHANNEL, Secret::literal(TOKEN)).with_endpoint(url)
}

fn webhook(url: &str) -> SlackBuilder {
    Slack::webhook(Secret::literal(format!("{url}/services/T000/B000/s3cretHook")))
}

/// One of each sort of failure, some of which repeat the secrets.
async fn failing(build: impl Fn(&str) -> SlackBuilder) -> Vec<Rig> {
    let echo = format!("no such token: {TOKEN} at s3cretHook");
    let faults = [
        Fault::status(500),
        Fault::throttled(RetryAfter::Seconds(3)),
        Fault::throttled(RetryAfter::None),
        Fault::Close(Point::Request),
        Fault::Reset(Point::HalfBody),
        Fault::Garbage,
        Fault::Instead(text(403, echo.clone())),
        Fault::Instead(text(404, echo.clone())),
        Fault::Instead(text(500, echo)),
        Fault::Instead(json(200, &serde_json::json!({ "ok": false, "error": "invalid_auth" }))),
        Fault::Instead(json(200, &serde_json::json!({ "ok": false, "error": TOKEN }))),
    ];
    let mut rigs = Vec::new();
    for fault in faults {
        rigs.push(Rig::failing(fault, &build).await);
    }
    rigs
}

/// What the service of the model rejects.
fn refused() -> tidegate_event::Notification {
    sample::notification("odd").with_revision(7)
}

#[tokio::test]
async fn a_bot_keeps_the_rules_of_every_sink() {
    let suite = Suite::new(async || Rig::new(service().with_refused(REFUSED), bot).await)
        .with_view(|rig: &Rig, issue| rig.model.shown(issue))
        .with_lookup()
        .with_failing(failing(bot).await)
        .with_server_faults(async |fault| Rig::with_fault(service(), fault, bot).await)
        .await
        .with_rejected(tidegate_event::Notification { message: REFUSED.to_owned(), ..refused() })
        .with_secrets([TOKEN]);
    let report = suite.run().await;
    println!("{report}");
    report.assert_passed();
}

#[tokio::test]
async fn a_bot_that_may_not_look_keeps_them_too() {
    let suite = Suite::new(async || Rig::new(service().without_history(), bot).await)
        .with_view(|rig: &Rig, issue| rig.model.shown(issue))
        .with_server_faults(async |fault| Rig::with_fault(service().without_history(), fault, bot).await)
        .await
        .with_secrets([TOKEN]);
    let report = suite.run().await;
    println!("{report}");
    report.assert_passed();
}

#[tokio::test]
async fn a_webhook_keeps_the_rules_of_every_sink() {
    let suite = Suite::new(async || Rig::new(service(), webhook).await)
        .with_view(|rig: &Rig, issue| rig.model.shown_at_webhook(issue))
        .with_failing(failing(webhook).await)
        .with_server_faults(async |fault| Rig::with_fault(service(), fault, webhook).await)
        .await
        .with_secrets(["s3cretHook"]);
    let report = suite.run().await;
    println!("{report}");
    report.assert_passed();
}
