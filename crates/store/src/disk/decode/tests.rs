use proptest::prelude::*;
use tidegate_event::Labels;

use super::*;
use crate::disk::encode::encode;

fn encoded(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(event, &mut bytes);
    bytes
}

fn at() -> impl Strategy<Value = DateTime<Utc>> {
    (-62_167_219_200_000..253_402_300_800_000_i64)
        .prop_map(|at| DateTime::from_timestamp_millis(at).expect("a time of these years"))
}

fn resource() -> impl Strategy<Value = Resource> {
    let name = || prop::option::of(".{0,9}".prop_map(Name::from));
    (name(), name(), name()).prop_map(|(cluster, node, part)| Resource { cluster, node, part })
}

fn reading() -> impl Strategy<Value = Reading> {
    (".{0,9}", prop::num::f64::NORMAL, prop::option::of(prop::num::f64::NORMAL), ".{0,3}")
        .prop_map(|(name, value, limit, unit)| Reading { name: name.into(), value, limit, unit: unit.into() })
}

fn issue() -> impl Strategy<Value = Event> {
    let severity = prop::sample::select(Severity::ALL.to_vec());
    let texts = (".{0,40}", ".{0,200}", ".{0,9}", ".{0,9}");
    let readings = prop::collection::vec(reading(), 0..4);
    (texts, resource(), any::<[u8; 16]>(), any::<(u32, bool, bool)>(), severity, readings, (at(), at())).prop_map(
        |((summary, cause, remedy, kind), resource, episode, (sequence, closed, stale), severity, evidence, times)| {
            let issue = IssueEvent {
                key: IssueKey::new(kind, resource),
                episode: Uuid::from_bytes(episode).into(),
                sequence,
                state: if closed { IssueState::Closed } else { IssueState::Open },
                severity,
                summary,
                cause,
                remedy: remedy.into(),
                evidence,
                stale,
                opened_at: times.0,
                at: times.1,
            };
            issue.into()
        },
    )
}

fn notification() -> impl Strategy<Value = Event> {
    let severity = prop::sample::select(Severity::ALL.to_vec());
    (".{0,40}", any::<u32>(), ".{0,9}", severity, ".{0,200}", resource(), at()).prop_map(
        |(id, revision, kind, severity, message, resource, at)| {
            Notification { id, revision, kind: kind.into(), severity, message, resource, at }.into()
        },
    )
}

fn log() -> impl Strategy<Value = Event> {
    use LogLevel::{Debug, Error, Fatal, Information, Verbose, Warning};
    let level = prop::option::of(prop::sample::select(vec![Verbose, Debug, Information, Warning, Error, Fatal]));
    let flags = [LogFlag::Truncated, LogFlag::InvalidUtf8, LogFlag::Unparsed].to_vec();
    let flags = prop::sample::subsequence(flags, 0..=3);
    let fields = prop::collection::btree_map(".{0,9}", any::<i64>(), 0..3);
    (resource(), at(), level, ".{0,200}", prop::option::of(".{0,90}"), fields, flags).prop_map(
        |(resource, at, level, message, exception, fields, flags)| {
            let fields = fields.into_iter().map(|(name, value)| (name, value.into())).collect();
            let flags = flags.into_iter().collect();
            LogRecord { resource, at, level, message, exception, fields, flags }.into()
        },
    )
}

fn sample() -> impl Strategy<Value = Event> {
    let labels = prop::collection::btree_map(".{0,9}", ".{0,9}", 0..3);
    (".{0,40}", resource(), prop::num::f64::NORMAL, ".{0,3}", at(), labels).prop_map(
        |(name, resource, value, unit, at, labels)| {
            let sample = Sample::new(name, resource, value, unit, at).expect("a finite value");
            sample.with_labels(Labels::from_iter(labels)).into()
        },
    )
}

fn sample_of_a_kind() -> impl Strategy<Value = Event> {
    let kinds = vec![SampleKind::Gauge, SampleKind::Counter];
    (sample(), prop::sample::select(kinds)).prop_map(|(event, kind)| match event {
        Event::Metric(sample) => sample.with_kind(kind).into(),
        other => other,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_event_is_decoded_as_it_was_encoded(
        events in prop::collection::vec(prop_oneof![issue(), notification(), log(), sample(), sample_of_a_kind()], 1..20)
    ) {
        let mut names = Names::default();
        for event in events {
            let mut bytes = encoded(&event);
            prop_assert_eq!(decode(&bytes, &mut names), Some(event.clone()));
            bytes.extend_from_slice(b"a field of a newer program");
            prop_assert_eq!(decode(&bytes, &mut names), Some(event));
        }
    }

    #[test]
    fn an_event_that_is_cut_off_is_none(event in prop_oneof![issue(), notification(), log(), sample()]) {
        let bytes = encoded(&event);
        for length in 0..bytes.len() {
            prop_assert_eq!(decode(&bytes[..length], &mut Names::default()), None);
        }
    }

    #[test]
    fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes, &mut Names::default());
    }
}

#[test]
fn what_has_no_form_of_its_own_is_read_from_its_json() {
    let event: Event = LogRecord::new(Resource::new(), "a line", DateTime::UNIX_EPOCH).into();
    let mut bytes = vec![JSON];
    serde_json::to_writer(&mut bytes, &event).unwrap();
    assert_eq!(decode(&bytes, &mut Names::default()), Some(event));
    assert_eq!(decode(b"\x09newer", &mut Names::default()), None);
}

#[test]
fn a_sample_of_before_there_were_kinds_has_none() {
    let sample = Sample::new("load", Resource::new(), 1.0, "1", DateTime::UNIX_EPOCH).unwrap();
    let bytes = encoded(&sample.clone().with_kind(SampleKind::Counter).into());
    assert_eq!(encoded(&sample.clone().into()), bytes[..bytes.len() - 1]);
    assert_eq!(decode(&bytes[..bytes.len() - 1], &mut Names::default()), Some(sample.into()));
}

#[test]
fn events_share_the_names_they_have_in_common() {
    let sample = || Sample::new("load", Resource::new().with_node("n"), 1.0, "1", DateTime::UNIX_EPOCH).unwrap();
    let bytes = encoded(&sample().into());
    let mut names = Names::default();
    let (Some(Event::Metric(one)), Some(Event::Metric(other))) =
        (decode(&bytes, &mut names), decode(&bytes, &mut names))
    else {
        panic!("two samples");
    };
    assert!(std::sync::Arc::ptr_eq(&one.name, &other.name));
}
