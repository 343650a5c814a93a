use std::sync::Arc;

use chrono::DateTime;
use futures::future::join_all;
use futures::poll;
use tidegate_event::{
    EpisodeId, Event, IssueEvent, IssueKey, IssueState, Labels, LogFlag, LogLevel, LogRecord, Notification, Reading,
    Resource, Sample, Severity,
};

use super::events::{append, end, events, mark, mark_of, number, read_all};
use crate::{Append, EventLog};

pub(super) async fn an_empty_append_writes_nothing(log: &dyn EventLog) {
    assert_eq!(end(log).await, end(log).await, "of an empty log");
    let after = append(log, events(1..=2)).await;
    assert_eq!(end(log).await, after);
    assert_eq!(end(log).await, after);
    assert_eq!(read_all(log).await.numbers(), [1, 2]);
}

pub(super) async fn an_append_returns_the_position_after_its_last_event(log: &dyn EventLog) {
    let after_first = append(log, events(1..=3)).await;
    let after_second = append(log, events(4..=4)).await;
    let positions = read_all(log).await.positions();
    assert!(positions[2] < after_first, "{positions:?}, and {after_first} after the third");
    assert!(after_first <= positions[3] && positions[3] < after_second, "{positions:?}, and {after_second} after all");
}

pub(super) async fn positions_rise_in_the_order_of_appending(log: &dyn EventLog) {
    let mut last = end(log).await;
    for first in [1, 3, 5] {
        let after = append(log, events(first..=first + 1)).await;
        assert!(last < after, "{last}, then {after}");
        last = after;
    }
    let seen = read_all(log).await;
    assert_eq!(seen.numbers(), [1, 2, 3, 4, 5, 6]);
    assert!(seen.positions().is_sorted_by(|one, next| one < next), "{:?}", seen.positions());
}

pub(super) async fn what_is_read_equals_what_was_appended(log: &dyn EventLog) {
    let appended = all_kinds();
    append(log, Append::new().with_events(appended.clone())).await;
    let read: Vec<_> = read_all(log).await.events.into_iter().map(|(_, event)| event).collect();
    assert_eq!(read, appended);
}

/// As at a crash: who gave up does not know which, and says it again.
pub(super) async fn an_append_that_is_given_up_stands_whole_or_not_at_all(log: &dyn EventLog) {
    {
        let mut given_up = log.append(events(1..=5).with_marks(vec![mark("source", 1)]));
        // One step of it, or all.
        let _ = poll!(&mut given_up);
    }
    append(log, events(6..=6)).await;
    let marked = mark_of(log, "source").await.is_some();
    let numbers = read_all(log).await.numbers();
    let expected: &[u64] = if marked { &[1, 2, 3, 4, 5, 6] } else { &[6] };
    assert_eq!(numbers, expected, "with its mark: {marked}");
}

pub(super) async fn appends_at_once_all_arrive_each_in_its_order(log: &dyn EventLog) {
    let firsts = (0..8).map(|writer| 10 * writer + 1);
    let ends = join_all(firsts.clone().map(|first| append(log, events(first..=first + 4)))).await;
    let seen = read_all(log).await;
    for (first, after) in firsts.zip(ends) {
        let own: Vec<_> = seen.events.iter().filter(|(_, event)| number(event).abs_diff(first + 2) <= 2).collect();
        let numbers: Vec<u64> = own.iter().map(|(_, event)| number(event)).collect();
        assert_eq!(numbers, (first..=first + 4).collect::<Vec<_>>());
        assert!(own.iter().all(|(at, _)| *at < after), "all of an append stand before what it returned");
    }
    assert_eq!(seen.events.len(), 40);
}

/// An event of each kind, with all that one can have.
fn all_kinds() -> Vec<Arc<Event>> {
    let at = DateTime::from_timestamp_millis(1_795_489_200_123).unwrap_or_default();
    let resource = Resource::new().with_cluster("órders").with_node("10.0.0.1:2113").with_part("/var\u{0}\n");
    let issue = IssueEvent {
        key: IssueKey::new("disk-usage", resource.clone()),
        episode: EpisodeId::new(at, [7; 10]),
        sequence: u32::MAX,
        state: IssueState::Closed,
        severity: Severity::Critical,
        summary: "Disk \"full\"".to_owned(),
        cause: "92 % of 10 GiB\n\u{1f4be}".to_owned(),
        remedy: "larger-disk".into(),
        evidence: vec![Reading::new("tidegate.disk_usage", 0.1 + 0.2, "1").with_limit(f64::MIN_POSITIVE)],
        stale: true,
        opened_at: DateTime::UNIX_EPOCH,
        at,
    };
    let notification = Notification::new("n/1", "instances-provision-failed", "", at)
        .with_revision(3)
        .with_severity(Severity::Error)
        .with_resource(resource.clone());
    let fields = serde_json::json!({ "": null, "deep": [{ "é": -0.5 }, [true, 18_446_744_073_709_551_615_u64]] });
    let record = LogRecord::new(Resource::new(), "\u{feff}line\r\nand another", at)
        .with_level(LogLevel::Fatal)
        .with_exception("at main\n  at start")
        .with_fields(fields.as_object().cloned().unwrap_or_default())
        .with_flag(LogFlag::Truncated);
    let samples = [f64::MAX, -0.0, 1.0e-308].map(|value| {
        Sample::new("system.load.1m", resource.clone(), value, "1", at)
            .expect("a finite value")
            .with_labels(Labels::from_iter([("mode", "user"), ("", "")]))
    });
    let others = [Event::from(issue), notification.into(), record.into()];
    others.into_iter().chain(samples.map(Event::from)).map(Arc::new).collect()
}
