//! When it opens, closes, and is unknown.

use super::*;

fn check(rows: Vec<(&str, Vec<Step>, &[&str])>) {
    for (what, steps, expected) in rows {
        assert_eq!(verdicts(&steps), expected, "{what}");
    }
}

fn open() -> Vec<Step> {
    each(0, 600, |second| Lag(second, 65))
}

/// `open`, then more.
fn then(steps: Vec<Step>) -> Vec<Step> {
    [open(), steps].concat()
}

#[test]
fn ten_minutes_over_the_limit_open_and_two_rounds_and_a_minute_below_close() {
    check(vec![
        ("not over", each(0, 1_200, |second| Lag(second, 63)), &[]),
        ("exactly at the limit", each(0, 1_200, |second| Lag(second, 64)), &[]),
        ("over for less than ten minutes", each(0, 570, |second| Lag(second, 65)), &[]),
        ("over for ten minutes", open(), &["600 met"]),
        (
            "once at the limit starts anew",
            [each(0, 570, |s| Lag(s, 65)), vec![Lag(590, 64)], each(600, 1_170, |s| Lag(s, 65))].concat(),
            &[],
        ),
        ("below for less than a minute", then(vec![Lag(630, 63), Lag(689, 63)]), &["600 met"]),
        ("in one round", then(vec![Lag(690, 63)]), &["600 met"]),
        ("below for a minute", then(vec![Lag(630, 63), Lag(690, 63)]), &["600 met", "690 cleared"]),
        ("exactly at the limit", then(each(630, 900, |second| Lag(second, 64))), &["600 met"]),
        ("over again between", then(vec![Lag(630, 63), Lag(660, 65), Lag(690, 63)]), &["600 met"]),
    ]);
}

#[test]
fn what_catches_up_is_an_issue_only_while_its_lag_does_not_shrink() {
    let shrinking = |from: i64, to: i64, step: u64| {
        each(from, to, move |second| Catching(second, 100_000 - step * (second / 30).unsigned_abs()))
    };
    check(vec![
        ("a little less each round", shrinking(0, 7_200, 1), &[]),
        ("it stands still", each(0, 600, |second| Catching(second, 500)), &["600 met"]),
        ("it grows", each(0, 600, |second| Catching(second, 500 + second.unsigned_abs())), &["600 met"]),
        (
            "it shrank once, by no less than a 64th of the limit",
            [vec![Catching(0, 500)], each(30, 600, |s| Catching(s, 499))].concat(),
            &[],
        ),
        (
            "and stands still since",
            [vec![Catching(0, 500)], each(30, 630, |s| Catching(s, 499))].concat(),
            &["630 met"],
        ),
        (
            "a follower that caught up for long has its own ten minutes",
            [shrinking(0, 3_000, 1), each(3_030, 3_570, |s| Lag(s, 70))].concat(),
            &[],
        ),
        (
            "and no more than these",
            [shrinking(0, 3_000, 1), each(3_030, 3_600, |s| Lag(s, 70))].concat(),
            &["3600 met"],
        ),
        (
            "a follower that begins to catch up counts from there",
            [each(0, 570, |s| Lag(s, 70 + s.unsigned_abs())), vec![Catching(585, 640), Catching(600, 630)]].concat(),
            &[],
        ),
        ("stays open while it shrinks", then(shrinking(630, 2_000, 1)), &["600 met"]),
    ]);
}

#[test]
fn without_an_answer_or_a_leader_nothing_is_known_and_nothing_closes() {
    let leaderless = |second| Show(round(second, vec![says("a", "Unknown", FAR), says("b", "Follower", FAR)]));
    let two = |second| Show(round(second, vec![says("a", "Leader", FAR), says("b", "Leader", FAR)]));
    let mute = |second| Show(round(second, vec![says("a", "Leader", FAR), fails("b")]));
    let unsaid = |second| Show(round(second, vec![says("a", "Leader", FAR), says("b", "Follower", None)]));
    let leader_unsaid = |second| Show(round(second, vec![says("a", "Leader", None), says("b", "Follower", FAR)]));
    for (what, step) in [
        ("no leader", &leaderless as &dyn Fn(i64) -> Step),
        ("two leaders", &two),
        ("no answer", &mute),
        ("no position", &unsaid),
        ("none of the leader", &leader_unsaid),
    ] {
        let steps = then([each(630, 2_000, step), vec![Tick(700), Tick(701), Tick(5_000)]].concat());
        assert_eq!(verdicts(&steps), ["600 met", "701 unknown"], "{what}");
    }
    check(vec![
        ("silent for as long as may be", then(vec![Tick(700)]), &["600 met"]),
        ("fresh again", then(vec![Tick(701), Lag(710, 65)]), &["600 met", "701 unknown", "710 met"]),
        (
            "as long a gap as may be",
            [each(0, 500, |s| Lag(s, 65)), vec![Lag(580, 65), Lag(600, 65)]].concat(),
            &["600 met"],
        ),
        ("too long a gap", [each(0, 480, |s| Lag(s, 65)), vec![Lag(581, 65), Lag(600, 65)]].concat(), &[]),
        ("a gap does not count as below", then(vec![Lag(630, 63), Lag(731, 63)]), &["600 met"]),
        ("out of order or said again", then(vec![Lag(600, 1), Lag(560, 1), Lag(590, 1)]), &["600 met"]),
    ]);
    let gap = |resource| Show(Signal::Gap { resource, why: "No credentials.".to_owned() });
    check(vec![
        ("a gap of the cluster", then(vec![Tick(601), gap(cluster()), gap(cluster())]), &["600 met", "601 unknown"]),
        (
            "one between starts anew",
            [each(0, 570, |s| Lag(s, 65)), vec![gap(node("b"))], each(590, 1_160, |s| Lag(s, 65))].concat(),
            &["570 unknown"],
        ),
        ("of another node", then(vec![Tick(601), gap(node("c"))]), &["600 met"]),
    ]);
}

