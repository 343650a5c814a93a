use super::*;
use crate::lane::fixture::{episode, notification};

fn elsewhere() -> Profile {
    Profile::new("elsewhere")
}

/// A lane with an issue that was told, and one that waits.
fn told(rig: &mut Rig) {
    rig.offer(episode("load", 1).open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.settle_down();
}

#[test]
fn a_receipt_is_handed_back_at_its_destination_only() {
    let mut rig = Rig::new(messages());
    told(&mut rig);
    // The driver begins anew in such a case; the lane itself is no less careful.
    let mut rig = rig.restarted(elsewhere(), everything());
    rig.read_on();
    let mut event = (*rig.journal[0]).clone();
    if let Event::Issue(issue) = &mut event {
        issue.sequence = 2;
    }
    rig.offer(event);
    assert_eq!(rig.sent().only().prior, None);
}

#[test]
fn a_lane_for_another_destination_begins_with_the_open_issues_its_filter_takes() {
    let (load, disk) = (episode("load", 1), episode("disk", 1));
    let issues = [load.open(), disk.with_severity(tidegate_event::Severity::Info).open()];
    let openings = Openings { at: Position::new(5), issues: issues.into_iter().map(event).collect(), salt: 0 };
    let filter = everything().with_min_severity(tidegate_event::Severity::Warning);
    let mut rig = Rig::begun(elsewhere(), filter, Policy::new(), &openings);
    let sent = rig.sent();
    assert_eq!(sent.said(), ["load 1 open"]);
    assert_eq!((sent.only().prior.clone(), sent.only().maybe_applied), (None, false));
    rig.accept(&sent);
    rig.rest();
    let bytes = &rig.state[&(Space::Lane, "ops/issues".to_owned())];
    assert_eq!(serde_json::from_slice::<LaneRecord>(bytes).expect("readable").destination, "elsewhere".into());
}

#[test]
fn events_from_before_the_openings_do_not_follow_them() {
    let load = episode("load", 1);
    let old = load.open();
    let openings = Openings { at: Position::new(5), issues: vec![event(load.update())], salt: 0 };
    let mut rig = Rig::begun(elsewhere(), everything(), Policy::new(), &openings);
    assert_eq!(rig.tell_all(), ["load 2 open"]);
    rig.lane.offer(Position::new(5), &event(old));
    assert_eq!(rig.tell_all(), Vec::<String>::new(), "an append that was repeated");
    rig.lane.offer(Position::new(6), &event(load.close()));
    assert_eq!(rig.tell_all(), ["load 3 closed"]);
}

#[test]
fn notifications_from_before_the_openings_are_told_and_issues_are_not() {
    let load = episode("load", 1);
    let (policy, profile) = (Policy::new(), elsewhere());
    let (from, at) = (Position::new(2), Position::new(6));
    let openings = Openings { at, issues: vec![event(load.open())], salt: 0 };
    let lane = IssueLane::begin("ops".into(), everything(), &profile, &policy, from, &openings);
    let mut rig = Rig::of(lane, profile, policy);
    assert_eq!((rig.lane.position(), rig.lane.is_behind()), (from, true));
    rig.rest();
    rig.lane.offer(Position::new(2), &event(notification("backup", 0)));
    rig.lane.offer(Position::new(3), &event(load.close()));
    rig.lane.offer(Position::new(4), &event(episode("disk", 1).open()));
    rig.rest();
    rig.lane.advance(at);
    let mut said = rig.tell_all();
    said.sort();
    assert_eq!(said, ["backup 0", "load 1 open"]);
}

#[test]
fn until_the_first_checkpoint_is_durable_no_place_of_the_lane_is() {
    let openings = Openings { at: Position::new(5), issues: vec![event(episode("load", 1).open())], salt: 0 };
    let mut rig = Rig::begun(elsewhere(), everything(), Policy::new(), &openings);
    let Action::Save(window) = rig.next() else { panic!("a save") };
    assert!(window.iter().all(|change| change.space == Space::Key));
    rig.make_durable(&window);
    assert_eq!((rig.lane.durable_position(), rig.saved_position()), (None, None));
    let Action::Save(place) = rig.next() else { panic!("a save") };
    rig.make_durable(&place);
    assert_eq!(rig.lane.durable_position(), Some(Position::new(5)));
}
