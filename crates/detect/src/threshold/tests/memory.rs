//! What is remembered is bounded.

use super::*;

fn small() -> Threshold {
    Threshold::builder("queue-length", Measure::value("queue.length", "1"), Rule::at_once(10.0))
        .with_most_series(3)
        .build()
        .expect("valid")
}

fn observe(detector: &mut Threshold, name: &str, value: f64, seconds: i64) -> usize {
    let mut findings = Vec::new();
    detector.observe(&sample("queue.length", &node(name), value, seconds), &mut findings);
    findings.len()
}

#[test]
fn a_closed_series_that_is_silent_for_an_hour_is_forgotten_and_an_open_one_never() {
    let mut detector = small();
    observe(&mut detector, "a", 1.0, 0);
    observe(&mut detector, "b", 11.0, 0);
    for (seconds, series) in [(61, 2), (3_600, 2), (3_601, 1), (999_999, 1)] {
        detector.tick(at(seconds), &mut Vec::new());
        assert_eq!(detector.series(), series, "after {seconds} s");
    }
    observe(&mut detector, "b", 9.0, 1_000_000);
    detector.tick(at(1_010_000), &mut Vec::new());
    assert_eq!(detector.series(), 0);
}

#[test]
fn at_the_cap_the_longest_silent_closed_series_goes_first() {
    let mut detector = small();
    for (name, value, seconds) in [("open", 11.0, 0), ("a", 1.0, 0), ("b", 1.0, 10)] {
        observe(&mut detector, name, value, seconds);
    }
    detector.tick(at(100), &mut Vec::new());
    assert_eq!(observe(&mut detector, "new", 11.0, 100), 1);
    assert_eq!(detector.series(), 3);
    let mut findings = Vec::new();
    detector.observe(&gap(Resource::new().with_cluster("orders")), &mut findings);
    let names: Vec<_> = findings.iter().filter_map(|finding| finding.key.resource().node.as_deref()).collect();
    assert_eq!(names, ["b", "new", "open"], "`a` was forgotten");
}

#[test]
fn at_the_cap_new_series_are_ignored_while_none_is_silent() {
    let mut detector = small();
    for name in ["a", "b", "c"] {
        observe(&mut detector, name, 1.0, 0);
    }
    detector.tick(at(1), &mut Vec::new());
    assert_eq!(observe(&mut detector, "new", 11.0, 2), 0);
    assert_eq!(detector.series(), 3);
    detector.tick(at(62), &mut Vec::new());
    assert_eq!(observe(&mut detector, "new", 11.0, 63), 1, "there is room again");
}

#[test]
fn an_issue_from_before_has_room_always() {
    let mut detector = CORE_LOAD.detector();
    detector.book = Book::new(1);
    CORE_LOAD.play(&mut detector, &[RatioOf("b", 0, 1.0), show(CORE_LOAD.open_issue(Severity::Warning))]);
    assert_eq!(detector.series(), 2);
}

#[test]
fn what_is_retired_leaves_nothing_behind() {
    let mut detector = DISK_USAGE.detector();
    DISK_USAGE.play(&mut detector, &[Ratio(0, 0.1), RatioOf("b", 0, 0.1), Show(retired(node("a")))]);
    assert_eq!(detector.series(), 1);
    DISK_USAGE.play(&mut detector, &[Show(retired(Resource::new().with_cluster("orders")))]);
    assert_eq!(detector.series(), 0);
    assert!(detector.book.is_empty());
}
