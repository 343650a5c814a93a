use http::Method;
use serde_json::{Value, json};

use super::*;
use crate::ManualClock;

fn ask(service: &OpsgenieService, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let mut request = Request::new(Bytes::from(body.to_string()));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().expect("a path");
    request.headers_mut().insert("authorization", "GenieKey k".parse().expect("a value"));
    request.headers_mut().insert("content-type", "application/json".parse().expect("a value"));
    let answer = service.answer(&request);
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).expect("JSON"))
}

fn create(service: &OpsgenieService, message: &str) -> String {
    let (status, said) = ask(service, Method::POST, "/v2/alerts", &json!({ "message": message, "alias": "a" }));
    assert_eq!(status, 202, "{said}");
    said["requestId"].as_str().expect("an id").to_owned()
}

fn status(service: &OpsgenieService, id: &str) -> (u16, Value) {
    ask(service, Method::GET, &format!("/v2/alerts/requests/{id}"), &Value::Null)
}

#[test]
fn a_request_is_in_the_queue_until_its_time_and_those_of_an_alias_keep_their_order() {
    let clock = ManualClock::new();
    let service = OpsgenieService::new("k").with_clock(clock.clone());
    let service = service.with_lag(Random::seeded(1), Duration::from_secs(10));
    let first = create(&service, "one");
    let path = "/v2/alerts/a/message?identifierType=alias";
    let ids: Vec<String> = (0..20)
        .map(|number| {
            ask(&service, Method::PUT, path, &json!({ "message": number.to_string() })).1["requestId"].clone()
        })
        .map(|id| id.as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(status(&service, &first).0, 404);
    clock.advance(Duration::from_secs(10));
    assert!(ids.iter().all(|id| status(&service, id).1["data"]["isSuccess"] == true));
    assert_eq!(service.alerts()[0].message, "19");
    assert_eq!(service.complaints(), [""; 0]);
}

#[test]
fn changes_overtake_a_creation_where_they_may_and_none_of_their_own_sort() {
    let overtaken = (0..20).filter(|seed| {
        let clock = ManualClock::new();
        let service = OpsgenieService::new("k").with_clock(clock.clone()).with_overtaking();
        let service = service.with_lag(Random::seeded(*seed), Duration::from_mins(1));
        create(&service, "one");
        let path = "/v2/alerts/a/message?identifierType=alias";
        for message in ["two", "three"] {
            ask(&service, Method::PUT, path, &json!({ "message": message }));
        }
        clock.advance(Duration::from_mins(1));
        let message = service.alerts()[0].message.clone();
        assert_ne!(message, "two", "seed {seed}");
        message == "one"
    });
    assert!((1..19).contains(&overtaken.count()));
}

#[test]
fn a_second_creation_counts_and_one_after_a_close_or_a_deletion_is_another_alert() {
    let service = OpsgenieService::new("k");
    create(&service, "one");
    create(&service, "two");
    let alerts = service.alerts();
    assert_eq!((alerts.len(), alerts[0].count, alerts[0].message.as_str()), (1, 2, "one"));
    assert!(service.close(&alerts[0].id) && !service.close(&alerts[0].id));
    create(&service, "three");
    assert!(service.delete(&service.alerts()[1].id));
    create(&service, "four");
    assert_eq!(service.alerts().iter().filter(|alert| alert.is_open()).count(), 1);
}

#[test]
fn what_is_not_there_or_closed_or_ignored_is_told_by_the_status_only() {
    let service = OpsgenieService::new("k").with_filter("noise");
    let close = |service: &OpsgenieService| {
        let (said, body) = ask(service, Method::POST, "/v2/alerts/a/close?identifierType=alias", &json!({}));
        assert_eq!(said, 202);
        status(service, body["requestId"].as_str().expect("an id")).1["data"].clone()
    };
    assert_eq!(close(&service)["status"], "Alert does not exist");
    assert!(status(&service, &create(&service, "noise")).1["data"]["status"].to_string().contains("filter"));
    create(&service, "one");
    assert_eq!(close(&service)["isSuccess"], true);
    let again = close(&service);
    assert_eq!((&again["isSuccess"], &again["status"]), (&json!(false), &json!("Alert is already closed")));
}

#[test]
fn what_the_documents_do_not_allow_is_complained_of() {
    let table = [
        json!({ "message": "" }),
        json!({ "message": "x".repeat(131) }),
        json!({ "message": "x", "description": 7 }),
        json!({ "message": "x", "priority": "P6" }),
        json!({ "message": "x", "tags": vec!["x"; 21] }),
        json!({ "message": "x", "tags": ["x".repeat(51)] }),
        json!({ "message": "x", "details": { "a": 1 } }),
        json!({ "message": "x", "details": { "a": "x".repeat(8_000) } }),
        json!({ "message": "x", "colour": "red" }),
        json!(["message"]),
    ];
    let service = OpsgenieService::new("k");
    for (number, body) in table.iter().enumerate() {
        assert_eq!(ask(&service, Method::POST, "/v2/alerts", body).0, 422, "{body}");
        assert_eq!(service.complaints().len(), number + 1, "{body}");
    }
    ask(&service, Method::POST, "/v2/alerts/a/close", &json!({}));
    assert!(service.complaints().last().is_some_and(|last| last.contains("identifierType")));
    let jsm = OpsgenieService::jsm("k");
    assert_eq!(ask(&jsm, Method::GET, "/v2/alerts/count", &Value::Null).0, 404);
    assert_eq!(jsm.complaints().len(), 1);
}

#[test]
fn keys_rights_and_rates() {
    let clock = ManualClock::new();
    let service = OpsgenieService::new("k").with_clock(clock.clone()).with_rate(3, Duration::from_mins(1));
    let count = || ask(&service, Method::GET, "/v2/alerts/count", &Value::Null).0;
    service.set_may_read(false);
    assert_eq!(count(), 403);
    service.set_may_read(true);
    assert_eq!(count(), 200);
    service.set_key("another");
    assert_eq!(count(), 401);
    service.set_key("k");
    assert_eq!(count(), 429);
    clock.advance(Duration::from_secs(61));
    assert_eq!(count(), 200);
    assert_eq!(service.requests().len(), 5);
}
