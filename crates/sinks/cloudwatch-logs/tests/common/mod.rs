//! Sinks over a CloudWatch Logs in this process.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use chrono::TimeDelta;
use http::{Request, Response};
use serde_json::Value;
use tidegate_aws::{AwsBuilder, AwsConnection};
use tidegate_base::{Clock, Secret};
use tidegate_event::{LogRecord, Resource};
use tidegate_sink::{Delivery, Outcome, Sink, SinkErrorKind};
use tidegate_sink_cloudwatch_logs::{CloudWatchLogs, CloudWatchLogsBuilder};
use tidegate_testkit::model::LogsService;
use tidegate_testkit::{ManualClock, sample};

pub(crate) const KEY: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "s3cret/wJalrXUtnFEMI";
pub(crate) const GROUP: &str = "/tidegate/orders";
/// Where the samples happen.
pub(crate) const STREAM: &str = "orders/10.0.0.2_2113";

pub(crate) fn clock() -> ManualClock {
    ManualClock::new()
}

/// One that is where the samples are in time, with the group.
pub(crate) fn logs() -> LogsService {
    LogsService::new(KEY, SECRET).with_clock(clock()).with_group(GROUP)
}

pub(crate) fn aws(clock: impl Clock + 'static) -> AwsBuilder {
    let (id, key) = (Secret::literal(KEY), Secret::literal(SECRET));
    AwsConnection::builder().with_region("eu-west-1").with_keys(id, key).with_clock(clock)
}

pub(crate) fn by(aws: AwsBuilder) -> CloudWatchLogsBuilder {
    CloudWatchLogs::builder(aws.build().expect("a connection"), GROUP)
}

pub(crate) fn over(client: impl HttpClient + 'static) -> CloudWatchLogsBuilder {
    by(aws(clock()).with_http_client(client))
}

/// A sink that speaks to `model` without a network.
pub(crate) fn to(model: &LogsService) -> CloudWatchLogsBuilder {
    let model = model.clone();
    over(Direct::new(move |request| Some(model.answer(request))))
}

/// A sink that speaks to whatever is at `url`.
pub(crate) fn at(url: &str) -> CloudWatchLogsBuilder {
    let aws = aws(clock()).with_endpoint(url).with_timeout(Duration::from_secs(5));
    by(aws)
}

/// A sink that gets `answers` in their order, the last one for ever; and its client.
pub(crate) fn told(answers: impl IntoIterator<Item = Response<Bytes>>) -> (CloudWatchLogsBuilder, Direct) {
    let answers = Mutex::new(answers.into_iter().collect::<VecDeque<_>>());
    let client = Direct::new(move |_| {
        let mut answers = answers.lock().expect("no panic");
        if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
    });
    (over(client.clone()), client)
}

type Answer = dyn Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync;

/// An HTTP client that asks a closure; where that gives nothing, the answer is lost.
#[derive(Clone)]
pub(crate) struct Direct {
    answer: Arc<Answer>,
    delay: Duration,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
    under_way: Arc<Mutex<Vec<String>>>,
    most: Arc<Mutex<usize>>,
}

impl Direct {
    pub(crate) fn new(answer: impl Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync + 'static) -> Self {
        Self {
            answer: Arc::new(answer),
            delay: Duration::ZERO,
            requests: Arc::default(),
            under_way: Arc::default(),
            most: Arc::default(),
        }
    }

    /// The same, where each answer takes so long.
    pub(crate) fn with_delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    pub(crate) fn requests(&self) -> Vec<Request<Bytes>> {
        self.requests.lock().expect("no panic").clone()
    }

    /// What each request was: the operation, without what stands before it.
    pub(crate) fn operations(&self) -> Vec<String> {
        let operation = |request: &Request<Bytes>| {
            let target = request.headers()["x-amz-target"].to_str().expect("a text");
            target.split_once('.').expect("an operation").1.to_owned()
        };
        self.requests().iter().map(operation).collect()
    }

    /// The most requests that were under way at once.
    pub(crate) fn most_at_once(&self) -> usize {
        *self.most.lock().expect("no panic")
    }

    /// # Panics
    /// Where another call of the same stream is under way.
    fn begin(&self, stream: &str) {
        let mut under_way = self.under_way.lock().expect("no panic");
        assert!(!under_way.iter().any(|other| other == stream), "two calls of {stream} at once");
        under_way.push(stream.to_owned());
        let mut most = self.most.lock().expect("no panic");
        *most = under_way.len().max(*most);
    }

    fn end(&self, stream: &str) {
        self.under_way.lock().expect("no panic").retain(|other| other != stream);
    }
}

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().expect("a request");
        let request = request.map(|body| Bytes::copy_from_slice(body.bytes().expect("in memory")));
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let stream = stream_of(&request);
            this.begin(&stream);
            if !this.delay.is_zero() {
                tokio::time::sleep(this.delay).await;
            }
            let answer = (this.answer)(&request);
            this.requests.lock().expect("no panic").push(request);
            this.end(&stream);
            match answer {
                Some(answer) => Ok(answer.map(SdkBody::from).try_into().expect("an answer")),
                None => Err(ConnectorError::io("the connection was reset".into())),
            }
        })
    }
}

fn stream_of(request: &Request<Bytes>) -> String {
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    body["logStreamName"].as_str().unwrap_or_default().to_owned()
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

/// The places of what was rejected.
pub(crate) fn rejected(outcomes: &[Outcome]) -> Vec<usize> {
    let places = outcomes.iter().enumerate().filter(|(_, outcome)| matches!(outcome, Outcome::Rejected(_)));
    places.map(|(place, _)| place).collect()
}

pub(crate) async fn deliver(sink: &impl Sink, delivery: &Delivery) -> Outcome {
    sink.deliver(std::slice::from_ref(delivery)).await.expect("outcomes").remove(0)
}

/// The node number `node`.
pub(crate) fn node(node: usize) -> Resource {
    Resource::new().with_cluster("orders").with_node(format!("10.0.0.{node}:2113"))
}

/// Line number `number`, so long after the samples begin.
pub(crate) fn line(number: usize, after: TimeDelta) -> LogRecord {
    LogRecord::new(sample::node(), format!("line {number}"), sample::at() + after)
}

pub(crate) fn lines(count: usize) -> Vec<Delivery> {
    (0..count).map(|number| sample::delivery(line(number, TimeDelta::zero()))).collect()
}

/// What the events in the stream `name` say.
pub(crate) fn messages(model: &LogsService, name: &str) -> Vec<String> {
    let message = |text: &str| {
        let event: Value = serde_json::from_str(text).expect("JSON");
        event["message"].as_str().expect("a message").to_owned()
    };
    model.events(name).iter().map(|event| message(&event.message)).collect()
}

/// An answer, as CloudWatch Logs gives it.
pub(crate) fn said(status: u16, body: &str) -> Response<Bytes> {
    let answer = Response::builder().status(status).header("content-type", "application/x-amz-json-1.1");
    let answer = answer.header("x-amzn-requestid", "6a0f1c52-7b3d-4e19-8c44-5f2a9d0b1e37");
    answer.body(Bytes::copy_from_slice(body.as_bytes())).expect("an answer")
}

pub(crate) fn error(code: &str) -> Response<Bytes> {
    said(400, &format!(r#"{{"__type":"{code}","message":"In other words."}}"#))
}
