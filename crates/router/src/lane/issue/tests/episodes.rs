use tidegate_sink::SinkErrorKind::{Throttled, Unavailable, Unreachable};
use tidegate_testkit::sample::Episode;

use super::*;
use crate::lane::fixture::{episode, episode_of};

#[test]
fn events_of_one_key_go_in_order_one_at_a_time_across_episodes() {
    let mut rig = Rig::new(messages().with_concurrency(8));
    let (first, second) = (episode("load", 1), episode("load", 2));
    rig.offer(first.open());
    let opening = rig.sent();
    rig.offer(first.close());
    rig.offer(second.open());
    assert_eq!(rig.rest(), Some(at(5)), "one at a time; only the checkpoint is due");
    rig.accept(&opening);
    let closing = rig.sent();
    assert_eq!(closing.said(), ["load 2 closed"]);
    assert_eq!(episode_of(&closing.only().event), Some(first.id()));
    rig.rest();
    rig.accept(&closing);
    let next = rig.sent();
    assert_eq!(episode_of(&next.only().event), Some(second.id()));
    assert!(!next.only().maybe_applied);
}

#[test]
fn the_receipt_is_handed_back_within_its_episode_only() {
    let mut rig = Rig::new(messages());
    let (first, second) = (episode("load", 1), episode("load", 2));
    rig.offer(first.open());
    let opening = rig.sent();
    assert_eq!((opening.only().prior.clone(), opening.only().maybe_applied), (None, false));
    rig.settle(&opening, Ok(vec![Outcome::Accepted(Some(receipt("ts 1")))]));
    rig.offer(first.close());
    rig.offer(second.open());
    let closing = rig.sent();
    assert_eq!((closing.only().prior.clone(), closing.only().maybe_applied), (Some(receipt("ts 1")), true));
    rig.accept(&closing);
    let next = rig.sent();
    assert_eq!((next.only().prior.clone(), next.only().maybe_applied), (None, false));
}

#[test]
fn an_acceptance_without_a_receipt_keeps_the_one_before() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    let opening = rig.sent();
    rig.settle(&opening, Ok(vec![Outcome::Accepted(Some(receipt("ts 1")))]));
    rig.offer(load.update());
    let update = rig.sent();
    rig.accept(&update);
    rig.offer(load.close());
    assert_eq!(rig.sent().only().prior, Some(receipt("ts 1")));
}

#[test]
fn a_waiting_update_is_replaced_by_a_later_one() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    let opening = rig.sent();
    for _ in 0..5 {
        rig.offer(load.update());
    }
    assert_eq!(rig.lane.waiting(), 2, "the one on its way, and the last");
    rig.accept(&opening);
    assert_eq!(rig.tell_all(), ["load 6 open"]);
    assert_eq!((rig.lane.waiting(), rig.lane.waiting_bytes()), (0, 0));
}

#[test]
fn a_message_service_is_told_once_of_an_episode_that_was_over_before_it_heard() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.offer(load.close());
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
}

#[test]
fn an_alert_service_is_not_told_of_an_episode_that_was_over_before_it_heard() {
    let mut rig = Rig::new(alerts());
    let (first, second) = (episode("load", 1), episode("load", 2));
    rig.offer(first.open());
    rig.offer(first.close());
    assert_eq!(rig.lane.waiting(), 0);
    rig.offer(second.open());
    assert_eq!(rig.tell_all(), ["load 1 open"], "of the second episode");
    rig.offer(second.close());
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
}

#[test]
fn an_opening_that_came_to_nothing_is_unseen_and_one_that_may_have_been_applied_is_not() {
    for (kind, told) in [(Unreachable, None), (Throttled, None), (Unavailable, Some("load 2 closed"))] {
        let mut rig = Rig::new(alerts());
        let load = episode("load", 1);
        rig.offer(load.open());
        let opening = rig.sent();
        rig.offer(load.close());
        rig.fail(&opening, kind);
        rig.pass(10);
        assert_eq!(rig.tell_all(), Vec::from_iter(told), "{kind}");
    }
}

#[test]
fn several_episodes_that_nobody_heard_of_are_each_told_as_closed_in_order() {
    let mut rig = Rig::new(messages());
    let episodes: Vec<Episode> = (1..=3).map(|number| episode("load", number)).collect();
    for episode in &episodes {
        rig.offer(episode.open());
        rig.offer(episode.close());
    }
    let mut told = Vec::new();
    while let Ok(sent) = rig.run() {
        told.extend(episode_of(&sent.only().event));
        rig.accept(&sent);
    }
    assert_eq!(told, episodes.iter().map(Episode::id).collect::<Vec<_>>());
}

#[test]
fn an_event_that_stands_twice_in_the_journal_is_told_once() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    let (open, close) = (load.open(), load.close());
    rig.offer(open.clone());
    rig.offer(open.clone());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.offer(open.clone());
    rig.offer(close.clone());
    rig.offer(close.clone());
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
    rig.offer(open);
    rig.offer(close);
    assert_eq!(rig.tell_all(), Vec::<String>::new(), "the key is remembered for a while after its close");
}

#[test]
fn an_append_that_is_repeated_however_late_is_told_once() {
    for profile in [messages(), alerts()] {
        let mut rig = Rig::new(profile);
        let load = episode("load", 1);
        let (open, close) = (load.open(), load.close());
        rig.offer(open.clone());
        assert_eq!(rig.tell_all().len(), 1);
        rig.offer(close.clone());
        assert_eq!(rig.tell_all().len(), 1);
        rig.settle_down();
        assert!(rig.lane.slots.is_empty(), "the key itself is forgotten");
        rig.offer(open);
        assert_eq!(rig.tell_all(), Vec::<String>::new());
        rig.offer(close);
        assert_eq!(rig.tell_all(), Vec::<String>::new());
        rig.offer(episode("load", 2).open());
        assert_eq!(rig.tell_all(), ["load 1 open"]);
    }
}
