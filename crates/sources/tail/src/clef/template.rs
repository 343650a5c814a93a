//! A message template in its pieces.

/// Wider than any column: a width beyond it is cut to it, so that nobody fills memory with spaces.
const WIDEST: usize = 1_024;

/// A parsed message template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) pieces: Vec<Piece>,
    /// How many bytes the texts of it take.
    pub(super) text_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Hole(Hole),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hole {
    /// As it stands in the template, braces included.
    pub(super) raw: String,
    pub(super) name: String,
    pub(super) align: Option<Align>,
    /// Whether the writer rendered it, into `@r`.
    pub(super) formatted: bool,
}

/// To how many UTF-16 units a value is filled up, and at which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// The spaces come first.
    Right(usize),
    Left(usize),
}

impl Template {
    /// Any text is a template: what is not a hole is text.
    pub(super) fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            literal.push_str(before);
            if brace.starts_with("{{") || brace.starts_with("}}") {
                literal.push_str(&brace[..1]);
                rest = &brace[2..];
                continue;
            }
            if let Some(after) = brace.strip_prefix('}') {
                literal.push('}');
                rest = after;
                continue;
            }
            let Some(end) = brace.find('}') else {
                rest = brace;
                break;
            };
            let (raw, after) = brace.split_at(end + 1);
            match Hole::parse(raw) {
                Some(hole) => {
                    if !literal.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut literal)));
                    }
                    pieces.push(Piece::Hole(hole));
                }
                None => literal.push_str(raw),
            }
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        let text_bytes = pieces.iter().map(|piece| if let Piece::Text(text) = piece { text.len() } else { 0 }).sum();
        Self { pieces, text_bytes }
    }

    /// About how many bytes it takes in memory.
    pub(super) fn size_bytes(&self) -> usize {
        let holes = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Hole(hole) => hole.raw.len() + hole.name.len(),
        });
        self.pieces.len() * size_of::<Piece>() + holes.sum::<usize>()
    }
}

impl Hole {
    /// `raw`: from brace to brace.
    fn parse(raw: &str) -> Option<Self> {
        let content = raw.strip_prefix('{')?.strip_suffix('}')?;
        let content = content.strip_prefix(['@', '$']).unwrap_or(content);
        let (head, format) = content.split_once(':').unwrap_or((content, ""));
        let (name, align) = match head.split_once(',') {
            Some((name, width)) => (name, Some(Align::parse(width)?)),
            None => (head, None),
        };
        is_name(name).then(|| Self { raw: raw.to_owned(), name: name.to_owned(), align, formatted: !format.is_empty() })
    }
}

impl Align {
    fn parse(width: &str) -> Option<Self> {
        let digits = width.strip_prefix('-').unwrap_or(width);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let units = digits.parse().unwrap_or(WIDEST).min(WIDEST);
        Some(if digits.len() < width.len() { Self::Left(units) } else { Self::Right(units) })
    }
}

/// All digits, or identifiers with dots between them; older writers took a digit at the beginning of one too.
fn is_name(name: &str) -> bool {
    let is_identifier = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    name.split('.').all(is_identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn hole(raw: &str, name: &str, align: Option<Align>, formatted: bool) -> Piece {
        Piece::Hole(Hole { raw: raw.to_owned(), name: name.to_owned(), align, formatted })
    }

    #[test]
    fn holes_have_a_name_an_alignment_and_a_format() {
        let pieces = |template| Template::parse(template).pieces;
        assert_eq!(pieces("a {b} c"), [text("a "), hole("{b}", "b", None, false), text(" c")]);
        assert_eq!(pieces("{b,-25}"), [hole("{b,-25}", "b", Some(Align::Left(25)), false)]);
        assert_eq!(pieces("{b,5:N0}"), [hole("{b,5:N0}", "b", Some(Align::Right(5)), true)]);
        assert_eq!(pieces("{@b}{$c}"), [hole("{@b}", "b", None, false), hole("{$c}", "c", None, false)]);
        assert_eq!(pieces("{t:H:mm,s}"), [hole("{t:H:mm,s}", "t", None, true)]);
        assert_eq!(pieces("{a.b_1}{0}"), [hole("{a.b_1}", "a.b_1", None, false), hole("{0}", "0", None, false)]);
        assert_eq!(pieces("{x:}"), [hole("{x:}", "x", None, false)]);
    }

    #[test]
    fn what_is_not_a_hole_is_text_as_it_stands() {
        let same =
            ["{}", "{a b}", "{a-b}", "{y,}", "{y,+3}", "{y,-}", "{@}", "{$}", "{@@a}", "{a..b}", "{.a}", "tail {a"];
        for template in same {
            assert_eq!(Template::parse(template).pieces, [text(template)], "{template}");
        }
        assert_eq!(Template::parse("{{a}} } x").pieces, [text("{a} } x")]);
        assert_eq!(Template::parse("").pieces, []);
    }

    #[test]
    fn a_width_is_bounded() {
        let wide = Template::parse("{a,99999999999999999999}").pieces;
        assert_eq!(wide, [hole("{a,99999999999999999999}", "a", Some(Align::Right(WIDEST)), false)]);
    }
}
