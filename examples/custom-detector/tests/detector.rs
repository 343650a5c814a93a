//! The detector alone, line by line.

use chrono::{DateTime, TimeDelta, Utc};
use tidegate::detect::{Condition, Detector, Finding};
use tidegate::event::{Event, IssueEvent, IssueState, LogRecord, Reading, Resource, Signal};
use tidegate_example_custom_detector::LogPattern;
use tidegate_testkit::sample::{self, Episode};

const KIND: &str = "projection-faulted";
const FAULTED: &str = "projection $by_category: PROJECTION FAULTED";

fn minute(minutes: i64) -> DateTime<Utc> {
    sample::at() + TimeDelta::minutes(minutes)
}

/// A detector that closes after ten quiet minutes.
fn detector() -> LogPattern {
    LogPattern::new(KIND, "PROJECTION FAULTED", TimeDelta::minutes(10))
}

fn observe(detector: &mut LogPattern, signal: impl Into<Signal>) -> Vec<Finding> {
    let mut findings = Vec::new();
    detector.observe(&signal.into(), &mut findings);
    findings
}

/// What it finds when the log of a node says `text`.
fn say(detector: &mut LogPattern, minutes: i64, text: &str) -> Vec<Finding> {
    observe(detector, LogRecord::new(sample::node(), text, minute(minutes)))
}

fn tick(detector: &mut LogPattern, minutes: i64) -> Vec<Finding> {
    let mut findings = Vec::new();
    detector.tick(minute(minutes), &mut findings);
    findings
}

/// The findings in a word each.
fn words(findings: &[Finding]) -> Vec<&'static str> {
    let word = |finding: &Finding| match finding.condition {
        Condition::Met(_) => "met",
        Condition::Cleared { .. } => "cleared",
        Condition::Unknown { .. } => "unknown",
    };
    findings.iter().map(word).collect()
}

/// An issue that is open since before, as a detector is shown it at start.
fn open_issue(kind: &str) -> IssueEvent {
    IssueEvent { evidence: vec![Reading::new("log.lines", 4.0, "{line}")], ..Episode::new(kind).open() }
}

fn node_gone() -> Signal {
    Signal::Retired { resource: Resource::new().with_cluster("orders"), why: "It was shut down.".to_owned() }
}

#[test]
fn it_opens_on_the_line_and_on_no_other() {
    let mut detector = detector();
    assert_eq!(say(&mut detector, 0, "projection $by_category started"), []);
    let findings = say(&mut detector, 1, FAULTED);
    let [Finding { key, condition: Condition::Met(symptom), at }] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!((&**key.kind(), key.resource(), *at), (KIND, &sample::node(), minute(1)));
    assert_eq!(
        symptom.cause,
        format!("Logged on node 10.0.0.2:2113 of cluster orders at 2026-11-24 03:01:00 UTC (1 so far): {FAULTED}")
    );
}

#[test]
fn each_further_line_counts() {
    let mut detector = detector();
    for count in [1.0, 2.0, 3.0] {
        let findings = say(&mut detector, 1, FAULTED);
        let [Finding { condition: Condition::Met(symptom), .. }] = &findings[..] else { panic!("{findings:?}") };
        assert_eq!(symptom.evidence, [Reading::new("log.lines", count, "{line}")]);
    }
}

#[test]
fn it_closes_with_the_first_line_after_the_quiet() {
    let mut detector = detector();
    say(&mut detector, 0, FAULTED);
    say(&mut detector, 5, FAULTED);
    assert_eq!(say(&mut detector, 14, "fine"), [], "nine minutes after the last");
    let findings = say(&mut detector, 15, "fine");
    let [Finding { condition: Condition::Cleared { cause, .. }, at, .. }] = &findings[..] else {
        panic!("{findings:?}")
    };
    assert_eq!(cause, "The log on node 10.0.0.2:2113 of cluster orders has gone on without it for 10 min.");
    assert_eq!(*at, minute(15));
    assert_eq!(say(&mut detector, 30, "fine"), [], "it is over once");
    assert_eq!(words(&say(&mut detector, 31, FAULTED)), ["met"], "and may begin again");
}

#[test]
fn a_line_from_before_closes_nothing() {
    let mut detector = detector();
    say(&mut detector, 60, FAULTED);
    assert_eq!(say(&mut detector, 0, "late"), []);
}

#[test]
fn silence_closes_nothing_and_is_told_once() {
    let mut detector = detector();
    say(&mut detector, 0, FAULTED);
    assert_eq!(tick(&mut detector, 0), []);
    let findings = tick(&mut detector, 10);
    let [Finding { condition: Condition::Unknown { why }, .. }] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(why, "The log has said nothing for 10 min.");
    assert_eq!(tick(&mut detector, 600), []);
    assert_eq!(words(&say(&mut detector, 5, "late")), ["met"], "it speaks again, and it is as it was");
    assert_eq!(words(&say(&mut detector, 601, "fine")), ["cleared"]);
    assert_eq!(tick(&mut detector, 900), [], "nothing is open");
}

