//! Secrets that stand where none is expected: a token under `channel_id`, a password in an address.

/// How the secrets of some services begin.
const PREFIXES: [&str; 7] = ["xoxb-", "xoxp-", "xoxa-", "xoxe", "xapp-", "whsec_", "AKIA"];

/// As long as keys made by machines are, and nothing that people think up.
const KEY: usize = 24;

/// Whether `text` holds what looks like a secret, whatever key it stands under.
pub(crate) fn holds_secret(text: &str) -> bool {
    scrub(text) != text
}

/// `text` with `***` in the place of all that looks like a secret.
pub(crate) fn scrub(text: &str) -> String {
    text.split_inclusive(is_end).map(|piece| address(piece).unwrap_or_else(|| words(piece))).collect()
}

fn is_end(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'' | '`')
}

/// An address: without the name and password in it, and without a path that is a secret as a whole.
fn address(piece: &str) -> Option<String> {
    let (scheme, rest) = piece.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(|c| is_end(c) || "/?#".contains(c)).unwrap_or(rest.len()));
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(_, host)| ("***@", host));
    let path = if host.eq_ignore_ascii_case("hooks.slack.com") && path.len() > 1 {
        format!("/***{}", path.get(path.trim_end_matches(is_end).len()..).unwrap_or_default())
    } else {
        words(path)
    };
    Some(format!("{scheme}://{user}{host}{path}"))
}

fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.split(|letter: char| !is_of_key(letter)).next().unwrap_or_default();
        let is_marked = PREFIXES.iter().any(|prefix| word.starts_with(prefix));
        // What follows a known beginning may be base64: a part of it is as bad as the whole.
        let secret =
            if is_marked { rest.split(|letter| !is_of_base64(letter)).next().unwrap_or_default() } else { word };
        words.push_str(if is_marked || looks_secret(word) { "***" } else { word });
        let mut after = rest.get(secret.len()..).unwrap_or_default().chars();
        words.extend(after.next());
        rest = after.as_str();
    }
    words
}

fn is_of_base64(letter: char) -> bool {
    is_of_key(letter) || matches!(letter, '+' | '/' | '=')
}

fn is_of_key(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')
}

fn looks_secret(word: &str) -> bool {
    let all = |is: fn(&char) -> bool| word.chars().all(|letter| is(&letter));
    let any = |is: fn(&char) -> bool| word.chars().any(|letter| is(&letter));
    let mixed = any(char::is_ascii_digit) && any(char::is_ascii_alphabetic);
    (word.len() >= KEY && mixed && all(char::is_ascii_alphanumeric))
        || (word.len() == 36 && all(|letter| letter.is_ascii_hexdigit() || *letter == '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_masked_and_the_rest_is_as_it_was() {
        for (text, shown) in [
            ("found `xoxb-1-abc`; expected", "found `***`; expected"),
            ("the file /etc/xoxb-1: it is not there", "the file /etc/***: it is not there"),
            ("https://hooks.slack.com/services/T0/B0/x\n", "https://hooks.slack.com/***\n"),
            ("\"https://HOOKS.slack.com?a=b\"", "\"https://HOOKS.slack.com/***\""),
            ("https://ops:pass@proxy.example:8080/a", "https://***@proxy.example:8080/a"),
            ("https://a.example/v1/0123456789abcdef0123456789abcdef", "https://a.example/v1/***"),
            ("`whsec_dGlkZW/dhdGUt+0YW5jZS1zZWNyZXQ=`, a", "`***`, a"),
            ("whsec_a/b, xoxb-1 and AKIA2", "***, *** and ***"),
            ("eb243592-faa2-4ba2-a551-1afdf565c889", "***"),
        ] {
            assert_eq!(scrub(text), shown);
            assert!(holds_secret(text));
        }
        for text in [
            "",
            "unknown sink `slak`; did you mean `slack`?",
            "https://slack.com/api/chat.postMessage",
            "plain http to a.example would show secrets to the network; use https, or set `allow_http`",
            "my-cluster-of-production-2026-in-europe",
            "found 123456789012345678901234567890",
            "/var/lib/tidegate/state — ß",
            "TIDEGATE_SLACK_TOKEN_OF_OPS_2",
        ] {
            assert_eq!(scrub(text), text);
        }
    }
}
