use tidegate_event::{IssueKey, Reading};
use tidegate_testkit::sample::{self, Episode};

use super::*;

/// An event of either kind whose every text is `text`.
fn saying(text: &str) -> [Event; 2] {
    let name = &text[..text.floor_char_boundary(1024)];
    let resource = Resource::new().with_cluster(name).with_node(name).with_part(name);
    let issue = IssueEvent {
        summary: text.to_owned(),
        cause: text.to_owned(),
        remedy: text.into(),
        evidence: vec![Reading::new(name, 0.5, name).with_limit(0.4); 30],
        stale: true,
        ..Episode::of(IssueKey::new(name, resource.clone()), sample::episode(1)).open()
    };
    let notification = Notification::new(text, name, text, sample::at()).with_resource(resource).with_revision(3);
    [issue.into(), notification.into()]
}

/// All texts of `value`, with the limit that Slack sets each.
fn texts<'a>(value: &'a Value, limit: usize, found: &mut Vec<(&'a str, usize)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts(item, limit, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("text", Value::String(text)) => found.push((text, limit)),
                    ("fields", value) => texts(value, 2_000, found),
                    (_, value) => texts(value, limit, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn whatever_it_says_keeps_to_the_limits_of_slack() {
    for unit in ["x", "é", "語", "👩", "&", "<!channel>", "\n", "*_`", "\u{0}\u{1b}", ""] {
        let long = unit.repeat(64 * 1024 / unit.len().max(1));
        for event in [saying(&long), saying(unit), saying(&format!("x{long}"))].into_iter().flatten() {
            let blocks = Value::from(message(&event, Layout::Blocks, true).expect("a message"));
            let mut found = Vec::new();
            texts(&blocks, 3_000, &mut found);
            let width = |text: &str| text.encode_utf16().count();
            for (text, limit) in &found {
                assert!((1..=*limit).contains(&width(text)) && !text.trim().is_empty(), "{unit:?}: {text}");
                assert!(!text.contains(['<', '>']), "{unit:?}: {text}");
            }
            let all: usize = found.iter().map(|(text, _)| width(text)).sum();
            assert!(all < 13_000, "{unit:?}: {all} in all");

            let plain = message(&event, Layout::Plain, true).expect("a message");
            let text = plain["text"].as_str().expect("a text");
            assert!(width(text) <= 4_000, "{unit:?}: {} in plain text", width(text));
            assert!(!text.contains(['<', '>']), "{text}");
            assert_eq!((&plain["blocks"], &plain["attachments"]), (&json!([]), &json!([])));
            assert!(blocks["metadata"].to_string().len() < 1_000, "{}", blocks["metadata"]);
        }
    }
}

#[test]
fn the_bar_shows_how_bad_it_is_and_green_when_it_is_over() {
    let colour = |event: IssueEvent| {
        message(&event.into(), Layout::Blocks, false).expect("a message")["attachments"][0]["color"].clone()
    };
    let disk = Episode::new("disk-usage");
    disk.open();
    let mut seen: Vec<Value> = Severity::ALL.iter().map(|severity| colour(disk.update_at(*severity))).collect();
    assert!(!seen.contains(&json!(GREEN)), "{seen:?}");
    seen.dedup();
    assert_eq!(seen.len(), 4);
    assert_eq!(colour(disk.close()), json!(GREEN));
}

#[test]
fn what_is_looked_up_is_the_episode_or_the_notification_whatever_its_id() {
    let tag = |id: &str| Tag::of(&sample::notification(id).into()).expect("a tag").id;
    assert_eq!(tag("n-1"), "n-1");
    let (one, other) = (tag(&"a".repeat(300)), tag(&"a".repeat(301)));
    assert_ne!(one, other);
    assert_eq!((one.len(), &one), (36, &tag(&"a".repeat(300))));
    let disk = Episode::new("disk-usage");
    let (open, closed) = (Tag::of(&disk.open().into()), Tag::of(&disk.close().into()));
    assert_eq!(open.map(|tag| tag.id), closed.map(|tag| tag.id));
}
