//! Silence, gaps, restarts, and how much is remembered.

use super::*;

fn opened() -> (DiskFullSoon, Vec<Finding>) {
    let mut detector = detector();
    let findings = fill(&mut detector, 0, 120, ramp);
    (detector, findings)
}

/// What is told after it opened.
fn then(findings: &[Finding]) -> Vec<String> {
    changes(findings)
}

#[test]
fn silence_closes_nothing_and_what_was_told_is_known_again_with_the_next_measurement() {
    let (mut detector, findings) = opened();
    assert_eq!(changes(&findings), ["84 warning"]);
    // The last measurement was half a minute before minute 120.
    assert_eq!(then(&tick(&mut detector, 120 * 60 + 30)), [""; 0]);
    assert_eq!(then(&tick(&mut detector, 120 * 60 + 31)), ["120 unknown"]);
    assert_eq!(then(&tick(&mut detector, 500 * 60)), [""; 0], "said once");
    assert_eq!(then(&measure(&mut detector, "a", 125 * 60, ramp(125.0)))[..], ["125 warning"]);
}

#[test]
fn a_gap_is_unknown_and_starts_the_calm_anew() {
    let (mut detector, _) = opened();
    let emptied = fill(&mut detector, 120, 127, |_| 30.0);
    assert_eq!(changes(&emptied), ["120 warning"]);
    let gap = Signal::Gap { resource: Resource::new().with_cluster("orders"), why: "No credentials.".to_owned() };
    assert_eq!(changes(&show(&mut detector, &gap)), ["126 unknown"]);
    assert_eq!(show(&mut detector, &gap), [], "said once");
    let after = fill(&mut detector, 127, 160, |_| 30.0);
    assert_eq!(changes(&after), ["127 warning", "141 cleared"], "ten minutes from the gap");
}

#[test]
fn a_line_goes_on_through_a_short_hole_and_not_through_a_long_one() {
    let with_hole = |minutes: i64| {
        let mut detector = detector();
        let mut findings = fill(&mut detector, 0, 70, ramp);
        findings.extend(fill(&mut detector, 70 + minutes, 200, ramp));
        let met = findings.iter().find(|finding| matches!(finding.condition, Condition::Met(_)));
        met.map(|finding| (finding.at - at(0)).num_minutes())
    };
    assert_eq!(with_hole(10), Some(83), "as without one");
    // A quarter of the line at most: with 60 minutes of hole the line begins behind it.
    assert_eq!(with_hole(60), Some(169));
}

#[test]
fn two_levels_on_both_sides_of_a_hole_are_no_line() {
    let mut detector = detector();
    let mut findings = fill(&mut detector, 0, 60, |_| 60.0);
    findings.extend(fill(&mut detector, 110, 400, |_| 85.0));
    assert_eq!(changes(&findings).iter().filter(|change| change.contains("warning")).count(), 0);
}

fn open_issue() -> Signal {
    let (_, findings) = opened();
    let key = IssueKey::new("disk-full-soon", volume("a"));
    let finding = Finding { key, condition: findings[0].condition.clone(), at: at(0) };
    let issue = Ledger::new(tidegate_base::Random::seeded(1)).apply(finding).expect("opens");
    Signal::Event(Event::from(issue))
}

#[test]
fn an_issue_from_before_the_start_waits_for_half_an_hour_of_data() {
    let resumed = |percent: fn(f64) -> f64, minutes| {
        let mut detector = detector();
        show(&mut detector, &open_issue());
        changes(&fill(&mut detector, 0, minutes, percent))
    };
    assert_eq!(resumed(|_| 60.0, 33), [""; 0]);
    assert_eq!(resumed(|_| 60.0, 60), ["33 warning", "45 cleared"]);
    assert_eq!(resumed(ramp, 60), ["33 warning"]);
    let mut detector = detector();
    show(&mut detector, &open_issue());
    assert_eq!(changes(&[tick(&mut detector, 600), tick(&mut detector, 661)].concat()), ["11 unknown"]);
}

#[test]
fn what_is_retired_or_restored_starts_anew() {
    let node = Resource::new().with_cluster("orders").with_node("a");
    for signal in [
        Signal::Retired { resource: node.clone(), why: "Sold.".to_owned() },
        Signal::Restored { resource: node.clone() },
    ] {
        let (mut detector, _) = opened();
        show(&mut detector, &signal);
        assert_eq!(detector.volumes(), 0);
        assert_eq!(changes(&fill(&mut detector, 120, 149, ramp)), [""; 0]);
    }
}

#[test]
fn a_clock_that_is_set_back_starts_anew() {
    let (mut detector, _) = opened();
    assert_eq!(changes(&fill(&mut detector, 20, 50, |_| 60.0)), [""; 0]);
    assert_eq!(changes(&fill(&mut detector, 50, 80, |_| 60.0)), ["53 warning", "65 cleared"]);
}

#[test]
fn no_more_points_than_the_window_has() {
    let mut detector = detector();
    fill(&mut detector, 0, 1_000, |now| 60.0 + (now / 60.0).fract());
    let points = detector.volumes.entry(&volume("a"), 0).expect("known").points();
    assert!((59..=61).contains(&points), "{points}");
}

#[test]
fn no_more_volumes_than_are_allowed_and_none_that_is_silent_for_an_hour() {
    let mut detector = DiskFullSoon::builder().with_most_volumes(2).build().expect("valid");
    for name in ["a", "b", "c"] {
        measure(&mut detector, name, 0, 60.0);
    }
    assert_eq!(detector.volumes(), 2);
    tick(&mut detector, 3_600);
    assert_eq!(detector.volumes(), 2);
    tick(&mut detector, 3_601);
    assert_eq!(detector.volumes(), 0);
    let (mut detector, _) = opened();
    tick(&mut detector, 999_999);
    assert_eq!(detector.volumes(), 1, "it has an issue");
}

#[test]
fn figures_that_make_no_sense_are_no_measurement() {
    let mut detector = detector();
    let mut findings = Vec::new();
    for seconds in (0..7_200).step_by(30) {
        for (name, value) in [(SIZE, 0.0), (USED, 0.0)] {
            let sample = Sample::new(name, volume("a"), value, "By", at(seconds)).expect("finite");
            detector.observe(&Signal::from(sample), &mut findings);
        }
    }
    assert_eq!(findings, []);
}
