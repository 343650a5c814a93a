use tidegate_event::LogLevel;
use tidegate_sink::SinkErrorKind::Unreachable;

use super::*;

fn lingering() -> Rig {
    Rig::with(Profile::new("archive").with_batch(3), Policy::new())
}

#[test]
fn items_go_in_order_in_batches_as_large_as_the_profile_allows() {
    let mut rig = Rig::new();
    rig.offer_many(7);
    let mut said = Vec::new();
    for _ in 0..3 {
        let sent = rig.sent();
        rig.accept(&sent);
        said.push(sent.said().join(", "));
    }
    assert_eq!(said, ["line 1, line 2, line 3", "line 4, line 5, line 6", "line 7"]);
    assert_eq!((rig.lane.waiting(), rig.lane.waiting_bytes(), rig.lane.is_flushed()), (0, 0, true));
}

#[test]
fn a_batch_is_full_in_bytes_too_and_an_item_larger_than_that_goes_alone() {
    let profile = Profile::new("archive").with_batch(100).with_batch_bytes(size() * 2 + size() / 2);
    let mut rig = Rig::with(profile, Policy::new());
    rig.offer_many(2);
    rig.rest();
    rig.offer();
    let sent = rig.sent();
    assert_eq!(sent.said(), ["line 1", "line 2"]);
    rig.accept(&sent);

    let mut rig = Rig::with(Profile::new("archive").with_batch(100).with_batch_bytes(1), Policy::new());
    rig.offer_many(2);
    let sent = rig.sent();
    assert_eq!(sent.said(), ["line 1"]);
}

#[test]
fn a_batch_that_is_not_full_lingers_a_second_from_its_oldest_item() {
    let mut rig = lingering();
    rig.offer();
    rig.pass(600);
    rig.offer();
    assert_eq!(rig.rest(), Some(at(1)));
    rig.pass(400);
    assert_eq!(rig.sent().said(), ["line 1", "line 2"]);
}

#[test]
fn a_full_batch_does_not_linger_and_its_rest_does() {
    let mut rig = lingering();
    rig.offer_many(4);
    let sent = rig.sent();
    assert_eq!(sent.batch.len(), 3);
    rig.accept(&sent);
    assert_eq!(rig.rest(), Some(at(1)));
    rig.pass(1_000);
    assert_eq!(rig.sent().said(), ["line 4"]);
}

#[test]
fn nothing_lingers_any_more_once_it_is_to_flush() {
    let mut rig = lingering();
    rig.offer();
    rig.rest();
    rig.lane.flush();
    let sent = rig.sent();
    assert!(!rig.lane.is_flushed());
    rig.accept(&sent);
    rig.rest();
    assert!(rig.lane.is_flushed() && rig.lane.is_saved(), "and the cursor is saved at once");
}

#[test]
fn several_batches_are_under_way_up_to_the_concurrency() {
    let profile = Profile::new("archive").with_batch(2).with_concurrency(2);
    let mut rig = Rig::with(profile, Policy::new());
    rig.offer_many(6);
    let (first, second) = (rig.sent(), rig.sent());
    assert_eq!((first.said().join(" "), second.said().join(" ")), ("line 1 line 2".into(), "line 3 line 4".into()));
    rig.rest();
    rig.accept(&second);
    assert_eq!(rig.sent().said(), ["line 5", "line 6"]);
    assert_eq!(rig.lane.waiting(), 4);
}

#[test]
fn only_what_the_subscription_takes_is_delivered() {
    let subscription = Subscription::new([EventKind::Log]).with_min_level(LogLevel::Warning);
    let profile = Profile::new("archive").with_batch(10);
    let start = Position::new(1);
    let lane = BatchLane::begin("archive".into(), subscription, &profile, &Policy::new(), start);
    let mut rig = Rig { lane, ..Rig::new() };
    let lines = [
        event(sample::log("calm")),
        event(sample::log("bad").with_level(LogLevel::Error)),
        event(sample::metric("system.load.1m", 1.0)),
    ];
    for (index, line) in lines.iter().enumerate() {
        rig.lane.offer(Position::new(index as u64 + 1), line, at(0));
    }
    rig.pass(1_000);
    assert_eq!(rig.sent().said(), ["bad"]);
}

#[test]
fn an_item_has_the_same_id_on_every_attempt_and_over_restarts_and_another_than_its_neighbour() {
    let mut rig = Rig::new();
    rig.offer_many(2);
    let first = rig.sent();
    assert_ne!(first.batch[0].id, first.batch[1].id);
    rig.fail(&first, Unreachable);
    rig.pass(2_000);
    let again = rig.sent();
    let mut restarted = Rig::new();
    restarted.offer_many(2);
    let other = restarted.sent();
    for sent in [again, other] {
        assert_eq!(sent.batch.iter().map(|item| item.id).collect::<Vec<_>>(), [first.batch[0].id, first.batch[1].id]);
    }
}

#[test]
fn a_batch_lingers_as_long_as_the_sink_says_unless_the_policy_says_otherwise() {
    for (policy, seconds) in [(Policy::new(), 60), (Policy::new().with_linger(Duration::from_secs(5)), 5)] {
        let mut rig = Rig::with(Profile::new("metrics").with_batch(3).with_linger(Duration::from_mins(1)), policy);
        rig.offer();
        rig.pass(seconds * 1_000 - 1);
        rig.rest();
        rig.pass(1);
        assert_eq!(rig.sent().batch.len(), 1);
    }
}
