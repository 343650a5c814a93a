//! What the documents allow in a body. Texts are measured in units of UTF-16.

use serde_json::Value;

/// Each field of a creation that is a text, and how long it may be.
const TEXTS: [(&str, usize); 8] = [
    ("message", 130),
    ("alias", 512),
    ("description", 15_000),
    ("entity", 512),
    ("source", 100),
    ("user", 100),
    ("note", 25_000),
    ("priority", 2),
];
const TAGS: (usize, usize) = (20, 50);
const DETAILS: usize = 8_000;

/// The field that is wrong, and what is wrong with it.
pub(super) type Fault = (&'static str, String);

/// What is wrong with the body of `operation`, if anything is.
pub(super) fn check(operation: &str, body: &Value) -> Result<(), Fault> {
    let known: &[&'static str] = match operation {
        "create" => &[
            "message",
            "alias",
            "description",
            "responders",
            "visibleTo",
            "actions",
            "tags",
            "details",
            "entity",
            "source",
            "priority",
            "user",
            "note",
        ],
        "message" => &["message"],
        "description" => &["description"],
        "priority" => &["priority"],
        _ => &["source", "user", "note"],
    };
    let required: &[&'static str] = match operation {
        "create" | "message" => &["message"],
        "description" => &["description"],
        "priority" => &["priority"],
        "notes" => &["note"],
        _ => &[],
    };
    let fields = body.as_object().ok_or(("body", "is no object".to_owned()))?;
    for name in required {
        if fields.get(*name).and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
            return Err((name, "can not be empty".to_owned()));
        }
    }
    for (name, value) in fields {
        let name = known.iter().find(|known| *known == name).ok_or_else(|| ("body", format!("has a field {name}")))?;
        field(name, value)?;
    }
    Ok(())
}

fn field(name: &'static str, value: &Value) -> Result<(), Fault> {
    let wrong = |what: String| Err((name, what));
    if let Some((_, limit)) = TEXTS.iter().find(|(text, _)| *text == name) {
        let Some(text) = value.as_str() else { return wrong(format!("is no text: {value}")) };
        if length(text) > *limit {
            return wrong(format!("has {} characters, of {limit}", length(text)));
        }
    }
    match name {
        "priority" if !["P1", "P2", "P3", "P4", "P5"].contains(&value.as_str().unwrap_or_default()) => {
            wrong(format!("is {value}"))
        }
        "tags" => {
            let tags: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let all = value.as_array().is_some_and(|all| all.len() == tags.len() && all.len() <= TAGS.0);
            let fit = tags.iter().all(|tag| !tag.trim().is_empty() && length(tag) <= TAGS.1);
            if all && fit { Ok(()) } else { wrong(format!("are {value}")) }
        }
        "details" => {
            let Some(details) = value.as_object() else { return wrong(format!("are {value}")) };
            let texts = details.values().all(Value::is_string);
            let total: usize =
                details.iter().map(|(name, value)| length(name) + value.as_str().map_or(0, length)).sum();
            if texts && total <= DETAILS { Ok(()) } else { wrong(format!("have {total} characters, or no texts")) }
        }
        _ => Ok(()),
    }
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}
