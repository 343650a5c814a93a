//! What is sent, to the letter. `TIDEGATE_GOLDEN=write cargo test` writes the files anew.

use std::path::Path;

use bytes::Bytes;
use chrono::TimeDelta;
use common::{KEY, body, jsm, now, opsgenie, queued, request, said, told};
use http::Request;
use serde_json::{Value, json};
use tidegate_event::{EpisodeId, IssueEvent, IssueKey, IssueState, Reading, Resource, Severity};
use tidegate_http::{Dialect, ProbeStep};
use tidegate_sink_opsgenie::Opsgenie;
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
        cause: "412.3 GiB of 500.0 GiB used (82.5 %, limit 80 %); a < b && c > d.".to_owned(),
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

/// A request as a file shows it, the secret masked.
fn shown(request: &Request<Bytes>) -> Value {
    let headers: serde_json::Map<String, Value> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            assert_eq!(value.is_sensitive(), name == "authorization");
            (name.to_string(), value.to_str().expect("a text").replace(KEY, "REDACTED").into())
        })
        .collect();
    let body = if request.body().is_empty() { json!("") } else { body(request) };
    json!({ "method": request.method().as_str(), "url": request.uri().to_string(), "headers": headers, "body": body })
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

fn probe(dialect: &Opsgenie, answers: &[http::Response<Bytes>]) -> Request<Bytes> {
    match dialect.probe(answers, now()) {
        Ok(ProbeStep::Send { request, .. }) => request,
        other => panic!("no request: {other:?}"),
    }
}

#[test]
fn requests_to_opsgenie() {
    let dialect = opsgenie();
    let worse = told(IssueEvent { severity: Severity::Critical, stale: true, ..later(12, 2) });
    let closed = told(IssueEvent { state: IssueState::Closed, ..later(125, 3) });
    check("create", &request(&dialect, &sample::delivery(disk()), &[]).1);
    check("status", &request(&dialect, &sample::delivery(disk()), &[queued()]).1);
    check("message", &request(&dialect, &worse, &[]).1);
    check("description", &request(&dialect, &worse, &[queued()]).1);
    check("priority", &request(&dialect, &worse, &[queued(), queued()]).1);
    check("close", &request(&dialect, &closed, &[]).1);
    check("look", &request(&dialect, &sample::delivery(disk()).with_maybe_applied(), &[]).1);
    check("probe", &probe(&dialect, &[]));
    check("probe_blind", &probe(&dialect, &[said(403, &json!({ "message": "no", "code": 40_300 }))]));
}

#[test]
fn requests_to_jira_service_management() {
    let dialect = jsm();
    check("jsm_create", &request(&dialect, &sample::delivery(disk()), &[]).1);
    check("jsm_note", &request(&dialect, &told(later(12, 2)), &[]).1);
    check("jsm_close", &request(&dialect, &told(IssueEvent { state: IssueState::Closed, ..later(125, 3) }), &[]).1);
    check("jsm_probe", &probe(&dialect, &[]));
}

#[test]
fn a_region_is_an_address() {
    let builder = || Opsgenie::builder(tidegate_base::Secret::literal(KEY));
    let address = |dialect: &Opsgenie| request(dialect, &sample::delivery(disk()), &[]).1.uri().to_string();
    let eu = builder().with_region(tidegate_sink_opsgenie::Region::Eu).build().expect("a dialect");
    assert_eq!(address(&eu), "https://api.eu.opsgenie.com/v2/alerts");
    let proxy = builder().with_endpoint("https://proxy.example/og/").build().expect("a dialect");
    assert_eq!(address(&proxy), "https://proxy.example/og/v2/alerts");
}