#[test]
fn a_gap_is_told_and_the_quiet_begins_anew_after_it() {
    let mut detector = detector();
    say(&mut detector, 0, FAULTED);
    let gap = Signal::Gap { resource: Resource::new().with_cluster("orders"), why: "The disk is gone.".to_owned() };
    assert_eq!(observe(&mut detector, gap), []);
    let findings = tick(&mut detector, 1);
    let [Finding { condition: Condition::Unknown { why }, .. }] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(why, "The disk is gone.");
    assert_eq!(words(&say(&mut detector, 60, "fine")), ["met"], "what was said in between nobody knows");
    assert_eq!(say(&mut detector, 69, "fine"), []);
    assert_eq!(words(&say(&mut detector, 70, "fine")), ["cleared"]);
}

#[test]
fn one_node_says_nothing_of_another() {
    let mut detector = detector();
    say(&mut detector, 0, FAULTED);
    let other = Resource::new().with_cluster("orders").with_node("10.0.0.3:2113");
    assert_eq!(observe(&mut detector, LogRecord::new(other.clone(), "fine", minute(60))), []);
    let findings = observe(&mut detector, LogRecord::new(other.clone(), FAULTED, minute(60)));
    assert_eq!(findings[0].key.resource(), &other);
    assert_eq!(words(&say(&mut detector, 60, "fine")), ["cleared"]);
}

#[test]
fn an_issue_from_before_a_restart_is_taken_up_and_its_quiet_begins_with_the_next_line() {
    let mut detector = detector();
    assert_eq!(observe(&mut detector, open_issue(KIND)), []);
    assert_eq!(say(&mut detector, 60, "fine"), [], "an hour after it opened, and the first that is heard");
    assert_eq!(say(&mut detector, 69, "fine"), []);
    assert_eq!(words(&say(&mut detector, 70, "fine")), ["cleared"]);
}

#[test]
fn the_count_goes_on_over_a_restart() {
    let mut detector = detector();
    observe(&mut detector, open_issue(KIND));
    let findings = say(&mut detector, 1, FAULTED);
    let [Finding { condition: Condition::Met(symptom), .. }] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(symptom.evidence[0].value.to_bits(), 5.0_f64.to_bits());
}

#[test]
fn an_issue_that_was_stale_before_a_restart_is_fresh_with_the_first_line() {
    let mut detector = detector();
    observe(&mut detector, IssueEvent { stale: true, ..open_issue(KIND) });
    assert_eq!(tick(&mut detector, 0), []);
    assert_eq!(tick(&mut detector, 60), [], "that is known already");
    assert_eq!(words(&say(&mut detector, 60, "fine")), ["met"]);
}

#[test]
fn what_is_over_and_what_is_anothers_is_not_taken_up() {
    for issue in [IssueEvent { state: IssueState::Closed, ..open_issue(KIND) }, open_issue("disk-usage")] {
        let mut detector = detector();
        observe(&mut detector, Event::from(issue));
        say(&mut detector, 0, "fine");
        assert_eq!(say(&mut detector, 60, "fine"), []);
    }
}

#[test]
fn what_is_retired_is_forgotten_and_opens_anew_once_restored() {
    let mut detector = detector();
    say(&mut detector, 0, FAULTED);
    assert_eq!(observe(&mut detector, node_gone()), []);
    assert_eq!(say(&mut detector, 60, "fine"), [], "nothing is open");
    assert_eq!(tick(&mut detector, 120), []);
    // A late line: the ledger ignores what is found, and the detector must not think that it told it.
    say(&mut detector, 1, FAULTED);
    observe(&mut detector, Signal::Restored { resource: sample::node() });
    let findings = say(&mut detector, 121, FAULTED);
    let [Finding { condition: Condition::Met(symptom), .. }] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(symptom.evidence, [Reading::new("log.lines", 1.0, "{line}")]);
}

#[test]
fn a_long_line_is_cut_at_a_character_and_no_resource_is_said_in_words() {
    let mut detector = detector();
    let line = format!("PROJECTION FAULTED x{}", "é".repeat(1_000));
    let findings = observe(&mut detector, LogRecord::new(Resource::new(), line, minute(0)));
    let [Finding { condition: Condition::Met(symptom), .. }] = &findings[..] else { panic!("{findings:?}") };
    assert!(symptom.cause.starts_with("Logged of nowhere at "), "{}", symptom.cause);
    assert!(symptom.cause.len() < 400);
}

#[test]
fn memory_is_bounded() {
    let mut detector = detector();
    let node = |number: u32| Resource::new().with_node(number.to_string());
    let opened = (0..20_000)
        .filter(|number| !observe(&mut detector, LogRecord::new(node(*number), FAULTED, minute(0))).is_empty());
    assert_eq!(opened.count(), 10_000);
    assert_eq!(observe(&mut detector, LogRecord::new(node(0), FAULTED, minute(1))).len(), 1, "what is known goes on");
}
