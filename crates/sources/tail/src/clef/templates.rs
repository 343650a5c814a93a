use std::collections::HashMap;
use std::fmt;

use foldhash::fast::RandomState;

use super::template::Template;
use crate::json::Text;

const MOST: usize = 2_048;
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// A longer one is parsed each time: whoever writes such seldom writes one twice.
const LONGEST: usize = 16 * 1024;

/// Templates that were parsed, by how they stand in the line. Past its bounds it begins anew: a program has some
/// hundreds of them, and parsing one again costs little.
#[derive(Default)]
pub(super) struct Templates {
    parsed: HashMap<Box<str>, Template, RandomState>,
    bytes: usize,
}

impl Templates {
    pub(super) fn with<T>(&mut self, text: Text<'_>, then: impl FnOnce(&Template) -> T) -> T {
        if let Some(template) = self.parsed.get(text.raw) {
            return then(template);
        }
        let template = Template::parse(&text.decode());
        let result = then(&template);
        if text.raw.len() <= LONGEST {
            self.keep(text.raw, template);
        }
        result
    }

    fn keep(&mut self, raw: &str, template: Template) {
        let bytes = raw.len() + template.size_bytes();
        if self.parsed.len() == MOST || self.bytes + bytes > MOST_BYTES {
            self.parsed.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.parsed.insert(raw.into(), template);
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("parsed", &self.parsed.len()).field("bytes", &self.bytes).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_kept_within_bounds() {
        let mut templates = Templates::default();
        for number in 0..3 * MOST {
            let raw = format!("{{a}} {number}");
            templates.with(Text { raw: &raw, escaped: false }, |template| assert_eq!(template.pieces.len(), 2));
            assert!(templates.parsed.len() <= MOST);
        }
        let long = "x".repeat(LONGEST);
        for number in 0..1_000 {
            let raw = format!("{number}{}", &long[4..]);
            templates.with(Text { raw: &raw, escaped: false }, |template| assert_eq!(template.text_bytes, raw.len()));
            assert!(templates.bytes <= MOST_BYTES, "{templates:?}");
        }
        let huge = "x".repeat(LONGEST + 1);
        let before = templates.parsed.len();
        templates.with(Text { raw: &huge, escaped: false }, |_| ());
        assert_eq!(templates.parsed.len(), before, "not kept");
    }
}
