//! Names and values as CloudWatch takes them: ASCII without control characters, not blank, and not too long.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The longest name of a metric, a dimension or a namespace.
pub(crate) const NAME: usize = 255;
/// The longest value of a dimension.
pub(crate) const VALUE: usize = 1_024;

/// What stands before the hash of what was too long. `~` is never escaped, so that this stands in nothing else.
const CUT: &str = "%7E";
/// A hash in hexadecimal digits.
const HASH: usize = 64;

/// `text` as it may stand there, at most `most` bytes long: what cannot is written byte by byte as `%` and two hexadecimal
/// digits. Different texts stay different: a `%` that would read as an escape is one itself, and what is too long ends with
/// the SHA-256 of the whole. Nothing is empty where `text` is not.
pub(crate) fn legal(text: &str, most: usize) -> Cow<'_, str> {
    let blank = text.bytes().all(|byte| byte == b' ');
    if text.len() <= most && !blank && !text.starts_with(':') && !needs_escape(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len() + 16);
    for (place, byte) in bytes.iter().copied().enumerate() {
        let leads = place == 0 && byte == b':';
        if leads || (blank && byte == b' ') || is_odd(bytes, place) {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        } else {
            out.push(char::from(byte));
        }
    }
    Cow::Owned(if out.len() > most { shorten(&out, most) } else { out })
}

/// The name of the dimension for the label `name`, which is none of the dimensions for the place.
pub(crate) fn label(name: &str) -> Cow<'_, str> {
    const PREFIX: &str = "label.";
    if name.is_empty() || PLACES.contains(&name) || name.starts_with(PREFIX) {
        return Cow::Owned(legal(&format!("{PREFIX}{name}"), NAME).into_owned());
    }
    legal(name, NAME)
}

/// The dimensions for where something is.
pub(crate) const PLACES: [&str; 3] = ["cluster", "node", "part"];

fn needs_escape(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|place| is_odd(bytes, place))
}

/// Whether the byte there cannot stand as it is.
fn is_odd(bytes: &[u8], place: usize) -> bool {
    let hex = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_hexdigit);
    match bytes[place] {
        b'%' => hex(place + 1) && hex(place + 2),
        byte => !(b' '..=b'~').contains(&byte),
    }
}

/// `text`, which is ASCII, with the hash of the whole in the place of its end.
fn shorten(text: &str, most: usize) -> String {
    let mut short = text[..most - CUT.len() - HASH].to_owned();
    short.push_str(CUT);
    for byte in hmac_sha256::Hash::hash(text.as_bytes()) {
        let _ = write!(short, "{byte:02x}");
    }
    short
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_can_stand_there_stands_there_as_it_is() {
        for text in ["orders", "10.0.0.2:2113", "/var/lib db", "80 %", "100%x", "%", "~", " a", &"x".repeat(255)] {
            assert!(matches!(legal(text, NAME), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_cannot_is_written_in_hexadecimal_digits() {
        for (text, right) in [
            ("Zürich", "Z%C3%BCrich"),
            ("a\nb", "a%0Ab"),
            (":a:b", "%3Aa:b"),
            ("  ", "%20%20"),
            ("%20", "%2520"),
            ("%%41", "%%2541"),
            ("%é", "%%C3%A9"),
            ("\u{7f}", "%7F"),
        ] {
            assert_eq!(legal(text, NAME), right, "{text:?}");
        }
    }

    #[test]
    fn different_texts_stay_different() {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        let parts = ["", "a", "%", "2", "25", "7E", "é", "\u{7f}", ":", " ", "C3", "A9"];
        for first in parts {
            for second in parts {
                for third in parts {
                    for long in ["", &"x".repeat(253)] {
                        let text = format!("{first}{second}{third}{long}");
                        let name = legal(&text, NAME).into_owned();
                        assert!(name.len() <= NAME && name.is_ascii(), "{name}");
                        let before = seen.insert(name.clone(), text.clone());
                        assert!(before.is_none_or(|before| before == text), "{name} is of {text:?} and another");
                    }
                }
            }
        }
        let long = "x".repeat(300);
        assert_ne!(legal(&long, NAME), legal(&legal(&long, NAME), NAME).into_owned() + "x");
        assert_ne!(legal(&format!("{long}1"), NAME), legal(&format!("{long}2"), NAME));
        assert_ne!(legal(&legal(&long, NAME), NAME), legal(&long, NAME), "a name that looks like a shortened one");
    }

    #[test]
    fn no_label_takes_the_place_of_a_place() {
        let names = ["cluster", "label.cluster", "label.label.cluster", "", "label.", "Cluster", "disk"];
        let shown: Vec<_> = names.iter().map(|name| label(name).into_owned()).collect();
        assert_eq!(
            shown,
            [
                "label.cluster",
                "label.label.cluster",
                "label.label.label.cluster",
                "label.",
                "label.label.",
                "Cluster",
                "disk"
            ]
        );
    }
}
