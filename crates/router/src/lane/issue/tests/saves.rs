//! The order of durable writes within a checkpoint.

use super::*;
use crate::lane::fixture::episode;
use tidegate_sink::SinkErrorKind::Unauthorized;

/// A lane whose sink is away and which has much to keep.
fn full(keys: usize) -> Rig {
    let mut rig = Rig::new(messages());
    rig.offer(episode("first", 1).open());
    let sent = rig.sent();
    rig.fail(&sent, Unauthorized);
    for number in 1..keys {
        rig.offer(episode(&format!("kind-{number}"), 1).open());
    }
    rig.pass(1);
    rig.rest();
    rig.saves.clear();
    rig
}

fn kinds(save: &[Change]) -> Vec<Space> {
    let mut spaces: Vec<Space> = save.iter().map(|change| change.space).collect();
    spaces.dedup();
    spaces
}

#[test]
fn a_lane_that_begins_sends_nothing_before_its_first_checkpoint_is_durable() {
    let load = episode("load", 1);
    let openings = Openings { at: Position::new(9), issues: vec![event(load.open())], salt: 0 };
    let mut rig = Rig::begun(messages(), everything(), Policy::new(), &openings);
    assert_eq!(rig.lane.durable_position(), None);
    let sent = rig.sent();
    assert_eq!(sent.said(), ["load 1 open"]);
    let order: Vec<Vec<Space>> = rig.saves.iter().map(|save| kinds(save)).collect();
    assert_eq!(order, [[Space::Key], [Space::Lane], [Space::Key]], "the window, the place, then the name");
    assert_eq!(rig.lane.durable_position(), Some(Position::new(9)));
}

#[test]
fn the_keys_go_before_the_place_in_writes_of_at_most_256() {
    let mut rig = full(600);
    rig.pass(5);
    rig.rest();
    let order: Vec<(Vec<Space>, usize)> = rig.saves.iter().map(|save| (kinds(save), save.len())).collect();
    let key = || vec![Space::Key];
    assert_eq!(order.len(), 4, "{order:?}");
    assert!(order[..3].iter().all(|(spaces, len)| *spaces == key() && *len <= 256), "{order:?}");
    assert_eq!(order[..3].iter().map(|(_, len)| len).sum::<usize>(), 599, "the first was saved with its outcome");
    assert_eq!(order[3], (vec![Space::Lane], 1));
    assert_eq!(rig.lane.durable_position(), Some(rig.end()));
}

#[test]
fn a_lane_asks_for_one_save_at_a_time() {
    let mut rig = full(600);
    rig.pass(5);
    let Action::Save(first) = rig.next() else { panic!("a save") };
    for _ in 0..3 {
        rig.offer(episode("another", 1).open());
        assert!(!matches!(rig.next(), Action::Save(_)));
    }
    rig.make_durable(&first);
    assert!(matches!(rig.next(), Action::Save(_)));
}

#[test]
fn what_comes_during_a_checkpoint_is_behind_its_place() {
    let mut rig = full(3);
    rig.pass(5);
    let Action::Save(records) = rig.next() else { panic!("a save") };
    let place = rig.end();
    rig.offer(episode("late", 1).open());
    rig.make_durable(&records);
    rig.rest();
    assert_eq!(rig.lane.durable_position(), Some(place));
    let mut rig = rig.restart();
    assert_eq!(rig.lane.waiting(), 4);
    assert_eq!(rig.tell_all().len(), 4);
}

#[test]
fn a_checkpoint_is_due_five_seconds_after_something_changed_and_then_no_more() {
    let mut rig = Rig::new(messages());
    assert_eq!(rig.rest(), None);
    rig.offer(episode("load", 1).open());
    assert_eq!(rig.tell_all().len(), 1);
    rig.pass(1);
    rig.rest();
    assert_eq!(rig.rest(), Some(at(5)));
    rig.pass(4);
    rig.rest();
    assert_eq!((rig.rest(), rig.lane.is_saved()), (None, true));
    let before = rig.saves.len();
    rig.pass(1_000);
    rig.rest();
    assert_eq!(rig.saves.len(), before);
}

#[test]
fn a_checkpoint_that_is_asked_for_is_made_at_once() {
    let mut rig = full(3);
    assert!(!rig.lane.is_saved());
    rig.lane.checkpoint();
    rig.rest();
    assert!(rig.lane.is_saved());
    assert_eq!(rig.lane.durable_position(), Some(rig.end()));
}

#[test]
fn deliveries_go_on_while_something_is_being_saved() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all().len(), 1);
    rig.pass(1);
    let Action::Save(outcome) = rig.next() else { panic!("a save") };
    rig.offer(load.close());
    let Action::Deliver(ticket, batch) = rig.next() else { panic!("the episode is named already") };
    rig.make_durable(&outcome);
    rig.accept(&Sent { ticket, batch });
    assert_eq!(rig.lane.waiting(), 0);
}
