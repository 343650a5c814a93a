//! What every threshold does, whatever it measures.
#![allow(clippy::float_cmp)] // the figures are handed on as they are

use super::*;

/// Opens and closes consistently, so that every window can be seen.
fn windows() -> Threshold {
    Threshold::core_load()
        .with_open(Rule::consistently(2.0, Duration::from_secs(30)).with_samples(3))
        .with_close(Rule::consistently(1.0, Duration::from_secs(30)))
        .build()
        .expect("valid")
}

fn play(steps: &[Step]) -> Vec<String> {
    changes(&CORE_LOAD.play(&mut windows(), steps))
}

#[test]
fn between_the_two_limits_nothing_changes() {
    let open = steady(0, 30, 10, 3.0);
    assert_eq!(play(&steady(0, 300, 10, 1.5)), [""; 0]);
    assert_eq!(play(&[open.clone(), steady(40, 300, 10, 1.5)].concat()), ["30 warning"]);
    assert_eq!(play(&[open, steady(40, 70, 10, 0.5)].concat()), ["30 warning", "70 cleared"]);
}

#[test]
fn a_clock_that_jumped_back_starts_the_window_anew_from_there() {
    let back = |seconds| [steady(1_000, 1_020, 10, 3.0), steady(seconds, seconds + 20, 10, 3.0)].concat();
    assert_eq!(play(&back(960)), [""; 0], "as late as disorder explains: ignored");
    assert_eq!(play(&back(959)), [""; 0]);
    assert_eq!(play(&[back(959), vec![Ratio(989, 3.0)]].concat()), ["989 warning"], "counted from 959");
    assert_eq!(play(&[back(960), vec![Ratio(1_030, 3.0)]].concat()), ["1030 warning"], "counted from 1000");
}

#[test]
fn a_sample_out_of_order_or_said_again_is_ignored() {
    let steps = [Ratio(0, 3.0), Ratio(10, 3.0), Ratio(10, 3.0), Ratio(5, 0.0), Ratio(20, 3.0), Ratio(30, 3.0)];
    assert_eq!(play(&steps), ["30 warning"]);
    let few = [Ratio(0, 3.0), Ratio(0, 3.0), Ratio(30, 3.0)];
    assert_eq!(play(&few), [""; 0], "one said again is not one more");
}

#[test]
fn a_gap_between_samples_or_one_that_is_reported_starts_the_window_anew() {
    let reported = |gap| vec![Ratio(0, 3.0), Ratio(10, 3.0), gap, Ratio(20, 3.0), Ratio(30, 3.0), Ratio(40, 3.0)];
    assert_eq!(play(&reported(Tick(11))), ["30 warning"]);
    assert_eq!(play(&reported(Show(gap(node("a"))))), ["10 unknown"]);
    let silent = [Ratio(0, 3.0), Ratio(10, 3.0), Ratio(71, 3.0), Ratio(81, 3.0), Ratio(91, 3.0), Ratio(101, 3.0)];
    assert_eq!(play(&silent), ["101 warning"]);
}

#[test]
fn fresh_again_is_found_at_once_even_below_the_limit() {
    let mut detector = CORE_LOAD.detector();
    let steps = [Ratio(0, 3.0), Tick(61), Ratio(70, 3.0), Show(gap(node("a"))), Ratio(80, 1.0)];
    let findings = CORE_LOAD.play(&mut detector, &steps);
    assert!(matches!(findings[1].condition, Condition::Unknown { .. }));
    assert_eq!(findings[2].at, at(70), "the same figures, but fresh");
    assert!(matches!(findings[3].condition, Condition::Unknown { .. }));
    assert_eq!(symptom(&findings[4]).evidence[0].value, 1.0);
    assert_eq!(findings.len(), 5);
}

#[test]
fn the_same_figures_are_found_once_and_others_anew() {
    let steps = [Ratio(0, 3.0), Ratio(10, 3.0), Ratio(20, 3.5), Tick(21), Ratio(30, 3.5)];
    let findings = CORE_LOAD.play(&mut CORE_LOAD.detector(), &steps);
    let figures: Vec<f64> = findings.iter().map(|finding| symptom(finding).evidence[0].value).collect();
    assert_eq!(figures, [3.0, 3.5]);
}

#[test]
fn a_gap_covers_what_lies_within_it_and_says_so_once_for_each_reason() {
    let cluster = Resource::new().with_cluster("orders");
    let steps = [Ratio(0, 1.0), RatioOf("b", 0, 1.0), Tick(1), Show(gap(cluster.clone())), Show(gap(cluster))];
    let findings = CORE_LOAD.play(&mut CORE_LOAD.detector(), &steps);
    assert_eq!(changes(&findings), ["1 unknown", "1 unknown b"]);
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[0].condition, Condition::Unknown { why: "Refused.".to_owned() });
    let volume = [DISK_USAGE.play(&mut DISK_USAGE.detector(), &[Ratio(0, 0.1), Show(gap(node("a")))])].concat();
    assert_eq!(changes(&volume), ["0 unknown"], "a node covers its volumes");
}

