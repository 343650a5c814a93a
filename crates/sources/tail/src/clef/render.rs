use super::envelope::Property;
use super::template::{Align, Hole, Piece, Template};
use crate::json::{Scanner, Token, compact};

/// Renders `template` as KurrentDB's console does, at most about `limit` bytes of it. `rendered`: the array `@r`, one
/// text for each hole with a format. Whether all of it is there.
pub(super) fn render(
    template: &Template,
    properties: &[Property<'_>],
    rendered: Option<&str>,
    limit: usize,
    out: &mut String,
) -> bool {
    let mut rendered = rendered.map(Rendered::new);
    // The values stand in the order of the holes as a rule: each is looked for behind the one before it.
    let mut next = 0;
    for piece in &template.pieces {
        if out.len() > limit {
            return false;
        }
        let hole = match piece {
            Piece::Text(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Hole(hole) => hole,
        };
        if hole.formatted && rendered.as_mut().is_some_and(|rendered| rendered.next_into(out)) {
            continue;
        }
        match find(properties, &hole.name, &mut next) {
            Some(value) => fill(hole, value, out),
            None => out.push_str(&hole.raw),
        }
    }
    true
}

fn find<'a>(properties: &[Property<'a>], name: &str, next: &mut usize) -> Option<Token<'a>> {
    let is_it = |property: &&Property<'_>| property.name.is(name);
    if let Some(property) = properties.get(*next).filter(is_it) {
        *next += 1;
        return Some(property.value);
    }
    properties.iter().rev().find(is_it).map(|property| property.value)
}

fn fill(hole: &Hole, value: Token<'_>, out: &mut String) {
    let start = out.len();
    match value {
        Token::Text(text) => text.decode_into(out),
        Token::Number(token) => out.push_str(token),
        Token::Bool(true) => out.push_str("True"),
        Token::Bool(false) => out.push_str("False"),
        Token::Null => out.push_str("null"),
        Token::Nested(raw) => compact(raw, out),
    }
    let Some(align) = hole.align else { return };
    let value = out.get(start..).unwrap_or_default();
    let units = if value.is_ascii() { value.len() } else { value.encode_utf16().count() };
    match align {
        Align::Right(width) => out.insert_str(start, &" ".repeat(width.saturating_sub(units))),
        Align::Left(width) => out.extend(std::iter::repeat_n(' ', width.saturating_sub(units))),
    }
}

/// The texts of `@r`, one after the other.
struct Rendered<'a> {
    scanner: Scanner<'a>,
    first: bool,
}

impl<'a> Rendered<'a> {
    fn new(array: &'a str) -> Self {
        let mut scanner = Scanner::new(array);
        scanner.take(b'[');
        Self { scanner, first: true }
    }

    /// Writes the next one; `false` where there is none.
    fn next_into(&mut self, out: &mut String) -> bool {
        if !self.first && !self.scanner.take(b',') {
            return false;
        }
        self.first = false;
        match self.scanner.value() {
            Some(Token::Text(text)) => {
                text.decode_into(out);
                true
            }
            _ => false,
        }
    }
}
