use tidegate_event::IssueKey;
use tidegate_testkit::sample::{self, Episode};

use super::*;

/// An issue whose every text is `text`.
fn saying(text: &str) -> IssueEvent {
    let name = &text[..text.floor_char_boundary(1024)];
    let resource = Resource::new().with_cluster(name).with_node(name).with_part(name);
    IssueEvent {
        summary: text.to_owned(),
        cause: text.to_owned(),
        remedy: text.into(),
        evidence: vec![Reading::new(name, 0.5, name).with_limit(0.4); 30],
        stale: true,
        ..Episode::of(IssueKey::new(name, resource), sample::episode(1)).open()
    }
}

fn links() -> Vec<Link> {
    let link = Link::new(format!("https://a.example/{{kind}}/{{cluster}}/{{node}}/{}", "x".repeat(1_900)));
    vec![link.with_text("語".repeat(500)); 20]
}

#[test]
fn whatever_it_says_keeps_to_the_limits_of_pagerduty() {
    let width = |value: &Value| value.as_str().map(|text| text.encode_utf16().count());
    for unit in ["x", "é", "語", "👩", "\"", "\\", "<!channel>", "\n", "\u{0}\u{1b}", "\u{2028}", ""] {
        let long = unit.repeat(64 * 1024 / unit.len().max(1));
        for issue in [saying(&long), saying(unit), saying(&format!("x{long}"))] {
            let body = Value::from(body(&issue, &links(), Size::All));
            assert!((1..=255).contains(&width(&body["dedup_key"]).expect("a key")));
            let payload = &body["payload"];
            assert!((1..=1_024).contains(&width(&payload["summary"]).expect("a summary")), "{unit:?}");
            assert!((1..=255).contains(&width(&payload["source"]).expect("a source")), "{unit:?}");
            for name in ["component", "group", "class"] {
                assert!(width(&payload[name]).is_none_or(|width| (1..=255).contains(&width)), "{unit:?}: {name}");
            }
            let shown = body["links"].as_array().into_iter().flatten();
            assert!(shown.into_iter().all(|link| link["href"].as_str().is_some_and(|href| href.len() <= 2_048)));
            let bytes = body.to_string().len();
            assert!(bytes < 200_000, "{unit:?}: {bytes} bytes");
        }
    }
}

#[test]
fn what_is_cut_says_so() {
    let payload = payload(&saying(&"語".repeat(9_000)), Size::All);
    let details = &payload["custom_details"];
    for text in [&payload["summary"], &payload["class"], &details["cause"], &details["remedy"], &details["measured"]] {
        assert!(text.as_str().is_some_and(|text| text.ends_with('…')), "{text}");
    }
}

#[test]
fn the_least_that_is_said_has_no_details_and_says_so() {
    let body = body(&saying(&"x".repeat(9_000)), &links(), Size::Least);
    assert!(body.get("links").is_none());
    assert_eq!(body["payload"]["custom_details"], json!({ "note": LEFT_OUT }));
    assert!(Value::from(body).to_string().len() < 3_500);
}

#[test]
fn each_severity_has_its_word() {
    let disk = Episode::new("disk-usage");
    let word = |severity| {
        let payload = payload(&disk.update_at(severity), Size::All);
        payload["severity"].as_str().expect("a word").to_owned()
    };
    assert_eq!(Severity::ALL.map(word), ["info", "warning", "error", "critical"]);
}

#[test]
fn every_event_of_an_issue_has_its_key_and_no_other_issue_has() {
    let key = |issue: &IssueEvent| body(issue, &[], Size::All)["dedup_key"].clone();
    let disk = Episode::new("disk-usage");
    let again = Episode::of(disk.key().clone(), sample::episode(2));
    assert_eq!([&disk.open(), &disk.close(), &again.open()].map(key), [(); 3].map(|()| json!(disk.key().id())));
    let nameless = Episode::of(IssueKey::new("", Resource::new()), sample::episode(1));
    let keys = [nameless.open(), Episode::new("nameless").open(), disk.open()].map(|issue| key(&issue));
    assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[0] != "", "{keys:?}");
    assert_ne!(idle()["dedup_key"], keys[0]);
}

#[test]
fn where_it_is_comes_from_the_closest_name_that_is_there() {
    let source = |resource: Resource| {
        let issue = Episode::of(IssueKey::new("disk-usage", resource), sample::episode(1)).open();
        payload(&issue, Size::All)["source"].clone()
    };
    let part = || Resource::new().with_part("/var");
    assert_eq!(source(sample::node()), "10.0.0.2:2113");
    assert_eq!(source(part().with_cluster("orders").with_node("\u{0}")), "orders");
    assert_eq!(source(part()), "/var");
    assert_eq!(source(Resource::new()), "tidegate");
}
