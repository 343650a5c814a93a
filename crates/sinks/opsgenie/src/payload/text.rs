//! Texts as the service wants them.

/// `text` cut to `limit` units of UTF-16, marked with `…` where it goes on. What controls a terminal is left out but for
/// line breaks and tabs.
pub(super) fn cut(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(4 * limit));
    let mut width = 0;
    // Where the text ends if it must be cut: one unit is the mark's.
    let mut end = 0;
    for letter in text.trim().chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')) {
        width += letter.len_utf16();
        if width > limit {
            out.truncate(end);
            out.truncate(out.trim_end_matches('\u{200d}').len());
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
pub(super) fn line(text: &str, limit: usize) -> String {
    cut(&text.replace(['\n', '\r', '\t', '\u{2028}', '\u{2029}', '\u{85}'], " "), limit)
}
