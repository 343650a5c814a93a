use tidegate_event::Severity;
use tidegate_sink::SinkErrorKind;
use tidegate_sink::SinkErrorKind::{Unauthorized, Unavailable, Unconfirmed, Unreachable};

use super::*;
use crate::lane::DeadLetter;
use crate::lane::fixture::{episode, rejected};

#[test]
fn only_failures_that_may_have_applied_say_so_on_the_next_attempt() {
    for kind in SinkErrorKind::ALL.into_iter().filter(|kind| *kind != SinkErrorKind::Gone) {
        let mut rig = Rig::new(messages());
        rig.offer(episode("load", 1).open());
        let first = rig.sent();
        rig.fail(&first, kind);
        rig.pass(60);
        let second = rig.sent();
        assert_eq!(second.only().maybe_applied, matches!(kind, Unconfirmed | Unavailable), "{kind}");
        assert_eq!(second.only().id, first.only().id, "{kind}: the same delivery on every attempt");
    }
}

#[test]
fn what_may_have_been_applied_stays_so_whatever_fails_later() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("load", 1).open());
    for kind in [Unavailable, Unreachable] {
        let sent = rig.sent();
        rig.fail(&sent, kind);
        rig.pass(60);
    }
    assert!(rig.sent().only().maybe_applied);
}

#[test]
fn an_issue_is_tried_until_it_is_delivered() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("load", 1).open());
    for _ in 0..500 {
        rig.pass(301);
        let sent = rig.sent();
        rig.fail(&sent, Unreachable);
    }
    rig.pass(301);
    assert_eq!(rig.tell_all(), ["load 1 open"]);
}

#[test]
fn a_later_event_takes_the_place_of_one_that_failed() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    let opening = rig.sent();
    rig.offer(load.update_at(Severity::Critical));
    rig.fail(&opening, Unreachable);
    assert_eq!(rig.lane.waiting(), 1);
    rig.pass(2);
    assert_eq!(rig.tell_all(), ["load 2 open"]);
    assert_eq!(rig.lane.waiting_bytes(), 0);
}

#[test]
fn a_failed_close_goes_before_the_next_episode() {
    let mut rig = Rig::new(messages());
    let (first, second) = (episode("load", 1), episode("load", 2));
    rig.offer(first.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.offer(first.close());
    let closing = rig.sent();
    rig.offer(second.open());
    rig.fail(&closing, Unreachable);
    rig.pass(2);
    assert_eq!(rig.tell_all(), ["load 2 closed", "load 1 open"]);
}

#[test]
fn a_reject_is_a_dead_letter_and_is_not_tried_again() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    let sent = rig.sent();
    let id = sent.only().id;
    rig.settle(&sent, Ok(vec![rejected()]));
    assert_eq!(rig.tell_all(), Vec::<String>::new());
    let key = format!("ops/{id}");
    let bytes = rig.state.get(&(Space::DeadLetter, key)).expect("a dead letter");
    let letter: DeadLetter = serde_json::from_slice(bytes).expect("readable");
    assert_eq!((letter.id, letter.at), (id, at(0)));
    assert_eq!(letter.reason.to_string(), "too long (the service said: 400)");
    assert_eq!(*letter.event, Event::from(episode("load", 1).open()));
}

#[test]
fn a_dead_letter_is_durable_before_the_outcome_is() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("load", 1).open());
    let sent = rig.sent();
    rig.settle(&sent, Ok(vec![rejected()]));
    rig.pass(1);
    let Action::Save(changes) = rig.next() else { panic!("a save") };
    assert!(changes.iter().all(|change| change.space == Space::DeadLetter), "{changes:?}");
    assert!(!matches!(rig.next(), Action::Save(_)), "one save at a time");
    rig.make_durable(&changes);
    let Action::Save(changes) = rig.next() else { panic!("a save") };
    assert_eq!(changes[0].space, Space::Key);
}

#[test]
fn a_reject_of_an_update_changes_nothing_else_that_is_known() {
    let mut rig = Rig::new(alerts());
    let load = episode("load", 1);
    rig.offer(load.open());
    let opening = rig.sent();
    rig.settle(&opening, Ok(vec![Outcome::Accepted(Some(receipt("ts")))]));
    rig.offer(load.update());
    let update = rig.sent();
    rig.settle(&update, Ok(vec![rejected()]));
    rig.offer(load.close());
    let closing = rig.sent();
    assert_eq!((closing.said(), closing.only().prior.clone()), (vec!["load 3 closed".into()], Some(receipt("ts"))));
    assert!(closing.only().maybe_applied);
}

#[test]
fn an_episode_all_of_whose_attempts_were_rejected_is_unseen() {
    for (profile, told) in [(alerts(), None), (messages(), Some("load 2 closed"))] {
        let mut rig = Rig::new(profile);
        let load = episode("load", 1);
        rig.offer(load.open());
        let opening = rig.sent();
        rig.offer(load.close());
        rig.settle(&opening, Ok(vec![rejected()]));
        assert_eq!(rig.tell_all(), Vec::from_iter(told));
    }
}

#[test]
fn a_reject_after_a_lost_answer_leaves_the_episode_seen() {
    let mut rig = Rig::new(alerts());
    let load = episode("load", 1);
    rig.offer(load.open());
    let opening = rig.sent();
    rig.fail(&opening, Unconfirmed);
    rig.pass(2);
    let again = rig.sent();
    rig.settle(&again, Ok(vec![rejected()]));
    rig.offer(load.close());
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
}

#[test]
fn what_was_not_touched_is_offered_again_and_not_at_once() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("load", 1).open());
    let mut rests = 0;
    for _ in 0..8 {
        let sent = rig.sent();
        assert!(!sent.only().maybe_applied);
        rig.settle(&sent, Ok(vec![Outcome::Untouched]));
        rests += usize::from(rig.run().is_err());
        rig.pass(1);
    }
    assert_eq!(rests, 8, "a sink that touches nothing is not asked without end");
}

#[test]
fn attempts_are_kept_for_explain() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    for kind in [Unreachable, Unauthorized] {
        let sent = rig.sent();
        rig.fail(&sent, kind);
        rig.pass(60);
    }
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.settle_down();
    let outcomes: Vec<String> = rig
        .state
        .iter()
        .filter(|((space, _), _)| *space == Space::History)
        .map(|((_, key), bytes)| {
            assert!(key.starts_with(&format!("ops/{}/", load.id())), "{key}");
            serde_json::from_slice::<crate::Attempt>(bytes).expect("readable").outcome
        })
        .collect();
    assert_eq!(outcomes, ["unreachable", "unauthorized", "accepted"]);
}

#[test]
fn what_the_service_minds_in_one_item_is_tried_again_and_holds_no_other_up() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("load", 1).open());
    let refused = rig.sent();
    let error = SinkError::new(Unavailable, "it minds this one").of_item();
    rig.settle(&refused, Ok(vec![Outcome::Failed(error)]));
    rig.offer(episode("disk", 1).open());
    assert_eq!(rig.tell_all(), ["disk 1 open"], "at the same moment");
    rig.pass(2);
    assert_eq!(rig.tell_all(), ["load 1 open"]);
}
