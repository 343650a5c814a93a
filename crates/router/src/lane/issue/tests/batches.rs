use tidegate_sink::SinkErrorKind::{Throttled, Unauthorized, Unreachable};

use super::*;
use crate::lane::fixture::{episode, failure};

#[test]
fn different_keys_go_side_by_side_up_to_concurrency_and_batch() {
    let mut rig = Rig::new(messages().with_concurrency(2).with_batch(2));
    for kind in ["a", "b", "c", "d", "e"] {
        rig.offer(episode(kind, 1).open());
    }
    let (first, second) = (rig.sent(), rig.sent());
    assert_eq!(first.said(), ["a 1 open", "b 1 open"]);
    assert_eq!(second.said(), ["c 1 open", "d 1 open"]);
    rig.rest();
    rig.accept(&first);
    assert_eq!(rig.sent().said(), ["e 1 open"]);
}

#[test]
fn two_events_of_one_key_never_share_a_batch() {
    let mut rig = Rig::new(messages().with_batch(10));
    let (first, second) = (episode("a", 1), episode("a", 2));
    rig.offer(first.open());
    rig.offer(first.close());
    rig.offer(second.open());
    rig.offer(episode("b", 1).open());
    assert_eq!(rig.sent().said(), ["a 2 closed", "b 1 open"]);
}

#[test]
fn each_item_of_a_batch_has_its_own_outcome() {
    let mut rig = Rig::new(messages().with_batch(4));
    for kind in ["a", "b", "c", "d"] {
        rig.offer(episode(kind, 1).open());
    }
    let sent = rig.sent();
    let reject = crate::lane::fixture::rejected();
    let fail = Outcome::Failed(failure(Unreachable));
    rig.settle(&sent, Ok(vec![Outcome::Accepted(None), reject, fail, Outcome::Untouched]));
    rig.pass(2);
    assert_eq!(rig.tell_all(), ["c 1 open", "d 1 open"]);
    assert_eq!(rig.lane.waiting(), 0);
}

#[test]
fn a_sink_that_gives_too_few_outcomes_has_said_nothing_of_the_rest() {
    let mut rig = Rig::new(messages().with_batch(3));
    for kind in ["a", "b", "c"] {
        rig.offer(episode(kind, 1).open());
    }
    let sent = rig.sent();
    rig.settle(&sent, Ok(vec![Outcome::Accepted(None)]));
    rig.pass(2);
    let again = rig.sent();
    assert_eq!(again.said(), ["b 1 open", "c 1 open"]);
    assert!(again.batch.iter().all(|delivery| delivery.maybe_applied));
}

#[test]
fn a_sink_that_gives_too_many_outcomes_harms_nobody() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("a", 1).open());
    let sent = rig.sent();
    rig.settle(&sent, Ok(vec![Outcome::Accepted(None), Outcome::Untouched]));
    rig.settle(&sent, Ok(vec![Outcome::Untouched]));
    rig.pass(2);
    assert_eq!(rig.tell_all(), Vec::<String>::new(), "nor does an outcome that is told twice");
}

#[test]
fn a_throttle_or_a_wrong_key_of_one_item_holds_the_gate_though_others_were_taken() {
    for error in [failure(Throttled).with_retry_after(Duration::from_mins(1)), failure(Unauthorized)] {
        let mut rig = Rig::new(messages().with_batch(2).with_concurrency(2));
        for kind in ["a", "b", "c"] {
            rig.offer(episode(kind, 1).open());
        }
        let sent = rig.sent();
        rig.settle(&sent, Ok(vec![Outcome::Accepted(None), Outcome::Failed(error)]));
        rig.pass(59);
        rig.rest();
        rig.pass(1);
        let sent = rig.sent();
        assert_eq!((&*sent.said()[0], sent.batch[0].maybe_applied), ("b 1 open", false));
    }
}

#[test]
fn an_error_of_one_item_among_taken_ones_holds_that_item_alone() {
    let mut rig = Rig::new(messages().with_batch(2));
    for kind in ["a", "b", "c"] {
        rig.offer(episode(kind, 1).open());
    }
    let sent = rig.sent();
    rig.settle(&sent, Ok(vec![Outcome::Accepted(None), Outcome::Failed(failure(Unreachable))]));
    assert_eq!(rig.sent().said(), ["c 1 open"]);
}

#[test]
fn a_paused_lane_tries_its_oldest_delivery_alone() {
    let mut rig = Rig::new(messages().with_batch(10).with_concurrency(3));
    for kind in ["a", "b", "c"] {
        rig.offer(episode(kind, 1).open());
    }
    let sent = rig.sent();
    rig.fail(&sent, Unauthorized);
    rig.offer(episode("d", 1).open());
    assert_eq!(rig.rest(), Some(crate::lane::fixture::ms(100)), "the outcome is saved");
    rig.pass(60);
    let probe = rig.sent();
    assert_eq!(probe.said(), ["a 1 open"]);
    rig.rest();
    rig.accept(&probe);
    assert_eq!(rig.tell_all(), ["b 1 open", "c 1 open", "d 1 open"]);
}
