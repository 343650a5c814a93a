use tidegate_event::Severity;

use super::*;
use crate::lane::fixture::{episode, notification};

fn urgent() -> Subscription {
    everything().with_min_severity(Severity::Error)
}

#[test]
fn what_never_passes_is_never_told_nor_kept() {
    let mut rig = Rig::with(messages(), urgent(), Policy::new());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.offer(load.close());
    rig.offer(notification("backup", 0));
    assert_eq!(rig.tell_all(), Vec::<String>::new());
    assert_eq!((rig.lane.waiting(), rig.lane.waiting_bytes()), (0, 0));
    rig.settle_down();
    assert_eq!(rig.records(), Vec::<&str>::new());
}

#[test]
fn an_episode_that_gets_worse_passes_with_the_event_that_is_bad_enough() {
    let mut rig = Rig::with(messages(), urgent(), Policy::new());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.offer(load.update_at(Severity::Critical));
    assert_eq!(rig.tell_all(), ["load 2 open"]);
}

#[test]
fn a_severity_that_falls_below_the_filter_is_still_told() {
    let mut rig = Rig::with(messages(), urgent(), Policy::new());
    let load = episode("load", 1);
    rig.offer(load.update_at(Severity::Critical));
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.offer(load.update_at(Severity::Info));
    rig.offer(load.close());
    assert_eq!(rig.tell_all(), ["load 3 closed"]);
}

#[test]
fn a_mute_stops_new_episodes_and_not_those_that_passed() {
    let mut rig = Rig::new(messages());
    let (told, waiting, new) = (episode("told", 1), episode("waiting", 1), episode("new", 1));
    rig.offer(told.open());
    assert_eq!(rig.tell_all(), ["told 1 open"]);
    rig.offer(waiting.open());
    let openings = rig.open_now(0, []);
    let mut rig = rig.refiltered(everything().with_mute(true), openings);
    rig.offer(new.open());
    rig.offer(told.close());
    let mut said = rig.tell_all();
    said.sort();
    assert_eq!(said, ["told 2 closed", "waiting 1 open"]);
}

#[test]
fn a_restart_with_a_mute_still_tells_what_had_passed() {
    let mut rig = Rig::new(alerts());
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.settle_down();
    rig.append(load.update_at(Severity::Critical));
    rig.append(load.close());
    let mut rig = rig.restarted(alerts(), everything().with_mute(true));
    rig.read_on();
    assert_eq!(rig.tell_all(), ["load 3 closed"]);
}

#[test]
fn when_the_mute_ends_the_issues_that_are_open_then_are_told_once() {
    let mut rig = Rig::with(messages(), everything().with_mute(true), Policy::new());
    let (open, over) = (episode("open", 1), episode("over", 1));
    rig.offer(open.open());
    rig.offer(over.open());
    rig.offer(over.close());
    let opened = open.update();
    rig.offer(opened.clone());
    for _ in 0..2 {
        let openings = rig.open_now(0, [opened.clone().into()]);
        rig = rig.refiltered(everything(), openings);
    }
    assert_eq!(rig.tell_all(), ["open 2 open"]);
    rig.offer(open.close());
    assert_eq!(rig.tell_all(), ["open 3 closed"]);
}

#[test]
fn a_filter_of_kinds_the_sink_does_not_take_is_cut_to_those_it_does() {
    let mut rig = Rig::new(messages().with_kinds([EventKind::Notification].into()));
    rig.offer(episode("load", 1).open());
    rig.offer(notification("backup", 0));
    assert_eq!(rig.tell_all(), ["backup 0"]);
}
