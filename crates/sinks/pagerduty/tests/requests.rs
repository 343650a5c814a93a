//! What is sent, to the letter. `TIDEGATE_GOLDEN=write cargo test` writes the files anew.

use std::path::Path;

use bytes::Bytes;
use chrono::TimeDelta;
use common::{KEY, dialect, now, request, said};
use http::Request;
use serde_json::{Value, json};
use tidegate_event::{EpisodeId, IssueEvent, IssueKey, IssueState, Reading, Resource, Severity};
use tidegate_http::{Dialect, ProbeStep};
use tidegate_testkit::sample;

mod common;

fn disk() -> IssueEvent {
    let node = Resource::new().with_cluster("orders").with_node("10.0.0.1:2113");
    IssueEvent {
        key: IssueKey::new("disk-usage", node.with_part("/var")),
        episode: EpisodeId::new(sample::at(), [7; 10]),
        sequence: 1,
        state: IssueState::Open,
        severity: Severity::Warning,
        summary: "Disk over 80 % full at /var on node 10.0.0.1:2113 of cluster orders".to_owned(),
        cause: "412.3 GiB of 500.0 GiB used (82.5 %, limit 80 %).".to_owned(),
        remedy: "Remove data, run a scavenge, or move to a larger disk.".into(),
        evidence: vec![
            Reading::new("tidegate.disk_usage", 0.8246, "1").with_limit(0.8),
            Reading::new("system.filesystem.used", 442_703_754_854.4, "By"),
        ],
        stale: false,
        opened_at: sample::at(),
        at: sample::at(),
    }
}

fn later(minutes: i64, sequence: u32) -> IssueEvent {
    IssueEvent { at: sample::at() + TimeDelta::minutes(minutes), sequence, ..disk() }
}

/// A request as a file shows it, the routing key masked.
fn shown(request: &Request<Bytes>) -> Value {
    let headers = request.headers().iter().map(|(name, value)| {
        let value = value.to_str().expect("a text");
        (name.to_string(), Value::from(value))
    });
    let headers: serde_json::Map<String, Value> = headers.collect();
    let body = String::from_utf8_lossy(request.body()).replace(KEY, "REDACTED");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    json!({
        "method": request.method().as_str(), "url": request.uri().to_string(), "headers": headers, "body": body,
    })
}

fn check(name: &str, request: &Request<Bytes>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
    let text = format!("{:#}\n", shown(request));
    if std::env::var_os("TIDEGATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).expect("written");
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, want, "{name} is sent otherwise");
}

#[test]
fn requests_of_an_issue() {
    let first = |issue: IssueEvent| request(&dialect(), &sample::delivery(issue), &[]);
    let worse = IssueEvent { severity: Severity::Critical, stale: true, ..later(12, 2) };
    let closed = IssueEvent { state: IssueState::Closed, ..later(125, 3) };
    check("trigger_open", &first(disk()));
    check("trigger_worse", &first(worse));
    check("resolve", &first(closed));
    let large = said(413, &json!(""));
    check("trigger_least", &request(&dialect(), &sample::delivery(disk()), &[large]));
}

#[test]
fn the_request_of_a_probe() {
    let ProbeStep::Send { request, .. } = dialect().probe(&[], now()).expect("a probe") else { panic!("done") };
    check("probe", &request);
}
