//! When it opens, closes, and is unknown.

use super::*;
use crate::Ledger;

/// One step: a round, a tick, or any other signal.
enum Step {
    Bad(i64),
    Clean(i64),
    Tick(i64),
    Show(Signal),
}
use Step::{Bad, Clean, Show, Tick};

fn play(detector: &mut ClusterConsensus, steps: Vec<Step>) -> Vec<String> {
    let mut findings = Vec::new();
    for step in steps {
        match step {
            Bad(seconds) => detector.observe(&round(seconds, Some(3), broken()), &mut findings),
            Clean(seconds) => detector.observe(&round(seconds, Some(3), healthy()), &mut findings),
            Tick(seconds) => detector.tick(at(seconds), &mut findings),
            Show(signal) => detector.observe(&signal, &mut findings),
        }
    }
    let word = |finding: &Finding| match &finding.condition {
        Condition::Met(_) => "met",
        Condition::Cleared { .. } => "cleared",
        Condition::Unknown { .. } => "unknown",
    };
    findings.iter().map(|finding| format!("{} {}", (finding.at - at(0)).num_seconds(), word(finding))).collect()
}

fn gap() -> Step {
    Show(Signal::Gap { resource: cluster(), why: "No credentials.".to_owned() })
}

fn open_issue() -> Step {
    let symptom = judge(Some(3), &broken()).expect("bad");
    let key = IssueKey::new("cluster-consensus", cluster());
    let finding = Finding { key, condition: Condition::Met(symptom), at: at(0) };
    Show(Signal::from(Ledger::new(tidegate_base::Random::seeded(1)).apply(finding).expect("opens")))
}

fn check(rows: Vec<(&str, Vec<Step>, &[&str])>) {
    for (what, steps, expected) in rows {
        assert_eq!(play(&mut detector(), steps), expected, "{what}");
    }
}

#[test]
fn two_bad_rounds_in_a_row_open_and_a_clean_one_closes() {
    check(vec![
        ("one bad round", vec![Bad(0), Clean(6), Bad(36), Clean(42)], &[]),
        ("two in a row", vec![Bad(0), Bad(6)], &["6 met"]),
        ("the same again", vec![Bad(0), Bad(6), Bad(36), Bad(66)], &["6 met"]),
        ("a clean one", vec![Bad(0), Bad(6), Clean(36)], &["6 met", "36 cleared"]),
        ("and again", vec![Bad(0), Bad(6), Clean(36), Bad(66), Bad(72)], &["6 met", "36 cleared", "72 met"]),
        ("as long a gap as may be", vec![Bad(0), Bad(100)], &["100 met"]),
        ("too long a gap", vec![Bad(0), Bad(101)], &[]),
        ("after it", vec![Bad(0), Bad(101), Bad(107)], &["107 met"]),
        ("out of order or said again", vec![Bad(10), Bad(10), Bad(4)], &[]),
        ("a clock that jumped back", vec![Bad(1_000), Bad(800)], &[]),
        ("and went on from there", vec![Bad(1_000), Bad(800), Bad(806)], &["806 met"]),
    ]);
}

#[test]
fn without_a_round_nothing_is_known_and_nothing_closes() {
    let of_a_node = Signal::Gap { resource: cluster().with_node("a"), why: "Refused.".to_owned() };
    check(vec![
        ("silent as long as may be", vec![Bad(0), Bad(6), Tick(106)], &["6 met"]),
        ("silent", vec![Bad(0), Bad(6), Tick(107), Tick(108), Tick(99_999)], &["6 met", "107 unknown"]),
        ("fresh again", vec![Bad(0), Bad(6), Tick(107), Bad(110)], &["6 met", "107 unknown", "110 met"]),
        ("closed after silence", vec![Bad(0), Bad(6), Tick(107), Clean(110)], &["6 met", "107 unknown", "110 cleared"]),
        ("a gap", vec![Bad(0), Bad(6), Tick(7), gap(), gap()], &["6 met", "7 unknown"]),
        ("a gap between", vec![Bad(0), Tick(1), gap(), Bad(6)], &["1 unknown"]),
        ("a gap of one node", vec![Bad(0), Bad(6), Show(of_a_node)], &["6 met"]),
        (
            "nobody was asked",
            vec![Bad(0), Bad(6), Show(round(60, None, Vec::new())), Tick(107)],
            &["6 met", "107 unknown"],
        ),
    ]);
}

#[test]
fn what_is_retired_or_restored_starts_anew() {
    let retired = || Show(Signal::Retired { resource: cluster(), why: "Sold.".to_owned() });
    let restored = || Show(Signal::Restored { resource: cluster() });
    check(vec![
        ("retired", vec![Bad(0), Bad(6), retired(), Tick(999), Bad(1_000)], &["6 met"]),
        ("restored", vec![Bad(0), Bad(6), restored(), Bad(12), Bad(18)], &["6 met", "18 met"]),
    ]);
}

