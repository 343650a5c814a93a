//! The sink over the network, against a CloudWatch Logs in this process that fails at every point; and what people are told.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use common::{GROUP, KEY, SECRET, STREAM, at, aws, clock, deliver, is_accepted, kind, lines, logs, messages};
use tidegate_base::{Random, Secret};
use tidegate_sink::SinkErrorKind::{Misconfigured, Unauthorized, Unavailable, Unconfirmed, Unreachable};
use tidegate_sink::{Outcome, Sink, SinkError};
use tidegate_sink_cloudwatch_logs::{CloudWatchLogs, CloudWatchLogsBuilder};
use tidegate_testkit::model::LogsService;
use tidegate_testkit::server::{Fault, RandomServerFaults, Server};
use tidegate_testkit::{ManualClock, sample};

mod common;
#[path = "../../../http/tests/guest/network.rs"]
mod network;

async fn served(model: LogsService) -> Server {
    Server::start(move |request| model.answer(request)).await
}

fn sink(builder: CloudWatchLogsBuilder) -> CloudWatchLogs {
    builder.build().expect("a sink")
}

#[tokio::test]
async fn each_fault_is_told_as_what_it_is() {
    let model = logs();
    let server = served(model.clone()).await;
    let here = sink(at(&server.url()));
    // So that the stream is there, and each delivery is one request.
    assert!(is_accepted(&deliver(&here, &lines(1)[0]).await));
    let nowhere = sink(at("http://127.0.0.1:1"));
    let own = [
        (Fault::status(302), Some(Misconfigured), None),
        (Fault::status(404), Some(Misconfigured), None),
        (Fault::status(403), Some(Unauthorized), None),
        (Fault::status(502), Some(Unavailable), None),
        (Fault::Garbage, Some(Unconfirmed), None),
        (Fault::After(tidegate_testkit::server::text(200, "<html>Please log in.</html>")), Some(Unconfirmed), None),
    ];
    network::assert_told(&here, &server, own, &nowhere).await;
}

#[tokio::test]
async fn no_answer_in_time_is_unconfirmed() {
    let server = served(logs()).await.with_fault(Fault::Hang(tidegate_testkit::server::Point::Applied));
    let aws = aws(clock()).with_endpoint(server.url()).with_timeout(Duration::from_millis(200));
    let outcome = deliver(&sink(common::by(aws)), &lines(1)[0]).await;
    assert_eq!(kind(&outcome), Some(Unconfirmed), "{outcome:?}");
}

#[tokio::test]
async fn through_any_faults_each_line_arrives_and_none_is_told_as_another() {
    for seed in 0..10 {
        let model = logs();
        let server = served(model.clone()).await.with_faults(RandomServerFaults::new(Random::seeded(seed), 3));
        let sink = sink(at(&server.url()));
        let mut left = lines(50);
        for _ in 0..200 {
            let outcomes = match sink.deliver(&left).await {
                Ok(outcomes) => outcomes,
                Err(error) => panic!("{error}"),
            };
            assert!(!outcomes.iter().any(|outcome| matches!(outcome, Outcome::Rejected(_))), "{outcomes:?}");
            left = left
                .into_iter()
                .zip(&outcomes)
                .filter(|(_, outcome)| !is_accepted(outcome))
                .map(|(item, _)| item)
                .collect();
            if left.is_empty() {
                break;
            }
        }
        assert!(left.is_empty(), "seed {seed}");
        let arrived: BTreeSet<String> = messages(&model, STREAM).into_iter().collect();
        assert_eq!(arrived, (0..50).map(|number| format!("line {number}")).collect(), "seed {seed}");
        assert_eq!(model.complaints(), [""; 0]);
    }
}

/// What a probe says.
async fn probed(builder: CloudWatchLogsBuilder) -> Result<(Vec<String>, Vec<String>), SinkError> {
    let probe = sink(builder).probe().await?;
    Ok((probe.proven().to_vec(), probe.unproven().to_vec()))
}

