use chrono::{DateTime, TimeDelta, Utc};
use tidegate_detect::{Condition, Detector, Finding};
use tidegate_event::{ClusterViews, Member, MemberRole, Name, NodeView, Resource, Sample, Severity, Signal, View};
use tidegate_sink_console::{Output, Screen};

use crate::{Config, Registry};

/// The detector `kind` of a file with `section`.
fn detector(kind: &str, section: &str) -> Box<dyn Detector> {
    let screen = Screen::new(Output::nowhere(), Output::nowhere()).expect("a thread");
    let registry = Registry::standard().with_console(screen);
    let text = format!("{section}\n[[integration]]\nname = \"a\"\nsink = \"console\"\n");
    let plan = Config::parse("a.toml", text).expect("TOML").build(&registry);
    let plan = plan.unwrap_or_else(|errors| panic!("{errors}"));
    plan.detectors.into_iter().find(|detector| detector.kind() == kind).expect("there by default")
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_489_200, 0).expect("24 November 2026") + TimeDelta::seconds(seconds)
}

/// What it says of shares of a memory or a volume, each at its second.
fn shares(detector: &mut dyn Detector, names: [&str; 2], shares: &[(i64, f64)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let node = Resource::new().with_node("a").with_part("/var");
    for (seconds, share) in shares {
        for (name, value) in names.into_iter().zip([share * 1e9, 1e9]) {
            let sample = Sample::new(name, node.clone(), value, "By", at(*seconds)).expect("finite");
            detector.observe(&Signal::from(sample), &mut findings);
        }
    }
    findings
}

const MEMORY: [&str; 2] = ["system.memory.used", "system.memory.total"];
const DISK: [&str; 2] = ["system.filesystem.used", "system.filesystem.size"];

/// When it was first met, and how bad it was then.
fn met(findings: &[Finding]) -> Option<(DateTime<Utc>, Severity)> {
    findings.iter().find_map(|finding| match &finding.condition {
        Condition::Met(symptom) => Some((finding.at, symptom.severity)),
        _ => None,
    })
}

fn cleared(findings: &[Finding]) -> Option<DateTime<Utc>> {
    findings.iter().find(|finding| matches!(finding.condition, Condition::Cleared { .. })).map(|finding| finding.at)
}

#[test]
fn each_figure_of_the_file_is_the_detectors() {
    let mut memory = detector(
        "memory-usage",
        "[detector.memory-usage]\nopen = { above = 0.5, for = \"10s\", samples = 2 }\n\
         close = { below = 0.4, for = \"20s\" }\ncritical = 0.7\nseverity = \"info\"\nremedy = \"Add some.\"\n",
    );
    let findings = shares(&mut *memory, MEMORY, &[(0, 0.6), (10, 0.6), (20, 0.45), (30, 0.3), (50, 0.3)]);
    assert_eq!(met(&findings), Some((at(10), Severity::Info)));
    assert_eq!(cleared(&findings), Some(at(50)));
    let Condition::Met(symptom) = &findings[0].condition else { panic!("met first") };
    assert_eq!(&*symptom.remedy, "Add some.");
    let findings = shares(&mut *memory, MEMORY, &[(60, 0.7), (70, 0.7)]);
    assert_eq!(met(&findings), Some((at(70), Severity::Critical)));
}

#[test]
fn what_is_left_out_stays_as_it_is() {
    let mut disk = detector("disk-usage", "[detector.disk-usage]\nopen = { above = 0.5 }\n");
    let samples: Vec<_> = (0..=12).map(|n| (n * 10, 0.6)).collect();
    // Two minutes, as ever; and the limit of closing came down with that of opening.
    assert_eq!(met(&shares(&mut *disk, DISK, &samples)), Some((at(120), Severity::Warning)));
    assert_eq!(cleared(&shares(&mut *disk, DISK, &[(130, 0.49)])), Some(at(130)));
}

#[test]
fn a_duration_of_zero_is_at_once() {
    let mut disk = detector("disk-usage", "[detector.disk-usage]\nopen = { for = \"0s\" }\n");
    assert_eq!(met(&shares(&mut *disk, DISK, &[(0, 0.85)])), Some((at(0), Severity::Warning)));
}

#[test]
fn a_limit_above_the_standard_critical_one_takes_it_along() {
    let mut memory = detector("memory-usage", "[detector.memory-usage]\nopen = { above = 0.97 }\n");
    assert_eq!(met(&shares(&mut *memory, MEMORY, &[(0, 0.96)])), None);
    assert_eq!(met(&shares(&mut *memory, MEMORY, &[(10, 0.98)])), Some((at(10), Severity::Critical)));
}

#[test]
fn stale_after_is_that_of_the_file_or_three_intervals_of_the_slowest_source() {
    let silent = |section: &str, seconds: i64| {
        let mut memory = detector("memory-usage", section);
        shares(&mut *memory, MEMORY, &[(0, 0.95)]);
        let mut findings = Vec::new();
        for second in 1..=seconds {
            memory.tick(at(second), &mut findings);
        }
        findings.iter().any(|finding| matches!(finding.condition, Condition::Unknown { .. }))
    };
    for (section, stale_after) in [
        ("", 60),
        ("[detector.memory-usage]\nstale_after = \"90s\"\n", 90),
        ("[[source]]\ntype = \"host\"\nname = \"b\"\ninterval = \"40s\"\n[[source]]\ntype = \"host\"\n", 120),
    ] {
        assert!(!silent(section, stale_after), "{section}");
        assert!(silent(section, stale_after + 2), "{section}");
    }
}

/// What it says of a node that is so many bytes behind, each at its second.
fn lags(detector: &mut dyn Detector, lags: &[(i64, u64)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (seconds, lag) in lags {
        let node = |name: &str, role, written| {
            let (node, state) = (Name::from(name), "x".into());
            let member = Member {
                node,
                state,
                role,
                alive: true,
                read_only: false,
                written: Some(written),
                details: Vec::new(),
            };
            let view = View { digest: 0, own: Some(name.into()), seeds: 0, members: vec![member] };
            NodeView { node: name.into(), view: Ok(view) }
        };
        let nodes = vec![node("a", MemberRole::Leader, 10_000), node("b", MemberRole::Follower, 10_000 - lag)];
        let resource = Resource::new().with_cluster("orders");
        let views = ClusterViews { resource, at: at(*seconds), expected: None, nodes };
        detector.observe(&Signal::Views(views), &mut findings);
    }
    findings
}

#[test]
fn each_figure_of_the_lag_is_the_detectors() {
    let mut lag = detector(
        "replication-lag",
        "[detector.replication-lag]\nopen = { above = \"1KiB\", for = \"20s\", rounds = 2 }\n\
         close = { below = \"512B\", for = \"10s\", rounds = 3 }\nseverity = \"error\"\nremedy = \"Look.\"\n",
    );
    let rounds = [(0, 1_025), (19, 2_000), (20, 1_025), (30, 511), (39, 512), (50, 511), (59, 511), (60, 511)];
    let findings = lags(&mut *lag, &rounds);
    assert_eq!(met(&findings), Some((at(20), Severity::Error)));
    assert_eq!(cleared(&findings), Some(at(60)));
    let Condition::Met(symptom) = &findings[0].condition else { panic!("met first") };
    assert_eq!(&*symptom.remedy, "Look.");
}

#[test]
fn a_lag_that_closes_follows_the_limit_of_opening() {
    let mut lag =
        detector("replication-lag", "[detector.replication-lag]\nopen = { above = \"1KiB\", for = \"0s\" }\n");
    let findings = lags(&mut *lag, &[(0, 1_025), (30, 1_023), (90, 1_023)]);
    assert_eq!((met(&findings), cleared(&findings)), (Some((at(0), Severity::Warning)), Some(at(90))));
}

#[test]
fn each_figure_of_the_disk_that_fills_is_the_detectors() {
    let mut disk = detector(
        "disk-full-soon",
        "[detector.disk-full-soon]\nopen = { below = \"8h\" }\nclose = { above = \"9h\", for = \"0s\" }\ncritical = \"2h\"\n\
         window = \"1h\"\nmin_data = \"10m\"\nmin_fit = 0.5\nmin_used = 0.1\nreach = 100\nseverity = \"error\"\n\
         remedy = \"Make room.\"\n",
    );
    // Twelve percent an hour for 20 minutes, from 20 % on.
    let share = |minute: i64| 0.2 + minute.min(20) as f64 * 0.002;
    let each: Vec<(i64, f64)> = (0..40).map(|minute| (minute * 60, share(minute))).collect();
    let findings = shares(&mut *disk, DISK, &each);
    assert_eq!(met(&findings), Some((at(11 * 60), Severity::Error)));
    assert_eq!(cleared(&findings), Some(at(25 * 60)));
    let Condition::Met(symptom) = &findings[0].condition else { panic!("met first") };
    assert_eq!(&*symptom.remedy, "Make room.");
}

#[test]
fn limits_of_the_disk_that_fills_make_room_for_those_that_are_given() {
    for section in
        ["open = { below = \"12h\" }", "open = { below = \"30m\" }", "min_data = \"5h\"", "critical = \"4h\""]
    {
        detector("disk-full-soon", &format!("[detector.disk-full-soon]\n{section}\n"));
    }
}
