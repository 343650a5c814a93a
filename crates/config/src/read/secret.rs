//! Secrets, whose values no message may hold, and paths.

use std::path::PathBuf;

use serde::de::Visitor;
use serde::de::value::MapDeserializer;
use tidegate_base::{Secret, SecretErrorKind};

use super::{ReadError, Reader};
use crate::ConfigErrorKind;
use crate::config_types::SECRET_FORMS;
use crate::tree::{Key, Node, Value};
use tidegate_event::text::nearest;

/// No header and no body takes one, and it is mostly a second line that somebody copied along.
const CONTROL: &str = "has a line break or another control character in it; it must be one line";

pub(super) fn read<'a, V: Visitor<'a>>(reader: Reader<'a>, visitor: V) -> Result<V::Value, ReadError> {
    match &reader.node.value {
        Value::Text(text) if text.is_empty() => Err(ReadError::new(ConfigErrorKind::Secret, "the secret is empty")),
        Value::Text(text) if text.contains(char::is_control) => {
            Err(ReadError::new(ConfigErrorKind::Secret, format!("the secret {CONTROL}")))
        }
        Value::Text(text) => visitor.visit_str(text),
        Value::Table(table) => match table.entries.as_slice() {
            [(key, node)] => elsewhere(reader, key, node, visitor),
            _ => Err(ReadError::new(
                ConfigErrorKind::InvalidValue,
                "a secret has either `env` or `file`, and no other key",
            )),
        },
        value => {
            let message = format!("found {}; expected {SECRET_FORMS}", value.noun());
            Err(ReadError::new(ConfigErrorKind::InvalidValue, message))
        }
    }
}

/// One that is in a variable or a file, which is looked up now so that a mistake shows now.
fn elsewhere<'a, V: Visitor<'a>>(
    reader: Reader<'a>,
    key: &'a Key,
    node: &'a Node,
    visitor: V,
) -> Result<V::Value, ReadError> {
    let wrong = |message: String| {
        reader.inner(node, Some(&key.name)).own(ReadError::new(ConfigErrorKind::InvalidValue, message))
    };
    let Value::Text(text) = &node.value else {
        return Err(wrong(format!("found {}; expected text in quotes", node.value.noun())));
    };
    let (word, value, secret) = match key.name.as_str() {
        "env" if !is_variable(text) => {
            // It may be the secret itself, written in the wrong place: it is not repeated.
            let message = "this is no name of a variable: letters A-Z a-z, digits and _, such as SLACK_TOKEN";
            return Err(wrong(message.to_owned()));
        }
        "env" => ("env", text.clone(), Secret::from_env(text.as_str())),
        "file" => {
            let path = path(reader, text);
            ("file", path.to_string_lossy().into_owned(), Secret::from_file(path))
        }
        other => {
            let meant = nearest(other, ["env", "file"]).map(|name| format!("; did you mean `{name}`?"));
            let message = format!("a secret has no `{}`{}", other.escape_debug(), meant.unwrap_or_default());
            return Err(ReadError::new(ConfigErrorKind::UnknownKey, message));
        }
    };
    reader.scope.report.publish(&node.span);
    let wrong = match secret.reveal() {
        Ok(text) if text.contains(char::is_control) => Some(format!("the secret from {secret} {CONTROL}")),
        Ok(_) => None,
        Err(error) => {
            // That it is missing says all.
            let cause = std::error::Error::source(&error).filter(|_| error.kind() != SecretErrorKind::Missing);
            let cause = cause.map(|cause| format!(": {cause}"));
            Some(format!("{error}{}", cause.unwrap_or_default()))
        }
    };
    if let Some(wrong) = wrong {
        return Err(reader.inner(node, None).own(ReadError::new(ConfigErrorKind::Secret, wrong)));
    }
    visitor.visit_map(MapDeserializer::new(std::iter::once((word, value))))
}

pub(super) fn read_path<'a, V: Visitor<'a>>(reader: Reader<'a>, visitor: V) -> Result<V::Value, ReadError> {
    reader.scope.report.publish(&reader.node.span);
    match &reader.node.value {
        Value::Text(text) if !text.is_empty() => visitor.visit_str(&path(reader, text).to_string_lossy()),
        Value::Text(_) => Err(ReadError::new(ConfigErrorKind::InvalidValue, "the path is empty")),
        value => {
            let message = format!("found {}; expected a path in quotes", value.noun());
            Err(ReadError::new(ConfigErrorKind::InvalidValue, message))
        }
    }
}

fn path(reader: Reader<'_>, text: &str) -> PathBuf {
    reader.scope.report.document.folder().join(text)
}

fn is_variable(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.is_empty() && !name.starts_with(|letter: char| letter.is_ascii_digit()) && name.chars().all(plain)
}
