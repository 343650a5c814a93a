use std::borrow::Cow;

/// What stands between the quotes of a JSON string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text<'a> {
    pub(crate) raw: &'a str,
    pub(crate) escaped: bool,
}

impl<'a> Text<'a> {
    /// What it says. Half a surrogate pair, which .NET can write, becomes the replacement character.
    pub(crate) fn decode(self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut out = String::with_capacity(self.raw.len());
        self.decode_into(&mut out);
        Cow::Owned(out)
    }

    pub(crate) fn decode_into(self, out: &mut String) {
        if !self.escaped {
            out.push_str(self.raw);
            return;
        }
        let mut rest = self.raw;
        while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
            let (before, escape) = rest.split_at(at);
            out.push_str(before);
            let (character, length) = unescape(escape);
            out.push(character);
            rest = escape.get(length..).unwrap_or_default();
        }
        out.push_str(rest);
    }

    /// Whether it says `other`.
    pub(crate) fn is(self, other: &str) -> bool {
        if self.escaped { self.decode() == other } else { self.raw == other }
    }

    /// Whether every escape of `raw` is one of JSON's.
    pub(super) fn is_valid(raw: &str) -> bool {
        let mut bytes = raw.as_bytes();
        while let Some(at) = memchr::memchr(b'\\', bytes) {
            let escape = bytes.get(at + 1..).unwrap_or_default();
            let length = match escape.first() {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 1,
                Some(b'u') if escape.get(1..5).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => 5,
                _ => return false,
            };
            bytes = escape.get(length..).unwrap_or_default();
        }
        true
    }
}

/// The character that `escape` begins with, and how many bytes it takes there.
fn unescape(escape: &str) -> (char, usize) {
    let character = match escape.as_bytes().get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unescape_unit(escape),
        Some(byte) => char::from(*byte),
        None => char::REPLACEMENT_CHARACTER,
    };
    (character, 2)
}

/// A UTF-16 unit, or two of them that make one character.
fn unescape_unit(escape: &str) -> (char, usize) {
    let unit = |from: usize| {
        let hex = escape.get(from..from + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(hex, 16).ok()
    };
    let first = unit(0).unwrap_or(0xFFFD);
    if let Some(character) = char::from_u32(u32::from(first)) {
        return (character, 6);
    }
    let pair = unit(6).and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    pair.map_or((char::REPLACEMENT_CHARACTER, 6), |character| (character, 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(raw: &str) -> String {
        assert!(Text::is_valid(raw), "{raw}");
        Text { raw, escaped: true }.decode().into_owned()
    }

    #[test]
    fn every_escape_becomes_what_it_means() {
        assert_eq!(decode(r#"a\"b\\c\/d\b\f\n\r\te"#), "a\"b\\c/d\u{8}\u{c}\n\r\te");
        assert_eq!(decode(r"\u0041\u00E4\u6ce8\uD83D\uDE00!"), "Aä注😀!");
    }

    #[test]
    fn half_a_pair_is_replaced_and_what_follows_is_kept() {
        assert_eq!(decode(r"\uD83Dx"), "\u{FFFD}x");
        assert_eq!(decode(r"\uD83D\u0041"), "\u{FFFD}A");
        assert_eq!(decode(r"\uDE00\uD83D\uDE00"), "\u{FFFD}😀");
    }
}
