//! The small parts around the two stores.

use std::error::Error;

use tidegate_event::Cursor;
use tidegate_store::{Append, Change, Mark, Position, Space, StoreError, StoreErrorKind};

#[test]
fn an_error_says_what_happened_on_one_line_and_leaves_its_cause_to_the_source() {
    for (kind, words) in [
        (StoreErrorKind::Full, "full"),
        (StoreErrorKind::Io, "input or output failed"),
        (StoreErrorKind::Damaged, "damaged"),
        (StoreErrorKind::Invalid, "invalid"),
    ] {
        let error = StoreError::new(kind, "appending to the journal").with_source(std::io::Error::other("the cause"));
        assert_eq!(error.to_string(), format!("appending to the journal: {words}"));
        assert_eq!(error.kind(), kind);
        assert_eq!(error.clone().source().map(ToString::to_string), Some("the cause".to_owned()));
    }
}

#[test]
fn a_change_shows_its_key_and_not_its_value() {
    assert_eq!(format!("{:?}", Change::put(Space::Key, "ops/1", "secret")), "put Key ops/1 (6 bytes)");
    assert_eq!(format!("{:?}", Change::delete(Space::Lane, "ops/issues")), "delete Lane ops/issues");
}

#[test]
fn positions_and_marks_are_stored_as_plain_values() {
    let position = Position::new(u64::MAX);
    assert!(Position::START < position);
    assert_eq!(serde_json::to_string(&position).unwrap(), u64::MAX.to_string());
    assert_eq!(serde_json::from_str::<Position>("7").unwrap().number(), 7);

    let mark = Mark { name: "host".into(), number: 3, cursor: Cursor::new("12:00") };
    let json = r#"{"name":"host","number":3,"cursor":"12:00"}"#;
    assert_eq!(serde_json::to_string(&mark).unwrap(), json);
    assert_eq!(serde_json::from_str::<Mark>(json).unwrap(), mark);
    assert!(Append::new().is_empty());
    assert!(!Append::new().with_marks(vec![mark]).is_empty());
}
