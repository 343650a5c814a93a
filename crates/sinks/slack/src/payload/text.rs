//! Texts as Slack wants them.

use tidegate_event::text;

/// `text` escaped for Slack's `mrkdwn`, then cut to `limit` units of UTF-16, marked with `…` where it goes on. What
/// controls a terminal is left out but for line breaks and tabs.
pub(super) fn escape(text: &str, limit: usize) -> String {
    text::cut_escaped(text, limit, entity)
}

/// The same on one line.
pub(super) fn line(text: &str, limit: usize) -> String {
    text::line_escaped(text, limit, entity)
}

/// The three that mean something to Slack anywhere.
fn entity(letter: char) -> Option<&'static str> {
    match letter {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
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