#[test]
fn an_issue_from_before_the_start_closes_only_by_measurement() {
    let issue = || show(MEMORY_USAGE.open_issue(Severity::Critical));
    let verdicts = |steps: &[Step]| MEMORY_USAGE.verdicts(&[&[issue()], steps].concat());
    assert_eq!(verdicts(&[Tick(1_000), Tick(1_060)]), [""; 0], "silence counts from the first tick");
    assert_eq!(verdicts(&[Tick(1_000), Tick(1_061), Tick(99_999)]), ["1061 unknown"]);
    assert_eq!(verdicts(&[Tick(1_000), Ratio(1_001, 0.99)]), ["1001 critical"]);
    assert_eq!(verdicts(&[Tick(1_000), Ratio(1_001, 0.5)]), ["1001 warning"], "not yet for five minutes");
    let calm = [vec![Tick(1_000)], steady(1_001, 1_301, 10, 0.5)].concat();
    assert_eq!(verdicts(&calm), ["1001 warning", "1301 cleared"]);
    let disk = [show(DISK_USAGE.open_issue(Severity::Warning)), Tick(1_000), Ratio(1_001, 0.5)];
    assert_eq!(DISK_USAGE.verdicts(&disk), ["1001 cleared"]);
}

#[test]
fn a_late_sample_of_a_retired_node_does_not_keep_it_from_opening_when_it_is_back() {
    let back = Signal::Restored { resource: node("a") };
    let steps = [Show(retired(node("a"))), Ratio(10, 3.0), Show(back), Ratio(20, 3.0)];
    let findings = CORE_LOAD.play(&mut CORE_LOAD.detector(), &steps);
    assert_eq!(findings.iter().map(|finding| finding.at).collect::<Vec<_>>(), [at(10), at(20)]);
}

#[test]
fn an_issue_of_another_kind_or_a_closed_one_is_not_taken_over() {
    let mut closed = CORE_LOAD.open_issue(Severity::Warning);
    closed.state = tidegate_event::IssueState::Closed;
    for issue in [closed, MEMORY_USAGE.open_issue(Severity::Warning)] {
        assert_eq!(CORE_LOAD.verdicts(&[show(issue), Tick(0), Tick(61)]), [""; 0]);
    }
}

#[test]
fn numerator_and_denominator_come_in_any_order() {
    let (load, cores) = (CORE_LOAD.numerator, CORE_LOAD.denominator);
    let signal = |name, value, seconds| Show(sample(name, &node("a"), value, seconds));
    assert_eq!(CORE_LOAD.verdicts(&[signal(load, 9.0, 0), signal(cores, 4.0, 0)]), ["0 warning"]);
    assert_eq!(CORE_LOAD.verdicts(&[signal(load, 9.0, 0), signal(cores, 4.0, 1)]), [""; 0]);
    assert_eq!(CORE_LOAD.verdicts(&[signal(cores, 4.0, 0), signal(load, 9.0, 60)]), ["60 warning"]);
    assert_eq!(CORE_LOAD.verdicts(&[signal(cores, 4.0, 0), signal(load, 9.0, 61)]), [""; 0]);
}

#[test]
fn what_makes_no_sense_is_no_measurement() {
    let (load, cores) = (CORE_LOAD.numerator, CORE_LOAD.denominator);
    let signal = |name, value, seconds| Show(sample(name, &node("a"), value, seconds));
    for broken in [0.0, -4.0] {
        let steps = [Ratio(0, 3.0), signal(cores, broken, 30), signal(load, 1.0, 30), Tick(61)];
        assert_eq!(CORE_LOAD.verdicts(&steps), ["0 warning", "61 unknown"], "{broken} cores");
    }
    assert_eq!(CORE_LOAD.verdicts(&[Ratio(0, 3.0), Ratio(30, -1.0), Tick(61)]), ["0 warning", "61 unknown"]);
}

#[test]
fn a_source_whose_clock_is_wrong_is_not_taken_for_silent() {
    for wrong in [-3_600, 3_600] {
        let rounds = (0..20).flat_map(|round| [Tick(round * 30), Ratio(round * 30 + wrong, 3.0)]);
        let verdicts = CORE_LOAD.verdicts(&rounds.collect::<Vec<_>>());
        assert_eq!(verdicts, [format!("{wrong} warning")]);
        let then_silent = [Tick(0), Ratio(wrong, 3.0), Tick(60), Tick(61)];
        assert_eq!(CORE_LOAD.verdicts(&then_silent), [format!("{wrong} warning"), "61 unknown".to_owned()]);
    }
}

#[test]
fn silence_counts_from_where_the_clock_of_the_ticks_was_set_back_to() {
    let steps = [Tick(10_000), Ratio(10_000, 3.0), Tick(5_000), Tick(5_060), Tick(5_061)];
    assert_eq!(CORE_LOAD.verdicts(&steps), ["10000 warning", "5061 unknown"]);
}

#[test]
fn a_plain_value_needs_no_denominator() {
    let mut detector =
        Threshold::builder("queue-length", Measure::value("queue.length", "{item}"), Rule::at_once(10.0))
            .build()
            .expect("valid");
    let mut findings = Vec::new();
    for (seconds, value) in [(0, 10.0), (1, 11.0), (2, 10.0), (3, 9.0)] {
        detector.observe(&sample("queue.length", &node("a"), value, seconds), &mut findings);
        detector.observe(&sample("queue.other", &node("a"), 99.0, seconds), &mut findings);
    }
    assert_eq!(changes(&findings), ["1 warning", "3 cleared"]);
    assert_eq!(symptom(&findings[0]).summary, "Queue length over 10.0 on node a of cluster orders");
    assert_eq!(symptom(&findings[0]).cause, "Queue length 11.0 (limit 10.0) on node a of cluster orders.");
    assert_eq!(symptom(&findings[0]).evidence.len(), 1);
}
