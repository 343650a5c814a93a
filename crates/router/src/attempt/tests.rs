use tidegate_sink::{Reason, SinkError, SinkErrorKind};
use tidegate_testkit::sample;

use super::*;

fn attempt(outcome: &Outcome) -> Attempt {
    Attempt::new(&sample::issue().into(), outcome, sample::at()).expect("an issue has a history")
}

#[test]
fn it_says_how_it_went_in_the_words_of_the_service() {
    let rejected = Outcome::Rejected(Reason::new("too long").with_answer("400"));
    let failed = Outcome::Failed(SinkError::new(SinkErrorKind::Throttled, "429"));
    let said = |outcome: &Outcome| {
        let Attempt { outcome, words, .. } = attempt(outcome);
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
    let words = attempt(&failed).words.expect("words");
    assert_eq!((words.len(), words.chars().last()), (1_023 + '…'.len_utf8(), Some('…')));
}

#[test]
fn the_twenty_first_takes_the_place_of_the_first() {
    let attempt = attempt(&Outcome::Untouched);
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

#[test]
fn it_says_what_was_to_be_told_and_is_read_as_it_was_kept() {
    let long = Event::from(sample::notification("n").with_revision(3));
    let mut issue = sample::issue();
    issue.summary = "ü".repeat(500);
    for event in [long, issue.clone().into()] {
        let attempt = Attempt::new(&event, &Outcome::Untouched, sample::at()).expect("it has a history");
        let change = attempt.change("ops", "episode", 3);
        assert_eq!(Attempt::read(&change.key, &change.value.expect("a put")).expect("readable"), attempt);
        match attempt.about {
            About::Notification { id, revision } => assert_eq!((&*id, revision), ("n", 3)),
            About::Issue { key, episode, sequence, state } => {
                assert_eq!((key, episode, sequence), (issue.key.clone(), issue.episode, 1));
                assert_eq!((state, attempt.summary.len()), (IssueState::Open, 256 + '…'.len_utf8()));
            }
        }
    }
    assert_eq!(Attempt::new(&sample::log("line").into(), &Outcome::Untouched, sample::at()), None);

    let newer = Attempt::read("ops/e/00", &Bytes::from_static(br#"{"version":2}"#)).expect_err("it is newer");
    assert_eq!(newer.to_string(), "the record `ops/e/00` of History: damaged");
}
