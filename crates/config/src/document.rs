//! The text of a file: where is what, and which line may be shown how.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Place;
use crate::tree::Span;

/// How many characters of a line are shown.
const WIDTH: usize = 110;

#[derive(Clone)]
pub(crate) struct Document {
    pub(crate) name: Arc<str>,
    pub(crate) text: String,
    /// Where each line begins.
    lines: Vec<usize>,
}

/// What of a line is not shown: ranges of bytes of the file, in order.
pub(crate) struct Masks<'a> {
    /// Shown as `***`.
    pub(crate) hidden: &'a [Span],
    /// A `#` in none of these begins a comment, which is left out.
    pub(crate) covered: &'a [Span],
}

impl Document {
    pub(crate) fn new(name: &str, text: String) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        Self { name: name.into(), text, lines }
    }

    /// The folder that relative paths start from.
    pub(crate) fn folder(&self) -> PathBuf {
        Path::new(&*self.name).parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// The bytes of the line that has the byte `at`, without its line break, and its number from 0.
    pub(crate) fn line(&self, at: usize) -> (usize, Range<usize>) {
        let number = self.lines.partition_point(|start| *start <= at).saturating_sub(1);
        let start = self.lines.get(number).copied().unwrap_or_default();
        let end = self.lines.get(number + 1).map_or(self.text.len(), |next| next - 1);
        let line = self.text.get(start..end).unwrap_or_default();
        (number, start..start + line.strip_suffix('\r').unwrap_or(line).len())
    }

    /// `span` within the text, on the borders of characters.
    pub(crate) fn clamp(&self, span: &Span) -> Span {
        let border = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = border(span.start);
        start..border(span.end).max(start)
    }

    /// Where `span` is, and its line as it may be shown.
    pub(crate) fn place(&self, span: &Span, masks: &Masks<'_>) -> Place {
        let span = self.clamp(span);
        let (number, line) = self.line(span.start);
        let before = self.text.get(line.start..span.start).unwrap_or_default();
        let column = before.chars().count() + 1;
        let (text, marked) = self.shown(&line, &span, masks);
        let (text, marked) = window(&text, marked);
        Place { line: number + 1, column, text, marked }
    }

    /// The line as it may be shown, and which of the characters are of `span`.
    fn shown(&self, line: &Range<usize>, span: &Span, masks: &Masks<'_>) -> (String, Range<usize>) {
        let covers = |spans: &[Span], at: usize| {
            let next = spans.partition_point(|other| other.start <= at);
            next.checked_sub(1).and_then(|index| spans.get(index)).is_some_and(|other| other.contains(&at))
        };
        let (mut text, mut length, mut start, mut end) = (String::new(), 0, None, None);
        let mut hiding = false;
        for (offset, letter) in self.text.get(line.clone()).unwrap_or_default().char_indices() {
            let at = line.start + offset;
            if at >= span.start {
                start.get_or_insert(length);
            }
            if at >= span.end {
                end.get_or_insert(length);
            }
            if letter == '#' && at >= span.end && !covers(masks.covered, at) {
                break;
            }
            let hidden = covers(masks.hidden, at);
            let letters = match letter {
                _ if hidden && hiding => String::new(),
                _ if hidden => "***".to_owned(),
                '\t' => " ".to_owned(),
                letter if letter.is_control() => letter.escape_default().to_string(),
                letter => letter.to_string(),
            };
            hiding = hidden;
            length += letters.chars().count();
            text.push_str(&letters);
        }
        let start = start.unwrap_or(length);
        let end = end.unwrap_or(length).max(start);
        text.truncate(text.trim_end().len());
        (text, start..end)
    }
}

/// The part of a long line around what is marked.
fn window(text: &str, marked: Range<usize>) -> (String, Range<usize>) {
    let length = text.chars().count();
    if length <= WIDTH && marked.end <= WIDTH + 1 {
        return (text.to_owned(), marked);
    }
    let first = marked.start.saturating_sub(WIDTH / 3).min(length);
    let last = (first + WIDTH).min(length);
    let (left, right) = (if first > 0 { "…" } else { "" }, if last < length { "…" } else { "" });
    let middle: String = text.chars().skip(first).take(last - first).collect();
    let shift = |at: usize| at.clamp(first, last.max(first)) - first + left.chars().count();
    (format!("{left}{middle}{right}"), shift(marked.start)..shift(marked.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, span: Span) -> Place {
        Document::new("a.toml", text.to_owned()).place(&span, &Masks { hidden: &[], covered: &[] })
    }

    #[test]
    fn lines_and_characters_count_from_one() {
        for (text, span, line, column) in [
            ("", 0..0, 1, 1),
            ("ab", 1..2, 1, 2),
            ("ab\ncd", 3..4, 2, 1),
            ("ab\r\ncd", 4..5, 2, 1),
            ("äöü=1", 6..7, 1, 4),
            ("ab\n", 3..3, 2, 1),
            ("ab", 70..90, 1, 3),
            ("ä", 1..2, 1, 1),
            ("ää", 3..4, 1, 2),
        ] {
            let place = place(text, span.clone());
            assert_eq!((place.line, place.column), (line, column), "{text:?} {span:?}");
        }
    }

    #[test]
    fn a_mark_ends_with_the_line() {
        let place = place("a = \"\"\"x\ny\"\"\"", 4..13);
        assert_eq!((place.text.as_str(), place.marked), ("a = \"\"\"x", 4..8));
    }

    #[test]
    fn of_a_long_line_the_part_around_the_mark_is_shown() {
        let text = format!("{}here{}", "a".repeat(1_000), "b".repeat(1_000));
        let place = place(&text, 1_000..1_004);
        let marked: String = place.text.chars().skip(place.marked.start).take(place.marked.len()).collect();
        assert_eq!((marked.as_str(), place.column), ("here", 1_001));
        assert!(place.text.chars().count() <= WIDTH + 2, "{}", place.text);
    }

    #[test]
    fn hidden_parts_and_comments_are_not_shown() {
        let spans = [0..1, 4..10];
        let document = Document::new("a.toml", "t = 'abc#' # old: xyz".to_owned());
        let place = document.place(&(0..1), &Masks { hidden: &spans[1..], covered: &spans });
        assert_eq!((place.text.as_str(), place.marked), ("t = ***", 0..1));
    }
}
