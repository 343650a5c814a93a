//! What a request carries, by its content type: forms for every method, JSON for some.

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

/// The fields of a form that are no texts.
const JSON_FIELDS: [&str; 7] =
    ["attachments", "blocks", "include_all_metadata", "limit", "metadata", "unfurl_links", "unfurl_media"];

/// The arguments in `request` to `method`, or Slack's word for what is wrong with the way they are sent.
pub(super) fn read(method: &str, request: &Request<Bytes>) -> Result<Value, &'static str> {
    let kind = request.headers().get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap_or("?"));
    let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    let charset = parameters.trim().to_ascii_lowercase();
    match kind.trim().to_ascii_lowercase().as_str() {
        // Its webhooks take JSON under any name.
        _ if method == "webhook" => Ok(json(request.body())),
        "" => Err("missing_post_type"),
        "application/json" | "application/x-www-form-urlencoded" if !["", "charset=utf-8"].contains(&&*charset) => {
            Err("invalid_charset")
        }
        "application/json" if method.starts_with("chat.") => Ok(json(request.body())),
        "application/x-www-form-urlencoded" => form(request.body()).ok_or("invalid_form_data"),
        _ => Err("invalid_post_type"),
    }
}

/// Whether JSON is sent without its charset, which Slack takes with a warning.
pub(super) fn lacks_charset(request: &Request<Bytes>) -> bool {
    request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or(Value::Null)
}

fn form(body: &[u8]) -> Option<Value> {
    let mut fields = Map::new();
    for field in body.split(|&byte| byte == b'&').filter(|field| !field.is_empty()) {
        let equals = field.iter().position(|&byte| byte == b'=')?;
        let (name, value) = (decoded(&field[..equals])?, decoded(&field[equals + 1..])?);
        let value = match serde_json::from_str(&value) {
            Ok(value) if JSON_FIELDS.contains(&&*name) => value,
            _ => Value::String(value),
        };
        fields.insert(name, value);
    }
    Some(Value::Object(fields))
}

fn decoded(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(*rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}
