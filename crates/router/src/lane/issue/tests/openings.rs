use super::*;
use crate::lane::fixture::episode;

#[test]
fn openings_of_later_wait_until_the_lane_has_read_so_far() {
    let mut rig = Rig::with(messages(), everything().with_mute(true), Policy::new());
    let (load, disk) = (episode("load", 1), episode("disk", 1));
    let (load_open, disk_open) = (load.open(), disk.open());
    rig.append(load_open.clone());
    rig.append(load.close());
    rig.append(disk_open.clone());
    let mut rig = rig.restarted(messages(), everything());
    // Taken at the end, when only the disk is still open.
    let openings = rig.open_now(0, [disk_open.into()]);
    rig.lane.tell(openings);
    assert_eq!(rig.lane.wants_openings(), None);
    assert_eq!(rig.tell_all(), Vec::<String>::new());
    rig.read_on();
    let mut said = rig.tell_all();
    said.sort();
    assert_eq!(said, ["disk 1 open", "load 2 closed"], "the filter takes load by itself, as of now");
}

#[test]
fn openings_that_are_out_of_date_are_refused() {
    let mut rig = Rig::with(messages(), everything().with_mute(true), Policy::new());
    let load = episode("load", 1);
    let open = load.open();
    rig.offer(open.clone());
    let outdated = rig.open_now(3, [open.into()]);
    rig.offer(load.close());
    rig.lane.tell(outdated);
    assert_eq!(rig.lane.wants_openings(), Some(3));
    assert_eq!(rig.tell_all(), Vec::<String>::new(), "it would never be told as closed");
    let present = rig.open_now(3, []);
    rig.lane.tell(present);
    assert_eq!(rig.lane.wants_openings(), None);
}

#[test]
fn the_salt_of_refused_openings_is_not_lost_to_later_ones_without() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("load", 1).open());
    let at = Position::new(1);
    rig.lane.tell(Openings { at, issues: Vec::new(), salt: 5 });
    rig.lane.tell(Openings { at, issues: Vec::new(), salt: 0 });
    assert_eq!(rig.lane.wants_openings(), Some(5));
}

#[test]
fn a_retelling_tells_what_is_open_again_as_another_delivery() {
    let mut rig = Rig::new(messages().with_update_interval(Duration::from_hours(1)));
    let load = episode("load", 1);
    let open = load.open();
    rig.offer(open.clone());
    let first = rig.sent();
    rig.settle(&first, Ok(vec![Outcome::Accepted(Some(receipt("ts")))]));
    for salt in [0, 7] {
        let openings = rig.open_now(salt, [open.clone().into()]);
        rig.lane.tell(openings);
        if salt == 0 {
            assert_eq!(rig.tell_all(), Vec::<String>::new(), "without a salt only what was not told");
        }
    }
    let again = rig.sent();
    assert_eq!(again.said(), ["load 1 open"], "and it does not wait for the interval");
    assert_ne!(again.only().id, first.only().id);
    assert_eq!((again.only().prior.clone(), again.only().maybe_applied), (Some(receipt("ts")), true));
    rig.fail(&again, tidegate_sink::SinkErrorKind::Unreachable);
    rig.pass(2);
    assert_eq!(rig.sent().only().id, again.only().id, "the same on every attempt");
}

#[test]
fn two_retellings_with_different_salts_are_two_deliveries() {
    let mut rig = Rig::new(messages());
    let open = episode("load", 1).open();
    rig.offer(open.clone());
    assert_eq!(rig.tell_all().len(), 1);
    let mut ids = Vec::new();
    for salt in [7, 8] {
        let openings = rig.open_now(salt, [open.clone().into()]);
        rig.lane.tell(openings);
        let sent = rig.sent();
        ids.push(sent.only().id);
        rig.accept(&sent);
    }
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_retelling_is_not_lost_to_an_update_that_takes_its_place() {
    let mut rig = Rig::new(messages().with_update_interval(Duration::from_hours(1)));
    let load = episode("load", 1);
    let open = load.open();
    rig.offer(open.clone());
    assert_eq!(rig.tell_all().len(), 1);
    let openings = rig.open_now(7, [open.into()]);
    rig.lane.tell(openings);
    rig.offer(load.update());
    assert_eq!(rig.tell_all(), ["load 2 open"], "at once, as the retelling would have been");
}

#[test]
fn an_event_told_after_the_filter_widened_is_the_same_delivery_as_it_would_have_been() {
    let load = episode("load", 1);
    let open = load.open();
    let mut plain = Rig::new(messages());
    plain.offer(open.clone());
    let mut muted = Rig::with(messages(), everything().with_mute(true), Policy::new());
    muted.offer(open.clone());
    let openings = muted.open_now(0, [open.into()]);
    let mut muted = muted.refiltered(everything(), openings);
    assert_eq!(plain.sent().only().id, muted.sent().only().id);
}

#[test]
fn of_openings_that_wait_the_newest_are_told_with_the_largest_salt() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    let open = load.open();
    rig.offer(open.clone());
    let first = rig.sent();
    rig.accept(&first);
    let disk = episode("disk", 1).open();
    let at = |ahead: u64| Position::new(2 + ahead);
    rig.lane.tell(Openings { at: at(1), issues: vec![event(open.clone())], salt: 7 });
    rig.lane.tell(Openings { at: at(3), issues: vec![event(open), event(disk)], salt: 0 });
    rig.lane.tell(Openings { at: at(2), issues: Vec::new(), salt: 0 });
    rig.lane.tell(Openings { at: at(0), issues: Vec::new(), salt: 0 });
    assert_eq!(rig.lane.wants_openings(), None);
    rig.lane.advance(at(2));
    assert_eq!(rig.tell_all(), Vec::<String>::new());
    rig.lane.advance(at(3));
    let again = rig.sent();
    assert_eq!(again.said(), ["load 1 open"]);
    assert_ne!(again.only().id, first.only().id);
    rig.accept(&again);
    assert_eq!(rig.tell_all(), ["disk 1 open"]);
}

#[test]
fn a_retelling_is_the_same_delivery_after_a_crash() {
    let mut rig = Rig::new(messages().with_update_interval(Duration::from_hours(1)));
    let open = episode("load", 1).open();
    rig.offer(open.clone());
    let first = rig.sent();
    rig.accept(&first);
    let openings = rig.open_now(7, [open.into()]);
    rig.lane.tell(openings);
    let again = rig.sent();
    rig.lane.checkpoint();
    rig.rest();
    let mut rig = rig.restart();
    let after = rig.sent();
    assert_eq!(after.only().id, again.only().id, "and it waits for no interval");
    assert_ne!(after.only().id, first.only().id);
}

#[test]
fn a_record_tells_of_salts_only_where_there_are_any() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("load", 1).open());
    rig.lane.checkpoint();
    let Action::Save(changes) = rig.next() else { panic!("a save") };
    let text = changes[0].value.clone().expect("a put");
    assert!(!String::from_utf8_lossy(&text).contains("salt"), "as it was written before there were any");
    let waiting: Vec<_> =
        KeyRecord::read("a", &text).expect("readable").waiting().map(|waiting| waiting.salt).collect();
    assert_eq!(waiting, [0]);
}
