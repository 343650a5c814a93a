//! What is sent, to the letter. `TIDEGATE_GOLDEN=write cargo test` writes the files anew.

use bytes::Bytes;
use common::{KEY, dialect, now, request, said};
use golden::Golden;
use http::Request;
use serde_json::json;
use tidegate_event::{IssueEvent, IssueState, Severity};
use tidegate_http::{Dialect, ProbeStep};
use tidegate_testkit::sample;

mod common;
#[path = "../../../http/tests/guest/golden.rs"]
mod golden;

const GOLDEN: Golden = Golden { sensitive: None, masks: &[(KEY, "REDACTED")] };

fn disk() -> IssueEvent {
    golden::disk("412.3 GiB of 500.0 GiB used (82.5 %, limit 80 %).")
}

fn later(minutes: i64, sequence: u32) -> IssueEvent {
    golden::later(disk(), minutes, sequence)
}

fn check(name: &str, request: &Request<Bytes>) {
    GOLDEN.check(name, request);
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
