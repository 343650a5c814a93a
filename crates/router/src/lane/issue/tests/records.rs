use std::error::Error as _;

use futures::FutureExt as _;

use super::*;
use crate::lane::fixture::{episode, ms};

fn spaces(changes: &[Change]) -> Vec<Space> {
    changes.iter().map(|change| change.space).collect()
}

fn save(rig: &mut Rig) -> Vec<Change> {
    match rig.next() {
        Action::Save(changes) => changes,
        action => panic!("a save, not {action:?}"),
    }
}

#[test]
fn nothing_is_sent_before_the_record_that_names_the_episode_is_durable() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    let changes = save(&mut rig);
    assert_eq!(spaces(&changes), [Space::Key]);
    let record = KeyRecord::read("a", changes[0].value.as_ref().expect("a put")).expect("readable");
    assert_eq!(record.told.map(|told| (told.episode, told.settled)), Some((load.id(), false)));
    for _ in 0..3 {
        assert!(matches!(rig.next(), Action::SleepUntil(_) | Action::Idle), "it waits for the save");
    }
    rig.make_durable(&changes);
    assert_eq!(rig.sent().said(), ["load 1 open"]);
}

#[test]
fn an_episode_is_named_once_and_each_new_one_of_its_key_again() {
    let mut rig = Rig::new(messages());
    let (first, second) = (episode("load", 1), episode("load", 2));
    rig.offer(first.open());
    assert_eq!(rig.tell_all().len(), 1);
    let before = rig.saves.len();
    rig.offer(first.update());
    assert_eq!(rig.tell_all().len(), 1);
    assert_eq!(rig.saves.len(), before, "no save before an update");
    rig.offer(first.close());
    rig.offer(second.open());
    assert_eq!(rig.tell_all().len(), 2);
    assert_eq!(rig.saves.len(), before + 1);
}

#[test]
fn up_to_256_episodes_are_named_in_one_write() {
    let mut rig = Rig::new(messages().with_concurrency(1_000));
    for number in 0..300 {
        rig.offer(episode(&format!("kind-{number}"), 1).open());
    }
    let first = save(&mut rig);
    assert_eq!(first.len(), 256);
    rig.make_durable(&first);
    let mut sent = 0;
    while let Ok(batch) = rig.run() {
        sent += batch.batch.len();
    }
    assert_eq!((sent, rig.saves.last().map(Vec::len)), (300, Some(44)));
}

#[test]
fn those_that_are_named_do_not_wait_for_those_that_are_not() {
    let mut rig = Rig::new(messages().with_concurrency(2));
    let (old, new) = (episode("old", 1), episode("new", 1));
    rig.offer(old.open());
    assert_eq!(rig.tell_all(), ["old 1 open"]);
    rig.offer(new.open());
    rig.offer(old.close());
    assert_eq!(rig.sent().said(), ["old 2 closed"]);
    assert_eq!(rig.sent().said(), ["new 1 open"]);
}

#[test]
fn nothing_is_named_while_the_gate_is_shut() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("a", 1).open());
    let sent = rig.sent();
    rig.fail(&sent, tidegate_sink::SinkErrorKind::Unauthorized);
    rig.offer(episode("b", 1).open());
    let before = rig.saves.len();
    rig.rest();
    assert_eq!(rig.saves.len(), before);
}

#[test]
fn outcomes_are_saved_within_100_ms_together() {
    let mut rig = Rig::new(messages());
    for kind in ["a", "b", "c"] {
        rig.offer(episode(kind, 1).open());
    }
    assert_eq!(rig.tell_all().len(), 3);
    let before = rig.saves.len();
    assert_eq!(rig.rest(), Some(ms(100)));
    rig.now = ms(99);
    rig.rest();
    assert_eq!(rig.saves.len(), before);
    rig.now = ms(100);
    rig.rest();
    assert_eq!(rig.saves.len(), before + 1);
    let outcomes = rig.saves.last().expect("a save");
    assert_eq!(outcomes.iter().filter(|change| change.space == Space::Key).count(), 3);
    assert_eq!(outcomes.iter().filter(|change| change.space == Space::History).count(), 3);
    assert_eq!(rig.lane.durable_position(), Some(Position::new(1)), "the journal is kept for the checkpoint");
}

#[test]
fn the_record_of_a_finished_key_goes_only_behind_a_durable_checkpoint() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.offer(load.close());
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
    rig.settle_down();
    assert_eq!(rig.records(), Vec::<&str>::new());
    let deletion = rig
        .saves
        .iter()
        .position(|save| save.iter().any(|change| change.space == Space::Key && change.value.is_none()))
        .expect("the record is deleted");
    let durable = |save: &Vec<Change>| {
        save.iter().any(|change| {
            change.space == Space::Lane
                && change.value.as_ref().is_some_and(|bytes| {
                    serde_json::from_slice::<LaneRecord>(bytes).expect("readable").position > Position::new(2)
                })
        })
    };
    assert!(rig.saves[..deletion].iter().any(durable));
    assert!(rig.lane.index.is_empty() && rig.lane.slots.is_empty(), "nor is it in memory");
}

