//! Texts of others, fit for a message to people: without what controls a terminal, and no longer than a service takes.
//!
//! Services count characters and mostly do not say of which sort. A `limit` here is in units of UTF-16, which are never
//! fewer than the characters of any sort.
//!
//! ```
//! use tidegate_event::text;
//!
//! assert_eq!(text::cut("Disk over 80 % full.", 10), "Disk over…");
//! assert_eq!(text::line("No space left\non \u{1b}[2J/var", 100), "No space left on [2J/var");
//! ```

pub use crate::nearest::nearest;

/// `text` cut to `limit` units of UTF-16, between characters, and marked with `…` where it goes on. Blanks around it and
/// what controls a terminal are left out; line breaks and tabs inside of it stay.
pub fn cut(text: &str, limit: usize) -> String {
    cut_escaped(text, limit, |_| None)
}

/// The same on one line: each line break and tab is a blank.
pub fn line(text: &str, limit: usize) -> String {
    cut(&unbroken(text), limit)
}

/// As [`cut`], with the characters for which `escape` gives something written as that. The escaped text is what keeps to
/// `limit`, and no cut falls inside of what was given for a character.
pub fn cut_escaped(text: &str, limit: usize, escape: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len().min(4 * limit));
    let mut width = 0;
    // Where the text ends if it must be cut: one unit is the mark's.
    let mut end = 0;
    for letter in text.trim().chars().filter(|letter| matches!(letter, '\n' | '\t') || !letter.is_control()) {
        let escaped = escape(letter);
        width += escaped.map_or(letter.len_utf16(), |escaped| escaped.encode_utf16().count());
        if width > limit {
            out.truncate(end);
            // A joiner with nothing to join would join the mark.
            out.truncate(out.trim_end_matches('\u{200d}').len());
            out.push('…');
            return out;
        }
        match escaped {
            Some(escaped) => out.push_str(escaped),
            None => out.push(letter),
        }
        if width < limit {
            end = out.len();
        }
    }
    // What is left of a text of controls.
    if out.trim().is_empty() { String::new() } else { out }
}

/// As [`line()`], escaped as by [`cut_escaped`].
pub fn line_escaped(text: &str, limit: usize, escape: impl Fn(char) -> Option<&'static str>) -> String {
    cut_escaped(&unbroken(text), limit, escape)
}

/// `lines` below one another, uncut: at most `most` of them, and no more than `limit` units of UTF-16 have room for. Where
/// some are missing, `…` is the last line.
pub fn list(lines: impl IntoIterator<Item = String>, most: usize, limit: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for (number, line) in lines.into_iter().enumerate() {
        used += line.encode_utf16().count() + 1;
        if number > 0 {
            out.push('\n');
        }
        // The mark of what is missing has room too.
        if number >= most || used + 1 > limit {
            out.push('…');
            break;
        }
        out.push_str(&line);
    }
    out
}

fn unbroken(text: &str) -> String {
    text.replace(['\n', '\r', '\t', '\u{2028}', '\u{2029}', '\u{85}'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width(text: &str) -> usize {
        text.encode_utf16().count()
    }

    fn entity(letter: char) -> Option<&'static str> {
        match letter {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            _ => None,
        }
    }

    #[test]
    fn what_controls_a_terminal_is_left_out_and_nothing_else() {
        assert_eq!(cut(" <a> & \"é\"\n\tb\u{1b}[2J\0\r ", 100), "<a> & \"é\"\n\tb[2J");
        assert_eq!(line("a\r\nb\tc\u{2028}d\u{1b}[2J", 100), "a  b c d[2J");
        assert_eq!([cut("\u{1b}\0", 9), cut(" \n", 9), line("\0 \n", 9)], ["", "", ""]);
    }

    #[test]
    fn a_cut_falls_between_characters_and_is_marked() {
        assert_eq!([cut("abcdef", 6), cut("abcdefg", 6)], ["abcdef", "abcde…"]);
        assert_eq!([cut("👩👩👩", 5), cut("👩\u{200d}👩x", 4)], ["👩👩…", "👩…"]);
        for limit in 1..99 {
            for unit in ["x", "é", "語", "👩", "👩\u{200d}"] {
                let cut = cut(&unit.repeat(99), limit);
                assert!(cut.ends_with('…') && width(&cut) <= limit, "{limit}: {cut}");
            }
        }
    }

    #[test]
    fn what_is_escaped_counts_as_it_is_written_and_is_never_cut_open() {
        assert_eq!(cut_escaped("a & b < c > é", 100, entity), "a &amp; b &lt; c > é");
        assert_eq!([cut_escaped("a<", 5, entity), cut_escaped("a<b", 5, entity)], ["a&lt;", "a…"]);
        assert_eq!(line_escaped("&\n&", 100, entity), "&amp; &amp;");
        for limit in 1..100 {
            let cut = cut_escaped(&"<&é👩".repeat(20), limit, entity);
            let left = cut.replace("&amp;", "").replace("&lt;", "");
            assert!(width(&cut) <= limit && !left.contains(['&', ';']), "{limit}: {cut}");
        }
    }

    #[test]
    fn a_list_keeps_whole_lines_and_says_that_some_are_missing() {
        let lines = |count: usize| vec!["👩x".to_owned(); count];
        assert_eq!([list(lines(0), 3, 99), list(lines(3), 3, 99)], ["", "👩x\n👩x\n👩x"]);
        assert_eq!(list(lines(4), 3, 99), "👩x\n👩x\n👩x\n…");
        assert_eq!([list(lines(2), 3, 9), list(lines(2), 3, 8)], ["👩x\n👩x", "👩x\n…"]);
        assert_eq!(list(lines(1), 3, 2), "…");
        for limit in 1..30 {
            assert!(width(&list(lines(9), 9, limit)) <= limit, "{limit}");
        }
    }
}
