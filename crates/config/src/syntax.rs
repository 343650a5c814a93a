//! From text to a tree, or to what is no TOML.

use toml::de::{DeTable, Error};

use crate::build::is_common;
use crate::document::{Document, Masks};
use crate::report::{Problem, told};
use crate::scrub::holds_secret;
use crate::tree::{Span, Table};
use crate::{ConfigErrorKind, ConfigErrors};

/// How many mistakes of syntax are told. More of them mean that it is no TOML at all.
const MOST: usize = 20;

pub(crate) fn parse(document: &Document) -> Result<Table, ConfigErrors> {
    let (table, errors) = DeTable::parse_recoverable(&document.text);
    if errors.is_empty() {
        return Ok(Table::new(table.into_inner()));
    }
    let problems = problems(document, &errors);
    let told = problems.into_iter().map(|problem| {
        let hidden = problem.span.as_ref().and_then(|span| hidden(document, span));
        told(document, problem, &Masks { hidden: hidden.as_slice(), covered: &[] })
    });
    Err(ConfigErrors::new(told.collect()))
}

/// The first of each line: what follows on it is as a rule said because of the first.
fn problems(document: &Document, errors: &[Error]) -> Vec<Problem> {
    let mut problems: Vec<(usize, Problem)> = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or(document.text.len()..document.text.len());
        let (line, _) = document.line(document.clamp(&span).start);
        let message = match error.message() {
            words if words.starts_with("string values must be quoted") => "text must stand in quotes: \"…\"".to_owned(),
            words => format!("this is not TOML: {words}"),
        };
        let problem = Problem::new(ConfigErrorKind::Syntax, &span, message);
        if let Some((_, known)) = problems.iter_mut().find(|(known, _)| *known == line) {
            if start(known) > span.start {
                *known = problem;
            }
        } else if problems.len() <= MOST {
            problems.push((line, problem));
        } else {
            break;
        }
    }
    problems.sort_by_key(|(line, _)| *line);
    if problems.len() > MOST {
        problems.truncate(1);
        if let Some((_, first)) = problems.first_mut() {
            let more = errors.len() - 1;
            first.help = Some(format!("{more} more places are not TOML either; is this the right file?"));
        }
    }
    problems.into_iter().map(|(_, problem)| problem).collect()
}

fn start(problem: &Problem) -> usize {
    problem.span.as_ref().map_or(0, |span| span.start)
}

/// What of the line at `span` is not shown, for it may be a secret: where the syntax is broken, no type tells. So a
/// value is shown only under a key that is surely none.
fn hidden(document: &Document, span: &Span) -> Option<Span> {
    let (_, line) = document.line(document.clamp(span).start);
    let text = document.text.get(line.clone()).unwrap_or_default();
    let before = document.text.get(..line.start).unwrap_or_default();
    let inside = ["\"\"\"", "'''"].into_iter().any(|quotes| before.matches(quotes).count() % 2 == 1);
    let header = text.trim_start().starts_with('[') && !text.contains(['"', '\'']);
    let start = match text.split_once('=') {
        _ if inside => 0,
        _ if header => return None,
        Some((key, rest)) if is_public(key.trim()) && !looks_secret(rest) && !holds_secret(rest) => return None,
        Some((key, _)) if key.trim().chars().all(is_of_key) => key.len() + 1,
        _ => 0,
    };
    let blank = text.get(start..).map_or(0, |rest| rest.len() - rest.trim_start().len());
    Some(line.start + start + blank..line.end)
}

/// Whether nobody keeps a secret under `key`.
fn is_public(key: &str) -> bool {
    is_common(key) || PUBLIC.contains(&key)
}

/// Such keys of the file, and of some sources, detectors and sinks.
const PUBLIC: [&str; 17] = [
    "state_dir",
    "listen",
    "timeout",
    "cluster",
    "node",
    "nodes",
    "interval",
    "volumes",
    "open",
    "close",
    "critical",
    "severity",
    "remedy",
    "stale_after",
    "channel_id",
    "region",
    "format",
];

fn is_of_key(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | ' ' | '\t')
}

/// Whether what goes by this name is better not shown, whatever its type.
pub(crate) fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = ["token", "secret", "passw", "key", "credential", "private", "auth", "webhook", "xox"];
    words.into_iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        parse(&Document::new("a.toml", text.to_owned())).expect_err("no TOML").to_string()
    }

    #[test]
    fn a_value_is_shown_only_under_a_key_that_is_surely_no_secret() {
        for public in ["sink = console\n", "linger = 5s\n", "enabled = yes\n", "type = host\n", "region = eu\n"] {
            assert!(shown(public).contains(&format!("1 | {public}")), "{public}{}", shown(public));
        }
        for text in [
            "token = xoxb-1\n",
            "pin = xoxb-1\n",
            "tokens = [\n  'a',\n  xoxb-1\n]\n",
            "open = { token = xoxb-1 }\n",
            "pem = \"\"\"\nxoxb-1 = \\q\n\"\"\"\n",
            "pem = '''\nname = xoxb-1\n",
            "'xoxb-1 = 5\n",
            "xoxb-1\n",
        ] {
            let shown = shown(text);
            assert!(shown.contains("***") || !shown.contains("xoxb-1"), "{text}{shown}");
            assert!(!shown.contains("xoxb-1"), "{text}{shown}");
        }
    }
}
