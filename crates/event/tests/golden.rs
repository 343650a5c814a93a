//! The JSON form, byte for byte. What an agent once wrote a later one must read: a golden file is added to, not edited.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeZone, Utc};
use serde_json::{Value, json};
use tidegate_event::{
    EpisodeId, Event, EventKind, IssueEvent, IssueKey, IssueState, Labels, LogFlag, LogLevel, LogRecord, Notification,
    Reading, Resource, Sample, SampleKind, Severity,
};

const GOLDENS: [(&str, &str); 8] = [
    ("issue", include_str!("golden/issue.json")),
    ("issue-least", include_str!("golden/issue-least.json")),
    ("notification", include_str!("golden/notification.json")),
    ("log", include_str!("golden/log.json")),
    ("log-least", include_str!("golden/log-least.json")),
    ("metric", include_str!("golden/metric.json")),
    ("metric-least", include_str!("golden/metric-least.json")),
    ("metric-kind", include_str!("golden/metric-kind.json")),
];

fn at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 24, 3, 0, 0).unwrap() + chrono::TimeDelta::milliseconds(7)
}

fn volume() -> Resource {
    Resource::new().with_cluster("orders").with_node("10.0.0.1:2113").with_part("/var")
}

fn issue() -> IssueEvent {
    IssueEvent {
        key: IssueKey::new("disk-usage", volume()),
        episode: EpisodeId::new(at(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        sequence: 2,
        state: IssueState::Open,
        severity: Severity::Critical,
        summary: "Disk 92 % full".to_owned(),
        cause: "9.2 GiB of 10 GiB used (92 %, limit 80 %) at /var".to_owned(),
        remedy: "Remove data, scavenge, or use a larger disk".into(),
        evidence: vec![
            Reading::new("tidegate.disk_usage", 0.92, "1").with_limit(0.8),
            Reading::new("system.filesystem.size", 10_737_418_240.0, "By"),
        ],
        stale: true,
        opened_at: at() - chrono::TimeDelta::minutes(5),
        at: at(),
    }
}

fn written(name: &str) -> Event {
    let fields = json!({ "EventId": { "Id": 7, "deep": [null, true, -1.5, "é"] }, "tag": "a\"b" });
    match name {
        "issue" => issue().into(),
        "issue-least" => IssueEvent {
            key: IssueKey::new("core-load", Resource::new()),
            sequence: 3,
            state: IssueState::Closed,
            severity: Severity::Info,
            evidence: Vec::new(),
            stale: false,
            ..issue()
        }
        .into(),
        "notification" => Notification::new("n-1", "instances-provision-failed", "No room left\nin eu-west-1", at())
            .with_revision(1)
            .with_severity(Severity::Error)
            .with_resource(Resource::new().with_cluster("orders"))
            .into(),
        "log" => LogRecord::new(volume(), "Slow queue", at())
            .with_level(LogLevel::Warning)
            .with_exception("TimeoutException: late\n   at Queue.Take()")
            .with_fields(fields.as_object().cloned().unwrap())
            .with_flag(LogFlag::Unparsed)
            .with_flag(LogFlag::InvalidUtf8)
            .with_flag(LogFlag::Truncated)
            .into(),
        "log-least" => LogRecord::new(Resource::new(), "", at()).into(),
        "metric" => Sample::new("system.cpu.time", volume(), 0.1 + 0.2, "s", at())
            .unwrap()
            .with_labels(Labels::from_iter([("mode", "user"), ("cpu", "0")]))
            .into(),
        "metric-kind" => {
            Sample::new("system.cpu.time", volume(), 0.3, "s", at()).unwrap().with_kind(SampleKind::Counter).into()
        }
        "metric-least" => Sample::new("system.load.1m", Resource::new(), 9.0, "1", at()).unwrap().into(),
        other => panic!("no event for golden {other}"),
    }
}

fn read(json: &str) -> Result<Event, serde_json::Error> {
    serde_json::from_str(json)
}

#[test]
fn events_are_written_as_the_goldens() {
    for (name, golden) in GOLDENS {
        assert_eq!(serde_json::to_string(&written(name)).unwrap(), golden.trim_end(), "golden {name}");
    }
}

#[test]
fn the_goldens_are_read_as_the_events() {
    for (name, golden) in GOLDENS {
        assert_eq!(read(golden).unwrap(), written(name), "golden {name}");
    }
}

#[test]
fn every_kind_has_a_golden() {
    let kinds: BTreeSet<EventKind> = GOLDENS.iter().map(|(name, _)| written(name).kind()).collect();
    assert_eq!(kinds, EventKind::ALL.into());
    for (name, golden) in GOLDENS {
        let kind = serde_json::from_str::<Value>(golden).unwrap()["type"].clone();
        assert_eq!(kind, json!(written(name).kind().to_string()), "golden {name}");
    }
}

#[test]
fn unknown_fields_are_ignored_at_every_depth() {
    for (name, golden) in GOLDENS {
        let mut value: Value = serde_json::from_str(golden).unwrap();
        add_unknown(&mut value);
        assert_eq!(read(&value.to_string()).unwrap(), written(name), "golden {name}");
    }
}

/// To every object but those whose names are the writer's own.
fn add_unknown(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object.iter_mut() {
                if name != "labels" && name != "fields" {
                    add_unknown(inner);
                }
            }
            object.insert("of a later version".to_owned(), json!({ "type": [1] }));
        }
        Value::Array(items) => items.iter_mut().for_each(add_unknown),
        _ => {}
    }
}

