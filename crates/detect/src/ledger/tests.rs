#![allow(clippy::float_cmp)] // the figures are handed on as they are

use tidegate_event::{Reading, Severity};

use super::*;
use crate::Symptom;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a date of this century")
}

fn node(name: &str) -> Resource {
    Resource::new().with_cluster("orders").with_node(name)
}

fn key(name: &str) -> IssueKey {
    IssueKey::new("core-load", node(name))
}

fn symptom(severity: Severity, value: f64) -> Symptom {
    Symptom {
        severity,
        summary: "Load over 2.0 a core".to_owned(),
        cause: format!("Load {value}."),
        remedy: "Look.".into(),
        evidence: vec![Reading::new("tidegate.core_load", value, "1").with_limit(2.0)],
    }
}

fn met(name: &str, value: f64, seconds: i64) -> Finding {
    Finding { key: key(name), condition: Condition::Met(symptom(Severity::Warning, value)), at: at(seconds) }
}

fn critical(name: &str, value: f64, seconds: i64) -> Finding {
    Finding { key: key(name), condition: Condition::Met(symptom(Severity::Critical, value)), at: at(seconds) }
}

fn cleared(name: &str, seconds: i64) -> Finding {
    let evidence = vec![Reading::new("tidegate.core_load", 1.0, "1")];
    Finding { key: key(name), condition: Condition::Cleared { cause: "Load 1.".to_owned(), evidence }, at: at(seconds) }
}

fn unknown(name: &str, why: &str, seconds: i64) -> Finding {
    Finding { key: key(name), condition: Condition::Unknown { why: why.to_owned() }, at: at(seconds) }
}

fn ledger() -> Ledger {
    Ledger::new(Random::seeded(1))
}

#[test]
fn an_episode_opens_is_updated_and_closes() {
    let mut ledger = ledger();
    let opened = ledger.apply(met("a", 2.5, 0)).expect("opens");
    assert_eq!((opened.sequence, opened.state, opened.stale), (1, IssueState::Open, false));
    assert_eq!((opened.opened_at, opened.at), (at(0), at(0)));
    let updated = ledger.apply(met("a", 3.0, 300)).expect("an update");
    assert_eq!((updated.sequence, updated.episode, updated.cause.as_str()), (2, opened.episode, "Load 3."));
    let closed = ledger.apply(cleared("a", 301)).expect("closes");
    assert_eq!((closed.sequence, closed.state, closed.episode), (3, IssueState::Closed, opened.episode));
    assert_eq!((closed.opened_at, closed.at), (at(0), at(301)));
    assert_eq!((closed.severity, closed.summary.as_str()), (Severity::Warning, "Load over 2.0 a core"));
    assert_eq!((closed.cause.as_str(), closed.evidence[0].value), ("Load 1.", 1.0));
    assert_eq!(ledger.open().count(), 0);
    let again = ledger.apply(met("a", 2.5, 302)).expect("opens again");
    assert_eq!(again.sequence, 1);
    assert_ne!(again.episode, opened.episode);
}

#[test]
fn an_update_waits_for_the_interval_and_the_latest_wins() {
    let mut ledger = ledger().with_update_interval(Duration::from_mins(1));
    ledger.apply(met("a", 2.5, 0));
    assert_eq!(ledger.apply(met("a", 2.6, 10)), None);
    assert_eq!(ledger.apply(met("a", 2.7, 20)), None);
    assert_eq!(ledger.tick(at(59)), []);
    let told = ledger.tick(at(60));
    assert_eq!(told.iter().map(|event| (event.sequence, event.evidence[0].value)).collect::<Vec<_>>(), [(2, 2.7)]);
    assert_eq!(ledger.tick(at(600)), [], "told once");
    assert!(ledger.apply(met("a", 2.8, 600)).is_some(), "the interval is over");
}

#[test]
fn an_update_that_takes_itself_back_is_not_told() {
    let mut ledger = ledger();
    ledger.apply(met("a", 2.5, 0));
    assert_eq!(ledger.apply(met("a", 2.6, 10)), None);
    assert_eq!(ledger.apply(met("a", 2.5, 20)), None);
    assert_eq!(ledger.tick(at(900)), []);
}

#[test]
fn other_figures_are_an_update_even_in_the_same_words() {
    let mut ledger = ledger();
    ledger.apply(met("a", 2.5, 0));
    let mut finding = met("a", 2.5, 300);
    if let Condition::Met(symptom) = &mut finding.condition {
        symptom.evidence[0].value = 2.501;
    }
    assert!(ledger.apply(finding).is_some());
}

