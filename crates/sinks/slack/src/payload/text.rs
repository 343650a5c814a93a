//! Texts as Slack wants them.

/// `text` escaped for Slack's `mrkdwn`, then cut to `limit` units of UTF-16, marked with `…` where it goes on. What
/// controls a terminal is left out but for line breaks and tabs.
///
/// Slack counts characters and does not say of which sort: units of UTF-16 are never fewer than any of them.
pub(super) fn escape(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(4 * limit));
    let mut width = 0;
    // Where the text ends if it must be cut: one unit is the mark's.
    let mut end = 0;
    for letter in text.trim().chars() {
        let mut buffer = [0; 4];
        let piece: &str = match letter {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '\n' | '\t' => letter.encode_utf8(&mut buffer),
            _ if letter.is_control() => continue,
            _ => letter.encode_utf8(&mut buffer),
        };
        width += if piece.len() > 3 && piece.is_ascii() { piece.len() } else { letter.len_utf16() };
        if width > limit {
            out.truncate(end);
            let whole = out.trim_end_matches('\u{200d}').len();
            out.truncate(whole);
            out.push('…');
            return out;
        }
        out.push_str(piece);
        if width < limit {
            end = out.len();
        }
    }
    // What is left of a text of controls.
    if out.trim().is_empty() { String::new() } else { out }
}

/// The same on one line.
pub(super) fn line(text: &str, limit: usize) -> String {
    escape(&text.replace(['\n', '\r', '\t', '\u{2028}', '\u{2029}', '\u{85}'], " "), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_are_escaped_and_nothing_else() {
        assert_eq!(escape("a & b <!channel> *x* \"é\" \u{1b}[2J\0", 100), "a &amp; b &lt;!channel&gt; *x* \"é\" [2J");
        assert_eq!(escape("  &amp; \n", 100), "&amp;amp;");
        assert_eq!(line("a\r\nb\tc", 100), "a  b c");
    }

    #[test]
    fn a_cut_falls_between_characters_and_never_inside_an_entity() {
        assert_eq!(escape("abcdef", 6), "abcdef");
        assert_eq!(escape("abcdefg", 6), "abcde…");
        assert_eq!(escape("ab<cd", 6), "ab…");
        assert_eq!(escape("a<b", 5), "a…");
        assert_eq!(escape("a<", 5), "a&lt;");
        assert_eq!(escape("👩👩👩", 5), "👩👩…");
        assert_eq!(escape("👩\u{200d}👩x", 4), "👩…");
        for limit in 1..200 {
            for text in ["<&>é語👩".repeat(20), "&".repeat(99), "語".repeat(99)] {
                let cut = escape(&text, limit);
                assert!(cut.encode_utf16().count() <= limit, "{limit}: {cut}");
                let left = cut.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
                assert!(!left.contains(['&', '<', '>', ';']), "{limit}: {cut}");
            }
        }
    }
}
