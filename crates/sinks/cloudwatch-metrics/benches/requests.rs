//! Samples a second from the event to the signed request: a batch of 10,000 through the sink, whose HTTP client swallows
//! what it gets and answers that all is well. `json` writes the same events with `serde_json`, which is the floor of a sink
//! that sends each sample by itself.
//!
//! Run: `cargo bench -p tidegate-sink-cloudwatch-metrics`; one core is used. The argument is the number of series: 300 is
//! what 30 nodes tell in a minute, 10,000 has each sample in a datum of its own, which is the worst.
//!
//! Found on a virtual machine of two cores with others at work on it, medians: 1.34 million samples/s of 300 series (1.8
//! times the floor, which is 2.4 million), 0.40 million of 10,000 series (5.8 times).

use std::fmt;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use http::Response;
use tidegate_aws::AwsConnection;
use tidegate_base::Secret;
use tidegate_event::{Labels, Resource, Sample};
use tidegate_sink::{Delivery, Outcome, Sink};
use tidegate_sink_cloudwatch_metrics::CloudWatchMetrics;
use tidegate_testkit::{ManualClock, sample};
use tokio::runtime::Builder;

const SAMPLES: u32 = 10_000;
const SERIES: [u32; 2] = [300, 10_000];

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Takes everything.
#[derive(Clone)]
struct Swallow;

impl HttpConnector for Swallow {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        black_box(request);
        let answer = Response::builder().status(200).header("content-type", "application/cbor");
        let answer = answer.body(SdkBody::from(vec![0xa0])).expect("an answer");
        HttpConnectorFuture::ready(Ok(answer.try_into().expect("an answer")))
    }
}

impl HttpClient for Swallow {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl fmt::Debug for Swallow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Swallow")
    }
}

/// As a machine and a database tell them, each value another.
fn deliveries(series: u32) -> Vec<Delivery> {
    let of = |number: u32| {
        let which = number % series;
        let name = ["system.load.1m", "kurrentdb_sys_cpu", "tidegate.core_load"][which as usize % 3];
        let node = Resource::new().with_cluster("orders").with_node(format!("10.0.0.{}:2113", which / 3));
        let labels = Labels::from_iter([("period", "1m"), ("otel_scope_name", "KurrentDB.Core")]);
        let value = f64::from(number) + 0.25;
        let sample = Sample::new(name, node, value, "1", sample::at()).expect("finite").with_labels(labels);
        sample::delivery(sample)
    };
    (0..SAMPLES).map(of).collect()
}

#[divan::bench(args = SERIES)]
fn signed_requests(bencher: Bencher, series: u32) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let connection = AwsConnection::builder()
        .with_region("eu-west-1")
        .with_keys(Secret::literal("AKIDEXAMPLE"), Secret::literal("secret"))
        .with_clock(ManualClock::new())
        .with_http_client(Swallow);
    let sink = CloudWatchMetrics::builder(connection.build().expect("a connection")).build().expect("a sink");
    let batch = deliveries(series);
    bencher.counter(ItemsCount::new(SAMPLES)).bench_local(|| {
        let outcomes = runtime.block_on(sink.deliver(&batch)).expect("outcomes");
        assert!(matches!(outcomes.last(), Some(Outcome::Accepted(_))));
    });
}

#[divan::bench(args = SERIES)]
fn json(bencher: Bencher, series: u32) {
    let batch = deliveries(series);
    bencher.counter(ItemsCount::new(SAMPLES)).bench_local(|| {
        for delivery in &batch {
            black_box(serde_json::to_vec(&*delivery.event).expect("JSON"));
        }
    });
}