#[test]
fn one_that_leads_is_behind_nobody() {
    let leads = |second| Show(round(second, vec![says("a", "Follower", FAR - MIB), says("b", "Leader", FAR)]));
    assert_eq!(verdicts(&then(vec![leads(630), leads(690)])), ["600 met", "690 cleared"]);
    let mut detector = detector();
    let alone = |second| Show(round(second, vec![says("a", "Leader", FAR)]));
    assert_eq!(play(&mut detector, &each(0, 3_000, alone)), []);
    assert_eq!(detector.nodes(), 0, "a leader is not remembered");
}

#[test]
fn one_that_is_ahead_has_no_lag() {
    let ahead = |second| Show(round(second, vec![says("a", "Leader", FAR), says("b", "Follower", FAR + 500 * MIB)]));
    assert_eq!(verdicts(&each(0, 1_200, ahead)), [""; 0]);
}

#[test]
fn each_node_counts_for_itself_whatever_its_state() {
    let nodes = |second| {
        let far = |state: &str, name: &str| says(name, state, FAR - 500 * MIB);
        let late = if second < 300 { FAR } else { FAR - 500 * MIB };
        Show(round(
            second,
            vec![
                far("PreReplica", "d"),
                says("a", "Leader", FAR),
                far("ReadOnlyReplica", "b"),
                says("c", "Follower", late),
            ],
        ))
    };
    assert_eq!(verdicts(&each(0, 900, nodes)), ["600 met", "600 met d", "900 met c"]);
}

#[test]
fn what_is_retired_or_restored_starts_anew() {
    let retired = |resource| Show(Signal::Retired { resource, why: "Sold.".to_owned() });
    let restored = Show(Signal::Restored { resource: node("b") });
    check(vec![
        ("retired", then(vec![retired(cluster()), Tick(9_999)]), &["600 met"]),
        ("another one", then(vec![retired(node("c")), Lag(630, 1), Lag(690, 1)]), &["600 met", "690 cleared"]),
        ("restored", then(vec![restored, Lag(630, 1), Lag(690, 1)]), &["600 met"]),
    ]);
}

fn open_issue() -> Step {
    let findings = play(&mut detector(), &open());
    let key = IssueKey::new("replication-lag", node("b"));
    let finding = Finding { key, condition: findings[0].condition.clone(), at: at(0) };
    let issue = Ledger::new(tidegate_base::Random::seeded(1)).apply(finding).expect("opens");
    Show(Signal::Event(Event::from(issue)))
}

#[test]
fn an_issue_from_before_the_start_closes_only_by_rounds_below() {
    check(vec![
        ("silent", vec![open_issue(), Tick(500), Tick(600), Tick(601)], &["601 unknown"]),
        ("behind still", vec![open_issue(), Tick(500), Lag(501, 65)], &["501 met"]),
        ("not any more", vec![open_issue(), Lag(500, 1), Lag(560, 1)], &["500 met", "560 cleared"]),
    ]);
}

#[test]
fn what_is_remembered_goes_after_an_hour_of_silence_unless_there_is_an_issue() {
    let mut detector = detector();
    play(&mut detector, &[Lag(0, 1), Tick(3_600)]);
    assert_eq!(detector.nodes(), 1);
    play(&mut detector, &[Tick(3_601)]);
    assert_eq!(detector.nodes(), 0);
    play(&mut detector, &[open(), vec![Tick(99_999)]].concat());
    assert_eq!(detector.nodes(), 1);
}

#[test]
fn every_figure_can_be_set() {
    let builder = ReplicationLag::builder()
        .with_open(Rule::consistently(1000.0, Duration::ZERO).with_samples(2))
        .with_close(Rule::at_once(500.0))
        .with_severity(Severity::Critical)
        .with_remedy("Look.")
        .with_stale_after(Duration::from_secs(10));
    let mut detector = builder.build().expect("valid");
    let lag = |second, lag| Show(behind(second, "Follower", lag));
    let steps = [lag(0, 1001), lag(5, 1001), lag(8, 500), Tick(19), lag(20, 499)];
    let findings = play(&mut detector, &steps);
    assert_eq!(changes(&findings), ["5 met", "19 unknown", "20 cleared"]);
    assert_eq!((symptom(&findings[0]).severity, &*symptom(&findings[0]).remedy), (Severity::Critical, "Look."));
}

#[test]
fn figures_that_cannot_be_are_refused_by_name() {
    let builder = ReplicationLag::builder;
    let cases = [
        (builder().with_open(Rule::at_once(f64::NAN)), "open.above is NaN; it must be a finite number"),
        (builder().with_close(Rule::at_once(0.5).with_samples(0)), "close.rounds is 0; it must be at least 1"),
        (
            builder().with_open(Rule::at_once(1024.0)),
            "close.below is 64.0 MiB; it must be at most open.above, which is 1.0 KiB",
        ),
        (
            builder().with_source_interval(Duration::from_secs(34)),
            "stale_after is 100 s; it must be at least 102 s, three times the source's interval of 34 s",
        ),
    ];
    for (builder, text) in cases {
        assert_eq!(builder.build().expect_err(text).to_string(), text);
    }
}
