//! Every row of the table of standard detectors (`docs/architecture.md`).

use super::*;

struct Row {
    what: &'static str,
    steps: Vec<Step>,
    verdicts: &'static [&'static str],
}

fn row(what: &'static str, steps: Vec<Step>, verdicts: &'static [&'static str]) -> Row {
    Row { what, steps, verdicts }
}

fn check(subject: Subject, rows: Vec<Row>) {
    for Row { what, steps, verdicts } in rows {
        assert_eq!(subject.verdicts(&steps), verdicts, "{}: {what}", subject.numerator);
    }
}

fn chain(parts: &[Vec<Step>]) -> Vec<Step> {
    parts.concat()
}

/// What opens at once above `limit` and closes after five minutes below it.
fn at_once_and_consistently(limit: f64) -> Vec<Row> {
    let (over, under) = (limit + 1.0 / 64.0, limit - 1.0 / 64.0);
    let calm = |from, to| steady(from, to, 10, under);
    vec![
        row("never over", calm(0, 600), &[]),
        row("exactly at the limit", steady(0, 600, 10, limit), &[]),
        row("one sample over", vec![Ratio(0, over)], &["0 warning"]),
        row("below for less than five minutes", chain(&[vec![Ratio(0, over)], calm(10, 300)]), &["0 warning"]),
        row("below for five minutes", chain(&[vec![Ratio(0, over)], calm(10, 310)]), &["0 warning", "310 cleared"]),
        row(
            "exactly at the limit does not close and starts the five minutes anew",
            chain(&[vec![Ratio(0, over)], calm(10, 300), vec![Ratio(310, limit)], calm(320, 610)]),
            &["0 warning"],
        ),
        row(
            "over again starts the five minutes anew",
            chain(&[vec![Ratio(0, over)], calm(10, 300), vec![Ratio(310, over)], calm(320, 620)]),
            &["0 warning", "620 cleared"],
        ),
        row(
            "a gap starts the five minutes anew",
            chain(&[vec![Ratio(0, over)], calm(10, 100), calm(161, 460)]),
            &["0 warning"],
        ),
        row(
            "a gap as long as may be does not",
            chain(&[vec![Ratio(0, over)], calm(10, 100), calm(160, 310)]),
            &["0 warning", "310 cleared"],
        ),
        row(
            "opens again after it closed",
            chain(&[vec![Ratio(0, over)], calm(10, 310), vec![Ratio(320, over)]]),
            &["0 warning", "310 cleared", "320 warning"],
        ),
    ]
}

#[test]
fn core_load_opens_above_two_at_once_and_closes_below_for_five_minutes() {
    check(CORE_LOAD, at_once_and_consistently(2.0));
    check(CORE_LOAD, vec![row("never critical", vec![Ratio(0, 100.0)], &["0 warning"])]);
}

#[test]
fn memory_usage_opens_above_ninety_percent_at_once_and_closes_below_for_five_minutes() {
    check(MEMORY_USAGE, at_once_and_consistently(0.90));
    check(
        MEMORY_USAGE,
        vec![
            row("critical from 95 %", vec![Ratio(0, 0.9499), Ratio(10, 0.95)], &["0 warning", "10 critical"]),
            row("critical from the start", vec![Ratio(0, 0.99)], &["0 critical"]),
            row(
                "falls back to a warning, and stays one below the limit",
                vec![Ratio(0, 0.99), Ratio(10, 0.91), Ratio(20, 0.5), Ratio(30, 0.96)],
                &["0 critical", "10 warning", "30 critical"],
            ),
        ],
    );
}

#[test]
fn disk_usage_opens_after_two_minutes_above_eighty_percent_and_closes_below_at_once() {
    check(
        DISK_USAGE,
        vec![
            row("never over", steady(0, 600, 10, 0.79), &[]),
            row("exactly at the limit", steady(0, 600, 10, 0.80), &[]),
            row("over for less than two minutes", steady(0, 119, 17, 0.81), &[]),
            row("over for two minutes", steady(0, 120, 10, 0.81), &["120 warning"]),
            row("with too few samples", steady(0, 120, 60, 0.81), &[]),
            row("until there are four", steady(0, 180, 60, 0.81), &["180 warning"]),
            row(
                "at the limit starts anew",
                chain(&[steady(0, 110, 10, 0.81), vec![Ratio(115, 0.80)], steady(120, 230, 10, 0.81)]),
                &[],
            ),
            row("a gap starts anew", chain(&[steady(0, 100, 10, 0.81), steady(161, 270, 10, 0.81)]), &[]),
            row(
                "below closes at once",
                chain(&[steady(0, 120, 10, 0.81), vec![Ratio(130, 0.80), Ratio(140, 0.79)]]),
                &["120 warning", "140 cleared"],
            ),
            row(
                "critical from 90 %",
                chain(&[steady(0, 120, 10, 0.81), vec![Ratio(130, 0.90), Ratio(140, 0.89)]]),
                &["120 warning", "130 critical", "140 warning"],
            ),
            row("critical from the start", steady(0, 120, 10, 0.95), &["120 critical"]),
        ],
    );
}

#[test]
fn disk_usage_tells_the_volumes_of_a_node_apart() {
    let mut detector = DISK_USAGE.detector();
    let mut findings = Vec::new();
    for seconds in (0..=120).step_by(10) {
        for (part, used) in [("/", 10.0), ("/var", 90.0)] {
            let volume = node("a").with_part(part);
            detector.observe(&sample("system.filesystem.size", &volume, 100.0, seconds), &mut findings);
            detector.observe(&sample("system.filesystem.used", &volume, used, seconds), &mut findings);
        }
    }
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].key.id(), "disk-usage_c.orders_n.a_p._2Fvar");
}

