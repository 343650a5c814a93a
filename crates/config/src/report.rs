//! Where the mistakes of a file are gathered.

use std::cell::RefCell;
use std::collections::HashSet;

use crate::document::{Document, Masks};
use crate::scrub::{holds_secret, scrub};
use crate::tree::{Span, Table, Value};
use crate::{ConfigError, ConfigErrorKind, ConfigErrors};

/// The proof that a mistake was noted: what a factory gives back where it cannot make its part.
///
/// It says nothing itself; the reasons come with the [`ConfigErrors`] of the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    _noted: (),
}

/// A mistake, not yet put into words with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ConfigErrorKind,
    pub(crate) span: Option<Span>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Problem {
    pub(crate) fn new(kind: ConfigErrorKind, span: &Span, message: impl Into<String>) -> Self {
        Self { kind, span: Some(span.clone()), message: message.into(), help: None }
    }

    /// One of the file as a whole.
    pub(crate) fn of_file(kind: ConfigErrorKind, message: impl Into<String>) -> Self {
        Self { kind, span: None, message: message.into(), help: None }
    }

    pub(crate) fn with_help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }
}

pub(crate) struct Report<'a> {
    pub(crate) document: &'a Document,
    problems: RefCell<Vec<Problem>>,
    known: RefCell<HashSet<(Option<usize>, String)>>,
    /// Where the values begin that somebody read as other than a secret.
    public: RefCell<HashSet<usize>>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(document: &'a Document) -> Self {
        Self { document, problems: RefCell::default(), known: RefCell::default(), public: RefCell::default() }
    }

    /// Notes a mistake, once.
    pub(crate) fn note(&self, problem: Problem) -> Refused {
        let key = (problem.span.as_ref().map(|span| span.start), problem.message.clone());
        if self.known.borrow_mut().insert(key) {
            self.problems.borrow_mut().push(problem);
        }
        Refused { _noted: () }
    }

    /// Notes that the value at `span` may be shown.
    pub(crate) fn publish(&self, span: &Span) {
        self.public.borrow_mut().insert(span.start);
    }

    /// All that was noted, in the lines of the file, whose values are in `table`.
    pub(crate) fn finish(self, table: &Table) -> Result<(), ConfigErrors> {
        let problems = self.problems.into_inner();
        if problems.is_empty() {
            return Ok(());
        }
        let public = self.public.into_inner();
        let (mut hidden, mut covered) = (Vec::new(), Vec::new());
        table.walk(&mut |span, value| {
            covered.push(span.clone());
            let shown = match value {
                None => !holds_secret(self.document.text.get(span.clone()).unwrap_or_default()),
                Some(Value::Flag(_)) => true,
                Some(Value::Text(text)) => public.contains(&span.start) && !holds_secret(text),
                Some(_) => public.contains(&span.start),
            };
            if !shown {
                hidden.push(span.clone());
            }
        });
        covered.sort_by_key(|span| span.start);
        hidden.sort_by_key(|span| span.start);
        let masks = Masks { hidden: &hidden, covered: &covered };
        Err(ConfigErrors::new(problems.into_iter().map(|problem| told(self.document, problem, &masks)).collect()))
    }
}

pub(crate) fn told(document: &Document, problem: Problem, masks: &Masks<'_>) -> ConfigError {
    let place = problem.span.map(|span| document.place(&span, masks));
    // A mistake may quote a value before anybody knows what it is.
    let (message, help) = (scrub(&problem.message), problem.help.as_deref().map(scrub));
    ConfigError { kind: problem.kind, file: document.name.clone(), place, message, help }
}
