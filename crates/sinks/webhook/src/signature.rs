//! The signature: `v1,` and the HMAC-SHA256 of id, timestamp and body.

use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine};
use hmac_sha256::HMAC;
use tidegate_base::Secret;
use tidegate_sink::{SinkError, SinkErrorKind};
use zeroize::Zeroizing;

/// How many bytes a key has by the specification.
const KEY: std::ops::RangeInclusive<usize> = 24..=64;
/// Padding is written, and not missed where somebody has left it out of a secret.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is signed with, as long as it is needed.
pub(crate) struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// The key of a secret as it is written, or what is wrong with it: a sentence that does not repeat it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with("whsk_") || text.starts_with("whpk_") {
            return Err("it is a key of asymmetric signatures, which are not spoken; it must begin with whsec_".into());
        }
        let Some(coded) = text.strip_prefix("whsec_") else {
            return Err("it must begin with whsec_, followed by 24 to 64 random bytes in base64".into());
        };
        let bytes = BASE64.decode(coded).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| "what follows whsec_ is no base64".to_owned())?;
        if KEY.contains(&bytes.len()) {
            return Ok(Self(bytes));
        }
        Err(format!("it holds {} bytes; it must be {} to {}", bytes.len(), KEY.start(), KEY.end()))
    }

    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac = HMAC::new(&*self.0);
        mac.update(format!("{id}.{timestamp}."));
        mac.update(body);
        format!("v1,{}", BASE64.encode(mac.finalize()))
    }
}

/// The keys of `secrets`, read now. One that is not good stops the sink until it is: left out, it would be missed by the
/// receivers that know no other.
pub(crate) fn keys(secrets: &[Secret]) -> Result<Vec<Key>, SinkError> {
    let many = secrets.len() > 1;
    let read = |(number, secret): (usize, &Secret)| {
        let which = if many { format!("secret number {}", number + 1) } else { "`secret`".to_owned() };
        let refused = |what: &str| SinkError::new(SinkErrorKind::Unauthorized, format!("the webhook's {which} {what}"));
        let revealed = secret.reveal().map_err(|error| refused("cannot be read").with_source(error))?;
        Key::parse(&revealed).map_err(|what| refused(&format!("cannot be used: {what}")))
    };
    secrets.iter().enumerate().map(read).collect()
}

/// The value of `webhook-signature`.
pub(crate) fn signature(keys: &[Key], id: &str, timestamp: i64, body: &[u8]) -> String {
    keys.iter().map(|key| key.sign(id, timestamp, body)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn vector(text: &str) {
        let vector: Value = serde_json::from_str(text).expect("a vector");
        let word = |value: &Value| value.as_str().expect("a text").to_owned();
        let secrets: Vec<Secret> =
            vector["secrets"].as_array().expect("a list").iter().map(|secret| Secret::literal(word(secret))).collect();
        let headers = &vector["headers"];
        let timestamp = word(&headers["webhook-timestamp"]).parse().expect("seconds");
        let body = word(&vector["body_text"]);
        let keys = keys(&secrets).expect("good secrets");
        let signed = signature(&keys, &word(&headers["webhook-id"]), timestamp, body.as_bytes());
        assert_eq!(signed, word(&headers["webhook-signature"]));
    }

    #[test]
    fn the_recorded_signatures_are_ours() {
        vector(include_str!("../tests/answers/request.deliver.json"));
        vector(include_str!("../tests/answers/request.deliver_rotation.json"));
    }

    #[test]
    fn a_secret_that_is_none_is_told_without_it() {
        let coded = |bytes: usize| format!("whsec_{}", BASE64.encode(vec![7; bytes]));
        for (text, why) in [
            ("s3cret".to_owned(), "must begin with whsec_"),
            ("whsec_s3cret!".to_owned(), "no base64"),
            ("whsec_".to_owned(), "0 bytes"),
            ("whsk_s3cret".to_owned(), "asymmetric"),
            (coded(23), "23 bytes; it must be 24 to 64"),
            (coded(65), "65 bytes; it must be 24 to 64"),
        ] {
            let error = keys(&[Secret::literal(text.clone())]).err().unwrap_or_else(|| panic!("{text} is taken"));
            assert_eq!(error.kind(), SinkErrorKind::Unauthorized);
            let words = error.words();
            assert!(words.contains(why) && !words.contains("s3cret"), "{words}");
        }
        for good in [coded(24), coded(64), coded(25).replace('=', ""), format!(" {}\n", coded(32))] {
            assert!(keys(&[Secret::literal(good)]).is_ok());
        }
        let second = keys(&[Secret::literal(coded(24)), Secret::from_env("TIDEGATE_NOT_SET")]).err();
        assert_eq!(
            second.map(|error| error.context().to_owned()).as_deref(),
            Some("the webhook's secret number 2 cannot be read")
        );
    }
}
