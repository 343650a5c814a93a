//! Whether a message is from whom it says, by Standard Webhooks 1.0.0.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac_sha256::HMAC;

/// How far away the time of a signature may be, in seconds: an older message may be one that somebody kept.
const TOLERANCE: i64 = 5 * 60;

/// Knows the secrets that messages are signed with.
pub struct Verifier {
    keys: Vec<Vec<u8>>,
}

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A header is not there, or is none.
    Malformed(&'static str),
    /// None of its signatures is by a secret that is known.
    Unknown,
    /// It was signed too long ago, or is yet to be.
    OutOfTime,
}

impl Verifier {
    /// Of `secrets`, `whsec_…` each. While a secret changes there are two.
    ///
    /// # Errors
    /// When one is no secret; the error is a sentence that does not repeat it.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let key = |secret: &str| {
            let coded = secret.strip_prefix("whsec_").ok_or("a secret must begin with whsec_")?;
            STANDARD.decode(coded).map_err(|_| "what follows whsec_ must be base64".to_owned())
        };
        let keys = secrets.into_iter().map(key).collect::<Result<Vec<_>, String>>()?;
        if keys.is_empty() { Err("there is no secret".to_owned()) } else { Ok(Self { keys }) }
    }

    /// The id of a message whose signature is good at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// Why it is not.
    pub fn verify<'a>(&self, headers: &'a HeaderMap, body: &[u8], now: i64) -> Result<&'a str, Refusal> {
        let header = |name: &'static str| {
            headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Refusal::Malformed(name))
        };
        let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
        let at: i64 = timestamp.parse().map_err(|_| Refusal::Malformed("webhook-timestamp"))?;
        let said = [id.as_bytes(), timestamp.as_bytes(), body].join(&b'.');
        let signatures = header("webhook-signature")?.split(' ');
        // What is of another version than 1 is left to whoever knows it.
        let known =
            signatures.filter_map(|signature| signature.strip_prefix("v1,")).any(|coded| self.knows(coded, &said));
        if !known {
            return Err(Refusal::Unknown);
        }
        if now.abs_diff(at) > TOLERANCE.unsigned_abs() { Err(Refusal::OutOfTime) } else { Ok(id) }
    }

    /// In a time that does not tell how much of a wrong signature is right.
    fn knows(&self, coded: &str, said: &[u8]) -> bool {
        let Some(signature) = STANDARD.decode(coded).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) else {
            return false;
        };
        self.keys.iter().any(|key| HMAC::verify(said, key, &signature))
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verifier({} secrets)", self.keys.len())
    }
}
