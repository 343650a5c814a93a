//! What the person on call reads.

use super::*;

fn cause(finding: &Finding) -> &str {
    match &finding.condition {
        Condition::Met(symptom) => &symptom.cause,
        Condition::Cleared { cause, .. } => cause,
        Condition::Unknown { why } => why,
    }
}

#[test]
fn a_volume_that_fills_in_words() {
    let findings = fill(&mut detector(), 0, 190, ramp);
    let place = "/data on node a of cluster orders";
    let (warning, critical) = (symptom(&findings[0]), symptom(findings.last().expect("some")));
    assert_eq!(warning.summary, format!("Disk full in less than 4 h at {place}"));
    assert_eq!(
        warning.cause,
        format!(
            "Volume {place} fills at 100.0 GiB/h, as it has for 1 h 21 min: full in about 2 h 30 min (740.0 GiB of \
             1000.0 GiB used, limit 4 h)."
        )
    );
    assert_eq!(warning.severity, Severity::Warning);
    assert_eq!(critical.summary, format!("Disk full in less than 1 h at {place}"));
    assert_eq!(
        critical.cause,
        format!(
            "Volume {place} fills at 100.0 GiB/h, as it has for 2 h 57 min: full in about 51 min (915.0 GiB of 1000.0 GiB \
             used, limit 4 h, critical under 1 h)."
        )
    );
    let evidence: Vec<_> = warning.evidence.iter().map(tidegate_event::figure::reading).collect();
    assert_eq!(evidence, ["2.6 h (limit 4 h)", "100 GiBy/h", "740.0 GiB", "1000.0 GiB"]);
}

#[test]
fn a_volume_that_is_calm_or_full_in_words() {
    let place = "/data on node a of cluster orders";
    let emptied = |minute: f64| if minute < 120.0 { ramp(minute) } else { 40.0 };
    let findings = fill(&mut detector(), 0, 140, emptied);
    let [.., calm, cleared] = &findings[..] else { panic!("two") };
    assert_eq!(
        cause(calm),
        format!(
            "Volume {place} does not fill any more (400.0 GiB of 1000.0 GiB used). It closes once more than 6 h have been \
             left for 10 min."
        )
    );
    assert_eq!(
        cause(cleared),
        format!("Volume {place} does not fill any more (400.0 GiB of 1000.0 GiB used) for 10 min.")
    );
    let full = fill(&mut detector(), 0, 600, |minute| ramp(minute).min(100.0));
    let full = symptom(full.last().expect("some"));
    assert_eq!(full.summary, format!("Disk full at {place}"));
    assert_eq!(full.cause, format!("Volume {place} is full (1000.0 GiB of 1000.0 GiB used)."));
}

#[test]
fn silence_in_words() {
    let mut detector = detector();
    measure(&mut detector, "a", 0, 60.0);
    let findings = tick(&mut detector, 61);
    let why = "No measurement of the used space at /data on node a of cluster orders for 60 s.";
    assert_eq!(findings.iter().map(cause).collect::<Vec<_>>(), [why]);
}
