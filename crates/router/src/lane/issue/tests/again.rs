//! Dead letters that are delivered again.

use super::*;
use crate::DeadLetter;
use crate::lane::fixture::{episode, notification, rejected};

impl Rig {
    fn letters(&self) -> Vec<DeadLetter> {
        let letters = self.state.iter().filter(|((space, _), _)| *space == Space::DeadLetter);
        letters.map(|((_, key), bytes)| DeadLetter::read(key, bytes).expect("readable")).collect()
    }

    /// Rejects what is sent now.
    fn reject(&mut self) -> Vec<String> {
        let sent = self.sent();
        self.settle(&sent, Ok(vec![rejected(); sent.batch.len()]));
        self.pass(1);
        let said = sent.said();
        if let Ok(more) = self.run() {
            panic!("{:?} is sent besides", more.said());
        }
        said
    }

    /// Asks for all letters, as people do.
    fn ask(&mut self, salt: u64) {
        let asked = self.letters().into_iter().map(|letter| DeadLetter { asked: Some(salt), ..letter });
        let changes: Vec<Change> = asked.map(|letter| letter.change("ops")).collect();
        for Change { space, key, value } in changes {
            self.state.insert((space, key), value.expect("a put"));
        }
        self.offer_asked();
    }

    /// Offers what is asked for, as a driver does at its start and when it is told.
    fn offer_asked(&mut self) {
        let letters = self.letters();
        self.lane.offer_again(letters.into_iter().filter(|letter| letter.asked.is_some()).collect());
    }
}

#[test]
fn what_is_still_so_is_told_as_another_delivery_and_its_letter_goes() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.reject(), ["load 1 open"]);
    let before = rig.letters()[0].id;
    rig.ask(7);
    let sent = rig.sent();
    assert_eq!(sent.said(), ["load 1 open"]);
    assert_ne!(sent.only().id, before);
    rig.settle(&sent, Ok(vec![Outcome::Accepted(Some(receipt("here")))]));
    rig.offer(load.close());
    let close = rig.sent();
    assert_eq!(close.only().prior, Some(receipt("here")));
    rig.accept(&close);
    rig.settle_down();
    assert!(rig.letters().is_empty() && rig.records().is_empty());
}

#[test]
fn of_what_has_moved_on_no_earlier_state_is_told() {
    type Then = fn(&mut Rig, &tidegate_testkit::sample::Episode);
    let moved_on: [Then; 4] = [
        |rig, load| {
            rig.offer(load.update());
            assert_eq!(rig.tell_all(), ["load 2 open"]);
        },
        |rig, load| {
            rig.offer(load.close());
            assert_eq!(rig.tell_all(), ["load 2 closed"]);
            rig.settle_down();
        },
        |rig, load| {
            rig.offer(load.close());
            assert_eq!(rig.reject(), ["load 2 closed"]);
            rig.state.retain(|(space, _), bytes| *space != Space::DeadLetter || !bytes.ends_with(b"closed"));
        },
        |rig, load| {
            rig.offer(load.close());
            rig.tell_all();
            rig.offer(episode("load", 2).open());
            assert_eq!(rig.tell_all(), ["load 1 open"]);
        },
    ];
    for then in moved_on {
        let mut rig = Rig::new(messages());
        let load = episode("load", 1);
        rig.offer(load.open());
        rig.reject();
        let opening = rig.letters()[0].id;
        then(&mut rig, &load);
        rig.state.retain(|(space, key), _| *space != Space::DeadLetter || key.ends_with(&opening.to_string()));
        rig.ask(7);
        rig.rest();
        let letters = rig.letters();
        assert_eq!(letters.len(), 1, "it stays");
        assert!(letters[0].outdated && letters[0].asked.is_none(), "{letters:?}");
    }
}

#[test]
fn a_close_that_was_rejected_goes_to_the_message_it_closes_long_after() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    assert_eq!(rig.tell_all(), ["load 1 open"]);
    rig.offer(load.close());
    rig.reject();
    rig.settle_down();
    assert!(rig.records().is_empty(), "nothing is known of it any more but the letter");
    let mut rig = rig.restart();
    rig.ask(7);
    let sent = rig.sent();
    assert_eq!(
        (sent.said(), sent.only().prior.clone()),
        (vec!["load 2 closed".to_owned()], Some(receipt("load 1 open")))
    );
    assert!(sent.only().maybe_applied);
    assert_eq!(rig.records().len(), 1, "it is named before it goes");
    rig.accept(&sent);
    rig.settle_down();
    assert!(rig.letters().is_empty() && rig.records().is_empty());
}

#[test]
fn the_close_of_an_alert_that_was_never_seen_is_out_of_date() {
    let mut rig = Rig::new(alerts());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.reject();
    rig.offer(load.close());
    rig.rest();
    rig.ask(7);
    rig.rest();
    assert!(rig.letters()[0].outdated);
}

