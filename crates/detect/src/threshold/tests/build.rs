//! What `build` refuses, and what it says.

use super::*;
use crate::DetectErrorKind::{self, Contradiction, Missing, NotFinite};

type Case = (ThresholdBuilder, DetectErrorKind, &'static str);

#[test]
fn figures_that_cannot_be_are_refused_by_name() {
    let disk = Threshold::disk_usage;
    let cases: [Case; 11] = [
        (disk().with_open(Rule::at_once(f64::NAN)), NotFinite, "open.above is NaN; it must be a finite number"),
        (disk().with_close(Rule::at_once(f64::INFINITY)), NotFinite, "close.below is inf; it must be a finite number"),
        (disk().with_critical(f64::NAN), NotFinite, "critical is NaN; it must be a finite number"),
        (
            disk().with_close(Rule::at_once(0.85)),
            Contradiction,
            "close.below is 0.85; it must be at most open.above, which is 0.8",
        ),
        (disk().with_critical(0.7), Contradiction, "critical is 0.7; it must be at least open.above, which is 0.8"),
        (disk().with_open(disk().open().with_samples(0)), Missing, "open.samples is 0; it must be at least 1"),
        (
            disk().with_stale_after(Duration::ZERO),
            Missing,
            "stale_after is 0; it must be at least three times the source's interval",
        ),
        (
            disk().with_source_interval(Duration::from_secs(21)),
            Contradiction,
            "stale_after is 60 s; it must be at least 63 s, three times the source's interval of 21 s",
        ),
        (disk().with_most_series(0), Missing, "most_series is 0; it must be at least 1"),
        (disk().with_subject(""), Missing, "subject is empty"),
        (
            Threshold::builder("x", Measure::value("", "1"), Rule::at_once(1.0)),
            Missing,
            "a name of the measure is empty",
        ),
    ];
    for (builder, kind, text) in cases {
        let error = builder.build().expect_err(text);
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
    }
}

#[test]
fn figures_at_the_edge_are_taken() {
    let disk = Threshold::disk_usage().with_critical(0.80).with_source_interval(Duration::from_secs(20));
    assert!(disk.build().is_ok());
    let never_critical = Threshold::disk_usage().with_critical(None);
    assert_eq!(never_critical.critical(), None);
    assert!(never_critical.build().is_ok());
}

#[test]
fn every_figure_can_be_set() {
    let mut detector = Threshold::memory_usage()
        .with_open(Rule::consistently(0.5, Duration::from_secs(5)).with_samples(2).with_limit(0.6))
        .with_close(Rule::at_once(0.5).with_duration(Duration::from_secs(5)))
        .with_critical(0.7)
        .with_severity(Severity::Error)
        .with_remedy("Wait.")
        .with_stale_after(Duration::from_secs(10))
        .build()
        .expect("valid");
    let steps = [Ratio(0, 0.61), Ratio(5, 0.61), Ratio(10, 0.7), Tick(21), Ratio(30, 0.4), Ratio(35, 0.4)];
    let findings = MEMORY_USAGE.play(&mut detector, &steps);
    assert_eq!(changes(&findings), ["5 error", "10 critical", "21 unknown", "30 error", "35 cleared"]);
    assert_eq!(&*symptom(&findings[0]).remedy, "Wait.");
}
