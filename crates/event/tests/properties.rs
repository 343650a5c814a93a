//! What holds for every event and every key.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Number, Value};
use tidegate_event::{
    EpisodeId, Event, IssueEvent, IssueKey, IssueState, Labels, LogFlag, LogLevel, LogRecord, Notification, Reading,
    Resource, Sample, SampleKind, Severity, time,
};

/// Of any characters, with those that JSON escapes well represented.
fn text() -> impl Strategy<Value = String> {
    vec(prop_oneof![4 => any::<char>(), 1 => select(vec!['"', '\\', '\n', '\u{0}', '\u{2028}', '\u{10ffff}'])], 0..12)
        .prop_map(String::from_iter)
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite()),
        select(vec![0.0, -0.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 0.1, 1e23, 9_007_199_254_740_993.0]),
    ]
}

/// In the years 0 to 9999, to the nanosecond.
fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    (-62_167_219_200_i64..=253_402_300_799, 0_u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).expect("in range"))
}

fn cut_time() -> impl Strategy<Value = DateTime<Utc>> {
    any_time().prop_map(time::truncate)
}

fn resource() -> impl Strategy<Value = Resource> {
    (option::of(text()), option::of(text()), option::of(text())).prop_map(|(cluster, node, part)| Resource {
        cluster: cluster.map(Into::into),
        node: node.map(Into::into),
        part: part.map(Into::into),
    })
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        finite().prop_map(|value| Value::Number(Number::from_f64(value).expect("finite"))),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(text(), inner, 0..4).prop_map(|fields| Value::Object(Map::from_iter(fields))),
        ]
    })
}

fn severity() -> impl Strategy<Value = Severity> {
    select(Severity::ALL.to_vec())
}

fn issue() -> impl Strategy<Value = Event> {
    let reading = (text(), finite(), option::of(finite()), text()).prop_map(|(name, value, limit, unit)| {
        let reading = Reading::new(name, value, unit);
        match limit {
            Some(limit) => reading.with_limit(limit),
            None => reading,
        }
    });
    let key = (text(), resource()).prop_map(|(kind, resource)| IssueKey::new(kind, resource));
    let identity = (key, cut_time(), any::<[u8; 10]>(), any::<u32>());
    let words = (text(), text(), text(), vec(reading, 0..3));
    (identity, words, severity(), any::<bool>(), any::<bool>(), cut_time()).prop_map(
        |((key, opened_at, random, sequence), (summary, cause, remedy, evidence), severity, closed, stale, at)| {
            let state = if closed { IssueState::Closed } else { IssueState::Open };
            let episode = EpisodeId::new(opened_at, random);
            let remedy = remedy.into();
            IssueEvent {
                key,
                episode,
                sequence,
                state,
                severity,
                summary,
                cause,
                remedy,
                evidence,
                stale,
                opened_at,
                at,
            }
            .into()
        },
    )
}

fn notification() -> impl Strategy<Value = Event> {
    (text(), text(), text(), any_time(), any::<u32>(), severity(), resource()).prop_map(
        |(id, kind, message, at, revision, severity, resource)| {
            Notification::new(id, kind, message, at)
                .with_revision(revision)
                .with_severity(severity)
                .with_resource(resource)
                .into()
        },
    )
}

fn log() -> impl Strategy<Value = Event> {
    let levels = [
        LogLevel::Verbose,
        LogLevel::Debug,
        LogLevel::Information,
        LogLevel::Warning,
        LogLevel::Error,
        LogLevel::Fatal,
    ];
    let flags = select(vec![LogFlag::Truncated, LogFlag::InvalidUtf8, LogFlag::Unparsed]);
    let more =
        (option::of(select(levels.to_vec())), option::of(text()), btree_map(text(), json(), 0..4), vec(flags, 0..4));
    (resource(), text(), any_time(), more).prop_map(|(resource, message, at, (level, exception, fields, flags))| {
        let record = LogRecord::new(resource, message, at).with_fields(Map::from_iter(fields));
        let record = flags.into_iter().fold(record, LogRecord::with_flag);
        LogRecord { level, exception, ..record }.into()
    })
}