#[test]
fn a_key_that_finished_during_a_long_checkpoint_waits_for_the_next_one() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.pass(1);
    rig.rest();
    rig.lane.checkpoint();
    let place = save(&mut rig);
    assert_eq!(spaces(&place), [Space::Lane]);
    rig.offer(load.close());
    let Action::Deliver(ticket, batch) = rig.next() else { panic!("the close goes while the place is being saved") };
    rig.accept(&Sent { ticket, batch });
    rig.next();
    rig.pass(120);
    rig.make_durable(&place);
    rig.rest();
    let behind = rig.lane.durable_position().is_some_and(|durable| durable < rig.end());
    assert_eq!((behind, rig.records().len()), (true, 1), "a replay from there still needs the record");
    rig.settle_down();
    assert_eq!((rig.lane.durable_position(), rig.records().len()), (Some(rig.end()), 0));
}

#[test]
fn a_key_that_opened_again_keeps_its_record() {
    let mut rig = Rig::new(messages());
    let (first, second) = (episode("load", 1), episode("load", 2));
    rig.offer(first.open());
    assert_eq!(rig.tell_all().len(), 1);
    rig.offer(first.close());
    assert_eq!(rig.tell_all().len(), 1);
    rig.pass(30);
    rig.offer(second.open());
    assert_eq!(rig.tell_all().len(), 1);
    rig.settle_down();
    rig.settle_down();
    assert_eq!(rig.records().len(), 1);
    rig.offer(second.close());
    let closing = rig.sent();
    assert_eq!(closing.only().prior, Some(receipt("load 1 open")));
}

#[test]
fn an_open_issue_keeps_its_record_for_as_long_as_it_is_open() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all().len(), 1);
    for _ in 0..100 {
        rig.pass(86_400);
        rig.rest();
    }
    assert_eq!(rig.records().len(), 1);
    rig.offer(load.close());
    assert_eq!(rig.sent().only().prior, Some(receipt("load 1 open")));
}

#[test]
fn a_finished_key_is_forgotten_at_the_next_checkpoint() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.offer(load.close());
    assert_eq!(rig.tell_all(), ["load 2 closed"]);
    rig.pass(1);
    rig.rest();
    assert_eq!(rig.records().len(), 1);
    rig.lane.checkpoint();
    rig.rest();
    assert_eq!((rig.records().len(), rig.lane.slots.len()), (0, 0));
}

#[test]
fn a_key_that_finishes_again_and_again_is_finished_once() {
    let mut rig = Rig::new(messages());
    for number in 1..50 {
        let load = episode("load", number);
        rig.offer(load.open());
        rig.offer(load.close());
        assert_eq!(rig.tell_all(), ["load 2 closed"]);
    }
    rig.offer(episode("load", 50).open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.settle_down();
    assert_eq!(rig.records().len(), 1, "it is open");
}

#[test]
fn records_of_other_destinations_go_once_the_first_checkpoint_is_durable() {
    let openings = Openings { at: Position::new(1), ..Openings::default() };
    let mut rig = Rig::begun(messages(), everything(), Policy::new(), &openings);
    let others: Vec<String> = (0..300).map(|number| format!("ops/_p.before/i/{number:03}")).collect();
    rig.lane.supersede(others);
    rig.rest();
    let sizes: Vec<(Space, usize, bool)> =
        rig.saves.iter().map(|save| (save[0].space, save.len(), save[0].value.is_none())).collect();
    assert_eq!(sizes, [(Space::Lane, 1, false), (Space::Key, 256, true), (Space::Key, 44, true)]);
    assert!(rig.lane.is_saved());
}

#[test]
fn a_record_is_named_by_where_it_was_told() {
    let mut rig = Rig::new(Profile::new("slack:C1/2"));
    rig.offer(episode("load", 1).open());
    assert_eq!(rig.tell_all().len(), 1);
    assert!(rig.records()[0].starts_with("ops/_p.slack_3AC1_2F2/i/load"), "{:?}", rig.records());
}

#[test]
fn the_last_attempts_are_saved_with_a_checkpoint() {
    let mut rig = Rig::new(messages());
    rig.offer(episode("load", 1).open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    assert!(!rig.lane.is_saved());
    rig.lane.checkpoint();
    rig.rest();
    let history = rig.state.keys().filter(|(space, _)| *space == Space::History).count();
    assert_eq!((history, rig.lane.is_saved()), (1, true));
    let before = rig.saves.len();
    rig.pass(1);
    rig.rest();
    assert_eq!(rig.saves.len(), before, "nor are they saved twice");
}

#[test]
fn a_lane_record_that_cannot_be_read_or_is_newer_is_an_error_that_names_it() {
    use tidegate_store::StateStore;
    let state = tidegate_store::MemoryState::new();
    let found = |text: Option<&'static str>| {
        let change = Change { space: Space::Lane, key: "ops/issues".to_owned(), value: text.map(Into::into) };
        state.save(&[change]).now_or_never().expect("never waits").expect("nor fails");
        let found = LaneRecord::find(&state, "ops", LaneRecord::ISSUES).now_or_never().expect("never waits");
        found.map_err(|error| (error.to_string(), error.source().expect("why not").to_string()))
    };
    assert_eq!(found(None), Ok(None));
    let record = LaneRecord::new(Position::new(7), "here".into());
    assert_eq!(found(Some(r#"{"version":1,"position":7,"destination":"here"}"#)), Ok(Some(record)));
    let unreadable = |why: &str| {
        Err(("`ops/issues` cannot be read; deleting it makes the lane begin anew: damaged".to_owned(), why.to_owned()))
    };
    let newer = "it is of version 2, which a newer tidegate has written; this one reads up to version 1";
    assert_eq!(found(Some(r#"{"version":2,"place":7}"#)), unreadable(newer));
    assert_eq!(found(Some("{}")), unreadable("it is not of the shape that version 1 has"));
}
