//! What is sent, to the letter. `TIDEGATE_GOLDEN=write cargo test` writes the files anew.

use bytes::Bytes;
use common::{CHANNEL, TOKEN, bot, error, now, path_and_body, request, told, webhook};
use golden::Golden;
use http::Request;
use tidegate_event::{Event, IssueEvent, IssueState, Notification, Resource, Severity};
use tidegate_http::{Dialect, ProbeStep};
use tidegate_testkit::sample;

mod common;
#[path = "../../../http/tests/guest/golden.rs"]
mod golden;

const GOLDEN: Golden =
    Golden { sensitive: Some("authorization"), masks: &[(TOKEN, "xoxb-REDACTED"), ("s3cretHook", "REDACTED")] };

fn disk() -> IssueEvent {
    golden::disk("412.3 GiB of 500.0 GiB used (82.5 %, limit 80 %); a < b && c > d, <!channel>.")
}

fn later(minutes: i64, sequence: u32) -> IssueEvent {
    golden::later(disk(), minutes, sequence)
}

fn notification() -> Notification {
    Notification::new("n-1", "instances-provision-failed", "No instance could be had.\nSeen twice.", sample::at())
        .with_severity(Severity::Error)
        .with_resource(Resource::new().with_cluster("orders"))
        .with_revision(2)
}

fn check(name: &str, request: &Request<Bytes>) {
    GOLDEN.check(name, request);
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
