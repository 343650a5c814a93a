//! The rules that every sink keeps, against a CloudWatch in this process that enforces its limits.

use std::fmt;

use async_trait::async_trait;
use common::{KEY, SECRET, at, cloudwatch};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_sink_cloudwatch_metrics::CloudWatchMetrics;
use tidegate_testkit::conformance::Suite;
use tidegate_testkit::model::CloudWatchService;
use tidegate_testkit::sample;
use tidegate_testkit::server::{Fault, Server};

mod common;

const ODD: &str = "odd";

/// A sink and its CloudWatch.
struct Rig {
    sink: CloudWatchMetrics,
    profile: Profile,
    model: CloudWatchService,
    _server: Server,
}

impl Rig {
    async fn new(fault: Fault) -> Self {
        let model = cloudwatch().with_refused(ODD);
        let inner = model.clone();
        let server = Server::start(move |request| inner.answer(request)).await.with_fault(fault);
        let sink = at(&server.url());
        // Each server has a port of its own, which is in the destination; the rest is the sink's.
        let own = sink.profile();
        let profile = Profile::new("cloudwatch-metrics")
            .with_kinds(own.kinds())
            .with_batch(own.batch())
            .with_batch_bytes(own.batch_bytes())
            .with_concurrency(own.concurrency())
            .with_linger(own.linger())
            .with_keeps(own.keeps());
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
        assert_eq!(self.model.complaints(), [""; 0], "what CloudWatch does not understand");
        outcomes
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

#[tokio::test]
async fn it_keeps_the_rules_of_every_sink() {
    let suite = Suite::new(async || Rig::new(Fault::None).await)
        .with_rejected(sample::metric(ODD, 1.0))
        .with_rotation(|rig: &Rig| rig.model.set_key("AKIDOTHER", "other"), |rig| rig.model.set_key(KEY, SECRET))
        .with_secrets([SECRET])
        .with_server_faults(async |fault| Rig::new(fault).await)
        .await;
    let report = suite.run().await;
    println!("{report}");
    report.assert_passed();
}
