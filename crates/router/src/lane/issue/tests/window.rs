use tidegate_sink::SinkErrorKind::Unauthorized;

use super::*;
use crate::lane::fixture::{episode, event as event_of};

fn size() -> usize {
    Event::from(episode("kind-0", 1).open()).size_bytes()
}

/// A window for about `events` events, whose sink is away: one waits already.
fn small(profile: Profile, events: usize) -> Rig {
    let policy = Policy::new().with_window_bytes(events * size() + size() / 2);
    let mut rig = Rig::with(profile, everything(), policy);
    rig.offer(episode("kind-0", 1).open());
    let sent = rig.sent();
    rig.fail(&sent, Unauthorized);
    rig
}

#[test]
fn a_full_window_stops_reading_and_keeps_what_is_open() {
    let mut rig = small(messages(), 2);
    for number in 1..4 {
        assert_eq!(rig.wants_more(), number < 3, "{number}");
        rig.offer(episode(&format!("kind-{number}"), 1).open());
    }
    assert!(!rig.wants_more());
    assert_eq!((rig.lane.waiting(), rig.lane.given_up()), (4, 0));
    rig.pass(60);
    assert_eq!(rig.tell_all().len(), 4);
    assert!(rig.wants_more());
    assert_eq!((rig.lane.waiting(), rig.lane.waiting_bytes()), (0, 0));
}

#[test]
fn a_full_window_gives_up_episodes_that_were_over_before_anybody_heard() {
    let mut rig = small(messages(), 3);
    for number in 1..3 {
        let over = episode(&format!("kind-{number}"), 1);
        rig.offer(over.open());
        rig.offer(over.close());
    }
    assert_eq!((rig.lane.waiting(), rig.lane.given_up()), (3, 0));
    rig.offer(episode("kind-3", 1).open());
    assert_eq!((rig.lane.waiting(), rig.lane.given_up()), (2, 2));
    assert!(rig.wants_more());
    rig.pass(60);
    assert_eq!(rig.tell_all(), ["kind-0 1 open", "kind-3 1 open"]);
}

#[test]
fn what_somebody_may_have_heard_of_is_never_given_up() {
    let policy = Policy::new().with_window_bytes(size() * 2);
    let mut rig = Rig::with(messages().with_concurrency(2), everything(), policy);
    let told = episode("kind-0", 1);
    rig.offer(told.open());
    assert_eq!(rig.tell_all().len(), 1);
    let (away, under_way) = (episode("kind-1", 1), episode("kind-2", 1));
    rig.offer(under_way.open());
    let sent = rig.sent();
    rig.offer(away.open());
    let other = rig.sent();
    rig.fail(&other, Unauthorized);
    rig.offer(told.close());
    rig.offer(under_way.close());
    assert_eq!((rig.lane.given_up(), rig.wants_more()), (0, false));
    rig.accept(&sent);
    let mut said = rig.tell_all();
    said.sort();
    assert_eq!(said, ["kind-0 2 closed", "kind-1 1 open", "kind-2 2 closed"]);
}

#[test]
fn the_last_update_alone_counts() {
    let mut rig = small(messages(), 2);
    let load = episode("kind-1", 1);
    for _ in 0..100 {
        rig.offer(load.update());
    }
    assert!(rig.wants_more());
    assert_eq!(rig.lane.waiting(), 2);
}

#[test]
fn an_event_larger_than_the_window_is_delivered_all_the_same() {
    let policy = Policy::new().with_window_bytes(1);
    let mut rig = Rig::with(messages(), everything(), policy);
    rig.offer(episode("load", 1).open());
    assert!(!rig.wants_more());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    assert!(rig.wants_more());
}

