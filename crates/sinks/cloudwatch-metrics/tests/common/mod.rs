//! Sinks over a CloudWatch in this process.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use tidegate_aws::{AwsBuilder, AwsConnection};
use tidegate_base::{Clock, Secret};
use tidegate_event::{Labels, Resource, Sample};
use tidegate_sink::{Delivery, Outcome, Sink, SinkErrorKind};
use tidegate_sink_cloudwatch_metrics::{CloudWatchMetrics, CloudWatchMetricsBuilder};
use tidegate_testkit::model::CloudWatchService;
use tidegate_testkit::{ManualClock, sample};

pub(crate) const KEY: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "s3cret/wJalrXUtnFEMI";

pub(crate) fn clock() -> ManualClock {
    ManualClock::new()
}

/// A CloudWatch that is where the samples are in time.
pub(crate) fn cloudwatch() -> CloudWatchService {
    CloudWatchService::new(KEY, SECRET).with_clock(clock())
}

pub(crate) fn connection(clock: impl Clock + 'static) -> AwsBuilder {
    let keys = (Secret::literal(KEY), Secret::literal(SECRET));
    AwsConnection::builder().with_region("eu-west-1").with_keys(keys.0, keys.1).with_clock(clock)
}

pub(crate) fn over(client: impl HttpClient + 'static) -> CloudWatchMetricsBuilder {
    over_by(client, clock())
}

pub(crate) fn over_by(client: impl HttpClient + 'static, clock: impl Clock + 'static) -> CloudWatchMetricsBuilder {
    CloudWatchMetrics::builder(connection(clock).with_http_client(client).build().expect("a connection"))
}

/// A sink that speaks to `model` without a network.
pub(crate) fn to(model: &CloudWatchService) -> CloudWatchMetrics {
    let model = model.clone();
    over(Direct::new(move |request| Some(model.answer(request)))).build().expect("a sink")
}

/// A sink that speaks to whatever is at `url`.
pub(crate) fn at(url: &str) -> CloudWatchMetrics {
    let connection = connection(clock()).with_endpoint(url).build().expect("a connection");
    CloudWatchMetrics::builder(connection).build().expect("a sink")
}

type Answer = dyn Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync;

/// An HTTP client that asks a closure; where that gives nothing, the answer is lost.
#[derive(Clone)]
pub(crate) struct Direct {
    answer: Arc<Answer>,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl Direct {
    pub(crate) fn new(answer: impl Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), requests: Arc::default() }
    }

    pub(crate) fn requests(&self) -> Vec<Request<Bytes>> {
        self.requests.lock().expect("no panic").clone()
    }
}

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().expect("a request");
        let request = request.map(|body| Bytes::copy_from_slice(body.bytes().expect("in memory")));
        let answer = (self.answer)(&request);
        self.requests.lock().expect("no panic").push(request);
        HttpConnectorFuture::ready(match answer {
            Some(answer) => Ok(answer.map(SdkBody::from).try_into().expect("an answer")),
            None => Err(ConnectorError::io("the connection was reset".into())),
        })
    }
}

impl HttpClient for Direct {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Direct")
    }
}

/// How a delivery failed.
pub(crate) fn kind(outcome: &Outcome) -> Option<SinkErrorKind> {
    match outcome {
        Outcome::Failed(error) => Some(error.kind()),
        _ => None,
    }
}

pub(crate) fn is_accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted(_))
}

pub(crate) fn is_rejected(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected(_))
}

pub(crate) async fn deliver(sink: &impl Sink, delivery: &Delivery) -> Outcome {
    sink.deliver(std::slice::from_ref(delivery)).await.expect("outcomes").remove(0)
}

/// One of `series` series: of three names, hosts, databases and tidegate, each with a hundred nodes at most.
pub(crate) fn sample(number: usize, series: usize) -> Sample {
    let (number, which) = (u32::try_from(number).expect("a small number"), number % series);
    let name = ["system.load.1m", "kurrentdb_sys_cpu", "tidegate.core_load"][which % 3];
    let node = Resource::new().with_cluster("orders").with_node(format!("10.0.0.{}:2113", which / 3));
    let labels = Labels::from_iter([("period", "1m"), ("otel_scope_name", "KurrentDB.Core")]);
    Sample::new(name, node, f64::from(number), "1", sample::at()).expect("finite").with_labels(labels)
}

/// A number that is whole.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number of ours")]
pub(crate) fn whole(number: f64) -> usize {
    number.round() as usize
}