#[test]
fn an_unknown_or_absent_type_is_an_error() {
    for (_, golden) in GOLDENS {
        let value: Value = serde_json::from_str(golden).unwrap();
        for kind in [json!("trace"), json!("Issue"), json!(""), json!(null), json!(1)] {
            let mut other = value.clone();
            other["type"] = kind.clone();
            assert!(read(&other.to_string()).is_err(), "type {kind}");
        }
        let mut without = value.clone();
        without.as_object_mut().unwrap().remove("type");
        assert!(read(&without.to_string()).is_err());
    }
}

/// Whether `field` of the golden `name` has a default.
fn is_optional(name: &str, field: &str) -> bool {
    let optional = ["resource", "evidence", "stale", "revision", "level", "exception", "fields", "flags", "labels"];
    // That of a notification is what it is about.
    optional.contains(&field) || (field == "kind" && name.starts_with("metric"))
}

#[test]
fn what_may_be_left_out_has_its_default() {
    for (name, golden) in GOLDENS {
        let mut value: Value = serde_json::from_str(golden).unwrap();
        let object = value.as_object_mut().unwrap();
        object.retain(|field, _| !is_optional(name, field));
        let read = read(&value.to_string()).unwrap_or_else(|error| panic!("golden {name}: {error}"));
        if name.ends_with("-least") {
            assert_eq!(read, written(name));
        }
    }
}

#[test]
fn what_may_not_be_left_out_is_missed_by_name() {
    for (name, golden) in GOLDENS {
        let value: Value = serde_json::from_str(golden).unwrap();
        for field in value.as_object().unwrap().keys().filter(|field| *field != "type" && !is_optional(name, field)) {
            let mut without = value.clone();
            without.as_object_mut().unwrap().remove(field);
            let error = read(&without.to_string()).unwrap_err().to_string();
            assert!(error.contains(&format!("missing field `{field}`")), "golden {name} without {field}: {error}");
        }
    }
}

#[test]
fn the_id_of_a_key_is_for_others_and_not_read_back() {
    let (_, golden) = GOLDENS[0];
    let other = golden.replace("disk-usage_c.orders_n.10.0.0.1_3A2113_p._2Fvar", "forged");
    assert_ne!(other, golden);
    assert_eq!(read(&other).unwrap(), written("issue"));
}

#[test]
fn a_sample_that_is_not_finite_is_refused_however_it_comes() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = Sample::new("load", volume(), value, "1", at()).unwrap_err();
        assert_eq!(error.kind(), tidegate_event::EventErrorKind::NotFinite);
        assert!(error.to_string().contains("`load` at /var on node 10.0.0.1:2113 of cluster orders"), "{error}");
    }
    let (_, golden) = GOLDENS[6];
    for text in ["1e999", "-1e999", "NaN", "Infinity", "null", "\"9.0\""] {
        let other = golden.replace(":9.0", &format!(":{text}"));
        assert_ne!(other, golden);
        assert!(read(&other).is_err(), "value {text}");
    }
}

#[test]
fn times_are_written_in_utc_with_milliseconds_and_read_with_any_offset() {
    let time = |event: &Event| serde_json::to_value(event).unwrap()["at"].as_str().unwrap().to_owned();
    let (_, golden) = GOLDENS[6];
    for (text, read_as) in [
        ("2026-11-24T03:00:00Z", "2026-11-24T03:00:00.000Z"),
        ("2026-11-24t03:00:00z", "2026-11-24T03:00:00.000Z"),
        ("2026-11-24T05:30:00+02:30", "2026-11-24T03:00:00.000Z"),
        ("2026-11-23T19:00:00.5-08:00", "2026-11-24T03:00:00.500Z"),
        ("2026-11-24T03:00:00.123999999Z", "2026-11-24T03:00:00.123Z"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
        ("0000-01-01T00:00:00+12:00", "0000-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999-12:00", "9999-12-31T23:59:59.000Z"),
    ] {
        let event = read(&golden.replace("2026-11-24T03:00:00.007Z", text)).unwrap();
        assert_eq!(time(&event), read_as, "of {text}");
        assert_eq!(read(&serde_json::to_string(&event).unwrap()).unwrap(), event, "of {text}");
    }
    for text in ["2026-11-24", "2026-11-24T03:00:00", "1795489200", "", "2026-13-01T00:00:00Z"] {
        let error = read(&golden.replace("2026-11-24T03:00:00.007Z", text)).unwrap_err().to_string();
        assert!(error.contains(&format!("`{text}` is not a time in RFC 3339")), "{error}");
    }
}

#[test]
fn words_on_the_wire_are_lower_case() {
    for severity in Severity::ALL {
        assert_eq!(word(severity), severity.as_str());
        assert_eq!(word(severity), severity.to_string());
    }
    for kind in EventKind::ALL {
        assert_eq!(word(kind), kind.to_string());
    }
    assert_eq!(format!("[{:>8}|{:<13}]", Severity::Info, EventKind::Log), "[    info|log          ]");
}

/// Of what is written as one word.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}