#[test]
fn a_lane_whose_window_is_full_before_it_has_read_to_the_end_sends_what_was_never_attempted() {
    let mut rig = small(messages(), 2);
    for number in 1..3 {
        rig.offer(episode(&format!("kind-{number}"), 1).open());
    }
    rig.lane.checkpoint();
    rig.rest();
    let first = episode("kind-0", 1);
    first.open();
    rig.append(first.close());
    let mut rig = rig.restarted(messages(), everything());
    assert!(!rig.wants_more() && rig.lane.is_behind());
    assert_eq!(rig.tell_all(), ["kind-1 1 open"], "which makes room to read on");
    assert!(rig.wants_more() && rig.lane.is_behind());
    rig.read_on();
    let mut said = rig.tell_all();
    said.sort();
    assert_eq!(said, ["kind-0 2 closed", "kind-2 1 open"], "what was attempted has waited for what is later");
}

#[test]
fn what_was_given_up_stays_so_after_a_restart() {
    let mut rig = small(messages(), 3);
    for number in 1..3 {
        let over = episode(&format!("kind-{number}"), 1);
        rig.offer(over.open());
        rig.offer(over.close());
    }
    rig.offer(episode("kind-3", 1).open());
    assert_eq!(rig.lane.given_up(), 2);
    rig.lane.checkpoint();
    rig.rest();
    let mut rig = rig.restart();
    let mut said = rig.tell_all();
    said.sort();
    assert_eq!(said, ["kind-0 1 open", "kind-3 1 open"]);
}

#[test]
fn what_is_read_at_once_is_looked_through_once() {
    let mut rig = small(messages(), 2);
    for number in 1..4 {
        let over = episode(&format!("kind-{number}"), 1);
        for event in [over.open(), over.close()] {
            rig.append(event.clone());
            rig.lane.offer(Position::new(rig.journal.len() as u64), &event_of(event));
        }
    }
    assert_eq!((rig.lane.waiting(), rig.lane.given_up()), (4, 0));
    rig.lane.advance(rig.end());
    assert_eq!((rig.lane.waiting(), rig.lane.given_up()), (1, 3));
}

#[test]
fn openings_that_fill_the_window_give_up_what_nobody_has_heard_of() {
    let mut rig = small(messages(), 2);
    let over = episode("over", 1);
    rig.offer(over.open());
    rig.offer(over.close());
    let open = |number| episode(&format!("open-{number}"), 1).open().into();
    let openings = rig.open_now(0, (0..3).map(open));
    rig.lane.tell(openings);
    assert_eq!((rig.lane.waiting(), rig.lane.given_up()), (4, 1));
}

#[test]
fn dead_letters_that_wait_to_be_saved_are_bounded() {
    let policy = Policy::new().with_window_bytes(size() * 8);
    let mut rig = Rig::with(messages(), everything(), policy);
    let issues: Vec<_> = (0..20).map(|number| episode(&format!("kind-{number:02}"), 1)).collect();
    for issue in &issues {
        rig.offer(issue.open());
        assert_eq!(rig.tell_all().len(), 1, "each is named");
    }
    rig.pass(60);
    rig.rest();
    let (mut letters, mut rejected) = (None, 0);
    let offered = issues.iter().take_while(|issue| {
        let wanted = rig.wants_more();
        if wanted {
            rig.offer(issue.update());
        }
        wanted
    });
    let offered = offered.count();
    for _ in 0..100 {
        match rig.next() {
            Action::Save(changes) => assert!(letters.replace(changes).is_none(), "one save at a time"),
            Action::Deliver(ticket, batch) => {
                rejected += batch.len();
                rig.settle(&Sent { ticket, batch }, Ok(vec![crate::lane::fixture::rejected()]));
            }
            Action::SleepUntil(_) | Action::Idle => {}
        }
    }
    assert!((2..offered).contains(&rejected) && !rig.wants_more(), "{rejected} of {offered} were rejected");
    assert!(!matches!(rig.next(), Action::Deliver(..)));
    rig.make_durable(&letters.expect("the first is being saved"));
    let _ = rig.run();
    assert!(rig.wants_more());
}
