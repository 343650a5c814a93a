//! Lines of KurrentDB's log through both detectors.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use tidegate_event::{Event, IssueKey, LogLevel, Severity, Signal};

use super::*;
use crate::{Condition, Detector, Finding, Ledger};

const COMPLETED: &str =
    "SCAVENGING: Scavenge Completed. Total time taken: 1.00:40:28.6613320. Total space saved: -11710416.";
const FAILED: &str = "SCAVENGING: Scavenge Failed. Total time taken: 00:00:07.1.";
const STOPPED: &str = "SCAVENGING: Scavenge Stopped. Total time taken: 00:00:07.1.";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a date of this century")
}

fn node(name: &str) -> Resource {
    Resource::new().with_cluster("orders").with_node(name)
}

#[derive(Debug, Clone)]
enum Step {
    /// A line of node `a`.
    Say(i64, &'static str),
    Fatal(i64),
    Tick(i64),
    Show(Signal),
}
use Step::{Fatal, Say, Show, Tick};

fn fatal(name: &str, seconds: i64) -> Signal {
    let message = "Unexpected error in StorageWriterService. Terminating the process...";
    let record = LogRecord::new(node(name), message, at(seconds)).with_level(LogLevel::Fatal).with_fields(context());
    let exception =
        "System.OutOfMemoryException: Exception of type 'System.OutOfMemoryException' was thrown.\r\n   at X";
    Signal::from(Event::from(record.with_exception(exception)))
}

fn play(detector: &mut dyn Detector, steps: &[Step]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in steps {
        match step {
            Say(seconds, message) => {
                let record = LogRecord::new(node("a"), *message, at(*seconds))
                    .with_level(LogLevel::Error)
                    .with_fields(context());
                detector.observe(&Signal::from(Event::from(record)), &mut findings);
            }
            Fatal(seconds) => detector.observe(&fatal("a", *seconds), &mut findings),
            Tick(seconds) => detector.tick(at(*seconds), &mut findings),
            Show(signal) => detector.observe(signal, &mut findings),
        }
    }
    findings
}

/// What each line of KurrentDB has.
fn context() -> serde_json::Map<String, serde_json::Value> {
    [("SourceContext".to_owned(), "KurrentDB.Core.Services.Storage".into())].into_iter().collect()
}

fn verdicts(findings: &[Finding]) -> Vec<String> {
    let word = |finding: &Finding| match &finding.condition {
        Condition::Met(_) => "met",
        Condition::Cleared { .. } => "cleared",
        Condition::Unknown { .. } => "unknown",
    };
    findings.iter().map(|finding| format!("{} {}", (finding.at - at(0)).num_seconds(), word(finding))).collect()
}

fn of(mut detector: impl Detector, steps: &[Step]) -> Vec<String> {
    verdicts(&play(&mut detector, steps))
}

fn scavenge(steps: &[Step]) -> Vec<String> {
    of(ScavengeFailed::new(), steps)
}

fn death(steps: &[Step]) -> Vec<String> {
    of(NodeFatal::builder().build().expect("valid"), steps)
}

fn gap(name: &str) -> Step {
    Show(Signal::Gap { resource: node(name), why: "No access.".to_owned() })
}

fn open_issue(mut detector: impl Detector, step: Step) -> Step {
    let condition = play(&mut detector, &[step]).remove(0).condition;
    let finding = Finding { key: IssueKey::new(detector.kind(), node("a")), condition, at: at(0) };
    let issue = Ledger::new(tidegate_base::Random::seeded(1)).apply(finding).expect("opens");
    Show(Signal::Event(Event::from(issue)))
}

#[test]
fn a_scavenge_that_fails_opens_and_a_later_one_that_completes_closes() {
    assert_eq!(scavenge(&[Say(0, COMPLETED), Say(1, STOPPED), Say(2, "SCAVENGING: Scavenge Started.")]), [""; 0]);
    assert_eq!(scavenge(&[Say(0, FAILED), Say(9, STOPPED), Say(99, "x")]), ["0 met"]);
    assert_eq!(scavenge(&[Say(0, FAILED), Say(9, COMPLETED), Say(10, COMPLETED)]), ["0 met", "9 cleared"]);
    assert_eq!(scavenge(&[Say(9, FAILED), Say(5, COMPLETED)]), ["9 met"], "it completed before");
    assert_eq!(scavenge(&[Say(0, FAILED), Say(5, FAILED)]), ["0 met", "5 met"], "with how often");
    assert_eq!(scavenge(&[Say(0, "SCAVENGING: error while scavenging DB.")]), ["0 met"], "of older versions");
    assert_eq!(scavenge(&[Say(0, "He said SCAVENGING: Scavenge Failed.")]), [""; 0]);
}

#[test]
fn silence_tells_nothing_of_a_scavenge_and_a_gap_makes_it_unknown() {
    assert_eq!(scavenge(&[Say(0, FAILED), Tick(1), Tick(99_999_999)]), ["0 met"]);
    let steps = [Say(0, FAILED), Tick(1), gap("a"), gap("a"), gap("b"), Say(7, "x"), Say(8, "y")];
    assert_eq!(scavenge(&steps), ["0 met", "1 unknown", "7 met"]);
}

#[test]
fn a_fatal_line_opens_and_ten_minutes_of_others_close() {
    assert_eq!(death(&[Say(0, "x"), Say(1, FAILED)]), [""; 0], "an error is not fatal");
    assert_eq!(death(&[Fatal(0), Say(5, "x"), Say(599, "x")]), ["0 met"]);
    assert_eq!(death(&[Fatal(0), Say(5, "x"), Say(600, "x"), Say(601, "x")]), ["0 met", "600 cleared"]);
    assert_eq!(death(&[Fatal(0), Fatal(300), Say(600, "x"), Say(900, "x")]), ["0 met", "300 met", "900 cleared"]);
    assert_eq!(death(&[Fatal(0), Say(600, "x"), Fatal(600)]), ["0 met", "600 cleared", "600 met"], "in one instant");
}

#[test]
fn a_node_that_says_nothing_may_be_dead() {
    assert_eq!(death(&[Fatal(0), Tick(300)]), ["0 met"]);
    assert_eq!(death(&[Fatal(0), Tick(301), Tick(99_999)]), ["0 met", "301 unknown"], "never closed by silence");
    // It is back after an hour, and has its ten minutes from there.
    let back = [Fatal(0), Tick(301), Tick(3_599), Say(3_600, "x"), Say(4_199, "x"), Say(4_200, "x")];
    assert_eq!(death(&back), ["0 met", "301 unknown", "3600 met", "4200 cleared"]);
    let gap_between = [Fatal(0), Tick(100), gap("a"), Say(700, "x"), Say(1_299, "x"), Say(1_300, "x")];
    assert_eq!(death(&gap_between), ["0 met", "100 unknown", "700 met", "1300 cleared"]);
}

#[test]
fn nodes_count_for_themselves() {
    let steps = [Fatal(0), Show(fatal("b", 1)), Say(700, "x")];
    let mut detector = NodeFatal::builder().build().expect("valid");
    let findings = play(&mut detector, &steps);
    assert_eq!(verdicts(&findings), ["0 met", "1 met", "700 cleared"]);
    assert_eq!(findings[2].key, IssueKey::new("node-fatal", node("a")));
}

#[test]
fn what_is_retired_is_forgotten() {
    for resource in [node("a"), Resource::new().with_cluster("orders")] {
        let retired = Show(Signal::Retired { resource, why: "Sold.".to_owned() });
        assert_eq!(death(&[Fatal(0), retired.clone(), Say(700, "x"), Tick(9_999)]), ["0 met"]);
        assert_eq!(scavenge(&[Say(0, FAILED), retired, Say(7, COMPLETED)]), ["0 met"]);
    }
}

#[test]
fn an_issue_from_before_the_start_waits_for_the_log() {
    let failed = open_issue(ScavengeFailed::new(), Say(0, FAILED));
    assert_eq!(scavenge(&[failed.clone(), Say(50, "x"), Tick(9_999)]), [""; 0]);
    assert_eq!(scavenge(&[failed, Say(50, COMPLETED)]), ["50 cleared"]);
    let dead = open_issue(NodeFatal::builder().build().expect("valid"), Fatal(0));
    let steps = [dead, Tick(5_000), Tick(5_301), Say(5_400, "x"), Say(6_000, "x")];
    assert_eq!(death(&steps), ["5301 unknown", "5400 met", "6000 cleared"]);
}

#[test]
fn they_are_worded_for_the_person_on_call() {
    let mut detector = NodeFatal::builder().build().expect("valid");
    let findings = play(&mut detector, &[Fatal(0), Say(600, "x")]);
    let Condition::Met(symptom) = &findings[0].condition else { panic!("met first") };
    assert_eq!(symptom.summary, "Fatal error on node a of cluster orders");
    assert_eq!(
        symptom.cause,
        "Node a of cluster orders logged a fatal error at 2023-11-14 22:13:20 UTC: Unexpected error in \
         StorageWriterService. Terminating the process... System.OutOfMemoryException: Exception of type \
         'System.OutOfMemoryException' was thrown."
    );
    assert_eq!((symptom.severity, symptom.evidence.len()), (Severity::Critical, 1));
    let Condition::Cleared { cause, .. } = &findings[1].condition else { panic!("then cleared") };
    assert_eq!(cause, "Node a of cluster orders has logged for 10 min without another fatal error.");

    let findings = play(&mut ScavengeFailed::new(), &[Say(0, FAILED), Say(9, COMPLETED)]);
    let Condition::Met(symptom) = &findings[0].condition else { panic!("met first") };
    assert_eq!(
        (&*symptom.summary, symptom.severity),
        ("Scavenge failed on node a of cluster orders", Severity::Warning)
    );
    let said = "Node a of cluster orders failed to scavenge at 2023-11-14 22:13:20 UTC: SCAVENGING: Scavenge Failed.";
    assert!(symptom.cause.starts_with(said), "{}", symptom.cause);
}

#[test]
fn durations_of_zero_are_refused_by_name() {
    let builder = NodeFatal::builder;
    let zero = std::time::Duration::ZERO;
    let error = builder().with_quiet(zero).build().expect_err("zero");
    assert_eq!(error.to_string(), "quiet is 0; it must be longer, such as 5 min");
    assert!(builder().with_stale_after(zero).build().is_err());
}

/// What may happen, seconds after what came before.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let what = prop_oneof![
        3 => Just(Fatal(0)),
        8 => Just(Say(0, "x")),
        2 => Just(Say(0, FAILED)),
        2 => Just(Say(0, COMPLETED)),
        4 => Just(Tick(0)),
        1 => Just(gap("a")),
    ];
    let later = prop_oneof![4 => 0..60_i64, 2 => 250..350_i64, 1 => 550..700_i64];
    prop::collection::vec((what, later), 0..40).prop_map(|steps| {
        let mut now = 0;
        let place = |(step, later): (Step, i64)| {
            now += later;
            match step {
                Say(_, message) => Say(now, message),
                Fatal(_) => Fatal(now),
                Tick(_) => Tick(now),
                other @ Show(_) => other,
            }
        };
        steps.into_iter().map(place).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_scavenge_is_open_exactly_after_one_that_failed(steps in steps()) {
        let mut detector = ScavengeFailed::new();
        let (mut open, mut failed_at) = (false, i64::MIN);
        for step in &steps {
            let cleared = play(&mut detector, std::slice::from_ref(step))
                .iter()
                .any(|finding| matches!(finding.condition, Condition::Cleared { .. }));
            let should_clear = open && matches!(step, Say(now, COMPLETED) if *now > failed_at);
            prop_assert_eq!(cleared, should_clear);
            if let Say(now, FAILED) = step {
                (open, failed_at) = (true, *now);
            }
            open &= !should_clear;
            prop_assert_eq!(detector.nodes.len(), usize::from(open));
        }
    }

    #[test]
    fn a_fatal_error_never_closes_but_by_a_line_ten_minutes_after_it(steps in steps()) {
        let mut detector = NodeFatal::builder().build().expect("valid");
        let mut last = None;
        for step in &steps {
            let findings = play(&mut detector, std::slice::from_ref(step));
            let cleared = findings.iter().any(|finding| matches!(finding.condition, Condition::Cleared { .. }));
            if let Fatal(now) = step {
                prop_assert!(findings.iter().any(|finding| matches!(finding.condition, Condition::Met(_))));
                last = Some(*now);
            }
            if cleared {
                let Say(now, _) = step else { panic!("closed by no line") };
                prop_assert!(last.take().is_some_and(|last| now - last >= 600));
            }
        }
    }
}

#[test]
fn a_fatal_line_of_another_program_is_none_of_the_database() {
    let mut detector = NodeFatal::builder().build().expect("a detector");
    let mut findings = Vec::new();
    let record = LogRecord::new(node("a"), "payment failed", at(0)).with_level(LogLevel::Fatal);
    detector.observe(&Signal::from(Event::from(record)), &mut findings);
    assert_eq!(findings, []);
}
