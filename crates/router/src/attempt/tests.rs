use tidegate_sink::{Reason, SinkError, SinkErrorKind};
use tidegate_testkit::sample;

use super::*;

#[test]
fn it_says_how_it_went_in_the_words_of_the_service() {
    let rejected = Outcome::Rejected(Reason::new("too long").with_answer("400"));
    let failed = Outcome::Failed(SinkError::new(SinkErrorKind::Throttled, "429"));
    let said = |outcome: &Outcome| {
        let Attempt { outcome, words, .. } = Attempt::new(outcome, sample::at());
        (outcome, words)
    };
    assert_eq!(said(&Outcome::Accepted(None)), ("accepted".to_owned(), None));
    assert_eq!(said(&rejected), ("rejected".to_owned(), Some("too long (the service said: 400)".to_owned())));
    assert_eq!(said(&failed), ("throttled".to_owned(), Some("429".to_owned())));
    assert_eq!(said(&Outcome::Untouched), ("untouched".to_owned(), None));
}

#[test]
fn words_without_end_are_cut_between_characters() {
    let failed = Outcome::Failed(SinkError::new(SinkErrorKind::Unavailable, format!("x{}", "ü".repeat(5_000))));
    let words = Attempt::new(&failed, sample::at()).words.expect("words");
    assert_eq!((words.len(), words.chars().last()), (1_023 + '…'.len_utf8(), Some('…')));
}

#[test]
fn the_twenty_first_takes_the_place_of_the_first() {
    let attempt = Attempt::new(&Outcome::Untouched, sample::at());
    let keys: Vec<String> = (0..45).map(|number| attempt.change("ops", "episode", number).key).collect();
    assert_eq!((&*keys[1], &keys[21], &keys[41]), ("ops/episode/01", &keys[1], &keys[1]));
    assert!(keys.iter().all(|key| Attempt::group(key) == "ops/episode"));
    let bits = keys.iter().fold(0, |bits, key| bits | Attempt::bit(key));
    let mut all: Vec<String> = Attempt::keys("ops/episode", bits).collect();
    let mut distinct = keys;
    distinct.sort();
    distinct.dedup();
    all.sort();
    assert_eq!(all, distinct, "which is what is deleted with the group");
}
