//! The line, by itself.

use proptest::prelude::*;

use crate::disk_full::trend::Points;

const MINUTE: i64 = 60_000;
/// Milliseconds of our days, and bytes of large disks: what a careless sum of squares does not survive.
const NOW: i64 = 1_795_489_200_000;
const BASE: f64 = 1_125_899_906_842_624.0;

fn points(minutes: i64, used: impl Fn(i64) -> f64) -> Points {
    let mut points = Points::default();
    for minute in 0..=minutes {
        points.add(NOW + minute * MINUTE, used(minute), 3 * MINUTE, 180 * MINUTE);
    }
    points
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line_is_found_whatever_its_rate(rate in -1e9..1e9_f64) {
        prop_assume!(rate.abs() > 1e3);
        let points = points(120, |minute| BASE + rate * minute as f64);
        let line = points.recent(30 * MINUTE).expect("enough");
        prop_assert!((line.rate * MINUTE as f64 / rate - 1.0).abs() < 1e-3, "{line:?}");
        prop_assert!(line.fit > 0.999, "{line:?}");
        let trend = points.trend(30 * MINUTE, 0.95);
        prop_assert_eq!(trend.is_some(), rate > 0.0);
        prop_assert!(trend.is_none_or(|trend| trend.span >= 110 * MINUTE), "the longest: {trend:?}");
    }
}

#[test]
fn a_level_has_no_rate() {
    let line = points(60, |_| BASE).recent(30 * MINUTE).expect("enough");
    assert!(line.rate == 0.0 && line.fit == 0.0, "{line:?}");
}

#[test]
fn a_jump_is_explained_by_three_quarters_at_most() {
    for jump in 1..120 {
        let points = points(120, |minute| if minute < jump { 0.0 } else { 1e9 });
        assert_eq!(points.trend(30 * MINUTE, 0.9), None, "at minute {jump}");
    }
}

#[test]
fn before_there_is_enough_there_is_no_line() {
    assert_eq!(points(32, |minute| minute as f64).recent(30 * MINUTE), None);
    assert!(points(33, |minute| minute as f64).recent(30 * MINUTE).is_some());
}