#[test]
fn a_severity_that_changes_is_told_at_once() {
    let mut ledger = ledger();
    ledger.apply(met("a", 2.5, 0));
    let up = ledger.apply(critical("a", 4.0, 1)).expect("up");
    let down = ledger.apply(met("a", 2.5, 2)).expect("down");
    assert_eq!((up.severity, down.severity), (Severity::Critical, Severity::Warning));
    assert_eq!((up.sequence, down.sequence), (2, 3));
}

#[test]
fn unknown_leaves_open_and_is_told_once_and_so_is_its_end() {
    let mut ledger = ledger();
    ledger.apply(met("a", 2.5, 0));
    let stale = ledger.apply(unknown("a", "No answer.", 1)).expect("stale at once");
    assert_eq!((stale.state, stale.stale, stale.cause.as_str()), (IssueState::Open, true, "No answer."));
    assert_eq!(stale.evidence[0].value, 2.5, "the last that was measured");
    assert_eq!(ledger.apply(unknown("a", "No answer.", 2)), None);
    assert_eq!(ledger.apply(unknown("a", "Refused.", 3)), None, "another reason waits for the interval");
    assert_eq!(ledger.tick(at(301)).len(), 1);
    let fresh = ledger.apply(met("a", 2.5, 302)).expect("fresh at once");
    assert_eq!((fresh.stale, fresh.sequence), (false, 4));
    ledger.apply(unknown("a", "No answer.", 303));
    let closed = ledger.apply(cleared("a", 304)).expect("closes");
    assert!(!closed.stale);
}

#[test]
fn becoming_stale_keeps_the_figures_that_were_held_back() {
    let mut ledger = ledger();
    ledger.apply(met("a", 2.5, 0));
    ledger.apply(met("a", 3.5, 1));
    let stale = ledger.apply(unknown("a", "No answer.", 2)).expect("stale");
    assert_eq!(stale.evidence[0].value, 3.5);
    assert_eq!(ledger.tick(at(900)), [], "nothing is held back any more");
}

#[test]
fn nothing_opens_or_closes_what_is_not_there() {
    let mut ledger = ledger();
    assert_eq!(ledger.apply(cleared("a", 0)), None);
    assert_eq!(ledger.apply(unknown("a", "No answer.", 0)), None);
    assert_eq!(ledger.close(&key("a"), "No detector.", at(0)), None);
}

#[test]
fn no_event_is_before_the_one_that_precedes_it() {
    let mut ledger = ledger();
    ledger.apply(met("a", 2.5, 100));
    let update = ledger.apply(critical("a", 4.0, 50)).expect("an update");
    let closed = ledger.apply(cleared("a", 60)).expect("closes");
    assert_eq!((update.at, closed.at, closed.opened_at), (at(100), at(100), at(100)));
}

#[test]
fn a_clock_that_was_set_back_does_not_hold_updates_back_until_it_has_caught_up() {
    let mut ledger = ledger();
    ledger.apply(met("a", 2.5, 7_200));
    assert!(ledger.apply(met("a", 2.6, 0)).is_some());
    assert_eq!(ledger.apply(met("a", 2.7, 10)), None, "and does not let all through either");
    assert_eq!(ledger.tick(at(300)).len(), 1);
}

#[test]
fn times_are_cut_to_the_millisecond() {
    let mut ledger = ledger();
    let finding = Finding { at: at(0) + TimeDelta::nanoseconds(1_999_999), ..met("a", 2.5, 0) };
    let opened = ledger.apply(finding).expect("opens");
    assert_eq!((opened.at, opened.opened_at), (at(0) + TimeDelta::milliseconds(1), opened.at));
}