#[tokio::test]
async fn a_probe_proves_key_region_and_group_and_leaves_no_trace() {
    let model = logs();
    let server = served(model.clone()).await;
    let (proven, unproven) = probed(at(&server.url())).await.expect("a probe");
    assert_eq!(
        proven,
        ["the credentials are good in eu-west-1".to_owned(), format!("the log group `{GROUP}` is there")]
    );
    let write =
        "that IAM allows logs:PutLogEvents, and logs:CreateLogStream for a node that is new: nothing was written";
    assert_eq!(unproven, [write]);
    assert_eq!((model.streams().len(), model.requests().len()), (0, 1));

    model.deny("DescribeLogStreams");
    let (proven, unproven) = probed(at(&server.url())).await.expect("a probe");
    assert_eq!(proven.len(), 1);
    assert!(unproven[0].contains("logs:DescribeLogStreams") && unproven[1] == write, "{unproven:?}");

    model.allow_all();
    model.delete_group(GROUP);
    let error = probed(at(&server.url())).await.expect_err("no group");
    assert_eq!(error.kind(), Misconfigured, "{error}");
    let (proven, unproven) = probed(at(&server.url()).with_create_group()).await.expect("a probe");
    assert!(proven.len() == 1 && unproven[0].contains("logs:CreateLogGroup"), "{unproven:?}");
    assert_eq!(model.groups(), [""; 0]);
}

#[tokio::test]
async fn each_way_to_be_wrong_is_told_with_what_to_do() {
    let server = served(logs()).await;
    let host = server.address();
    let key = Secret::literal(KEY);
    let wrong_secret = aws(clock()).with_endpoint(server.url()).with_secret_access_key(Secret::literal("another"));
    let wrong_key = aws(clock()).with_endpoint(server.url()).with_access_key_id(Secret::literal("AKIDOTHER"));
    let unset = aws(clock()).with_endpoint(server.url()).with_keys(key, Secret::from_env("TIDEGATE_NOT_SET"));
    let nowhere = aws(clock()).with_endpoint("http://127.0.0.1:1");
    let region = aws(clock()).with_region("xx-nowhere-1");
    let plain = aws(clock()).with_endpoint(server.url().replace("http", "https"));
    for (aws, kind, parts) in [
        (wrong_secret, Unauthorized, ["InvalidSignatureException", "check `access_key_id` and `secret_access_key`"]),
        (wrong_key, Unauthorized, ["UnrecognizedClientException", "`region`"]),
        (unset, Unauthorized, ["cannot read the secret", "TIDEGATE_NOT_SET"]),
        (nowhere, Unreachable, ["no connection to CloudWatch Logs at 127.0.0.1:1", "refused"]),
        (region, Unreachable, ["no connection to CloudWatch Logs in xx-nowhere-1", "`region`"]),
        (plain, Unreachable, ["no TLS with", &host.to_string()]),
    ] {
        let sink = sink(common::by(aws));
        let error = sink.probe().await.expect_err("wrong");
        assert_eq!(error.kind(), kind, "{error}");
        let words = error.words();
        assert!(parts.iter().all(|part| words.contains(part)), "{parts:?} are not in {words}");
        assert!(!words.contains(SECRET), "{words}");
        let outcome = deliver(&sink, &lines(1)[0]).await;
        assert_eq!(common::kind(&outcome), Some(kind), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_an_hour_off_is_told_and_signed_around() {
    for hours in [-1, 1] {
        let model = logs();
        let server = served(model.clone()).await;
        let off = ManualClock::starting_at(sample::at() + TimeDelta::hours(hours));
        let sink = sink(common::by(aws(off).with_endpoint(server.url())));
        let probe = sink.probe().await.expect("signed by the service's clock");
        let clock = probe.unproven().last().expect("a word on the clock");
        let which = if hours < 0 { "1 h behind AWS's" } else { "1 h ahead of AWS's" };
        assert!(clock.contains(which) && clock.contains("NTP"), "{clock}");
        assert!(is_accepted(&deliver(&sink, &lines(1)[0]).await));
        assert_eq!(model.requests()[0].status, 403);
    }
}
