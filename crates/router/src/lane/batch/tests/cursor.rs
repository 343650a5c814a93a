use tidegate_sink::SinkErrorKind::Unreachable;

use super::*;
use crate::lane::fixture::failure;

#[test]
fn the_cursor_is_the_settled_prefix() {
    let mut rig = Rig::with(Profile::new("archive").with_concurrency(3), Policy::new().with_linger(Duration::ZERO));
    rig.offer_many(3);
    let (first, second, third) = (rig.sent(), rig.sent(), rig.sent());
    rig.accept(&third);
    rig.accept(&second);
    rig.rest();
    rig.pass(1_000);
    rig.rest();
    assert_eq!(rig.lane.durable_position(), Some(Position::new(1)), "the first is not settled");
    assert_eq!((rig.lane.waiting(), rig.lane.is_flushed()), (1, false));
    rig.accept(&first);
    rig.rest();
    rig.pass(1_000);
    rig.rest();
    assert_eq!((rig.lane.durable_position(), rig.saved()), (Some(Position::new(4)), Some(4)));
}

#[test]
fn what_failed_before_what_was_taken_is_not_passed_by() {
    let mut rig = Rig::new();
    rig.offer_many(2);
    let sent = rig.sent();
    rig.settle(&sent, Ok(vec![Outcome::Failed(failure(Unreachable)), Outcome::Accepted(None)]));
    rig.lane.flush();
    rig.rest();
    assert_eq!(rig.lane.durable_position(), Some(Position::new(1)));
    assert_eq!(rig.lane.position(), Position::new(3), "though it reads on from there");
}

#[test]
fn it_is_saved_a_second_after_it_moved_and_not_again_while_it_stands() {
    let mut rig = Rig::new();
    rig.offer();
    let sent = rig.sent();
    rig.accept(&sent);
    assert_eq!(rig.rest(), Some(at(1)));
    rig.pass(999);
    rig.rest();
    assert_eq!(rig.saved(), None);
    rig.pass(1);
    rig.rest();
    assert_eq!((rig.saved(), rig.lane.is_saved()), (Some(2), true));
    for _ in 0..10 {
        rig.pass(10_000);
        assert_eq!(rig.rest(), None);
    }
    assert_eq!(rig.saves.len(), 1);
}

#[test]
fn what_no_filter_takes_moves_it_too() {
    let mut rig = Rig::new();
    rig.lane.advance(Position::new(500), 0);
    rig.rest();
    rig.pass(1_000);
    rig.rest();
    assert_eq!(rig.saved(), Some(500));
}

#[test]
fn a_lane_without_a_durable_place_saves_it_at_once() {
    let profile = Profile::new("archive");
    let start = Position::new(9);
    let lane = BatchLane::begin("archive".into(), logs(), &profile, &Policy::new(), start);
    let mut rig = Rig { lane, ..Rig::new() };
    assert_eq!(rig.lane.durable_position(), None);
    rig.rest();
    assert_eq!((rig.saved(), rig.lane.durable_position()), (Some(9), Some(start)));
}

#[test]
fn an_event_offered_twice_counts_once() {
    let mut rig = Rig::new();
    rig.offer_many(2);
    let line = event(sample::log("line 1"));
    rig.lane.offer(Position::new(1), &line, at(0));
    rig.lane.advance(Position::new(1), 0);
    assert_eq!((rig.lane.waiting(), rig.lane.position()), (2, Position::new(3)));
}