#[test]
fn a_retired_resource_closes_and_is_ignored_until_it_is_reinstated() {
    let mut ledger = ledger();
    ledger.apply(met("a", 2.5, 0));
    ledger.apply(met("b", 2.5, 0));
    let volume = IssueKey::new("disk-usage", node("a").with_part("/var"));
    ledger.apply(Finding { key: volume.clone(), ..met("a", 2.5, 0) });
    let closed = ledger.retire(&node("a"), "Node a was removed.", at(1));
    let keys: Vec<&IssueKey> = closed.iter().map(|event| &event.key).collect();
    assert_eq!(keys, [&key("a"), &volume]);
    assert!(closed.iter().all(|event| event.is_closed() && event.cause == "Node a was removed."));
    assert_eq!(ledger.retired().collect::<Vec<_>>(), [(&node("a"), "Node a was removed.")]);
    assert_eq!(ledger.apply(met("a", 9.0, 2)), None);
    assert_eq!(ledger.open().map(|event| &event.key).collect::<Vec<_>>(), [&key("b")]);
    ledger.reinstate(&node("a"));
    assert_eq!(ledger.apply(met("a", 9.0, 3)).map(|event| event.sequence), Some(1));
}

#[test]
fn what_is_reinstated_takes_along_what_lies_within_it_and_nothing_above_it() {
    let cluster = Resource::new().with_cluster("orders");
    let mut ledger = ledger();
    ledger.retire(&cluster, "Cluster sold.", at(0));
    ledger.reinstate(&node("a"));
    assert_eq!(ledger.apply(met("a", 2.5, 1)), None, "its cluster is still retired");
    ledger.retire(&node("b"), "Node removed.", at(2));
    ledger.reinstate(&cluster);
    assert_eq!(ledger.retired().count(), 0);
    assert!(ledger.apply(met("b", 2.5, 3)).is_some());
}

#[test]
fn an_issue_closes_for_a_reason_that_no_detector_finds() {
    let mut ledger = ledger();
    ledger.apply(met("a", 2.5, 0));
    let closed = ledger.close(&key("a"), "No detector any more.", at(1)).expect("closes");
    assert_eq!((closed.cause.as_str(), closed.sequence), ("No detector any more.", 2));
    assert_eq!(closed.evidence[0].value, 2.5);
}

#[test]
fn an_event_that_is_not_newer_is_ignored() {
    let mut ledger = ledger();
    let opened = ledger.apply(met("a", 2.5, 0)).expect("opens");
    let update = ledger.apply(critical("a", 4.0, 1)).expect("an update");
    ledger.fold(&opened);
    assert_eq!(ledger.find(&key("a")), Some(&update));
    let closed = ledger.apply(cleared("a", 2)).expect("closes");
    for event in [&opened, &update, &closed] {
        ledger.fold(event);
        assert_eq!(ledger.find(&key("a")), None);
    }
    let second = ledger.apply(met("a", 2.5, 3)).expect("opens again");
    let mut restarted = self::ledger();
    restarted.restore([second.clone()]);
    for event in [&opened, &update, &closed, &second] {
        restarted.fold(event);
        assert_eq!(restarted.find(&key("a")), Some(&second), "an earlier episode is no news");
    }
}

#[test]
fn readings_that_are_no_numbers_are_left_out() {
    let mut ledger = ledger();
    let mut finding = met("a", 2.5, 0);
    if let Condition::Met(symptom) = &mut finding.condition {
        symptom.evidence.push(Reading::new("broken", f64::NAN, "1"));
    }
    assert_eq!(ledger.apply(finding.clone()).expect("opens").evidence.len(), 1);
    assert_eq!(ledger.apply(finding), None, "and make no update");
}

#[test]
fn the_same_seed_and_findings_give_the_same_events() {
    let run = || {
        let mut ledger = ledger();
        let findings = [met("b", 2.5, 0), met("a", 2.5, 0), cleared("b", 1), met("b", 2.5, 2)];
        findings.into_iter().filter_map(|finding| ledger.apply(finding)).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn what_lies_within_a_retired_resource_is_not_remembered_beside_it() {
    let mut ledger = Ledger::new(Random::seeded(1));
    let cluster = Resource::new().with_cluster("orders");
    let node = cluster.clone().with_node("a");
    let volume = node.clone().with_part("/data");
    for resource in [&volume, &node] {
        ledger.retire(resource, "sold", at(0));
    }
    assert!(ledger.retired().map(|(resource, _)| resource).eq([&node]));
    ledger.retire(&cluster, "sold", at(0));
    ledger.retire(&volume, "sold", at(0));
    assert!(ledger.retired().map(|(resource, _)| resource).eq([&cluster]));
    let elsewhere = Resource::new().with_node("a");
    for (resource, retired) in [(&volume, true), (&node, true), (&elsewhere, false)] {
        assert_eq!(ledger.is_retired(resource), retired, "{resource}");
    }
}
