//! What the smaller parts of the model mean.

use chrono::{DateTime, TimeZone, Utc};
use tidegate_event::{
    ClusterViews, Cursor, EpisodeId, Event, EventError, IssueEvent, IssueKey, Labels, LogLevel, LogRecord,
    Notification, Resource, Sample, Severity, Signal,
};

fn resource(names: [&'static str; 3]) -> Resource {
    let [cluster, node, part] = names.map(|name| (name != "-").then(|| name.into()));
    Resource { cluster, node, part }
}

#[test]
fn a_resource_covers_itself_and_what_lies_within_it() {
    for (outer, inner, covers) in [
        (["a", "-", "-"], ["a", "-", "-"], true),
        (["a", "-", "-"], ["a", "n", "-"], true),
        (["a", "-", "-"], ["a", "n", "p"], true),
        (["a", "-", "-"], ["a", "-", "p"], true),
        (["a", "-", "-"], ["b", "n", "-"], false),
        (["a", "-", "-"], ["-", "n", "-"], false),
        (["a", "-", "-"], ["-", "-", "-"], false),
        (["a", "n", "-"], ["a", "n", "p"], true),
        (["a", "n", "-"], ["a", "-", "-"], false),
        (["a", "n", "-"], ["a", "m", "p"], false),
        (["a", "n", "-"], ["b", "n", "-"], false),
        (["-", "n", "-"], ["a", "n", "p"], true),
        (["-", "n", "-"], ["-", "n", "-"], true),
        (["-", "-", "p"], ["a", "n", "p"], true),
        (["-", "-", "p"], ["a", "n", "q"], false),
        (["a", "n", "p"], ["a", "n", "p"], true),
        (["a", "n", "p"], ["a", "n", "-"], false),
        (["a", "-", "-"], ["aa", "-", "-"], false),
        (["", "-", "-"], ["", "n", "-"], true),
        (["", "-", "-"], ["-", "n", "-"], false),
        (["-", "-", "-"], ["-", "-", "-"], true),
        (["-", "-", "-"], ["a", "-", "-"], false),
        (["-", "-", "-"], ["-", "-", ""], false),
    ] {
        assert_eq!(resource(outer).covers(&resource(inner)), covers, "{outer:?} and {inner:?}");
    }
}

#[test]
fn a_resource_reads_as_a_person_would_say_it() {
    for (names, text) in [
        (["orders", "10.0.0.1:2113", "/var"], "/var on node 10.0.0.1:2113 of cluster orders"),
        (["orders", "10.0.0.1:2113", "-"], "node 10.0.0.1:2113 of cluster orders"),
        (["orders", "-", "sub"], "sub on cluster orders"),
        (["orders", "-", "-"], "cluster orders"),
        (["-", "host", "/"], "/ on node host"),
        (["-", "-", "ops-slack"], "ops-slack"),
        (["-", "-", "-"], "no resource"),
    ] {
        assert_eq!(resource(names).to_string(), text);
    }
    assert_eq!(IssueKey::new("disk-usage", resource(["a", "-", "-"])).to_string(), "disk-usage at cluster a");
    assert!(Resource::new().is_empty());
    assert!(!Resource::new().with_part("").is_empty());
}

#[test]
fn labels_are_sorted_and_each_name_counts_once() {
    let labels = Labels::from_iter([("mode", "user"), ("cpu", "0"), ("mode", "system")]);
    let pairs: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(pairs, [("cpu", "0"), ("mode", "system")]);
    assert_eq!(labels.value("mode").map(|value| &**value), Some("system"));
    assert_eq!(labels.value("Mode"), None);
    assert_eq!(labels, Labels::from_iter([("cpu", "0"), ("mode", "system")]), "the order of giving does not count");
}

#[test]
fn no_labels_are_equal_however_they_came() {
    let none: [(&str, &str); 0] = [];
    assert_eq!(Labels::from_iter(none), Labels::new());
    assert_eq!(serde_json::from_str::<Labels>("{}").unwrap(), Labels::new());
    assert!(Labels::new().is_empty());
    assert!(!Labels::from_iter([("", "")]).is_empty());
    assert_eq!(Labels::new().iter().count(), 0);
    assert_eq!(serde_json::to_string(&Labels::new()).unwrap(), "{}");
}

#[test]
fn constructors_cut_times_to_the_millisecond() {
    let at = Utc.with_ymd_and_hms(2026, 11, 24, 3, 0, 0).unwrap() + chrono::TimeDelta::nanoseconds(1_999_999);
    let cut = at - chrono::TimeDelta::nanoseconds(999_999);
    let events: [Event; 3] = [
        Sample::new("load", Resource::new(), 1.0, "1", at).unwrap().into(),
        LogRecord::new(Resource::new(), "", at).into(),
        Notification::new("id", "kind", "", at).into(),
    ];
    for event in events {
        assert_eq!(event.at(), cut);
    }
    let issue = IssueEvent {
        key: IssueKey::new("core-load", Resource::new()),
        episode: EpisodeId::new(at, [0; 10]),
        sequence: 1,
        state: tidegate_event::IssueState::Closed,
        severity: Severity::Info,
        summary: String::new(),
        cause: String::new(),
        remedy: "".into(),
        evidence: Vec::new(),
        stale: false,
        opened_at: at,
        at,
    }
    .truncated();
    assert_eq!((issue.opened_at, issue.at), (cut, cut));
    assert!(issue.is_closed());
}

#[test]
fn episodes_sort_by_when_they_opened() {
    let opened = |millis| EpisodeId::new(DateTime::from_timestamp_millis(millis).unwrap(), [0xff; 10]);
    let later = EpisodeId::new(DateTime::from_timestamp_millis(2).unwrap(), [0; 10]);
    assert!(opened(1) < later);
    assert!(opened(1).to_string() < later.to_string());
    assert_eq!(opened(1).as_uuid().get_version_num(), 7);
    assert_eq!(opened(-1), opened(0), "before 1970 there is no other");
    assert_eq!(EpisodeId::from(*later.as_uuid()), later);
}

#[test]
fn severities_and_levels_rise() {
    assert!(Severity::ALL.is_sorted_by(|one, next| one < next));
    assert!(LogLevel::Verbose < LogLevel::Debug && LogLevel::Warning < LogLevel::Error);
    assert!(LogLevel::Error < LogLevel::Fatal);
}

#[test]
fn a_level_of_info_is_read_and_written_as_information() {
    let read = |text: &str| serde_json::from_str::<LogLevel>(text).ok();
    assert_eq!(read("\"info\""), Some(LogLevel::Information));
    assert_eq!(read("\"information\""), Some(LogLevel::Information));
    assert_eq!(read("\"Info\""), None);
    assert_eq!(serde_json::to_string(&LogLevel::Information).ok().as_deref(), Some("\"information\""));
}

#[test]
fn whatever_becomes_an_event_becomes_a_signal() {
    let record = LogRecord::new(Resource::new(), "line", DateTime::UNIX_EPOCH);
    assert_eq!(Signal::from(record.clone()), Signal::Event(Event::Log(Box::new(record.clone()))));
    assert_eq!(Signal::from(Event::from(record.clone())), Signal::from(record));
}

#[test]
fn all_parts_go_between_threads() {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Event>();
    is_send_and_sync::<Signal>();
    is_send_and_sync::<ClusterViews>();
    is_send_and_sync::<IssueKey>();
    is_send_and_sync::<Labels>();
    is_send_and_sync::<Cursor>();
    is_send_and_sync::<EventError>();
}
