use super::events::{append, end, event, events, mark, mark_of, read_all, release};
use crate::{Append, EventLog, Mark};

pub(super) async fn the_highest_mark_of_a_name_counts(log: &dyn EventLog) {
    for (appended, highest) in [(vec![5], 5), (vec![3], 5), (vec![6, 4], 6), (vec![1, 9, 8], 9), (vec![7], 9)] {
        let marks = appended.iter().map(|number| mark("source", *number)).collect();
        append(log, Append::new().with_events(vec![event(1)]).with_marks(marks)).await;
        assert_eq!(mark_of(log, "source").await, Some(mark("source", highest)), "after {appended:?}");
    }
}

pub(super) async fn names_have_marks_of_their_own(log: &dyn EventLog) {
    assert_eq!(log.marks().await.expect("the marks can be read"), []);
    let names = ["host", "host ", "Host", "kurrentdb/orders", "é\u{0}", ""];
    let marks: Vec<Mark> = names.iter().zip(1..).map(|(name, number)| mark(name, number)).collect();
    append(log, events(1..=1).with_marks(marks.clone())).await;
    for expected in marks {
        assert_eq!(mark_of(log, &expected.name).await, Some(expected));
    }
    assert_eq!(log.marks().await.expect("the marks can be read").len(), names.len());
}

pub(super) async fn marks_come_without_events_as_well(log: &dyn EventLog) {
    let before = append(log, events(1..=1)).await;
    let after = append(log, Append::new().with_marks(vec![mark("source", 1)])).await;
    assert!(before <= after, "{before}, then {after}");
    assert_eq!(end(log).await, after);
    assert_eq!(mark_of(log, "source").await, Some(mark("source", 1)));
    append(log, events(2..=2)).await;
    assert_eq!(read_all(log).await.numbers(), [1, 2]);
}

pub(super) async fn marks_outlive_the_events_they_came_with(log: &dyn EventLog) {
    append(log, events(1..=10).with_marks(vec![mark("source", 4)])).await;
    append(log, events(11..=20)).await;
    release(log, end(log).await).await;
    assert_eq!(mark_of(log, "source").await, Some(mark("source", 4)));
    append(log, events(21..=21).with_marks(vec![mark("source", 3)])).await;
    assert_eq!(mark_of(log, "source").await, Some(mark("source", 4)), "a lower one does not count after it either");
}
