//! What of a webhook's URL is secret.

use http::Uri;

/// A shorter part is a word that an answer may say by chance.
const SHORTEST: usize = 8;
/// Parts of every webhook's path, which are no secret and words besides.
const PUBLIC: [&str; 3] = ["services", "triggers", "workflows"];
/// What stands between the parts.
const SEPARATORS: [char; 5] = ['/', '?', '&', '=', ':'];

/// All that an answer must not repeat of `url`: the whole, its path with and without the query, each part of path, query
/// and credentials that is long enough to be a secret; each as it is written, and as it is meant where it is
/// percent-encoded.
pub(crate) fn secrets(url: &str) -> Vec<String> {
    let url = url.trim();
    let mut secrets = vec![url.to_owned(), url.trim_end_matches('/').to_owned(), decoded(url)];
    // What is no address is sent nowhere, and nobody repeats it.
    if let Ok(uri) = url.parse::<Uri>() {
        let path = uri.path();
        let both = uri.path_and_query().map_or(path, |both| both.as_str());
        let credentials = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@'));
        let credentials = credentials.map_or("", |(credentials, _)| credentials);
        for text in [both, path, path.trim_matches('/'), uri.query().unwrap_or_default(), credentials] {
            for text in [text.to_owned(), decoded(text)] {
                secrets.extend(text.split(SEPARATORS).map(str::to_owned));
                secrets.push(text);
            }
        }
    }
    secrets.retain(|secret| secret.len() >= SHORTEST && !PUBLIC.contains(&secret.as_str()));
    secrets.sort_unstable();
    secrets.dedup();
    secrets
}

/// `text` without its percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        let coded =
            hex(0).zip(hex(1)).filter(|_| first == b'%').and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(coded.unwrap_or(first));
        rest = if coded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_that_can_be_secret_is_one() {
        let secrets =
            secrets("https://user:passw0rd@hooks.example/services/T000/B%2d000000/s3cret%48ook/?key=s3cretKey&n=1");
        for part in [
            "passw0rd",
            "/services/T000/B%2d000000/s3cret%48ook/?key=s3cretKey&n=1",
            "/services/T000/B-000000/s3cretHook/",
            "services/T000/B%2d000000/s3cret%48ook",
            "B-000000",
            "s3cret%48ook",
            "s3cretHook",
            "s3cretKey",
        ] {
            assert!(secrets.iter().any(|secret| secret == part), "{part} is not in {secrets:?}");
        }
        for word in ["", "/", "T000", "services", "1", "hooks.example"] {
            assert!(!secrets.iter().any(|secret| secret == word), "{word} is in {secrets:?}");
        }
    }

    #[test]
    fn what_is_no_code_stays_as_it_is() {
        for (text, want) in [("100%", "100%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("%C3%A9", "é"), ("%é0", "%é0")] {
            assert_eq!(decoded(text), want);
        }
    }
}
