//! Log events of 300 bytes a second, on one core: `sink` from events to signed requests that a connector swallows, `sdk`
//! the SDK alone of messages that are there, `serde` the same body by plain `serde_json`, unsigned.
//!
//! Run: `cargo bench -p tidegate-sink-cloudwatch-logs`; one core is used. The target is 300,000 events/s.
//!
//! Found on a virtual machine of two cores (Xeon with SHA extensions) with others at work on it, medians: 870,000 events/s
//! through `sink` into one call, 815,000 into one stream of several calls, 600,000 into 30 streams; 1.2 million through
//! `sdk`, 1.36 million through `serde`. A third of the whole is the SDK's `escape_string`, which goes byte by byte, 15 % the
//! hash of the body for the signature, 10 % our own JSON.

use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use chrono::{DateTime, TimeDelta, Utc};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tidegate_aws::{AwsBuilder, AwsConnection};
use tidegate_base::{Clock, Secret, SystemClock};
use tidegate_event::{Event, LogLevel, LogRecord, Name, Resource, time};
use tidegate_sink::{Delivery, DeliveryId, Outcome, Sink};
use tidegate_sink_cloudwatch_logs::CloudWatchLogs;
use tokio::runtime::Runtime;

const GROUP: &str = "/tidegate/orders";
/// As many as fill one call of 1 MiB.
const CALL: usize = 3_000;
/// What a lane hands over at most.
const BATCH: usize = 10_000;

fn main() {
    divan::main();
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Takes every request, once it is signed.
#[derive(Debug)]
struct Swallow;

impl HttpConnector for Swallow {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        assert!(request.headers().get("authorization").is_some(), "not signed");
        black_box(request.body().bytes());
        let mut answer = HttpResponse::new(200.try_into().expect("a status"), SdkBody::from("{}"));
        answer.headers_mut().insert("content-type", "application/x-amz-json-1.1");
        HttpConnectorFuture::ready(Ok(answer))
    }
}

fn swallowing() -> SharedHttpClient {
    http_client_fn(|_: &HttpConnectorSettings, _| SharedHttpConnector::new(Swallow))
}

fn aws() -> AwsBuilder {
    AwsConnection::builder()
        .with_region("eu-west-1")
        .with_keys(Secret::literal("AKIDEXAMPLE"), Secret::literal("wJalrXUtnFEMI"))
        .with_http_client(swallowing())
}

/// Lines as KurrentDB writes them, whose events are 300 bytes on average.
fn lines(count: usize, nodes: usize) -> Vec<Delivery> {
    let now: DateTime<Utc> = SystemClock::new().now();
    let cluster = Name::from("orders");
    let nodes: Vec<Resource> = (0..nodes)
        .map(|node| Resource::new().with_cluster(cluster.clone()).with_node(format!("10.0.0.{node}:2113")))
        .collect();
    (0..count)
        .map(|number| {
            let message = format!("SLOW QUEUE MSG [StorageWriterQueue]: \"WritePrepares\" - {number:05}ms. Q: 12/15.");
            let fields = [("ThreadId", json!(17)), ("SourceContext", json!("KurrentDB.Core.Bus"))];
            let fields: Map<String, Value> = fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
            let at = now - TimeDelta::milliseconds(i64::try_from(count - number).unwrap_or(0));
            let record = LogRecord::new(nodes[number % nodes.len()].clone(), message, at)
                .with_level(LogLevel::Information)
                .with_fields(fields);
            let id = DeliveryId::new("bench", &number.to_string());
            Delivery::new(id, Arc::new(Event::from(record)))
        })
        .collect()
}

/// A line as plain `serde` has it.
#[derive(Serialize)]
struct Line<'a> {
    message: &'a str,
    level: Option<LogLevel>,
    time: String,
    properties: &'a Map<String, Value>,
    cluster: &'a str,
    node: &'a str,
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "their names there")]
struct Body {
    log_group_name: &'static str,
    log_stream_name: String,
    log_events: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    timestamp: i64,
    message: String,
}

fn plain(batch: &[Delivery]) -> Vec<u8> {
    let rows = batch.iter().map(|delivery| {
        let Event::Log(record) = &*delivery.event else { panic!("no log") };
        let line = Line {
            message: &record.message,
            level: record.level,
            time: time::format(record.at),
            properties: &record.fields,
            cluster: record.resource.cluster.as_deref().unwrap_or_default(),
            node: record.resource.node.as_deref().unwrap_or_default(),
            id: delivery.id.to_string(),
        };
        Row { timestamp: record.at.timestamp_millis(), message: serde_json::to_string(&line).expect("a line") }
    });
    let body =
        Body { log_group_name: GROUP, log_stream_name: "orders/10.0.0.0_2113".to_owned(), log_events: rows.collect() };
    serde_json::to_vec(&body).expect("a body")
}

/// The whole sink.
#[divan::bench(args = [(CALL, 1), (BATCH, 1), (BATCH, 30)])]
fn sink(bencher: Bencher, (events, nodes): (usize, usize)) {
    let runtime = runtime();
    let sink = CloudWatchLogs::builder(aws().build().expect("a connection"), GROUP).build().expect("a sink");
    let batch = lines(events, nodes);
    bencher.counter(ItemsCount::new(events)).bench_local(|| {
        let outcomes = runtime.block_on(sink.deliver(black_box(&batch))).expect("outcomes");
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))));
    });
}

/// What `serde_json` takes for the same body, unsigned.
#[divan::bench]
fn serde(bencher: Bencher) {
    let batch = lines(CALL, 1);
    let bytes = plain(&batch).len();
    bencher.counter(ItemsCount::new(CALL)).counter(BytesCount::new(bytes)).bench_local(|| plain(black_box(&batch)));
}

/// What the SDK alone takes, of messages that are there.
#[divan::bench]
fn sdk(bencher: Bencher) {
    let runtime = runtime();
    let aws = aws().build().expect("a connection");
    let client = Client::new(runtime.block_on(aws.config()).expect("a configuration"));
    let body: Value = serde_json::from_slice(&plain(&lines(CALL, 1))).expect("a body");
    let events: Vec<InputLogEvent> = body["logEvents"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| {
            let event = InputLogEvent::builder()
                .timestamp(event["timestamp"].as_i64().expect("a time"))
                .message(event["message"].as_str().expect("a message"));
            event.build().expect("an event")
        })
        .collect();
    let average = events.iter().map(|event| event.message().len()).sum::<usize>() / CALL;
    assert!((295..=305).contains(&average), "{average} bytes an event");
    bencher.counter(ItemsCount::new(CALL)).with_inputs(|| events.clone()).bench_local_values(|events| {
        let put = client.put_log_events().log_group_name(GROUP).log_stream_name("orders/10.0.0.0_2113");
        runtime.block_on(put.set_log_events(Some(events)).send()).expect("taken")
    });
}
