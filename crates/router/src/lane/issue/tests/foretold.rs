use super::*;
use crate::lane::fixture::{episode, episode_of};

/// What the journal is to have from its end on, and does not have yet. A note has it.
fn foretold(rig: &Rig, events: &[Event]) -> Foretold {
    Foretold { at: rig.end(), events: events.iter().cloned().map(event).collect(), noted: true }
}

#[test]
fn what_was_over_before_the_journal_said_so_is_not_told_again_after_a_crash() {
    let mut rig = Rig::new(messages());
    let (first, second) = (episode("load", 1), episode("load", 2));
    let events = [first.open(), first.close(), second.open()].map(Event::from);
    for event in &events {
        // One after the other, so that each is told.
        rig.lane.foretell(foretold(&rig, std::slice::from_ref(event)));
        assert_eq!(rig.tell_all().len(), 1);
        rig.lane.checkpoint();
        rig.rest();
    }
    let mut rig = rig.restart();
    for event in events {
        rig.append(event);
    }
    rig.read_on();
    assert_eq!(rig.tell_all(), Vec::<String>::new());
    rig.offer(second.close());
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
    rig.settle_down();
    assert_eq!(rig.records(), Vec::<&str>::new(), "nothing of it is awaited any more");
}

#[test]
fn what_was_in_the_journal_all_the_same_is_not_awaited_for_ever() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    let (opening, closing) = (event(load.open()), event(load.close()));
    rig.offer((*opening).clone());
    rig.offer((*closing).clone());
    assert_eq!(rig.tell_all().len(), 1);
    // By an append that was said to have failed.
    let known = Foretold { at: Position::new(1), events: vec![closing], noted: true };
    rig.lane.foretell(known);
    rig.settle_down();
    assert_eq!(rig.records().len(), 1, "it may come once more");
    rig.lane.nothing_is_ahead(rig.end());
    rig.settle_down();
    assert_eq!(rig.records(), Vec::<&str>::new());
}

#[test]
fn what_a_lane_that_is_behind_was_given_comes_from_the_journal_once_that_has_it() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.append(load.open());
    let closing: Event = load.close().into();
    rig.lane.foretell(foretold(&rig, std::slice::from_ref(&closing)));
    assert_eq!(rig.tell_all(), Vec::<String>::new(), "it has not read so far");
    rig.append(closing);
    rig.lane.nothing_is_ahead(rig.end());
    assert!(rig.lane.foretold.is_empty());
    rig.read_on();
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
    rig.settle_down();
    assert_eq!(rig.records(), Vec::<&str>::new());
}

/// What is told of the issue that stores fail while the journal cannot be read.
fn alarm(number: u32) -> tidegate_testkit::sample::Episode {
    episode(crate::STORE_FAILING, number)
}

#[test]
fn while_the_journal_cannot_be_read_an_alarm_that_people_see_is_closed_before_another_opens() {
    let mut rig = Rig::new(messages());
    let (first, second) = (alarm(1), alarm(2));
    rig.offer(first.open());
    assert_eq!(rig.tell_all(), ["store-failing 1 open"]);
    rig.append(first.close());
    rig.lane.foretell(Foretold { noted: false, ..foretold(&rig, &[second.open().into()]) });
    rig.lane.foretell_alarm();
    assert_eq!(rig.tell_all(), Vec::<String>::new(), "people see that stores fail");
    rig.read_on();
    assert_eq!(rig.tell_all(), ["store-failing 2 closed", "store-failing 1 open"]);
}

#[test]
fn an_alarm_that_nobody_heard_of_does_not_follow_a_later_one() {
    let mut rig = Rig::new(messages());
    let (first, second) = (alarm(1), alarm(2));
    rig.append(first.open());
    rig.append(first.close());
    rig.lane.foretell(Foretold { noted: false, ..foretold(&rig, &[second.open().into()]) });
    rig.lane.foretell_alarm();
    let told = rig.sent();
    assert_eq!(episode_of(&told.only().event), Some(second.id()));
    rig.accept(&told);
    rig.append(second.close());
    rig.read_on();
    let closed = rig.sent();
    assert_eq!(
        (closed.said(), episode_of(&closed.only().event)),
        (vec!["store-failing 2 closed".to_owned()], Some(second.id()))
    );
}
