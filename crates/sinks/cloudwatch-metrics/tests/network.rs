//! The sink over the network, and what its probe says.

use chrono::TimeDelta;
use common::{at, clock, cloudwatch, connection, deliver, is_accepted, kind, whole};
use tidegate_aws::AwsConnection;
use tidegate_base::{Clock, Secret};
use tidegate_sink::SinkErrorKind::{Unauthorized, Unreachable};
use tidegate_sink::{Probe, Sink, SinkError};
use tidegate_sink_cloudwatch_metrics::{CloudWatchMetrics, CloudWatchMetricsConfig};
use tidegate_testkit::model::CloudWatchService;
use tidegate_testkit::server::Server;
use tidegate_testkit::{ManualClock, sample};

mod common;

async fn rig() -> (CloudWatchService, Server) {
    let model = cloudwatch();
    let inner = model.clone();
    (model, Server::start(move |request| inner.answer(request)).await)
}

async fn probe(connection: AwsConnection) -> Result<Probe, SinkError> {
    CloudWatchMetrics::builder(connection).build().expect("a sink").probe().await
}

#[tokio::test]
async fn a_good_key_is_proven_and_nothing_is_put() {
    let (model, server) = rig().await;
    let probe = at(&server.url()).probe().await.expect("a probe");
    assert_eq!(probe.proven(), ["CloudWatch knows the key in this region: it listed metrics"]);
    let [unproven, region] = probe.unproven() else { panic!("{probe:?}") };
    assert!(unproven.contains("may put metrics into tidegate (cloudwatch:PutMetricData)"), "{unproven}");
    assert!(region.contains("eu-west-1 is the region"), "{region}");
    assert_eq!(model.series().len(), 0);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_what_to_do() {
    let (model, server) = rig().await;
    let url = server.url();
    let told = async |connection: AwsConnection| {
        let error = probe(connection).await.expect_err("wrong");
        println!("{}", error.words());
        (error.kind(), error.words())
    };
    let keys = |id: &str, secret: &str| {
        connection(clock()).with_endpoint(&url).with_keys(Secret::literal(id), Secret::literal(secret)).build()
    };
    let (kind, words) = told(keys("AKIDOTHER", "x").expect("a connection")).await;
    assert!(
        kind == Unauthorized && words.contains("InvalidClientTokenId") && words.contains("access_key_id"),
        "{words}"
    );
    let (kind, words) = told(keys(common::KEY, "s3cretOther").expect("a connection")).await;
    assert!(kind == Unauthorized && words.contains("SignatureDoesNotMatch"), "{words}");
    assert!(!words.contains("s3cret"), "{words}");

    let off = ManualClock::starting_at(clock().now() - TimeDelta::hours(1));
    let at_once = probe(connection(off).with_endpoint(&url).build().expect("a connection")).await;
    // The SDK corrects a clock by the answer.
    let clock_is_wrong = at_once.expect("signed by the service's clock");
    assert!(clock_is_wrong.unproven().iter().any(|what| what.contains("1 h behind AWS's")), "{clock_is_wrong:?}");

    let nowhere = connection(clock()).with_endpoint("http://127.0.0.1:1").build().expect("a connection");
    assert_eq!(told(nowhere).await.0, Unreachable);

    model.set_allowed(false);
    let (kind, words) = told(connection(clock()).with_endpoint(&url).build().expect("a connection")).await;
    assert!(kind == Unauthorized && words.contains("allow cloudwatch:PutMetricData"), "{words}");
}

#[tokio::test]
async fn everything_waits_for_a_good_key() {
    let (model, server) = rig().await;
    let sink = at(&server.url());
    let delivery = sample::delivery(sample::metric("m", 1.0));
    model.set_key("AKIDOTHER", "other");
    assert_eq!(kind(&deliver(&sink, &delivery).await), Some(Unauthorized));
    model.set_key(common::KEY, common::SECRET);
    assert!(is_accepted(&deliver(&sink, &delivery).await));
    assert_eq!(whole(model.sample_count()), 1);
}

#[tokio::test]
async fn a_code_in_the_body_alone_is_understood() {
    let model = cloudwatch().without_query_errors();
    let inner = model.clone();
    let server = Server::start(move |request| inner.answer(request)).await;
    model.set_allowed(false);
    assert_eq!(
        kind(&deliver(&at(&server.url()), &sample::delivery(sample::metric("m", 1.0))).await),
        Some(Unauthorized)
    );
}

#[test]
fn a_namespace_that_can_be_none_is_refused() {
    for (namespace, why) in [
        ("", "is empty"),
        ("  ", "is empty"),
        (":x", "begin neither"),
        ("AWS/EC2", "begin neither"),
        ("Zürich", "ASCII"),
        ("a\nb", "ASCII"),
        (&*"x".repeat(246), "CloudWatch takes 245"),
    ] {
        let config = CloudWatchMetricsConfig { namespace: Some(namespace.to_owned()), ..Default::default() };
        let error = config.builder().expect("a builder").build().expect_err(namespace);
        assert!(error.key() == "namespace" && error.to_string().contains(why), "{error}");
    }
    let longest = CloudWatchMetricsConfig { namespace: Some("x".repeat(245)), ..Default::default() };
    assert!(longest.builder().expect("a builder").build().is_ok());
    let mut half = CloudWatchMetricsConfig::default();
    half.aws.access_key_id = Some(Secret::literal("AKID"));
    assert_eq!(half.builder().expect_err("half a key").key(), "secret_access_key");
}
