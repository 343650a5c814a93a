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
fn a_follower_in_words() {
    let mut steps = each(0, 600, |second| Lag(second, 3_277));
    steps.extend([Lag(630, 4_096), Lag(660, 10), Lag(690, 64), Lag(720, 1), Lag(780, 2), Tick(781)]);
    let findings = play(&mut detector(), &steps);
    let causes: Vec<&str> = findings.iter().map(cause).collect();
    assert_eq!(
        causes,
        [
            "Follower b is 3.2 GiB behind the leader a (limit 64.0 MiB), and it has been over the limit for 10 min.",
            "Follower b is 4.0 GiB behind the leader a (limit 64.0 MiB), and it has been over the limit for 10 min 30 s. \
             It grows by 4.6 GiB/h.",
            "Follower b is 10.0 MiB behind the leader a (limit 64.0 MiB). It closes once it has been below 64.0 MiB for \
             60 s.",
            "Follower b is 64.0 MiB behind the leader a (limit 64.0 MiB). It closes once it has been below 64.0 MiB for \
             60 s.",
            "Follower b is 1.0 MiB behind the leader a (limit 64.0 MiB). It closes once it has been below 64.0 MiB for \
             60 s.",
            "Follower b is 2.0 MiB behind the leader a: below 64.0 MiB for 60 s.",
        ]
    );
    let symptom = symptom(&findings[0]);
    assert_eq!(symptom.summary, "Follower b is more than 64.0 MiB behind its leader");
    assert_eq!(symptom.severity, Severity::Warning);
    let evidence: Vec<_> = symptom.evidence.iter().map(tidegate_event::figure::reading).collect();
    assert_eq!(evidence, ["3.2 GiB (limit 0.0625 GiB)", "100.0 GiB", "96.8 GiB"]);
}

#[test]
fn other_states_in_words() {
    let of = |state: &'static str| {
        let steps = each(0, 600, |second| Show(behind(second, state, 64 * MIB + 1)));
        cause(&play(&mut detector(), &steps)[0]).to_owned()
    };
    assert_eq!(
        of("CatchingUp"),
        "Node b is catching up, just over 64.0 MiB behind the leader a (limit 64.0 MiB), and that has not shrunk for \
         10 min."
    );
    let read_only = "Read-only replica b is just over 64.0 MiB behind the leader a (limit 64.0 MiB)";
    assert!(of("ReadOnlyReplica").starts_with(read_only));
    assert!(of("PreReplica").starts_with("Node b is in state PreReplica, just over 64.0 MiB behind the leader a"));
}

#[test]
fn one_that_leads_in_words() {
    let leads = |second| Show(round(second, vec![says("a", "Follower", FAR), says("b", "Leader", FAR)]));
    let steps = [each(0, 600, |second| Lag(second, 65)), vec![leads(630), leads(690)]].concat();
    assert_eq!(play(&mut detector(), &steps).last().map(cause), Some("b leads now."));
}

#[test]
fn silence_in_words() {
    let findings = play(&mut detector(), &[Lag(0, 1), Tick(101)]);
    let why = "How far node b of cluster orders is behind was not to be learnt for 100 s: it gave no answer, or no \
               leader did.";
    assert_eq!(findings.iter().map(cause).collect::<Vec<_>>(), [why]);
}
