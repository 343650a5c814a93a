use tidegate_event::{Reading, Resource};
use tidegate_testkit::sample::{self, Episode};

use super::*;

fn width(text: &str) -> usize {
    text.encode_utf16().count()
}

/// As long as anything can be, in the characters that are widest.
fn longest() -> IssueEvent {
    let long = "👩".repeat(40_000);
    let place = Resource::new().with_cluster(&*long).with_node(&*long).with_part(&*long);
    let key = tidegate_event::IssueKey::new(&*long, place);
    let evidence = (0..500).map(|_| Reading::new(&*long, 0.5, &*long).with_limit(0.4)).collect();
    let issue = Episode::of(key, sample::episode(1)).open();
    IssueEvent { summary: long.clone(), cause: long.clone(), remedy: long.into(), stale: true, evidence, ..issue }
}

#[test]
fn whatever_is_said_fits_the_documented_limits() {
    let issue = longest();
    let body = create(&issue);
    let text = |name: &str| width(body[name].as_str().unwrap_or_default());
    for (name, limit) in [("message", 130), ("alias", 512), ("description", 15_000), ("entity", 512), ("source", 100)] {
        assert!((1..=limit).contains(&text(name)), "{name}: {}", text(name));
    }
    assert!(body["tags"].as_array().is_some_and(|tags| tags.len() <= 20));
    assert!(tags(&issue).iter().all(|tag| width(tag) <= 50));
    let details: usize = details(&issue).iter().map(|(name, value)| width(name) + width(&value.to_string())).sum();
    assert!(details <= 8_000, "{details}");
    let closed = IssueEvent { state: tidegate_event::IssueState::Closed, ..issue.clone() };
    for body in [change(&issue), close(&closed)] {
        assert!(width(body["note"].as_str().unwrap_or_default()) <= 25_000);
    }
    assert!(description(&issue).contains('…') && message(&issue).ends_with('…'));
}

#[test]
fn an_issue_without_words_has_a_headline_and_no_empty_field() {
    let key = tidegate_event::IssueKey::new("", Resource::new());
    let issue = Episode::of(key, sample::episode(1)).open();
    let issue = IssueEvent { summary: " \n".into(), cause: "\0".into(), remedy: "".into(), evidence: vec![], ..issue };
    assert_eq!(message(&issue), "an issue without words");
    let body = create(&issue);
    assert!(body.get("entity").is_none(), "{body}");
    assert_eq!(body["tags"], json!(["tidegate"]));
    assert!(!description(&issue).contains("What to do") && !description(&issue).contains("\n\n\n"));
}

#[test]
fn severities_are_priorities() {
    let all = [Severity::Critical, Severity::Error, Severity::Warning, Severity::Info].map(priority);
    assert_eq!(all, ["P1", "P2", "P3", "P5"]);
}
