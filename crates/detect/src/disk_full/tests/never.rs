//! What must not open it.

use proptest::prelude::*;
use tidegate_base::Random;

use super::*;

#[test]
fn a_jump_does_not_open_whenever_it_comes_and_however_large() {
    for minute in [5, 31, 60, 100, 170] {
        for size in [1.0, 10.0, 40.0] {
            let jump = |now: f64| if now < f64::from(minute) { 58.0 } else { 58.0 + size };
            assert_eq!(told(400, jump), [""; 0], "{size} % at {minute}");
        }
    }
}

#[test]
fn two_jumps_do_not_open() {
    for (first, second) in [(40.0, 60.0), (40.0, 50.0), (60.0, 120.0)] {
        let jumps = |now: f64| 55.0 + if now < first { 0.0 } else { 20.0 } + if now < second { 0.0 } else { 20.0 };
        assert_eq!(told(400, jumps), [""; 0], "{first} and {second}");
    }
}

#[test]
fn a_backup_of_a_quarter_of_an_hour_does_not_open() {
    for begin in [35.0, 60.0, 200.0] {
        let backup = |now: f64| 60.0 + (now - begin).clamp(0.0, 15.0) * 1.5;
        assert_eq!(told(400, backup), [""; 0], "at {begin}");
    }
}

#[test]
fn a_saw_does_not_open() {
    // From 60 to 80 % in the period, and back at once.
    for period in [40.0, 50.0, 70.0, 80.0] {
        let saw = |now: f64| 60.0 + (now / period).fract() * 20.0;
        // Nothing is known before the first tooth: to the second it may look like a disk that fills.
        let after = |now: f64| saw(now + period / 2.0);
        let told = changes(&fill(&mut detector(), 0, 900, after));
        assert_eq!(told, [""; 0], "each {period} minutes");
    }
}

#[test]
fn what_only_refills_what_was_freed_does_not_open() {
    // A scavenge freed 20 % an hour ago, and what is written brings it back to where it was.
    let freed = |now: f64| if now < 60.0 { 85.0 } else { 65.0 + (now - 60.0) / 4.0 };
    assert_eq!(told(140, freed), [""; 0], "until it was as full as before");
    let told = told(170, freed);
    assert_eq!(told.len(), 1, "and past it: {told:?}");
}

#[test]
fn what_gets_emptier_does_not_open() {
    assert_eq!(told(400, |now| 95.0 - now / 10.0), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_about_a_level_with_one_jump_never_opens(
        seed in any::<u64>(), level in 51.0..70.0_f64, noise in 0.0..2.0_f64, jump in -20.0..25.0_f64, minute in 0.0..300.0_f64,
    ) {
        // How full it is each half minute: the noise is that of what comes and goes.
        let mut random = Random::seeded(seed);
        let noise: Vec<f64> = (0..800).map(|_| noise * (random.below(2_001) as f64 / 1_000.0 - 1.0)).collect();
        let percent = |now: f64| {
            let number = (0..800).find(|number| f64::from(*number) >= now * 2.0).unwrap_or(0);
            level + noise[usize::try_from(number).expect("positive")] + if now < minute { 0.0 } else { jump }
        };
        prop_assert_eq!(told(400, percent), [""; 0]);
    }

    #[test]
    fn a_line_opens_exactly_when_it_is_long_enough(level in 50.5..80.0_f64, minutes_left in 12..720_i32) {
        // So much is left at the beginning.
        let (hours, minutes) = (f64::from(minutes_left) / 60.0, minutes_left.min(300) * 97 / 100);
        let rate = (100.0 - level) / f64::from(minutes_left);
        let opened = told(minutes.into(), |now| level + now * rate).first().map(|first| {
            first.split(' ').next().and_then(|minute| minute.parse::<f64>().ok()).expect("a minute")
        });
        // Less than 4 h are left; the line reaches as far; it has its half hour, and two points besides.
        let expected = ((hours - 4.0) * 60.0).max(hours * 60.0 / 3.0).max(30.0);
        match opened {
            Some(minute) => prop_assert!((expected - 0.1..expected + 8.0).contains(&minute), "{minute}, not {expected}"),
            None => prop_assert!(expected + 8.0 > f64::from(minutes), "never, not {expected} of {minutes}"),
        }
    }
}
