//! Texts as PagerDuty wants them.

/// `text` without what controls a terminal (line breaks and tabs may stay), cut to `limit` units of UTF-16 and then marked
/// with `…`.
///
/// PagerDuty counts characters and does not say of which sort: units of UTF-16 are never fewer than any of them.
pub(crate) fn text(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(3 * limit));
    let mut width = 0;
    // Where the text ends if it must be cut: one unit is the mark's.
    let mut end = 0;
    for letter in text.trim().chars().filter(|letter| matches!(letter, '\n' | '\t') || !letter.is_control()) {
        width += letter.len_utf16();
        if width > limit {
            out.truncate(end);
            let whole = out.trim_end_matches('\u{200d}').len();
            out.truncate(whole);
            out.push('…');
            return out;
        }
        out.push(letter);
        if width < limit {
            end = out.len();
        }
    }
    // What is left of a text of controls.
    if out.trim().is_empty() { String::new() } else { out }
}

/// The same on one line.
pub(crate) fn line(line: &str, limit: usize) -> String {
    text(&line.replace(['\n', '\r', '\t', '\u{2028}', '\u{2029}', '\u{85}'], " "), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_is_left_out_and_nothing_else() {
        assert_eq!(text(" <a> & \"é\"\n\tb\u{1b}[2J\0\r ", 100), "<a> & \"é\"\n\tb[2J");
        assert_eq!(line("a\r\nb\tc\u{2028}d", 100), "a  b c d");
        assert_eq!([text("\u{1b}\0", 9), text(" \n", 9), line("\0 \n", 9)], ["", "", ""]);
    }

    #[test]
    fn a_cut_falls_between_characters_and_is_marked() {
        assert_eq!([text("abcdef", 6), text("abcdefg", 6)], ["abcdef", "abcde…"]);
        assert_eq!([text("👩👩👩", 5), text("👩\u{200d}👩x", 4)], ["👩👩…", "👩…"]);
        for limit in 1..100 {
            for unit in ["x", "é", "語", "👩", "👩\u{200d}"] {
                let cut = text(&unit.repeat(99), limit);
                assert!(cut.encode_utf16().count() <= limit, "{limit}: {cut}");
            }
        }
    }
}
