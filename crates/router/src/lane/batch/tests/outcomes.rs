use tidegate_sink::SinkErrorKind;
use tidegate_sink::SinkErrorKind::{Throttled, Unauthorized, Unavailable, Unconfirmed, Unreachable};

use super::*;
use crate::lane::fixture::{failure, rejected, said};

#[test]
fn a_batch_that_failed_is_tried_again_as_one() {
    let mut rig = Rig::with(Profile::new("archive").with_batch(50), Policy::new());
    rig.offer_many(50);
    let first = rig.sent();
    rig.fail(&first, Unreachable);
    let mut calls = Vec::new();
    for _ in 0..200 {
        rig.pass(10);
        if let Ok(sent) = rig.run() {
            rig.accept(&sent);
            calls.push(sent.batch.len());
        }
    }
    assert_eq!(calls, [50], "not item by item as each has waited");
}

#[test]
fn only_failures_that_may_have_applied_say_so_on_the_next_attempt() {
    for kind in SinkErrorKind::ALL.into_iter().filter(|kind| *kind != SinkErrorKind::Gone) {
        let mut rig = Rig::new();
        rig.offer();
        let first = rig.sent();
        assert!(!first.only().maybe_applied);
        rig.fail(&first, kind);
        rig.pass(60_000);
        let second = rig.sent();
        assert_eq!(second.only().maybe_applied, matches!(kind, Unconfirmed | Unavailable), "{kind}");
        rig.fail(&second, Unreachable);
        rig.pass(120_000);
        assert_eq!(rig.sent().only().maybe_applied, matches!(kind, Unconfirmed | Unavailable), "{kind}: for good");
    }
}

#[test]
fn each_item_has_its_own_outcome() {
    let mut rig = Rig::with(Profile::new("archive").with_batch(5), Policy::new().with_linger(Duration::ZERO));
    rig.offer_many(5);
    let sent = rig.sent();
    let fail = Outcome::Failed(failure(Unconfirmed));
    rig.settle(&sent, Ok(vec![Outcome::Accepted(None), fail, rejected(), Outcome::Untouched]));
    rig.pass(2_000);
    let mut again = Vec::new();
    while let Ok(sent) = rig.run() {
        again.extend(sent.batch.iter().map(|item| (said(item), item.maybe_applied)));
        rig.accept(&sent);
    }
    again.sort();
    let expected = [("line 2", true), ("line 4", false), ("line 5", true)];
    assert_eq!(again, expected.map(|(line, flag)| (line.to_owned(), flag)), "no outcome is an unconfirmed one");
}

#[test]
fn a_reject_is_a_dead_letter_that_is_durable_before_the_cursor_passes_it() {
    let mut rig = Rig::new();
    rig.offer();
    let sent = rig.sent();
    rig.settle(&sent, Ok(vec![rejected()]));
    rig.pass(5_000);
    let Action::Save(letter) = rig.next() else { panic!("a save") };
    assert_eq!((letter.len(), letter[0].space), (1, Space::DeadLetter));
    assert_eq!(letter[0].key, format!("archive/{}", sent.only().id));
    assert!(!matches!(rig.next(), Action::Save(_)), "the cursor waits for it");
    assert!(!rig.lane.is_saved());
    rig.make_durable(letter);
    rig.rest();
    rig.pass(1_000);
    rig.rest();
    assert_eq!(rig.saved(), Some(2));
}

#[test]
fn what_was_not_touched_is_offered_again_and_not_at_once() {
    let mut rig = Rig::new();
    rig.offer();
    let mut rests = 0;
    for _ in 0..8 {
        let sent = rig.sent();
        assert!(!sent.only().maybe_applied);
        rig.settle(&sent, Ok(vec![Outcome::Untouched]));
        rests += usize::from(rig.run().is_err());
        rig.pass(1_000);
    }
    assert_eq!(rests, 8, "a sink that touches nothing is not asked without end");
}

#[test]
fn the_rest_of_a_batch_of_which_the_sink_took_a_part_goes_on_at_once() {
    let mut rig = Rig::new();
    rig.offer_many(3);
    let sent = rig.sent();
    rig.settle(&sent, Ok(vec![Outcome::Accepted(None), Outcome::Untouched, Outcome::Untouched]));
    assert_eq!(rig.sent().said(), ["line 2", "line 3"]);
}