#[test]
fn one_that_is_rejected_again_is_the_same_letter_with_the_new_reason() {
    let mut rig = Rig::new(messages());
    rig.offer(notification("n", 0));
    rig.reject();
    let first = rig.letters();
    rig.ask(7);
    assert_eq!(rig.reject(), ["n 0"]);
    let second = rig.letters();
    assert_eq!((second.len(), second[0].id, second[0].asked), (1, first[0].id, None));
    assert!(second[0].at > first[0].at);
    rig.ask(9);
    assert_eq!(rig.tell_all(), ["n 0"]);
    rig.settle_down();
    assert!(rig.letters().is_empty());
}

#[test]
fn a_crash_repeats_it_as_the_same_delivery_and_once() {
    for recorded in [false, true] {
        let mut rig = Rig::new(messages());
        rig.offer(notification("n", 0));
        rig.reject();
        rig.settle_down();
        rig.ask(7);
        let before = rig.sent();
        if recorded {
            rig.pass(10);
            assert!(rig.run().is_err());
        }
        let mut rig = rig.restart();
        rig.offer_asked();
        let after = rig.sent();
        assert_eq!((after.only().id, after.only().maybe_applied), (before.only().id, true), "recorded: {recorded}");
        rig.accept(&after);
        rig.offer_asked();
        rig.settle_down();
        assert!(rig.letters().is_empty());
    }
}

#[test]
fn asked_for_twice_it_goes_once() {
    let mut rig = Rig::new(messages());
    rig.offer(notification("n", 0));
    rig.reject();
    rig.ask(7);
    rig.offer_asked();
    let stale = rig.letters();
    assert_eq!(rig.tell_all(), ["n 0"]);
    // What was read before the letter was gone.
    rig.lane.offer_again(stale);
    rig.rest();
    rig.settle_down();
    assert!(rig.letters().is_empty());
}

#[test]
fn after_a_restart_it_waits_for_what_is_in_the_journal() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.reject();
    rig.settle_down();
    rig.append(load.update());
    rig.append(load.close());
    let profile = rig.profile.clone();
    let mut rig = rig.restarted(profile, everything());
    rig.ask(7);
    rig.rest();
    assert!(!rig.letters()[0].outdated, "nothing is known yet");
    rig.read_on();
    assert_eq!(rig.tell_all(), ["load 3 closed"]);
    assert!(rig.letters()[0].outdated);
}

#[test]
fn a_letter_of_before_the_destination_changed_takes_no_receipt_there() {
    let mut rig = Rig::new(messages());
    rig.offer(notification("n", 0));
    rig.tell_all();
    rig.offer(notification("n", 1));
    rig.reject();
    let mut letter = rig.letters().remove(0);
    assert_eq!((&*letter.destination, letter.prior.clone()), ("ops", Some(receipt("n 0"))));
    letter.destination = "elsewhere".into();
    letter.asked = Some(7);
    let mut other = Rig::new(messages());
    other.lane.offer_again(vec![letter]);
    assert_eq!(other.sent().only().prior, None);
}

#[test]
fn a_close_that_another_destination_rejected_is_none_here() {
    let mut rig = Rig::new(messages());
    let load = episode("load", 1);
    rig.offer(load.open());
    rig.tell_all();
    rig.offer(load.close());
    rig.reject();
    rig.settle_down();
    let mut letter = rig.letters().remove(0);
    letter.destination = "elsewhere".into();
    letter.asked = Some(7);
    rig.lane.offer_again(vec![letter]);
    rig.rest();
    assert!(rig.letters()[0].outdated);
}

#[test]
fn what_asked_for_a_replay_is_forgotten_only_after_all_of_it_is_saved() {
    let mut rig = Rig::new(messages());
    rig.offer(notification("n", 0));
    rig.tell_all();
    rig.offer(notification("other", 0));
    rig.tell_all();
    rig.pass(10);
    let begun = loop {
        match rig.next() {
            Action::Save(changes) if changes[0].space == Space::Lane => break changes,
            Action::Save(changes) => rig.make_durable(&changes),
            action => panic!("a checkpoint begins, not {action:?}"),
        }
    };
    let done = Change::delete(Space::Lane, "ops/replay");
    let present = crate::replay::Present { event: event(notification("n", 0)), position: None };
    rig.lane.replay(vec![present], 7, done.clone());
    rig.make_durable(&begun);
    let sent = rig.sent();
    assert_eq!((sent.said(), sent.only().prior.clone()), (vec!["n 0".to_owned()], Some(receipt("n 0"))));
    for _ in 0..2 {
        rig.pass(10);
        rig.rest();
    }
    let is_in = |save: &&Vec<Change>, wanted: &str| {
        let value = |change: &Change| change.value.clone().unwrap_or_default();
        save.iter().any(|change| String::from_utf8_lossy(&value(change)).contains(wanted))
    };
    let waiting = rig.saves.iter().position(|save| is_in(&save, "\"salts\":[7]")).expect("it is saved");
    let forgotten = rig.saves.iter().position(|save| save.contains(&done)).expect("it is forgotten");
    assert!(waiting < forgotten, "{waiting} and {forgotten}");
}
