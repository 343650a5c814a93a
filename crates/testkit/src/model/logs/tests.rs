use chrono::DateTime;

use super::*;
use crate::ManualClock;

fn read(events: &[(i64, &str)]) -> Put {
    let events: Vec<Value> =
        events.iter().map(|(at, message)| json!({ "timestamp": at, "message": message })).collect();
    Put::read(&json!({ "logEvents": events })).expect("events")
}

fn now() -> DateTime<Utc> {
    ManualClock::new().now()
}

/// Milliseconds from now.
fn at(from_now: TimeDelta) -> i64 {
    (now() + from_now).timestamp_millis()
}

fn refused(put: &Put, retention: Option<TimeDelta>) -> Value {
    put.check(now(), retention).expect("taken").answer()["rejectedLogEventsInfo"].clone()
}

#[test]
fn events_out_of_time_are_refused_by_their_places() {
    let (hour, day) = (TimeDelta::hours(1), TimeDelta::days(1));
    let week = TimeDelta::weeks(1);
    let put =
        read(&[(at(day * -15), "a"), (at(day * -8), "b"), (at(-hour), "c"), (at(hour), "d"), (at(hour * 3), "e")]);
    let all = json!({ "tooOldLogEventEndIndex": 1, "expiredLogEventEndIndex": 2, "tooNewLogEventStartIndex": 4 });
    assert_eq!(refused(&put, Some(week)), all);
    assert_eq!(refused(&read(&[(at(-hour), "a")]), None), Value::Null);
    assert_eq!(refused(&read(&[(at(hour * 3), "a")]), None), json!({ "tooNewLogEventStartIndex": 0 }));
    let bounds = put.check(now(), Some(week)).expect("taken");
    assert_eq!((0..5).filter(|place| bounds.takes(*place)).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn a_call_beyond_a_limit_is_refused_as_a_whole() {
    let message = |put: &Put| put.check(now(), None).err().map(|refusal| refusal.message).unwrap_or_default();
    let moment = at(TimeDelta::zero());
    assert!(message(&read(&[])).contains("0 events"));
    let many = vec![(moment, "x"); 10_001];
    assert!(message(&read(&many)).contains("10001 events"));
    assert_eq!(message(&read(&many[1..])), "");
    let large = "x".repeat(1_048_550);
    assert_eq!(message(&read(&[(moment, &large)])), "");
    assert!(message(&read(&[(moment, &large), (moment, "x")])).contains("1048603 bytes"));
    assert!(message(&read(&[(moment, &format!("{large}x"))])).contains("too large"));
    assert!(message(&read(&[(moment, "x"), (moment - 1, "x")])).contains("chronological"));
    assert!(message(&read(&[(at(TimeDelta::hours(-24)) - 1, "x"), (moment, "x")])).contains("24 hours"));
    assert_eq!(message(&read(&[(at(TimeDelta::hours(-24)), "x"), (moment, "x")])), "");
    // Those that are refused do not count.
    assert_eq!(message(&read(&[(at(TimeDelta::days(-15)), "x"), (moment, "x")])), "");
    assert!(Put::read(&json!({ "logEvents": [{ "timestamp": 1, "message": "" }] })).is_err());
    assert!(Put::read(&json!({ "logEvents": [{ "timestamp": -1, "message": "x" }] })).is_err());
}

#[test]
fn names_are_those_that_aws_allows() {
    let group = |name: &str| limits::group(&json!({ "logGroupName": name })).is_ok();
    assert!(group("/aws/tidegate_1-2.#") && group(&"x".repeat(512)));
    assert!(!group("") && !group("a b") && !group("a:b") && !group(&"x".repeat(513)));
    let stream = |name: &str| limits::stream(&json!({ "logStreamName": name })).is_ok();
    assert!(stream("orders/10.0.0.2_2113 ü") && !stream("a:b") && !stream("a*b") && !stream(""));
}

#[test]
fn an_unsigned_request_is_told_so() {
    let logs = LogsService::new("key", "secret").with_group("group");
    let request = Request::post("/").header("x-amz-target", "Logs_20140328.PutLogEvents").body(Bytes::new());
    let answer = logs.answer(&request.expect("a request"));
    assert_eq!(answer.status(), 403);
    assert_eq!((logs.requests().len(), logs.streams().len()), (1, 0));
}
