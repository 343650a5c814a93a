use std::error::Error as _;

use tidegate_sink::SinkErrorKind::{Unavailable, Unreachable};

use super::*;
use crate::lane::fixture::{episode, episode_of, ms};

#[test]
fn an_attempt_whose_outcome_was_not_saved_may_have_been_applied() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("load", 1).open());
    let lost = rig.sent();
    let mut rig = rig.restart();
    let again = rig.sent();
    assert_eq!(again.only().id, lost.only().id);
    assert!(again.only().maybe_applied);
}

#[test]
fn an_episode_that_was_not_named_was_not_attempted() {
    let mut rig = Rig::new(alerts());
    let load = episode("load", 1);
    rig.offer(load.open());
    assert!(matches!(rig.next(), Action::Save(_)), "which is never done");
    rig.append(load.close());
    let mut rig = rig.restart();
    assert_eq!(rig.tell_all(), Vec::<String>::new(), "nobody can have heard of it");
}

#[test]
fn an_episode_that_was_named_is_told_as_closed_though_no_outcome_is_known() {
    let mut rig = Rig::new(alerts());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.sent();
    rig.append(load.close());
    let mut rig = rig.restart();
    let closing = rig.sent();
    assert_eq!(closing.said(), ["load 2 closed"]);
    assert!(closing.only().maybe_applied);
}

#[test]
fn nothing_is_sent_before_the_end_of_the_journal_is_read() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.sent();
    rig.append(load.update());
    rig.append(load.close());
    let mut rig = rig.restarted(messages(), everything());
    assert!(rig.lane.is_behind());
    rig.rest();
    for position in 1..=3 {
        rig.rest();
        let event = rig.journal[position - 1].clone();
        rig.lane.offer(Position::new(position as u64), &event);
    }
    assert!(!rig.lane.is_behind());
    assert_eq!(rig.tell_all(), ["load 3 closed"]);
}

#[test]
fn what_was_on_its_way_is_not_sent_again_once_something_later_of_its_episode_waits() {
    for profile in [messages(), alerts()] {
        let mut rig = Rig::new(profile);
        let load = episode("load", 1);
        rig.offer(load.open());
        let opening = rig.sent();
        rig.offer(load.close());
        rig.lane.checkpoint();
        rig.rest();
        // Opening and close are both applied; a crash comes before either outcome is saved.
        rig.accept(&opening);
        assert_eq!(rig.sent().said(), ["load 2 closed"]);
        let mut rig = rig.restart();
        assert_eq!(rig.tell_all(), ["load 2 closed"], "an opening now would show a closed issue as open");
    }
}

#[test]
fn a_restart_after_all_is_saved_sends_nothing() {
    let mut rig = Rig::new(messages());
    let (open, over) = (episode("open", 1), episode("over", 1));
    rig.offer(open.open());
    rig.offer(over.open());
    assert_eq!(rig.tell_all().len(), 2);
    rig.offer(over.close());
    assert_eq!(rig.tell_all().len(), 1);
    for wait in [1, 90] {
        rig.pass(wait);
        rig.rest();
        rig = rig.restart();
        assert_eq!(rig.tell_all(), Vec::<String>::new());
    }
}

#[test]
fn a_key_skips_what_lies_before_its_own_place() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.offer(load.close());
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
    rig.pass(1);
    rig.rest();
    assert_eq!(rig.saved_position(), Some(Position::new(1)), "the outcome is saved, the lane's place is not");
    let mut rig = rig.restart();
    assert_eq!(rig.tell_all(), Vec::<String>::new());
}

#[test]
fn receipts_survive_and_so_does_what_waits() {
    let mut rig = Rig::new(messages());
    let (load, disk) = (episode("load", 1), episode("disk", 1));
    rig.offer(load.open());
    assert_eq!(rig.tell_all().len(), 1);
    rig.offer(disk.open());
    let sent = rig.sent();
    rig.fail(&sent, Unreachable);
    rig.offer(load.close());
    rig.lane.checkpoint();
    rig.rest();
    assert_eq!(rig.saved_position(), Some(rig.end()), "the journal may forget all of it");
    rig.journal.iter_mut().for_each(|event| *event = crate::lane::fixture::event(episode("gone", 9).open()));
    let mut rig = rig.restart();
    let mut said = Vec::new();
    while let Ok(sent) = rig.run() {
        said.push((sent.said()[0].clone(), sent.only().prior.clone()));
        rig.accept(&sent);
    }
    said.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("disk 1 open".to_owned(), None), ("load 2 closed".to_owned(), Some(receipt("load 1 open")))];
    assert_eq!(said, expected);
}

#[test]
fn earlier_episodes_are_settled_once_a_later_one_is_named() {
    let mut rig = Rig::new(messages());
    let (first, second) = (episode("load", 1), episode("load", 2));
    rig.offer(first.open());
    assert_eq!(rig.tell_all().len(), 1);
    rig.offer(first.close());
    rig.offer(second.open());
    let closing = rig.sent();
    rig.accept(&closing);
    let opening = rig.sent();
    assert_eq!(episode_of(&opening.only().event), Some(second.id()));
    let mut rig = rig.restart();
    let again = rig.sent();
    assert_eq!((again.said(), episode_of(&again.only().event)), (vec!["load 1 open".into()], Some(second.id())));
    rig.accept(&again);
    assert_eq!(rig.tell_all(), Vec::<String>::new());
}

#[test]
fn a_crash_within_the_lag_of_an_outcome_repeats_the_delivery_as_one_that_may_have_been_applied() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("load", 1).open());
    let sent = rig.sent();
    rig.accept(&sent);
    rig.now = ms(99);
    rig.rest();
    let mut rig = rig.restart();
    let again = rig.sent();
    assert_eq!((again.only().id, again.only().maybe_applied), (sent.only().id, true));
}

#[test]
fn a_failure_is_remembered_over_restarts_as_one_that_may_have_been_applied() {
    let mut rig = Rig::new(alerts());
    let load = episode("load", 1);
    rig.offer(load.open());
    let sent = rig.sent();
    rig.fail(&sent, Unavailable);
    rig.pass(5);
    rig.lane.checkpoint();
    let _ = rig.run();
    let mut rig = rig.restart();
    rig.offer(load.close());
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
}

#[test]
fn records_that_cannot_be_read_are_named() {
    let policy = Policy::new();
    let record = |key: &str, text: &'static [u8]| (key.to_owned(), Bytes::from_static(text));
    let records = [record("ops/i/load", b"{\"version\":1}"), record("ops/i/newer", b"{\"version\":2}")];
    let (start, end) = (Position::START, Position::START);
    let (_, unreadable) = IssueLane::resume("ops".into(), everything(), &messages(), &policy, start, end, &records);
    let told = |error: &StoreError| (error.to_string(), error.source().expect("why not").to_string());
    let told: Vec<_> = unreadable.iter().map(told).collect();
    let expected = [
        ("the record `ops/i/load` of Key: damaged", "it is not of the shape that version 1 has"),
        (
            "the record `ops/i/newer` of Key: damaged",
            "it is of version 2, which a newer tidegate has written; this one reads up to version 1",
        ),
    ];
    assert_eq!(told, expected.map(|(what, why)| (what.to_owned(), why.to_owned())));
}
