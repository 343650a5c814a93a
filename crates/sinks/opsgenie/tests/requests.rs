//! What is sent, to the letter. `TIDEGATE_GOLDEN=write cargo test` writes the files anew.

use bytes::Bytes;
use common::{KEY, jsm, now, opsgenie, queued, request, said, told};
use golden::Golden;
use http::Request;
use serde_json::json;
use tidegate_event::{IssueEvent, IssueState, Severity};
use tidegate_http::{Dialect, ProbeStep};
use tidegate_sink_opsgenie::Opsgenie;
use tidegate_testkit::sample;

mod common;
#[path = "../../../http/tests/guest/golden.rs"]
mod golden;

const GOLDEN: Golden = Golden { sensitive: Some("authorization"), masks: &[(KEY, "REDACTED")] };

fn disk() -> IssueEvent {
    golden::disk("412.3 GiB of 500.0 GiB used (82.5 %, limit 80 %); a < b && c > d.")
}

fn later(minutes: i64, sequence: u32) -> IssueEvent {
    golden::later(disk(), minutes, sequence)
}

fn check(name: &str, request: &Request<Bytes>) {
    GOLDEN.check(name, request);
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
    check("probe_blind", &probe(&dialect, &[said(403, &json!({ "message": "no", "code": 40_300, "requestId": "r" }))]));
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