#[test]
fn an_issue_from_before_the_start_closes_only_by_a_clean_round() {
    check(vec![
        ("silent", vec![open_issue(), Tick(500), Tick(600), Tick(601)], &["601 unknown"]),
        ("bad still", vec![open_issue(), Tick(500), Bad(501), Bad(531)], &["501 met"]),
        ("clean", vec![open_issue(), Clean(501)], &["501 cleared"]),
    ]);
}

#[test]
fn a_bad_round_of_another_sort_is_found_anew() {
    let mut detector = detector();
    play(&mut detector, vec![Bad(0), Bad(6)]);
    let other = agree(&["a Follower", "b Follower", "c -Follower"]);
    assert_eq!(observe(&mut detector, &round(36, Some(3), other.clone())).len(), 1);
    assert_eq!(observe(&mut detector, &round(66, Some(3), other)), []);
}

#[test]
fn the_answers_may_come_in_any_order() {
    let mut detector = detector();
    play(&mut detector, vec![Bad(0), Bad(6)]);
    let mut turned = broken();
    turned.reverse();
    assert_eq!(observe(&mut detector, &round(36, Some(3), turned)), [], "nothing new");
}

#[test]
fn more_rounds_can_be_asked_for() {
    let builder = ClusterConsensus::builder().with_open_rounds(3).with_close_rounds(2);
    let mut detector = builder.with_severity(Severity::Error).with_remedy("Look.").build().expect("valid");
    assert_eq!(play(&mut detector, vec![Bad(0), Bad(6), Bad(36)]), ["36 met"]);
    let first = observe(&mut detector, &round(66, Some(3), healthy()));
    let Condition::Met(symptom) = &first[0].condition else { panic!("not yet closed") };
    assert_eq!((symptom.severity, &*symptom.remedy), (Severity::Error, "Look."));
    let cause = "All 3 nodes answered with the same view; the leader is a. It closes after 2 such rounds in a row.";
    assert_eq!(symptom.cause, cause);
    assert_eq!(play(&mut detector, vec![Bad(96), Clean(126)]), ["96 met", "126 met"], "counted anew");
    assert_eq!(play(&mut detector, vec![Clean(156)]), ["156 cleared"]);
}

#[test]
fn what_closes_says_what_is_right() {
    let mut detector = detector();
    play(&mut detector, vec![Bad(0), Bad(6)]);
    let findings = observe(&mut detector, &round(36, Some(3), agree(&["a Leader", "b Follower", "c Clone"])));
    let Condition::Cleared { cause, evidence } = &findings[0].condition else { panic!("not cleared") };
    let right = "All 3 nodes answered with the same view; the leader is a. \
                 c is catching up, which may take hours and is no fault.";
    assert_eq!(cause, right);
    assert_eq!(evidence.len(), 5);
}

#[test]
fn silence_in_words() {
    let mut detector = detector();
    let mut findings = Vec::new();
    detector.observe(&round(0, None, healthy()), &mut findings);
    detector.tick(at(101), &mut findings);
    let why = "No round of gossip in cluster orders for 100 s.".to_owned();
    assert_eq!(findings[0].condition, Condition::Unknown { why });
}

#[test]
fn a_cluster_that_is_silent_for_an_hour_is_forgotten_unless_it_has_an_issue() {
    let mut detector = detector();
    play(&mut detector, vec![Clean(0), Tick(3_600)]);
    assert_eq!(detector.clusters.len(), 1);
    play(&mut detector, vec![Tick(3_601)]);
    assert_eq!(detector.clusters.len(), 0);
    play(&mut detector, vec![Bad(4_000), Bad(4_006), Tick(99_999)]);
    assert_eq!(detector.clusters.len(), 1);
}

#[test]
fn figures_that_cannot_be_are_refused_by_name() {
    let builder = ClusterConsensus::builder;
    let cases = [
        (builder().with_open_rounds(0), "open.rounds is 0; it must be at least 1"),
        (builder().with_close_rounds(0), "close.rounds is 0; it must be at least 1"),
        (
            builder().with_stale_after(Duration::ZERO),
            "stale_after is 0; it must be at least three times the source's interval",
        ),
        (
            builder().with_source_interval(Duration::from_secs(34)),
            "stale_after is 100 s; it must be at least 102 s, three times the source's interval of 34 s",
        ),
    ];
    for (builder, text) in cases {
        assert_eq!(builder.build().expect_err(text).to_string(), text);
    }
    assert!(builder().with_source_interval(Duration::from_secs(30)).build().is_ok());
}
