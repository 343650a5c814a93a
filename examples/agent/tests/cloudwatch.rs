//! The program with CloudWatch metrics and CloudWatch Logs.
#![cfg(target_os = "linux")]

mod common;

use std::io::Write as _;

use chrono::TimeDelta;
use common::tidegate;
use tempfile::NamedTempFile;
use tidegate_base::{Clock as _, SystemClock};
use tidegate_testkit::ManualClock;
use tidegate_testkit::model::{CloudWatchService, LogsService};
use tidegate_testkit::server::Server;

const KEY: &str = "AKIAS3CRETS3CRETS3CR";
const SECRET: &str = "s3cret/s3cret+s3cret/s3cret+s3cret/s3cre";

struct Aws {
    metrics: CloudWatchService,
    logs: LogsService,
    servers: [Server; 2],
}

impl Aws {
    async fn start() -> Self {
        Self::of(CloudWatchService::new(KEY, SECRET), LogsService::new(KEY, SECRET).with_group("kurrentdb")).await
    }

    async fn of(metrics: CloudWatchService, logs: LogsService) -> Self {
        let (numbers, lines) = (metrics.clone(), logs.clone());
        let servers = [
            Server::start(move |request| numbers.answer(request)).await,
            Server::start(move |request| lines.answer(request)).await,
        ];
        Self { metrics, logs, servers }
    }

    fn config(&self) -> String {
        let [metrics, logs] = self.servers.each_ref().map(|server| format!("endpoint = \"{}\"\n", server.url()));
        config(&metrics, &logs)
    }

    /// How `tidegate test` ended, and what it said.
    fn test(&self) -> (Option<i32>, String) {
        test(&self.config())
    }
}

fn config(metrics: &str, logs: &str) -> String {
    let key = format!("region = \"eu-west-1\"\naccess_key_id = \"{KEY}\"\nsecret_access_key = \"{SECRET}\"\n");
    format!(
        "[[source]]\ntype = \"host\"\ninterval = \"1s\"\n\n\
         [[integration]]\nname = \"numbers\"\nsink = \"awsCloudWatchMetrics\"\nsource = \"metrics\"\n\
         namespace = \"Databases\"\nlinger = \"1s\"\n{key}{metrics}\n\
         [[integration]]\nname = \"lines\"\nsink = \"awsCloudWatchLogs\"\nsource = [\"logs\", \"issues\"]\n\
         group_name = \"kurrentdb\"\n{key}{logs}\n"
    )
}

fn test(config: &str) -> (Option<i32>, String) {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(config.as_bytes()).expect("written");
    let path = file.path().to_str().expect("UTF-8");
    // At the most verbose, and what it logs is looked at for secrets alone.
    let output = tidegate(&["test", "--config", path]).env("TIDEGATE_LOG", "trace").output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let all = text(output.stdout) + &text(output.stderr);
    for secret in ["s3cret", KEY] {
        assert!(!all.contains(secret), "{secret} is in {all}");
    }
    let is_log = |line: &str| [" TRACE ", " DEBUG ", " INFO ", " WARN ", " ERROR "].iter().any(|it| line.contains(it));
    let said = all.lines().filter(|line| !is_log(line)).collect::<Vec<_>>().join("\n");
    println!("{said}");
    (output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_test_says_what_was_checked_what_was_not_and_what_was_sent() {
    let aws = Aws::start().await;
    let (code, said) = aws.test();
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "numbers (cloudwatch-metrics:eu-west-1:Databases)",
        "proven      CloudWatch knows the key",
        "not proven  that the key may put metrics into Databases (cloudwatch:PutMetricData)",
        "sent        the test metric",
        "lines (cloudwatch-logs:eu-west-1:kurrentdb)",
        "proven      the log group `kurrentdb` is there",
        "not proven  that IAM allows logs:PutLogEvents",
        "sent        a test issue, open",
        "All took it.",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert_eq!((aws.metrics.complaints(), aws.logs.complaints()), (Vec::new(), Vec::new()));
}

/// What is wrong, and what each of both says of it.
fn assert_said(what: &str, aws: &Aws, numbers: &[&str], lines: &[&str]) {
    let (code, said) = aws.test();
    assert_eq!(code, Some(1), "{what}: {said}");
    let (of_numbers, of_lines) = said.split_once("\nlines (").expect("both");
    for (said, parts) in [(of_numbers, numbers), (of_lines, lines)] {
        assert_eq!(said.contains("FAILED"), !parts.is_empty(), "{what}: {said}");
        for part in parts {
            assert!(said.contains(part), "{what}: {part} is not in {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_is_wrong_is_told_and_what_to_do() {
    let other_key = Aws::start().await;
    other_key.metrics.set_key("AKIAOTHER", SECRET);
    other_key.logs.set_key("AKIAOTHER", SECRET);
    let id = ["UnrecognizedClientException", "`access_key_id`"];
    assert_said("the wrong key", &other_key, &["`access_key_id`"], &id);

    let other_secret = Aws::start().await;
    other_secret.metrics.set_key(KEY, "another");
    other_secret.logs.set_key(KEY, "another");
    assert_said("the wrong secret", &other_secret, &["`secret_access_key`"], &["`secret_access_key`"]);

    let no_group = Aws::of(CloudWatchService::new(KEY, SECRET), LogsService::new(KEY, SECRET)).await;
    assert_said("no group", &no_group, &[], &["`kurrentdb`", "create_group = true", "`region`"]);

    let denied = Aws::start().await;
    denied.metrics.set_allowed(false);
    denied.logs.deny("PutLogEvents");
    assert_said("no permission", &denied, &["cloudwatch:PutMetricData"], &["logs:PutLogEvents"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_clock_that_is_off_by_an_hour_is_told_as_that() {
    let hour = ManualClock::starting_at(SystemClock::new().now() + TimeDelta::hours(1));
    let metrics = CloudWatchService::new(KEY, SECRET).with_clock(hour.clone());
    let logs = LogsService::new(KEY, SECRET).with_group("kurrentdb").with_clock(hour);
    let aws = Aws::of(metrics, logs).await;
    let (code, said) = aws.test();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("that this machine's clock is right").count(), 2, "{said}");
    assert!(said.contains("NTP"), "{said}");
}

#[test]
fn an_address_where_nobody_is_and_a_region_that_is_none_are_told() {
    let nobody = "endpoint = \"http://127.0.0.1:9\"\n";
    let (code, said) = test(&config(nobody, nobody));
    assert_eq!(code, Some(1));
    assert_eq!(said.matches("no connection").count(), 2, "{said}");
    assert_eq!(said.matches("check the address in the file").count(), 2, "{said}");
    let (code, said) = test(&config("", "").replace("eu-west-1", "eu-nowhere-9"));
    assert_eq!(code, Some(1));
    assert_eq!(said.matches("FAILED").count(), 2, "{said}");
    assert_eq!(said.matches("`region`").count(), 2, "{said}");
}
