//! What of the address may be shown.

use http::Uri;

/// A shorter part is a word that an answer may say by chance.
const SHORTEST: usize = 6;

/// Names the place without what may be secret in its address: host and port, and a fingerprint of scheme and path. A name,
/// a password and a query are not in it: by the short word that a password can be, a fingerprint could be guessed from; and
/// a token that is changed leaves the place what it is.
pub(crate) fn destination(uri: &Uri) -> String {
    let place = format!("{}://{}{}", uri.scheme_str().unwrap_or_default(), host(uri), uri.path());
    let [a, b, c, d, ..] = hmac_sha256::Hash::hash(place.as_bytes());
    format!("webhook:{}/{:08x}", host(uri), u32::from_be_bytes([a, b, c, d]))
}

/// Host and port.
pub(crate) fn host(uri: &Uri) -> String {
    let host = uri.host().unwrap_or("?");
    uri.port_u16().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What of the address an answer must not repeat: credentials, the path and query, and their parts.
pub(crate) fn secrets(uri: &Uri) -> Vec<&str> {
    let both = uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    let authority = uri.authority().map_or("", http::uri::Authority::as_str);
    let credentials = authority.rsplit_once('@').map_or("", |(credentials, _)| credentials);
    let parts = both.split(['/', '?', '&', '=']).chain(credentials.split(':'));
    let whole = [both, both.trim_matches('/'), uri.path(), uri.query().unwrap_or_default(), credentials];
    whole.into_iter().chain(parts).filter(|part| part.len() >= SHORTEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_its_host_and_told_from_others_there() {
        let name = |url: &str| destination(&url.parse().expect("an address"));
        assert_eq!(name("https://u:s3cret@a.example:8443/s3cret?key=s3cret"), "webhook:a.example:8443/0a8057ad");
        assert_ne!(name("https://a.example/one"), name("https://a.example/two"));
        assert_ne!(name("https://a.example/one"), name("http://a.example/one"));
    }

    #[test]
    fn a_password_or_token_that_changes_leaves_the_place_what_it_is() {
        let name = |url: &str| destination(&url.parse().expect("an address"));
        assert_eq!(name("https://u:one@a.example/hook?token=one"), name("https://u:two@a.example/hook?token=two"));
    }

    #[test]
    fn each_part_that_can_be_secret_is_one() {
        let uri: Uri = "https://user:passw0rd@a.example/hook/s3cretPath?key=s3cretKey".parse().expect("an address");
        let secrets = secrets(&uri);
        for part in ["passw0rd", "s3cretPath", "s3cretKey", "/hook/s3cretPath", "user:passw0rd"] {
            assert!(secrets.contains(&part), "{part} is not in {secrets:?}");
        }
        assert!(!secrets.contains(&"hook") && !secrets.contains(&""), "{secrets:?}");
    }
}
