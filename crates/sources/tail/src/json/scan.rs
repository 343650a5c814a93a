use memchr::memchr2;
use serde::de::IgnoredAny;
use serde_json::{Number, Value};

use super::Text;

/// A JSON text and how far it was read. Every method gives `None` where the text is not what the method reads.
///
/// It takes what `serde_json` takes, and control characters in strings besides.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// The next member of an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Member<'a> {
    Next(Text<'a>, Token<'a>),
    /// There was none before the `}`.
    End,
    /// It is not JSON.
    Broken,
}

/// A value as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token<'a> {
    Text(Text<'a>),
    /// As it was written, so that no digit of it changes.
    Number(&'a str),
    Bool(bool),
    Null,
    /// An array or object, with its brackets.
    Nested(&'a str),
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Goes past `byte` where it is the next after any space.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Whether nothing is left but space.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.skip_space();
        self.at == self.text.len()
    }

    /// What comes next in an object whose `{` was taken. `first`: no comma before it.
    #[inline]
    pub(crate) fn member(&mut self, first: bool) -> Member<'a> {
        if self.take(b'}') {
            return Member::End;
        }
        if !first && !self.take(b',') {
            return Member::Broken;
        }
        self.skip_space();
        let Some(name) = self.string() else { return Member::Broken };
        if !self.take(b':') {
            return Member::Broken;
        }
        self.value().map_or(Member::Broken, |value| Member::Next(name, value))
    }

    #[inline]
    pub(crate) fn value(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        match self.peek()? {
            b'"' => self.string().map(Token::Text),
            b'-' | b'0'..=b'9' => self.number().map(Token::Number),
            b'{' | b'[' => self.nested().map(Token::Nested),
            b't' => self.word("true").then_some(Token::Bool(true)),
            b'f' => self.word("false").then_some(Token::Bool(false)),
            b'n' => self.word("null").then_some(Token::Null),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn string(&mut self) -> Option<Text<'a>> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut end = start;
        let mut escaped = false;
        loop {
            end += memchr2(b'"', b'\\', bytes.get(end..)?)?;
            if bytes.get(end) == Some(&b'"') {
                break;
            }
            escaped = true;
            end += 2; // whatever is escaped is checked below, but for where the string ends
        }
        let raw = self.text.get(start..end)?;
        self.at = end + 1;
        if escaped && !Text::is_valid(raw) {
            return None;
        }
        Some(Text { raw, escaped })
    }

    fn number(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let first = self.peek()?;
        let digits = self.digits();
        if digits == 0 || (first == b'0' && digits > 1) {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return None;
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return None;
            }
        }
        self.text.get(start..self.at)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// Rare: left to `serde_json`, which bounds how deep it goes.
    fn nested(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        let length = values.byte_offset();
        self.at += length;
        rest.get(..length)
    }
}

impl Token<'_> {
    /// The same as a value of `serde_json`. A number beyond what an `f64` holds, or nesting deeper than `serde_json`
    /// goes, stays text.
    pub(crate) fn to_value(self) -> Value {
        match self {
            Token::Text(text) => Value::String(text.decode().into_owned()),
            Token::Number(token) => match whole(token) {
                Some(number) => Value::Number(number),
                None => parsed(token),
            },
            Token::Bool(value) => Value::Bool(value),
            Token::Null => Value::Null,
            Token::Nested(raw) => parsed(raw),
        }
    }
}

/// The usual number, without the general parser.
fn whole(token: &str) -> Option<Number> {
    if token.len() > 18 {
        return None;
    }
    let mut value = 0_u64;
    for byte in token.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u64::from(byte - b'0');
    }
    Some(value.into())
}

fn parsed(raw: &str) -> Value {
    serde_json::from_str(raw).unwrap_or_else(|_| Value::String(raw.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_json_takes_is_taken_with_the_same_value() {
        let taken = [
            "0",
            "-0",
            "12",
            "-12.50",
            "1E-07",
            "1e+9",
            "9223372036854775807",
            "18446744073709551615",
            "1e400",
            "true",
            "false",
            "null",
            r#""""#,
            r#""a\"b\\c\/d\b\f\n\r\t\u00e4\ud83d\ude00""#,
            "[]",
            r#"{"a":[1,{"b":"]}"}]}"#,
        ];
        for text in taken {
            let mut scanner = Scanner::new(text);
            let value = scanner.value().unwrap_or_else(|| panic!("{text} is a value"));
            assert!(scanner.is_at_end(), "{text}");
            let expected = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
            assert_eq!(value.to_value(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_not_taken() {
        let not = [
            "",
            "-",
            "01",
            "1.",
            ".5",
            "1e",
            "+1",
            "tru",
            "nul",
            "'a'",
            r#""a"#,
            r#""a\""#,
            r#""a\"#,
            r#""\x""#,
            r#""\u12""#,
            r#""\u12G4""#,
            "[1",
            "[1,]",
            r#"{"a"}"#,
            "}",
        ];
        for text in not {
            let mut scanner = Scanner::new(text);
            let taken = scanner.value().is_some() && scanner.is_at_end();
            assert!(!taken, "{text}");
        }
    }
}
