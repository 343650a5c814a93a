//! The lines of KurrentDB's files against an independent rendering of the same.

use std::path::Path;

use chrono::DateTime;
use serde::Deserialize;
use tidegate_event::{LogFlag, LogLevel, LogRecord, Resource};
use tidegate_source_tail::Clef;

#[derive(Deserialize)]
struct Expected {
    file: String,
    line: usize,
    level: LogLevel,
    message: String,
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/logs").join(name);
    std::fs::read_to_string(path).expect("a fixture")
}

fn read(line: &str) -> LogRecord {
    Clef::new(Resource::new().with_node("10.20.0.11:2113")).read(line.as_bytes(), DateTime::UNIX_EPOCH)
}

#[test]
fn every_line_says_what_the_console_says() {
    let expected = expected();
    assert_eq!(expected.len(), 82);
    for Expected { file, line, level, message } in expected {
        let lines = fixture(&file);
        let record = read(lines.lines().nth(line - 1).expect("the line"));
        assert_eq!(record.message, message, "{file}:{line}");
        assert_eq!(record.level, Some(level), "{file}:{line}");
        assert!(record.flags.is_empty(), "{file}:{line}");
    }
}

/// The messages that are expected, by file and line.
fn expected() -> Vec<Expected> {
    let read = |line: &str| {
        let mut value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        value["level"] = value["level"].as_str().expect("a level").to_lowercase().into();
        serde_json::from_value(value).expect("an expected message")
    };
    fixture("expected-messages.jsonl").lines().map(read).collect()
}

#[test]
fn the_fields_are_the_properties_of_the_line() {
    for name in ["log20260724.json", "log20260725.json", "log20260725_001.json", "log-stats20260725.json"] {
        for line in fixture(&format!("10.20.0.11-2113-cluster-node/{name}")).lines() {
            let mut expected: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).expect("JSON");
            let exception = expected.get("@x").and_then(|value| value.as_str()).map(str::to_owned);
            expected.retain(|name, _| !name.starts_with('@'));
            let record = read(line);
            assert_eq!(record.fields, expected);
            assert_eq!(record.exception, exception);
        }
    }
}

#[test]
fn a_line_that_was_cut_off_passes_as_it_is() {
    let lines = fixture("partial-last-line.json");
    let last = lines.lines().last().expect("a line");
    let record = read(last);
    assert_eq!(record.message, last);
    assert_eq!(record.flags.into_iter().collect::<Vec<_>>(), [LogFlag::Unparsed]);
}
