//! From text to a tree, or to what is no TOML.

use toml::de::{DeTable, Error};

use crate::document::{Document, Masks};
use crate::report::{Problem, told};
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
        let hidden = problem.span.as_ref().map(|span| hidden(document, span)).unwrap_or_default();
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
        let message = format!("this is not TOML: {}", error.message());
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

/// What of the line at `span` is not shown, for it may be a secret: where the syntax is broken, no type tells.
fn hidden(document: &Document, span: &Span) -> Vec<Span> {
    let (_, line) = document.line(document.clamp(span).start);
    let text = document.text.get(line.clone()).unwrap_or_default();
    let before = document.text.get(..line.start).unwrap_or_default();
    let inside = ["\"\"\"", "'''"].into_iter().any(|quotes| before.matches(quotes).count() % 2 == 1);
    let header = text.trim_start().starts_with('[') && !text.contains(['"', '\'']);
    let key = text.split_once('=').map(|(key, _)| key).filter(|key| key.trim().chars().all(is_of_key));
    let start = match key {
        _ if inside => 0,
        _ if header => return Vec::new(),
        Some(_) if !looks_secret(text) => return Vec::new(),
        Some(key) => key.len() + 1,
        None => 0,
    };
    let blank = text.get(start..).map_or(0, |rest| rest.len() - rest.trim_start().len());
    vec![line.start + start + blank..line.end]
}

fn is_of_key(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | ' ' | '\t')
}

/// Whether what goes by this name is better not shown, whatever its type.
pub(crate) fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = ["token", "secret", "passw", "key", "credential", "private", "auth", "webhook", "xox"];
    words.into_iter().any(|word| name.contains(word))
}
