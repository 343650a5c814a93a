//! The manual clock.

use std::time::Duration;

use tidegate_base::Clock;
use tidegate_testkit::ManualClock;

#[test]
fn a_manual_clock_stands_until_it_is_told_and_never_runs_backwards_by_itself() {
    let clock = ManualClock::new();
    let (start, same) = (clock.now(), clock.clone());
    assert_eq!(start.to_rfc3339(), "2026-11-24T03:00:00+00:00");
    assert_eq!(clock.now(), start);

    assert_eq!(clock.advance(Duration::from_millis(1_500)), same.now());
    assert_eq!((same.now() - start).num_milliseconds(), 1_500);
    clock.set(start);
    assert_eq!((same.now() - start).num_milliseconds(), 1_500, "that is over");
    clock.set_back(Duration::from_secs(1));
    assert_eq!((same.now() - start).num_milliseconds(), 500);
    clock.advance(Duration::MAX);
    clock.advance(Duration::from_secs(1));
}
