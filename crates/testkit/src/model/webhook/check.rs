//! What the specification wants of a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use hmac_sha256::HMAC;
use http::Request;
use serde_json::Value;

use super::WebhookMessage;

/// How old a signature may be.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// The body of a batch should be below it; one item may be larger.
const LARGE: usize = 20_000;

/// What is not allowed.
#[derive(Debug)]
pub(super) struct Unsound(pub(super) String);

fn unsound<T>(what: impl Into<String>) -> Result<T, Unsound> {
    Err(Unsound(what.into()))
}

/// A request with all that belongs to a signed one.
pub(super) struct Signed<'a> {
    id: &'a str,
    timestamp: &'a str,
    signatures: &'a str,
    body: &'a [u8],
}

impl<'a> Signed<'a> {
    pub(super) fn read(request: &'a Request<Bytes>) -> Result<Self, Unsound> {
        let header = |name: &str| match request.headers().get(name).map(|value| value.to_str()) {
            Some(Ok(text)) if !text.is_empty() => Ok(text),
            other => unsound(format!("the header {name} is {other:?}")),
        };
        let kind = header("content-type")?;
        if kind != "application/json" {
            return unsound(format!("the content type is {kind}"));
        }
        let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
        if id.contains('.') || id.len() > 255 {
            return unsound(format!("the id {id} is none"));
        }
        if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
            return unsound(format!("the time {timestamp} is not in whole seconds"));
        }
        Ok(Self { id, timestamp, signatures: header("webhook-signature")?, body: request.body() })
    }

    /// Whether one of its signatures is by one of `secrets`.
    pub(super) fn is_by(&self, secrets: &[String]) -> bool {
        secrets.iter().any(|secret| {
            let Some(Ok(key)) = secret.strip_prefix("whsec_").map(|coded| STANDARD.decode(coded)) else { return false };
            let said = [self.id.as_bytes(), self.timestamp.as_bytes(), self.body].join(&b'.');
            let right = format!("v1,{}", STANDARD.encode(HMAC::mac(said, key)));
            self.signatures.split(' ').any(|signature| signature == right)
        })
    }

    pub(super) fn is_of(&self, now: DateTime<Utc>) -> Result<(), Unsound> {
        let at = self.timestamp.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        match at {
            Some(at) if (now - at).abs() <= TOLERANCE => Ok(()),
            _ => unsound(format!("signed at {}, and it is {}", self.timestamp, now.timestamp())),
        }
    }
}

pub(super) fn message(signed: &Signed<'_>) -> Result<WebhookMessage, Unsound> {
    let Ok(body) = serde_json::from_slice::<Value>(signed.body) else { return unsound("the body is no JSON") };
    let word = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (kind, timestamp, data) = (word("type"), word("timestamp"), body["data"].clone());
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !kind.split('.').all(is_word) {
        return unsound(format!("the type {kind:?} is none"));
    }
    if DateTime::parse_from_rfc3339(&timestamp).is_err() {
        return unsound(format!("the timestamp {timestamp:?} is none"));
    }
    if !data.is_object() {
        return unsound(format!("the data of {kind} is no object"));
    }
    let closed = data["state"] == "closed";
    if kind.starts_with("issue.") && closed != (kind == "issue.closed") {
        return unsound(format!("{kind} of {data}"));
    }
    let items = items(&data);
    if signed.body.len() > LARGE && items.len() > 1 {
        return unsound(format!("{} bytes in a batch of {}", signed.body.len(), items.len()));
    }
    if items.iter().any(|item| item["id"].as_str().is_none_or(str::is_empty)) {
        return unsound(format!("an item of {kind} has no id"));
    }
    Ok(WebhookMessage { id: signed.id.to_owned(), r#type: kind, timestamp, data })
}

/// The items of a batch; none of anything else.
pub(super) fn items(data: &Value) -> Vec<&Value> {
    ["logs", "metrics"].iter().filter_map(|name| data[name].as_array()).flatten().collect()
}
