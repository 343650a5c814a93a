use std::borrow::Cow;
use std::fmt;

use memchr::memchr2;

use crate::bytes::{label_name_end, skip_blanks};
use crate::{Limits, LineErrorKind};

/// The labels of a sample, as they stand in the body. Their syntax has been checked.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Labels<'a> {
    /// What stands between the braces.
    text: &'a str,
}

impl<'a> Labels<'a> {
    /// `text` must have passed [`scan`].
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The value of the first label `name`.
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| value)
    }

    /// Names and values in the order of the body, also where a name comes twice. A value is borrowed unless it has an
    /// escape in it.
    pub fn iter(&self) -> LabelIter<'a> {
        LabelIter { rest: self.text }
    }
}

impl<'a> IntoIterator for &Labels<'a> {
    type Item = (&'a str, Cow<'a, str>);
    type IntoIter = LabelIter<'a>;

    fn into_iter(self) -> LabelIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// The pairs of [`Labels`].
#[derive(Debug, Clone)]
pub struct LabelIter<'a> {
    rest: &'a str,
}

impl<'a> Iterator for LabelIter<'a> {
    type Item = (&'a str, Cow<'a, str>);

    // Nothing here fails after `scan` let it pass: a `None` on the way is the end.
    fn next(&mut self) -> Option<Self::Item> {
        let (text, bytes) = (self.rest, self.rest.as_bytes());
        let mut at = skip_blanks(bytes, 0);
        if bytes.get(at) == Some(&b',') {
            at = skip_blanks(bytes, at + 1);
        }
        let name_end = label_name_end(bytes, at);
        let name = text.get(at..name_end)?;
        let equals = skip_blanks(bytes, name_end);
        let start = skip_blanks(bytes, equals + 1) + 1;
        let (end, is_escaped) = value_end(bytes, start)?;
        let value = text.get(start..end)?;
        self.rest = text.get(end + 1..)?;
        Some((name, if is_escaped { Cow::Owned(unescape(value)) } else { Cow::Borrowed(value) }))
    }
}

/// Checks the labels of `line` from `start`, the byte after the opening brace. Where the closing brace is; or what is wrong
/// and where.
pub(crate) fn scan(line: &[u8], start: usize, limits: &Limits) -> Result<usize, (LineErrorKind, usize)> {
    let mut at = skip_blanks(line, start);
    let mut count = 0;
    while line.get(at) != Some(&b'}') {
        count += 1;
        if count > limits.labels {
            return Err((LineErrorKind::TooManyLabels, at));
        }
        at = skip_blanks(line, scan_label(line, at, limits.label_bytes)?);
        match line.get(at) {
            Some(b',') => at = skip_blanks(line, at + 1),
            Some(b'}') => break,
            _ => return Err((LineErrorKind::AfterLabel, at)),
        }
    }
    Ok(at)
}

/// The byte after the label that begins at `start`.
fn scan_label(line: &[u8], start: usize, most: usize) -> Result<usize, (LineErrorKind, usize)> {
    let name_end = label_name_end(line, start);
    if name_end == start {
        return Err((LineErrorKind::LabelName, start));
    }
    let equals = skip_blanks(line, name_end);
    if line.get(equals) != Some(&b'=') {
        return Err((LineErrorKind::LabelStart, equals));
    }
    let quote = skip_blanks(line, equals + 1);
    if line.get(quote) != Some(&b'"') {
        return Err((LineErrorKind::LabelStart, quote));
    }
    let (end, _) = value_end(line, quote + 1).ok_or((LineErrorKind::LabelEnd, line.len()))?;
    if name_end - start > most || end - quote - 1 > most {
        return Err((LineErrorKind::LabelTooLong, start));
    }
    Ok(end + 1)
}

/// Where the quotation mark is that ends the value from `start`, and whether there is an escape before it.
fn value_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let (mut at, mut is_escaped) = (start, false);
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some((at, is_escaped));
        }
        is_escaped = true;
        at += 2;
    }
}

/// `\\`, `\"` and `\n` stand for one character; any other backslash for itself.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let (character, length) = match after.as_bytes().first() {
            Some(b'n') => ('\n', 1),
            Some(b'"') => ('"', 1),
            Some(b'\\') => ('\\', 1),
            _ => ('\\', 0),
        };
        plain.push(character);
        rest = after.get(length..).unwrap_or_default();
    }
    plain + rest
}

/// A value of a label between quotation marks.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for piece in self.0.split_inclusive(['\\', '"', '\n']) {
            let escaped = |end| piece.strip_suffix(end);
            match (escaped('\\'), escaped('"'), escaped('\n')) {
                (Some(before), _, _) => write!(f, "{before}\\\\")?,
                (_, Some(before), _) => write!(f, "{before}\\\"")?,
                (_, _, Some(before)) => write!(f, "{before}\\n")?,
                _ => f.write_str(piece)?,
            }
        }
        f.write_str("\"")
    }
}
