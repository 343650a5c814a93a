use std::fmt::Write;

use super::{Scanner, Text};

/// Writes the array or object `raw` as Serilog does: no space, numbers as they were, escapes only where JSON wants
/// them, and hexadecimal digits in upper case.
pub(crate) fn compact(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some(byte) = rest.bytes().next() {
        if byte == b'"' {
            let mut scanner = Scanner::new(rest);
            let Some(text) = scanner.string() else { break };
            quote(text, out);
            rest = rest.get(text.raw.len() + 2..).unwrap_or_default();
            continue;
        }
        let run = rest.find(['"', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
        let (plain, after) = rest.split_at(run);
        out.push_str(plain);
        rest = after.trim_start_matches([' ', '\t', '\n', '\r']);
    }
}

fn quote(text: Text<'_>, out: &mut String) {
    out.push('"');
    if text.escaped || text.raw.bytes().any(|byte| byte < 0x20) {
        for character in text.decode().chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{c}' => out.push_str("\\f"),
                '\0'..='\u{1f}' => {
                    // Memory does not fail to be written to.
                    let _ = write!(out, "\\u{:04X}", u32::from(character));
                }
                _ => out.push(character),
            }
        }
    } else {
        out.push_str(text.raw);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compacted(raw: &str) -> String {
        let mut out = String::new();
        compact(raw, &mut out);
        out
    }

    #[test]
    fn space_goes_and_tokens_stay() {
        assert_eq!(compacted("{ \"a\" : [ 1E-07 , 2.50,\t-0 ,true,null ] }"), r#"{"a":[1E-07,2.50,-0,true,null]}"#);
        assert_eq!(compacted(r#"{"a b":" c  d "}"#), r#"{"a b":" c  d "}"#);
    }

    #[test]
    fn escapes_are_those_that_json_wants() {
        let raw = r#"["\u00e4\u0041\/ \"q\" \\ \n\r\t\f\b\u001f"]"#;
        assert_eq!(compacted(raw), r#"["äA/ \"q\" \\ \n\r\t\f\u0008\u001F"]"#);
    }
}
