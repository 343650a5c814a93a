//! What the fuzzers reach: `fuzz/src/bin/clef.rs` and `template.rs`. It is there for `cfg(fuzzing)` alone.

use chrono::DateTime;
use serde_json::Value;
use tidegate_event::{LogFlag, Resource};

use crate::Clef;
use crate::clef::fuzz_template;

/// Reads any bytes as a line of KurrentDB's log: what is taken is JSON, and what is not passes as it is.
///
/// # Panics
/// Where that is not so.
pub fn clef(bytes: &[u8]) {
    let record = Clef::new(Resource::new()).read(bytes, DateTime::UNIX_EPOCH);
    let text = String::from_utf8_lossy(bytes);
    if record.flags.contains(&LogFlag::Unparsed) {
        assert_eq!(record.message, text);
    } else if let Ok(Value::Object(object)) = serde_json::from_str(&text) {
        for (name, value) in &record.fields {
            // A number beyond an f64 stays text.
            assert!(object.get(name) == Some(value) || value.is_string(), "{name}: {value}");
        }
    }
    let json = serde_json::to_string(&record).expect("a record is JSON");
    assert_eq!(serde_json::from_str::<tidegate_event::LogRecord>(&json).expect("it is read back"), record);
}

/// Parses any text as a template: rendered with no property there, it says what it said, but for doubled braces.
///
/// # Panics
/// Where that is not so.
pub fn template(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let rendered = fuzz_template(&text);
    if !text.contains("{{") && !text.contains("}}") {
        assert_eq!(rendered, text);
    }
}
