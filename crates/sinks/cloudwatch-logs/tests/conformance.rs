//! The rules that every sink keeps, against a CloudWatch Logs in this process.

use std::fmt;

use async_trait::async_trait;
use common::{KEY, SECRET, at, logs};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_sink_cloudwatch_logs::CloudWatchLogs;
use tidegate_testkit::conformance::Suite;
use tidegate_testkit::model::LogsService;
use tidegate_testkit::sample;
use tidegate_testkit::server::{Fault, Server};

mod common;

/// A sink and what it writes to.
struct Rig {
    sink: CloudWatchLogs,
    profile: Profile,
    model: LogsService,
    _server: Server,
}

impl Rig {
    async fn new(fault: Fault) -> Self {
        let model = logs().with_refused("unspeakable");
        let inner = model.clone();
        let server = Server::start(move |request| inner.answer(request)).await.with_fault(fault);
        let sink = at(&server.url()).build().expect("a sink");
        // Its port is another each time.
        let real = sink.profile();
        let profile = Profile::new("cloudwatch-logs:here:/tidegate/orders")
            .with_kinds(real.kinds())
            .with_batch(real.batch())
            .with_batch_bytes(real.batch_bytes())
            .with_update_interval(real.update_interval());
        Self { sink, profile, model, _server: server }
    }
}

impl fmt::Debug for Rig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.sink)
    }
}

#[async_trait]
impl Sink for Rig {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let outcomes = self.sink.deliver(batch).await;
        assert_eq!(self.model.complaints(), [""; 0], "what CloudWatch Logs minds");
        outcomes
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

#[tokio::test]
async fn it_keeps_the_rules_of_every_sink() {
    let suite = Suite::new(async || Rig::new(Fault::None).await)
        .with_rejected(sample::log("unspeakable"))
        .with_secrets([SECRET])
        .with_rotation(|rig: &Rig| rig.model.set_key(KEY, "another"), |rig: &Rig| rig.model.set_key(KEY, SECRET))
        .with_server_faults(async |fault| Rig::new(fault).await)
        .await;
    let report = suite.run().await;
    println!("{report}");
    report.assert_passed();
}
