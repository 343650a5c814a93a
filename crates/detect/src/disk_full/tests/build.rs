//! What `build` refuses, and what it says.

use super::*;

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn figures_that_cannot_be_are_refused_by_name() {
    let builder = DiskFullSoon::builder;
    let cases = [
        (builder().with_open(Duration::ZERO), "open.below is 0; it must be longer"),
        (builder().with_min_data(Duration::ZERO), "min_data is 0; it must be longer"),
        (
            builder().with_close(3 * HOUR, Duration::ZERO),
            "close.above is 3 h; it must be at least open.below, which is 4 h",
        ),
        (builder().with_critical(5 * HOUR), "critical is 5 h; it must be at most open.below, which is 4 h"),
        (
            builder().with_window(Duration::from_mins(20)),
            "window is 20 min; it must be at least min_data, which is 30 min",
        ),
        (builder().with_window(48 * HOUR), "min_data is 30 min; for a window of 48 h it must be at least 1 h"),
        (builder().with_min_fit(1.0), "min_fit is 1; it must be above 0 and below 1"),
        (builder().with_min_fit(f64::NAN), "min_fit is NaN; it must be above 0 and below 1"),
        (builder().with_min_used(-0.1), "min_used is -0.1; it must be at least 0 and below 1"),
        (builder().with_reach(0.0), "reach is 0; it must be a finite number above 0"),
        (builder().with_most_volumes(0), "most_volumes is 0; it must be at least 1"),
        (
            builder().with_source_interval(Duration::from_secs(21)),
            "stale_after is 60 s; it must be at least 63 s, three times the source's interval of 21 s",
        ),
    ];
    for (builder, text) in cases {
        assert_eq!(builder.build().expect_err(text).to_string(), text);
    }
    assert!(builder().with_window(24 * HOUR).build().is_ok());
}

#[test]
fn every_figure_can_be_set() {
    let mut detector = DiskFullSoon::builder()
        .with_open(8 * HOUR)
        .with_close(10 * HOUR, Duration::ZERO)
        .with_critical(None)
        .with_severity(Severity::Error)
        .with_window(HOUR)
        .with_min_data(Duration::from_mins(10))
        .with_min_fit(0.5)
        .with_min_used(0.1)
        .with_reach(100.0)
        .with_remedy("Look.")
        .build()
        .expect("valid");
    let stops = |minute: f64| 20.0 + minute.min(20.0) / 6.0;
    let findings = fill(&mut detector, 0, 60, stops);
    assert_eq!(changes(&findings), ["11 error", "24 cleared"]);
    assert_eq!(&*symptom(&findings[0]).remedy, "Look.");
}
