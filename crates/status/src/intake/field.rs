//! The fields of a JSON object, each read or noted as wrong.

use serde_json::{Map, Value};
use tidegate_event::text;

/// How many mistakes are told at once. A body has room for a hundred thousand.
const MOST: usize = 20;
/// How much of what was found is shown.
const SHOWN: usize = 60;

/// An object, and what is wrong in it.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    /// `resource.` before the names of what lies in that.
    path: &'static str,
}

/// All that is wrong, in words.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    told: Vec<String>,
    more: usize,
}

impl Mistakes {
    pub(super) fn note(&mut self, mistake: impl FnOnce() -> String) {
        if self.told.len() < MOST {
            self.told.push(mistake());
        } else {
            self.more += 1;
        }
    }

    /// `value`, where nothing was wrong.
    pub(super) fn or<T>(mut self, value: Option<T>) -> Result<T, Vec<String>> {
        if self.more > 0 {
            self.told.push(format!("and {} more", self.more));
        }
        match value {
            Some(value) if self.told.is_empty() => Ok(value),
            _ => Err(self.told),
        }
    }
}

impl<'a> Fields<'a> {
    /// The fields of `object`, of which others than `known` are wrong.
    pub(super) fn new(
        object: &'a Map<String, Value>,
        path: &'static str,
        known: &[&'static str],
        mistakes: &mut Mistakes,
    ) -> Self {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            mistakes.note(|| {
                let meant = text::nearest(key, known.iter().copied());
                let meant = meant.map(|name| format!("did you mean `{path}{name}`? ")).unwrap_or_default();
                let key = text::line(key, SHOWN);
                format!("`{path}{key}` is not known; {meant}there are {}", known.join(", "))
            });
        }
        Self { object, path }
    }

    /// What is there: `null` is as good as nothing.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// The text of `key`, which must be `right`.
    pub(super) fn text(
        &self,
        key: &str,
        is_right: impl Fn(&str) -> bool,
        right: &str,
        mistakes: &mut Mistakes,
    ) -> Option<&'a str> {
        self.read(key, |value| value.as_str().filter(|text| is_right(text)), right, mistakes)
    }

    /// What `read` makes of the value of `key`. What it makes nothing of is not `right`.
    pub(super) fn read<T>(
        &self,
        key: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
        right: &str,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let value = self.value(key)?;
        let made = read(value);
        if made.is_none() {
            mistakes.note(|| format!("`{}{key}` is {}; it must be {right}", self.path, shown(value)));
        }
        made
    }

    /// The same as [`text`](Self::text), where it must be there.
    pub(super) fn required(
        &self,
        key: &str,
        is_right: impl Fn(&str) -> bool,
        right: &str,
        mistakes: &mut Mistakes,
    ) -> Option<&'a str> {
        if self.value(key).is_none() {
            mistakes.note(|| format!("`{}{key}` is missing; it must be {right}", self.path));
        }
        self.text(key, is_right, right, mistakes)
    }
}

/// What was found, as it was written where that is short.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text in quotes, of a long one its beginning and how long it is.
pub(super) fn quoted(text: &str) -> String {
    let mut letters = text.chars();
    let beginning: String = letters.by_ref().take(SHOWN).collect();
    if letters.next().is_none() {
        format!("{text:?}")
    } else {
        format!("{:?} ({} bytes)", beginning + "…", text.len())
    }
}
