use tidegate_event::Severity;
use tidegate_sink::SinkErrorKind::{Unavailable, Unreachable};

use super::*;
use crate::lane::fixture::{episode, rejected};

/// Updates five minutes apart.
fn calm() -> Rig {
    Rig::new(messages().with_update_interval(Duration::from_mins(5)))
}

#[test]
fn updates_keep_their_interval_apart_and_the_last_one_is_told() {
    let mut rig = calm();
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    for _ in 0..4 {
        rig.pass(60);
        rig.offer(load.update());
        assert_eq!(rig.tell_all(), Vec::<String>::new());
    }
    rig.pass(60);
    assert_eq!(rig.tell_all(), ["load 5 open"]);
    rig.offer(load.update());
    rig.pass(299);
    assert_eq!(rig.tell_all(), Vec::<String>::new(), "the interval runs from what was told last");
    rig.pass(1);
    assert_eq!(rig.tell_all(), ["load 6 open"]);
}

#[test]
fn it_sleeps_until_the_update_is_due() {
    let mut rig = calm();
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all().len(), 1);
    rig.offer(load.update());
    rig.pass(10);
    rig.rest();
    rig.pass(10);
    rig.rest();
    assert_eq!(rig.rest(), Some(at(300)));
}

#[test]
fn an_opening_and_a_close_never_wait_for_the_interval() {
    let mut rig = calm();
    let (first, second) = (episode("load", 1), episode("load", 2));
    rig.offer(first.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.offer(first.update());
    rig.offer(first.close());
    rig.offer(second.open());
    assert_eq!(rig.tell_all(), ["load 3 closed", "load 1 open"]);
}

#[test]
fn a_severity_above_the_one_last_told_does_not_wait_though_another_update_hid_its_rise() {
    let mut rig = calm();
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.offer(load.update_at(Severity::Info));
    assert_eq!(rig.tell_all(), Vec::<String>::new(), "a fall waits");
    rig.offer(load.update_at(Severity::Critical));
    rig.offer(load.update_at(Severity::Critical));
    assert_eq!(rig.tell_all(), ["load 4 open"]);
    rig.offer(load.update_at(Severity::Error));
    rig.offer(load.update_at(Severity::Critical));
    assert_eq!(rig.tell_all(), Vec::<String>::new(), "no worse than what was told");
}

#[test]
fn a_rise_that_was_rejected_was_not_told() {
    let mut rig = calm();
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.offer(load.update_at(Severity::Critical));
    let rise = rig.sent();
    rig.settle(&rise, Ok(vec![rejected()]));
    rig.offer(load.update_at(Severity::Critical));
    assert_eq!(rig.tell_all(), ["load 3 open"]);
}

#[test]
fn while_nothing_was_accepted_no_update_waits() {
    let mut rig = calm();
    let load = episode("load", 1);
    rig.offer(load.open());
    let opening = rig.sent();
    rig.settle(&opening, Ok(vec![rejected()]));
    rig.offer(load.update());
    let update = rig.sent();
    rig.fail(&update, Unavailable);
    rig.offer(load.update());
    rig.pass(2);
    assert_eq!(rig.tell_all(), ["load 3 open"]);
}

#[test]
fn an_update_that_failed_is_tried_again_without_waiting_for_another_interval() {
    let mut rig = calm();
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.offer(load.update());
    rig.pass(300);
    let update = rig.sent();
    rig.fail(&update, Unreachable);
    rig.pass(2);
    assert_eq!(rig.tell_all(), ["load 2 open"]);
}

#[test]
fn the_policy_overrides_the_interval_of_the_profile() {
    let profile = messages().with_update_interval(Duration::from_mins(5));
    let policy = Policy::new().with_update_interval(Duration::from_secs(10));
    let mut rig = Rig::with(profile, everything(), policy);
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.offer(load.update());
    rig.pass(10);
    assert_eq!(rig.tell_all(), ["load 2 open"]);
}

#[test]
fn the_interval_and_the_severity_told_survive_a_restart() {
    let mut rig = calm();
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.settle_down();
    let mut rig = rig.restart();
    rig.offer(load.update());
    assert_eq!(rig.tell_all(), Vec::<String>::new());
    rig.offer(load.update_at(Severity::Critical));
    assert_eq!(rig.tell_all(), ["load 3 open"]);
}

#[test]
fn the_end_of_an_outage_ends_the_waits_of_all_keys() {
    let mut rig = Rig::new(messages().with_batch(2));
    for kind in ["a", "b"] {
        rig.offer(episode(kind, 1).open());
    }
    let mut trials = 0;
    loop {
        if let Ok(sent) = rig.run() {
            trials += sent.batch.len();
            rig.fail(&sent, Unreachable);
        }
        if trials >= 20 {
            break;
        }
        rig.pass(1);
    }
    rig.offer(episode("c", 1).open());
    loop {
        match rig.run() {
            Ok(sent) => {
                rig.accept(&sent);
                break;
            }
            Err(_) => rig.pass(1),
        }
    }
    let told = rig.tell_all();
    assert!(told.len() <= 2 && rig.lane.waiting() == 0, "{told:?}, {} waiting", rig.lane.waiting());
}
