//! What is sent, to the letter. `TIDEGATE_GOLDEN=write cargo test` writes the files anew.

use std::path::Path;

use bytes::Bytes;
use chrono::TimeDelta;
use common::{CHANNEL, TOKEN, bot, error, now, path_and_body, request, told, webhook};
use http::Request;
use serde_json::{Value, json};
use tidegate_event::{EpisodeId, Event, IssueEvent, IssueKey, IssueState, Notification, Reading, Resource, Severity};
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
        cause: "412.3 GiB of 500.0 GiB used (82.5 %, limit 80 %); a < b && c > d, <!channel>.".to_owned(),
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

fn notification() -> Notification {
    Notification::new("n-1", "instances-provision-failed", "No instance could be had.\nSeen twice.", sample::at())
        .with_severity(Severity::Error)
        .with_resource(Resource::new().with_cluster("orders"))
        .with_revision(2)
}

/// A request as a file shows it, the secret masked.
fn shown(request: &Request<Bytes>) -> Value {
    let headers: serde_json::Map<String, Value> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            assert_eq!(value.is_sensitive(), name == "authorization");
            let value = value.to_str().expect("a text").replace(TOKEN, "xoxb-REDACTED");
            (name.to_string(), value.into())
        })
        .collect();
    let url = request.uri().to_string().replace("s3cretHook", "REDACTED");
    let body = match std::str::from_utf8(request.body()).expect("a text") {
        body if body.starts_with('{') => path_and_body(request).1,
        form => form.into(),
    };
    json!({ "method": request.method().as_str(), "url": url, "headers": headers, "body": body })
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
fn requests_of_the_web_api() {
    let first = |event: Event| request(&bot(), &sample::delivery(event), &[]);
    let edit = |event: IssueEvent| request(&bot(), &told(event), &[]);
    let worse = IssueEvent { severity: Severity::Critical, stale: true, ..later(12, 2) };
    let closed = IssueEvent { state: IssueState::Closed, ..later(125, 3) };
    let again = sample::delivery(closed.clone()).with_maybe_applied();

    check("post_open", &first(disk().into()));
    check("update_worse", &edit(worse));
    check("update_closed", &edit(closed));
    check("post_plain", &request(&bot(), &sample::delivery(disk()), &[error("invalid_blocks")]));
    check("history", &request(&bot(), &again, &[]));
    check("post_marked", &request(&bot(), &again, &[error("missing_scope")]));
    check("post_notification", &first(notification().into()));
    let ProbeStep::Send { request, .. } = bot().probe(&[], now()).expect("a probe") else { panic!("done") };
    check("auth_test", &request);
    assert_eq!(path_and_body(&first(disk().into())).1["channel"], CHANNEL);
}

#[test]
fn requests_of_a_webhook() {
    check("webhook_open", &request(&webhook(), &sample::delivery(disk()), &[]));
}