fn metric() -> impl Strategy<Value = Event> {
    let kind = option::of(select(vec![SampleKind::Gauge, SampleKind::Counter]));
    (text(), resource(), finite(), text(), any_time(), vec((text(), text()), 0..4), kind).prop_map(
        |(name, resource, value, unit, at, labels, kind)| {
            let sample = Sample::new(name, resource, value, unit, at).expect("finite");
            let sample = sample.with_labels(Labels::from_iter(labels));
            kind.into_iter().fold(sample, Sample::with_kind).into()
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![issue(), notification(), log(), metric()]
}

/// Names that look like pieces of ids, so that two keys nearly collide.
fn tricky() -> impl Strategy<Value = String> {
    vec(select(vec!["_", "c", "n", "p", "h", ".", "_c.", "_n.", "_h.", "3A", "_3A", ":", "é", "_5F"]), 0..4)
        .prop_map(|pieces| pieces.concat())
}

/// The same repeated, so that some are long enough to be hashed.
fn long_or_short() -> impl Strategy<Value = String> {
    prop_oneof![3 => tricky(), 1 => (tricky(), 40_usize..90).prop_map(|(name, times)| name.repeat(times))]
}

fn tricky_key() -> impl Strategy<Value = IssueKey> {
    (long_or_short(), option::of(long_or_short()), option::of(tricky()), option::of(tricky())).prop_map(
        |(kind, cluster, node, part)| {
            let resource =
                Resource { cluster: cluster.map(Into::into), node: node.map(Into::into), part: part.map(Into::into) };
            IssueKey::new(kind, resource)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn an_event_is_read_back_equal(event in event()) {
        let written = serde_json::to_string(&event).unwrap();
        prop_assert!(!written.contains('\n'), "one line: {written}");
        let read: Event = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), written);
        let from_value: Event = serde_json::from_value(serde_json::to_value(&event).unwrap()).unwrap();
        prop_assert_eq!(from_value, event);
    }

    #[test]
    fn a_value_is_read_back_to_the_last_bit(value in finite()) {
        let sample = Sample::new("load", Resource::new(), value, "1", DateTime::UNIX_EPOCH).unwrap();
        let read: Event = serde_json::from_str(&serde_json::to_string(&Event::from(sample)).unwrap()).unwrap();
        let Event::Metric(read) = read else { return Err(TestCaseError::fail("not a metric")) };
        prop_assert_eq!(read.value().to_bits(), value.to_bits());
    }

    #[test]
    fn every_time_can_be_written_and_read_back(seconds in -8_334_601_228_800_i64..=8_210_266_876_799, nanos in 0_u32..2_000_000_000) {
        let Some(at) = DateTime::from_timestamp(seconds, nanos) else { return Ok(()) };
        let cut = time::truncate(at);
        prop_assert_eq!(time::truncate(cut), cut);
        let text = time::format(cut);
        prop_assert_eq!(text.len(), "2026-11-24T03:00:00.000Z".len(), "{}", text);
        prop_assert_eq!(DateTime::parse_from_rfc3339(&text).unwrap().to_utc(), cut);
        if (0..=9999).contains(&chrono::Datelike::year(&at)) {
            prop_assert!((at - cut).num_milliseconds() <= 1 && cut <= at, "{at} to {cut}");
        }
    }

    #[test]
    fn an_id_fits_every_service(kind in text(), resource in resource(), tricky in tricky_key()) {
        for key in [IssueKey::new(kind, resource), tricky] {
            let id = key.id();
            prop_assert!(id.len() <= 255, "{} bytes: {}", id.len(), id);
            prop_assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{}", id);
            prop_assert_eq!(key.clone().id(), id);
        }
    }

    #[test]
    fn keys_are_equal_where_their_ids_are_and_only_there(keys in vec(tricky_key(), 2..24)) {
        let different: BTreeSet<&IssueKey> = keys.iter().collect();
        let ids: BTreeSet<String> = keys.iter().map(IssueKey::id).collect();
        prop_assert_eq!(different.len(), ids.len(), "{:?}", ids);
    }

    #[test]
    fn a_key_cloned_or_read_back_is_the_same_issue(key in tricky_key()) {
        let read: IssueKey = serde_json::from_str(&serde_json::to_string(&key).unwrap()).unwrap();
        for other in [key.clone(), read] {
            prop_assert_eq!(&other, &key);
            prop_assert_eq!(other.cmp(&key), std::cmp::Ordering::Equal);
            prop_assert_eq!(other.id(), key.id());
        }
    }

    #[test]
    fn a_longer_text_is_a_larger_event(message in text(), more in text()) {
        let size = |message: &str| {
            Event::from(LogRecord::new(Resource::new(), message, DateTime::UNIX_EPOCH)).size_bytes()
        };
        prop_assert_eq!(size(&format!("{message}{more}")), size(&message) + more.len());
    }
}
