use tidegate_sink::Reason;
use tidegate_sink::SinkErrorKind::Unreachable;

use super::*;

#[test]
fn what_is_too_old_is_given_up_and_counted() {
    let policy = Policy::new().with_max_age(Duration::from_secs(10)).with_linger(Duration::ZERO);
    let mut rig = Rig::with(Profile::new("archive").with_batch(2), policy);
    rig.offer_many(2);
    let sent = rig.sent();
    rig.fail(&sent, Unreachable);
    rig.pass(5_000);
    rig.offer();
    rig.pass(5_001);
    let sent = rig.sent();
    assert_eq!(sent.said(), ["line 3"]);
    assert_eq!((rig.lane.lost(), rig.lane.waiting()), (2, 1));
    rig.accept(&sent);
    assert_eq!((rig.lane.waiting_bytes(), rig.lane.is_flushed()), (0, true));
}

#[test]
fn what_is_on_its_way_is_not_given_up() {
    let policy = Policy::new().with_max_age(Duration::from_secs(10)).with_linger(Duration::ZERO);
    let mut rig = Rig::with(Profile::new("archive"), policy);
    rig.offer_many(2);
    let sent = rig.sent();
    rig.pass(60_000);
    rig.rest();
    assert_eq!((rig.lane.lost(), rig.lane.waiting()), (0, 2));
    rig.accept(&sent);
    rig.rest();
    assert_eq!((rig.lane.lost(), rig.lane.waiting()), (1, 0));
}

#[test]
fn it_wakes_to_give_up_what_nobody_takes() {
    let policy = Policy::new().with_max_age(Duration::from_secs(10)).with_linger(Duration::from_mins(1));
    let mut rig = Rig::with(Profile::new("archive").with_batch(9), policy);
    rig.offer();
    let wake = rig.rest().expect("it sleeps");
    assert!((at(10)..=ms(10_001)).contains(&wake), "{wake}");
    rig.now = wake;
    rig.rest();
    assert_eq!((rig.lane.lost(), rig.lane.is_flushed()), (1, true));
}

#[test]
fn an_old_item_on_its_way_does_not_keep_the_lane_from_waking_for_others() {
    let policy = Policy::new().with_max_age(Duration::from_secs(10));
    let mut rig = Rig::with(Profile::new("archive").with_batch(2).with_concurrency(2), policy);
    rig.offer_many(2);
    let _under_way = rig.sent();
    rig.pass(22_000);
    rig.offer();
    assert_eq!(rig.rest(), Some(at(23)), "when the third has lingered");
}

#[test]
fn what_the_log_lost_is_counted() {
    let mut rig = Rig::new();
    rig.lane.advance(Position::new(100), 42);
    rig.lane.advance(Position::new(200), 8);
    assert_eq!((rig.lane.lost(), rig.lane.position()), (50, Position::new(200)));
}

#[test]
fn a_full_buffer_stops_reading_until_there_is_room() {
    let policy = Policy::new().with_buffer_bytes(size() * 4).with_linger(Duration::ZERO);
    let mut rig = Rig::with(Profile::new("archive").with_batch(3), policy);
    for offered in 0..4 {
        assert!(rig.lane.room() > 0, "{offered}");
        rig.offer();
    }
    assert_eq!(rig.lane.room(), 0);
    let sent = rig.sent();
    assert_eq!(rig.lane.room(), 0, "what is on its way takes room");
    rig.accept(&sent);
    assert_eq!(rig.lane.room(), size() * 3);
}

#[test]
fn what_is_settled_behind_something_that_is_not_takes_hardly_any_room() {
    let policy = Policy::new().with_buffer_bytes(size() * 2).with_linger(Duration::ZERO);
    let mut rig = Rig::with(Profile::new("archive").with_concurrency(2), policy);
    rig.offer_many(2);
    let (first, second) = (rig.sent(), rig.sent());
    rig.accept(&second);
    let lines = second.batch.into_iter().map(|item| Arc::strong_count(&item.event));
    assert_eq!(lines.collect::<Vec<_>>(), [1], "the lane holds it no more");
    assert_eq!((rig.lane.waiting(), rig.lane.room()), (1, size() - 64));
    rig.accept(&first);
    assert_eq!((rig.lane.waiting(), rig.lane.room()), (0, size() * 2));
}

#[test]
fn dead_letters_that_wait_to_be_saved_are_bounded() {
    let policy = Policy::new().with_buffer_bytes(4_000).with_linger(Duration::ZERO);
    let mut rig = Rig::with(Profile::new("archive"), policy);
    let mut letters = Vec::new();
    let mut rejected = 0;
    while rig.lane.room() > 0 {
        rig.offer();
    }
    for _ in 0..100 {
        match rig.next() {
            Action::Save(changes) => letters.push(changes),
            Action::Deliver(ticket, batch) => {
                rejected += batch.len();
                rig.settle(&Sent { ticket, batch }, Ok(vec![Outcome::Rejected(Reason::new("no".repeat(300)))]));
            }
            Action::SleepUntil(_) | Action::Idle => {}
        }
    }
    assert_eq!((rig.lane.room(), letters.len()), (0, 1), "one save is under way, and does not end");
    assert!((3..13).contains(&rejected), "{rejected} of {}", rig.offered);
    rig.make_durable(letters.remove(0));
    let sent = rig.sent();
    rig.accept(&sent);
    assert_eq!(rig.state.len(), rejected, "each is buried");
    assert!(rig.lane.room() > 0);
}
