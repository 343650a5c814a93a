//! From a tree to values by serde, with all that is wrong and not the first of it alone.
//!
//! serde gives up at the first mistake. So a type is read again and again: what was wrong is left out the next time,
//! and what was missing is filled with something that fits, until there is nothing new to complain about.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use serde::de::DeserializeOwned;

use crate::ConfigErrorKind;
use crate::report::{Problem, Refused, Report};
use crate::tree::{Node, Span, Value};

mod access;
mod error;
mod filler;
mod reader;
mod secret;
#[cfg(test)]
mod tests;

pub(crate) use error::ReadError;
pub(crate) use reader::Reader;

/// How often a type is read again: more mistakes than anybody makes in one section.
const PASSES: usize = 100;

/// What is known from earlier passes.
#[derive(Default)]
pub(crate) struct Pass {
    /// The values that were wrong.
    skipped: HashSet<usize>,
    /// The keys that are missing, by table.
    filled: HashMap<usize, Vec<&'static str>>,
}

/// What a reader has to know, wherever in the tree it is.
pub(crate) struct Scope<'a> {
    pub(crate) report: &'a Report<'a>,
    pub(crate) pass: RefCell<Pass>,
    /// What it is all about: ``integration `ops` ``.
    pub(crate) what: &'a str,
    /// The keys of the outermost table that are not for this reader.
    pub(crate) hidden: &'a [&'a str],
    /// Where to point for what is missing in the outermost table.
    pub(crate) header: &'a Span,
    /// Where a mistake was noted that does not stop a pass, such as an unknown key.
    pub(crate) failed: RefCell<Option<Refused>>,
}

impl Scope<'_> {
    pub(crate) fn note(&self, problem: Problem) {
        *self.failed.borrow_mut() = Some(self.report.note(problem));
    }
}

/// Where a mistake was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody said yet.
    Unknown,
    /// A value; once it is known, which element or entry to leave out the next time.
    Value { span: Span, scalar: bool, skip: Option<usize> },
    /// A key that is not there; once it is known, in which table.
    Missing { key: &'static str, table: Option<(usize, Span, String)> },
    /// What was filled in does not fit.
    Filler,
}

/// Reads the value of `node`, or notes all that is wrong with it.
pub(crate) fn read<T: DeserializeOwned>(scope: &Scope<'_>, node: &Node, key: Option<&str>) -> Result<T, Refused> {
    let mut read = None;
    for _ in 0..PASSES {
        match T::deserialize(Reader::new(scope, node, key)) {
            Ok(value) => {
                read = Some(value);
                break;
            }
            Err(error) => {
                if !heed(scope, node, key, error) {
                    break;
                }
            }
        }
    }
    match (read, *scope.failed.borrow()) {
        (Some(value), None) => Ok(value),
        (_, Some(refused)) => Err(refused),
        // Only a type that fails without a word of its own comes here.
        (None, None) => {
            let message = format!("{} cannot be read", scope.what);
            Err(scope.report.note(Problem::new(ConfigErrorKind::InvalidValue, &node.span, message)))
        }
    }
}

/// Notes a mistake, and says whether another pass may find more.
fn heed(scope: &Scope<'_>, root: &Node, key: Option<&str>, error: ReadError) -> bool {
    let filled = !scope.pass.borrow().filled.is_empty();
    match error.fault {
        // A table that was filled in part may be refused for what it was filled with.
        Fault::Filler | Fault::Value { scalar: false, .. } | Fault::Unknown if filled => false,
        Fault::Filler => false,
        Fault::Unknown => {
            let span = if matches!(root.value, Value::Table(_)) { scope.header } else { &root.span };
            scope.note(Problem::new(error.kind, span, error.message).with_help(error.help));
            false
        }
        Fault::Value { span, skip, .. } => {
            let message = match skip {
                Some(_) => error.message,
                None => format!("{}: {}", Reader::new(scope, root, key).place(), error.message),
            };
            scope.note(Problem::new(error.kind, &span, message).with_help(error.help));
            skip.is_some_and(|id| scope.pass.borrow_mut().skipped.insert(id))
        }
        Fault::Missing { key, table } => {
            let Some((id, span, place)) = table else {
                scope.note(Problem::new(error.kind, scope.header, error.message));
                return false;
            };
            let mut pass = scope.pass.borrow_mut();
            let fields = pass.filled.entry(id).or_default();
            if fields.contains(&key) {
                return false;
            }
            fields.push(key);
            if !wrong(&pass, root, id, key) {
                let message = format!("`{key}` is missing in {place}");
                scope.note(Problem::new(ConfigErrorKind::Missing, &span, message));
            }
            true
        }
    }
}

/// Whether `key` of the table `id` is there and was left out because it is wrong.
fn wrong(pass: &Pass, node: &Node, id: usize, key: &str) -> bool {
    match &node.value {
        Value::Table(table) if node.id() == id => table.get(key).is_some_and(|node| pass.skipped.contains(&node.id())),
        Value::Table(table) => table.entries.iter().any(|(_, node)| wrong(pass, node, id, key)),
        Value::List(nodes) => nodes.iter().any(|node| wrong(pass, node, id, key)),
        _ => false,
    }
}
