//! Signature Version 4, as a service of AWS verifies it.

use std::fmt::Write as _;

use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use hmac_sha256::{HMAC, Hash};
use http::Request;

/// How far the clock of who signs may be off: what AWS's documents tell of most services.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What is wrong with a signature, as AWS has it: a code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unsigned {
    pub(super) code: &'static str,
    pub(super) message: String,
}

fn unsigned<T>(code: &'static str, message: impl Into<String>) -> Result<T, Unsigned> {
    Err(Unsigned { code, message: message.into() })
}

/// The parts of an `authorization` header.
struct Authorization<'a> {
    key_id: &'a str,
    /// Date, region, service and `aws4_request`.
    scope: &'a str,
    headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn read(header: &'a str) -> Option<Self> {
        let mut parts = header.strip_prefix("AWS4-HMAC-SHA256 ")?.split(',').map(str::trim);
        let (key_id, scope) = parts.next()?.strip_prefix("Credential=")?.split_once('/')?;
        let headers = parts.next()?.strip_prefix("SignedHeaders=")?;
        Some(Self { key_id, scope, headers, signature: parts.next()?.strip_prefix("Signature=")? })
    }
}

/// Checks that `request` is signed by the key `key_id` with `secret` for `service`, at about `now`. Gives the region.
pub(super) fn check(
    request: &Request<Bytes>,
    (key_id, secret): (&str, &str),
    service: &str,
    now: DateTime<Utc>,
) -> Result<String, Unsigned> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(authorization) = Authorization::read(header("authorization")) else {
        return unsigned("MissingAuthenticationToken", "Missing Authentication Token");
    };
    if authorization.key_id != key_id {
        return unsigned("InvalidClientTokenId", "The security token included in the request is invalid.");
    }
    let date = header("x-amz-date");
    let Ok(at) = NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ") else {
        return unsigned("IncompleteSignature", format!("Date must be in ISO-8601 'basic format'. Got '{date}'."));
    };
    if (at.and_utc() - now).abs() > TOLERANCE {
        let (told, own) = (date, now.format("%Y%m%dT%H%M%SZ"));
        let which = if at.and_utc() < now { "expired: " } else { "not yet current: " };
        return unsigned("SignatureDoesNotMatch", format!("Signature {which}{told} is too far from {own} (5 min.)"));
    }
    let scope: Vec<&str> = authorization.scope.split('/').collect();
    let [day, region, named, "aws4_request"] = scope[..] else {
        return unsigned("IncompleteSignature", "Credential should be scoped to a valid service.");
    };
    if named != service {
        return unsigned(
            "SignatureDoesNotMatch",
            format!("Credential should be scoped to correct service: '{service}'."),
        );
    }
    let text =
        format!("AWS4-HMAC-SHA256\n{date}\n{}\n{}", authorization.scope, hex(&canonical(request, &authorization)));
    let key = [region, service, "aws4_request"]
        .iter()
        .fold(HMAC::mac(day, format!("AWS4{secret}")), |key, part| HMAC::mac(part, key));
    if hex(&HMAC::mac(text, key)) != authorization.signature {
        let message = "The request signature we calculated does not match the signature you provided.";
        return unsigned("SignatureDoesNotMatch", message);
    }
    Ok(region.to_owned())
}

/// The hash of what is signed.
fn canonical(request: &Request<Bytes>, authorization: &Authorization<'_>) -> [u8; 32] {
    let uri = request.uri();
    let mut text = format!("{}\n{}\n{}\n", request.method(), uri.path(), uri.query().unwrap_or_default());
    for name in authorization.headers.split(';') {
        let values: Vec<&str> =
            request.headers().get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        // Straight from a client there is none: what sends over a connection sets it.
        let value = match uri.authority() {
            Some(authority) if name == "host" && values.is_empty() => authority.to_string(),
            _ => values.join(",").trim().to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(text, "\n{}\n{}", authorization.headers, hex(&Hash::hash(request.body())));
    Hash::hash(text.as_bytes())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
