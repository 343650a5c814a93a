use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` on one line and unable to steer a terminal: whatever controls one, breaks a line or turns the direction of
/// writing is shown as Rust writes it, `\n` or `\u{1b}`.
///
/// What a log line or a notification says comes from anywhere. Printed as it is, it could move the cursor, forge
/// lines or change the title of a terminal.
pub fn escape(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(steers) else { return Cow::Borrowed(text) };
    let (plain, rest) = text.split_at(first);
    let mut escaped = String::with_capacity(text.len() + 16);
    escaped.push_str(plain);
    for letter in rest.chars() {
        if steers(letter) { escaped.extend(letter.escape_default()) } else { escaped.push(letter) }
    }
    Cow::Owned(escaped)
}

/// The same for a text in JSON, which stays JSON of the same meaning. What steers stands within strings only, and
/// those below U+0020 are escaped already.
pub(crate) fn escape_json(json: String) -> String {
    if !json.contains(steers) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for letter in json.chars() {
        if steers(letter) {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

/// Controls (C0, DEL, C1), the separators of lines and paragraphs, and what turns the direction of writing. All of
/// them lie below U+10000, so that one `\uXXXX` is enough.
fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_and_the_rest_is_left() {
        let table = [
            ("plain é 💾 a\\b", "plain é 💾 a\\b"),
            ("\u{1b}[2J\r\n\tx", "\\u{1b}[2J\\r\\n\\tx"),
            ("\u{7f}\u{9b}31m\u{0}\u{7}", "\\u{7f}\\u{9b}31m\\u{0}\\u{7}"),
            ("a\u{202e}b\u{2066}c\u{2028}d\u{200f}", "a\\u{202e}b\\u{2066}c\\u{2028}d\\u{200f}"),
        ];
        for (text, shown) in table {
            assert_eq!(escape(text), shown);
        }
    }

    #[test]
    fn escaped_json_reads_back_equal() {
        let text = "\u{1b}[2J\u{9b}31m \u{202e}\u{7f}é💾\"\\";
        let json = escape_json(serde_json::to_string(text).expect("a string"));
        assert!(!json.contains(steers), "{json:?}");
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
    }
}
