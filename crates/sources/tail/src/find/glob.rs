//! Patterns of paths: `*`, `?`, `[a-z]`, `[!a]`, and `**` for any folders.

/// Whether `text` has a character that makes a pattern of it.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Whether `name`, of one file or folder, is as `pattern` says. A dot at the beginning is to be named.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut from) = (0, 0);
    // Where to go on when what follows the last `*` does not fit: it takes one character more.
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = name.get(from) {
        if pattern.get(at) == Some(&'*') {
            star = Some((at + 1, from));
            at += 1;
        } else if let Some(length) = one(pattern.get(at..).unwrap_or_default(), *character) {
            at += length;
            from += 1;
        } else if let Some((after, taken)) = star {
            star = Some((after, taken + 1));
            (at, from) = (after, taken + 1);
        } else {
            return false;
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|character| *character == '*')
}

/// How much of `pattern` stands for `character`, where it does.
fn one(pattern: &[char], character: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['[', rest @ ..] => match class(rest) {
            Some((set, length)) => contains(set, character).then_some(length + 1),
            None => (character == '[').then_some(1),
        },
        [literal, ..] => (*literal == character).then_some(1),
        [] => None,
    }
}

/// The inside of `[…]`, and its length with the `]`. A `]` that comes first is of the inside.
fn class(rest: &[char]) -> Option<(&[char], usize)> {
    let negated = usize::from(matches!(rest.first(), Some('!' | '^')));
    let end = rest.iter().skip(negated + 1).position(|character| *character == ']')? + negated + 1;
    Some((rest.get(..end)?, end + 1))
}

fn contains(set: &[char], character: char) -> bool {
    let (negated, mut rest) = match set {
        ['!' | '^', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    let mut found = false;
    while let [first, after @ ..] = rest {
        if let ['-', last, after @ ..] = after {
            found |= (*first..=*last).contains(&character);
            rest = after;
        } else {
            found |= *first == character;
            rest = after;
        }
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_in_a_shell() {
        let fits = [
            ("*", "a"),
            ("*.log", "a.log"),
            ("a*b*c", "aXbXbc"),
            ("?.log", "ä.log"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[]]x", "]x"),
            ("app.log*", "app.log"),
            (".*", ".a"),
            ("a[b", "a[b"),
            ("**", "a"),
            ("log2026*", "log2026"),
        ];
        for (pattern, name) in fits {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        let not = [
            ("*.log", "a.log.gz"),
            ("a*b", "aXc"),
            ("?", ""),
            ("?", "ab"),
            ("[a-c]x", "dx"),
            ("[!a-c]x", "ax"),
            ("*", ".a"),
            ("a", "A"),
            ("", "a"),
            ("log?", "log"),
        ];
        for (pattern, name) in not {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