#[test]
fn what_befalls_any_series_befalls_each_of_the_three() {
    for subject in [CORE_LOAD, DISK_USAGE, MEMORY_USAGE] {
        let open = || steady(0, 120, 10, 3.0);
        let opened = subject.verdicts(&open());
        let severity = if subject.numerator == "system.load.1m" { "warning" } else { "critical" };
        assert_eq!(opened.len(), 1, "{opened:?}");
        let then = |steps: Vec<Step>| {
            let verdicts = subject.verdicts(&chain(&[open(), steps]));
            assert_eq!(verdicts[..1], opened);
            verdicts[1..].to_vec()
        };
        let fresh = |seconds: i64| format!("{seconds} {severity}");
        assert_eq!(then(vec![Tick(180)]), [""; 0], "silent for as long as may be");
        assert_eq!(then(vec![Tick(181), Tick(182), Tick(999_999)]), ["181 unknown"], "never closed by silence");
        assert_eq!(then(vec![Tick(181), Ratio(190, 3.0)]), ["181 unknown".to_owned(), fresh(190)]);
        let (gone, back) = (retired(node("a")), Signal::Restored { resource: node("a") });
        assert_eq!(then(vec![Tick(121), Show(gap(node("a")))]), ["121 unknown"]);
        assert_eq!(then(vec![Tick(121), Show(gap(node("b")))]), [""; 0], "of another node");
        assert_eq!(then(vec![Show(gone), Tick(999)]), [""; 0], "forgotten");
        assert_eq!(then(chain(&[vec![Show(back)], steady(130, 250, 10, 0.1)])), [""; 0], "starts fresh, closed");
        assert_eq!(then(vec![Ratio(110, 0.1), Ratio(60, 0.1)]), [""; 0], "out of order");
    }
}

#[test]
fn a_node_that_appears_is_watched_from_its_first_sample() {
    let steps = chain(&[steady(0, 100, 10, 1.0), vec![RatioOf("b", 105, 3.0)], steady(110, 150, 10, 1.0)]);
    assert_eq!(CORE_LOAD.verdicts(&steps), ["105 warning b"]);
}

#[test]
fn the_default_figures_build_and_have_their_kinds() {
    let detectors = crate::standard();
    let kinds: Vec<&str> = detectors.iter().map(Detector::kind).collect();
    assert_eq!(
        kinds,
        ["core-load", "disk-usage", "memory-usage", "cluster-consensus", "replication-lag", "disk-full-soon"]
    );
}
