//! Dead letters that are delivered again.

use super::*;
use crate::lane::fixture::rejected;

impl Rig {
    fn letters(&self) -> Vec<DeadLetter> {
        let letters = self.state.iter().filter(|((space, _), _)| *space == Space::DeadLetter);
        letters.map(|((_, key), bytes)| DeadLetter::read(key, bytes).expect("readable")).collect()
    }

    fn offer_asked(&mut self) {
        let asked = self.letters().into_iter().map(|letter| DeadLetter { asked: Some(7), ..letter });
        self.lane.offer_again(asked.collect(), self.now);
    }
}

/// One line, rejected; the cursor is behind it.
fn with_a_letter() -> Rig {
    let mut rig = Rig::new();
    rig.offer();
    let sent = rig.sent();
    rig.settle(&sent, Ok(vec![rejected()]));
    rig.rest();
    rig.pass(2_000);
    rig.rest();
    assert_eq!(rig.saved(), Some(2));
    rig
}

#[test]
fn a_line_goes_as_another_delivery_and_its_letter_goes_with_it() {
    let mut rig = with_a_letter();
    let before = rig.letters()[0].id;
    rig.offer_asked();
    rig.offer_asked();
    rig.offer();
    let sent = rig.sent();
    assert_eq!(sent.said(), ["line 1", "line 2"], "once");
    assert_ne!(sent.batch[0].id, before);
    rig.accept(&sent);
    rig.rest();
    assert!(rig.letters().is_empty());
    rig.pass(2_000);
    rig.rest();
    assert_eq!((rig.saved(), rig.lane.is_saved(), rig.lane.waiting_bytes()), (Some(3), true, 0));
}

#[test]
fn a_line_that_is_rejected_again_is_the_same_letter() {
    let mut rig = with_a_letter();
    let before = rig.letters();
    rig.offer_asked();
    let sent = rig.sent();
    rig.pass(1_000);
    rig.settle(&sent, Ok(vec![rejected()]));
    rig.rest();
    let after = rig.letters();
    assert_eq!((after.len(), after[0].id, after[0].asked), (1, before[0].id, None));
    assert!(after[0].at > before[0].at);
}

#[test]
fn a_line_that_cannot_be_delivered_for_too_long_stays_a_letter_and_is_not_lost() {
    let mut rig = with_a_letter();
    rig.offer_asked();
    let sent = rig.sent();
    rig.fail(&sent, tidegate_sink::SinkErrorKind::Unavailable);
    rig.pass(1_000 * 60 * 60 * 24 * 30);
    rig.rest();
    assert_eq!((rig.letters().len(), rig.lane.lost(), rig.lane.waiting()), (1, 0, 0));
}
