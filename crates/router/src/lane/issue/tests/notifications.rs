use tidegate_sink::SinkErrorKind::Unreachable;

use super::*;
use crate::lane::fixture::{episode, notification, rejected};

#[test]
fn a_revision_edits_the_message_of_the_one_before() {
    let mut rig = Rig::new(messages());
    rig.offer(notification("backup", 0));
    let first = rig.sent();
    assert_eq!((first.only().prior.clone(), first.only().maybe_applied), (None, false));
    rig.settle(&first, Ok(vec![Outcome::Accepted(Some(receipt("ts")))]));
    rig.offer(notification("backup", 1));
    let second = rig.sent();
    assert_eq!((second.only().prior.clone(), second.only().maybe_applied), (Some(receipt("ts")), true));
    assert_ne!(first.only().id, second.only().id);
}

#[test]
fn revisions_wait_for_no_interval_and_replace_one_that_waits() {
    let mut rig = Rig::new(messages().with_update_interval(Duration::from_hours(1)));
    rig.offer(notification("backup", 0));
    let first = rig.sent();
    rig.offer(notification("backup", 1));
    rig.offer(notification("backup", 2));
    rig.accept(&first);
    assert_eq!(rig.tell_all(), ["backup 2"]);
}

#[test]
fn a_revision_that_is_not_newer_is_not_told() {
    let mut rig = Rig::new(messages());
    rig.offer(notification("backup", 3));
    assert_eq!(rig.tell_all(), ["backup 3"]);
    for revision in [3, 0, 2] {
        rig.offer(notification("backup", revision));
        assert_eq!(rig.tell_all(), Vec::<String>::new());
    }
}

#[test]
fn different_notifications_go_side_by_side() {
    let mut rig = Rig::new(messages().with_concurrency(2));
    rig.offer(notification("a", 0));
    rig.offer(notification("b", 0));
    assert_eq!((rig.sent().said(), rig.sent().said()), (vec!["a 0".to_owned()], vec!["b 0".to_owned()]));
}

#[test]
fn a_revision_after_a_restart_still_edits() {
    let mut rig = Rig::new(messages());
    rig.offer(notification("backup", 0));
    assert_eq!(rig.tell_all(), ["backup 0"]);
    rig.settle_down();
    let mut rig = rig.restart();
    assert_eq!(rig.tell_all(), Vec::<String>::new());
    rig.offer(notification("backup", 1));
    assert_eq!(rig.sent().only().prior, Some(receipt("backup 0")));
}

#[test]
fn its_record_is_kept_for_a_week_after_it_was_told_last() {
    let day = 86_400;
    let mut rig = Rig::new(messages());
    rig.offer(notification("backup", 0));
    assert_eq!(rig.tell_all().len(), 1);
    rig.pass(5 * day);
    rig.offer(notification("backup", 1));
    assert_eq!(rig.tell_all().len(), 1);
    rig.pass(6 * day);
    rig.offer(notification("other", 0));
    assert_eq!(rig.tell_all().len(), 1);
    rig.settle_down();
    assert_eq!(rig.records().len(), 2, "five and eleven days after its first revision");
    rig.pass(day);
    rig.offer(notification("third", 0));
    assert_eq!(rig.tell_all().len(), 1);
    rig.settle_down();
    assert_eq!(rig.records().len(), 2);
    assert!(rig.records().iter().all(|key| !key.contains("backup")), "{:?}", rig.records());
}

#[test]
fn a_rejected_notification_is_buried_and_its_next_revision_tried() {
    let mut rig = Rig::new(messages());
    rig.offer(notification("backup", 0));
    let sent = rig.sent();
    rig.settle(&sent, Ok(vec![rejected()]));
    assert_eq!(rig.tell_all(), Vec::<String>::new());
    rig.offer(notification("backup", 1));
    assert_eq!(rig.tell_all(), ["backup 1"]);
}

#[test]
fn it_is_tried_until_it_is_delivered() {
    let mut rig = Rig::new(messages());
    rig.offer(notification("backup", 0));
    for _ in 0..50 {
        let sent = rig.sent();
        rig.fail(&sent, Unreachable);
        rig.pass(301);
    }
    assert_eq!(rig.tell_all(), ["backup 0"]);
}

#[test]
fn an_id_of_any_length_and_alphabet_has_a_record_of_bounded_plain_key() {
    let mut rig = Rig::new(messages());
    rig.offer(notification(&"ü/🦀 ".repeat(500), 0));
    assert_eq!(rig.tell_all().len(), 1);
    let records = rig.records();
    let key = records.first().expect("a record");
    assert!(key.len() <= Change::LONGEST_KEY, "{key}");
    assert!(key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
}

#[test]
fn those_that_may_be_revised_take_a_quarter_of_the_window_and_the_longest_told_go_first() {
    let each = 512 + "n-0".len() + "\"n-0 0\"".len();
    let policy = Policy::new().with_window_bytes(4 * 3 * each);
    let mut rig = Rig::with(messages(), everything(), policy);
    for number in 0..5 {
        rig.offer(notification(&format!("n-{number}"), 0));
        assert_eq!(rig.tell_all().len(), 1);
        rig.pass(1);
    }
    rig.settle_down();
    let records = rig.records();
    assert_eq!(records.len(), 3, "{records:?}");
    assert!(records.iter().all(|key| !key.contains("n-0") && !key.contains("n-1")), "{records:?}");
    rig.offer(notification("n-4", 1));
    assert_eq!(rig.sent().only().prior, Some(receipt("n-4 0")));
}

#[test]
fn what_is_remembered_of_a_notification_ends_with_it_and_not_with_the_issue_that_has_its_slot() {
    let week = 7 * 86_400;
    let mut rig = Rig::new(messages());
    rig.offer(notification("backup", 0));
    assert_eq!(rig.tell_all().len(), 1);
    rig.pass(60);
    rig.offer(notification("backup", 1));
    let revision = rig.sent();
    rig.settle(&revision, Ok(vec![rejected()]));
    rig.rest();
    rig.pass(week - 30);
    rig.rest();
    for _ in 0..3 {
        rig.pass(5);
        rig.rest();
    }
    assert!(rig.lane.slots.is_empty(), "it was told a week ago, though rejected a minute later");
    let load = episode("load", 1);
    rig.offer(load.open());
    let opening = rig.sent();
    rig.settle(&opening, Ok(vec![rejected()]));
    rig.rest();
    rig.pass(120);
    rig.settle_down();
    rig.offer(load.close());
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
}
