//! What the person on call reads.

use super::*;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// The findings of `subject` for pairs of numerator and denominator, ten seconds apart.
fn findings(subject: Subject, figures: &[(f64, f64)]) -> Vec<Finding> {
    let mut detector = subject.detector();
    let mut findings = Vec::new();
    for (round, (numerator, denominator)) in (0_i64..).zip(figures) {
        let resource = subject.resource("10.0.0.2:2113");
        detector.observe(&sample(subject.denominator, &resource, *denominator, round * 10), &mut findings);
        detector.observe(&sample(subject.numerator, &resource, *numerator, round * 10), &mut findings);
    }
    findings
}

fn texts(finding: &Finding) -> (&str, &str) {
    match &finding.condition {
        Condition::Met(symptom) => (&symptom.summary, &symptom.cause),
        Condition::Cleared { cause, .. } => ("", cause),
        Condition::Unknown { why } => ("", why),
    }
}

#[test]
fn core_load_in_words() {
    let mut figures = vec![(9.2, 4.0), (8.01, 4.0)];
    figures.extend([(4.4, 4.0); 31]);
    let findings = findings(CORE_LOAD, &figures);
    let place = "on node 10.0.0.2:2113 of cluster orders";
    assert_eq!(
        texts(&findings[0]),
        (
            format!("Load over 2.0 a core {place}").as_str(),
            format!("Load 9.2 on 4 physical cores (2.3 a core, limit 2.0) {place}.").as_str()
        )
    );
    assert_eq!(texts(&findings[1]).1, format!("Load 8.01 on 4 physical cores (2.002 a core, limit 2.0) {place}."));
    let calm = format!("Load 4.4 on 4 physical cores (1.1 a core, limit 2.0) {place}.");
    assert_eq!(texts(&findings[2]).1, format!("{calm} It closes once it has been below 2.0 for 5 min."));
    assert_eq!(texts(&findings[3]).1, format!("{calm} Below 2.0 for 5 min."));
    assert_eq!(findings.len(), 4);
    let evidence: Vec<_> = symptom(&findings[0]).evidence.iter().map(|r| (&*r.name, r.value, r.limit)).collect();
    let expected = [
        ("tidegate.core_load", 2.3, Some(2.0)),
        ("system.load.1m", 9.2, None),
        ("system.cpu.physical.count", 4.0, None),
    ];
    assert_eq!(evidence, expected);
}

#[test]
fn disk_usage_in_words() {
    let mut figures = vec![(412.5 * GIB, 500.0 * GIB); 13];
    figures.extend([(460.0 * GIB, 500.0 * GIB), (400.0 * GIB, 500.0 * GIB), (100.0 * GIB, 500.0 * GIB)]);
    let findings = findings(DISK_USAGE, &figures);
    let place = "at /var on node 10.0.0.2:2113 of cluster orders";
    let expected = [
        (format!("Disk over 80 % full {place}"), format!("412.5 GiB of 500.0 GiB used (82.5 %, limit 80 %) {place}.")),
        (
            format!("Disk at least 90 % full {place}"),
            format!("460.0 GiB of 500.0 GiB used (92.0 %, limit 80 %, critical from 90 %) {place}."),
        ),
        (
            format!("Disk over 80 % full {place}"),
            format!("400.0 GiB of 500.0 GiB used (80.0 %, limit 80 %) {place}. It closes once it is below 80 %."),
        ),
        (String::new(), format!("100.0 GiB of 500.0 GiB used (20.0 %, limit 80 %) {place}.")),
    ];
    let told: Vec<_> = findings.iter().map(texts).collect();
    assert_eq!(told, expected.iter().map(|(summary, cause)| (summary.as_str(), cause.as_str())).collect::<Vec<_>>());
    let units: Vec<&str> = symptom(&findings[1]).evidence.iter().map(|reading| &*reading.unit).collect();
    assert_eq!(units, ["1", "By", "By"]);
    assert_eq!(symptom(&findings[1]).evidence[0].limit, Some(0.90), "the limit that it is over");
}

#[test]
fn memory_usage_in_words() {
    let findings = findings(MEMORY_USAGE, &[(15.0 * GIB, 16.0 * GIB), (14.4001 * GIB, 16.0 * GIB)]);
    let place = "on node 10.0.0.2:2113 of cluster orders";
    assert_eq!(
        texts(&findings[0]),
        (
            format!("Memory over 90 % used {place}").as_str(),
            format!("15.0 GiB of 16.0 GiB used (93.8 %, limit 90 %) {place}.").as_str()
        )
    );
    assert_eq!(texts(&findings[1]).1, format!("14.4 GiB of 16.0 GiB used (90.001 %, limit 90 %) {place}."));
}

#[test]
fn silence_in_words() {
    for (subject, why) in [
        (CORE_LOAD, "No measurement of the core load on node a of cluster orders for 60 s."),
        (DISK_USAGE, "No measurement of the disk usage at /var on node a of cluster orders for 60 s."),
        (MEMORY_USAGE, "No measurement of the memory usage on node a of cluster orders for 60 s."),
    ] {
        let findings = subject.play(&mut subject.detector(), &[Ratio(0, 0.1), Tick(61)]);
        assert_eq!(findings.iter().map(texts).collect::<Vec<_>>(), [("", why)]);
    }
}

#[test]
fn one_core_is_one_core() {
    let findings = findings(CORE_LOAD, &[(3.0, 1.0)]);
    assert!(texts(&findings[0]).1.starts_with("Load 3.0 on 1 physical core (3.0 a core, limit 2.0)"));
}