#[test]
fn a_batch_that_failed_is_not_overtaken_by_what_comes_after_it() {
    let mut rig = Rig::new();
    rig.offer_many(6);
    for _ in 0..20 {
        let sent = rig.sent();
        assert_eq!(sent.said(), ["line 1", "line 2", "line 3"]);
        rig.fail(&sent, Unavailable);
        let mut wake = rig.rest();
        // It sleeps until the gate lets go, or until the batch itself may be tried: whichever is later.
        while let Some(at) = wake {
            rig.now = at;
            match rig.run() {
                Ok(sent) => {
                    assert_eq!(sent.said(), ["line 1", "line 2", "line 3"]);
                    rig.fail(&sent, Unavailable);
                    wake = None;
                }
                Err(later) => wake = later,
            }
        }
        rig.pass(600_000);
    }
}

#[test]
fn a_throttle_behind_a_failure_of_one_item_holds_everything_all_the_same() {
    let mut rig = Rig::new();
    rig.offer_many(4);
    let sent = rig.sent();
    let throttled = failure(Throttled).with_retry_after(Duration::from_secs(30));
    rig.settle(
        &sent,
        Ok(vec![Outcome::Accepted(None), Outcome::Failed(failure(Unavailable)), Outcome::Failed(throttled)]),
    );
    rig.rest();
    rig.pass(29_900);
    rig.rest();
    rig.pass(100);
    assert_eq!(rig.sent().said(), ["line 2", "line 3", "line 4"]);
}

#[test]
fn a_throttle_holds_everything_to_the_second() {
    let mut rig = Rig::new();
    rig.offer_many(4);
    let sent = rig.sent();
    rig.settle(&sent, Err(failure(Throttled).with_retry_after(Duration::from_secs(30))));
    assert_eq!(rig.rest(), Some(at(30)));
    rig.pass(30_000);
    assert_eq!(rig.sent().said(), ["line 1", "line 2", "line 3"]);
}

#[test]
fn a_wrong_key_keeps_everything_and_tries_one_batch_a_minute() {
    let mut rig = Rig::new();
    rig.offer_many(5);
    let sent = rig.sent();
    rig.fail(&sent, Unauthorized);
    for _ in 0..20 {
        rig.pass(60_000);
        let probe = rig.sent();
        assert_eq!(probe.said(), ["line 1", "line 2", "line 3"]);
        rig.rest();
        rig.fail(&probe, Unauthorized);
        rig.rest();
    }
    assert_eq!(rig.lane.waiting(), 5);
    rig.pass(60_000);
    let probe = rig.sent();
    rig.accept(&probe);
    assert_eq!(rig.sent().said(), ["line 4", "line 5"]);
}

#[test]
fn a_backing_off_item_does_not_hold_later_ones_and_is_not_forgotten() {
    let mut rig = Rig::new();
    rig.offer_many(3);
    let sent = rig.sent();
    let fail = Outcome::Failed(failure(Unreachable));
    rig.settle(&sent, Ok(vec![fail, Outcome::Accepted(None), Outcome::Accepted(None)]));
    rig.offer_many(3);
    let later = rig.sent();
    assert!(later.said().contains(&"line 4".to_owned()), "{:?}", later.said());
    rig.accept(&later);
    rig.pass(2_000);
    let mut rest = Vec::new();
    while let Ok(sent) = rig.run() {
        rest.extend(sent.said());
        rig.accept(&sent);
    }
    assert!(rig.lane.is_flushed(), "{rest:?}");
}

#[test]
fn what_may_have_been_attempted_before_a_restart_may_have_been_applied() {
    let (policy, profile) = (Policy::new().with_linger(Duration::ZERO), Profile::new("archive").with_batch(3));
    let lane = BatchLane::resume("archive".into(), logs(), &profile, &policy, Position::new(1), Position::new(3));
    let mut rig = Rig { lane, ..Rig::new() };
    rig.offer_many(3);
    let flags: Vec<bool> = rig.sent().batch.iter().map(|item| item.maybe_applied).collect();
    assert_eq!(flags, [true, true, false], "the third came after the start");
}
