use std::cell::{Cell, RefCell};
use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::read::{Scope, read};
use crate::report::{Problem, Refused, Report};
use crate::tree::{Node, Span, Value};
use crate::{ConfigErrorKind, ReadNothing};

/// How often the sources of a configuration measure: the longest interval of each sort.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Intervals {
    pub(crate) measure: Option<Duration>,
    pub(crate) round: Option<Duration>,
}

/// The table of one source, sink or detector, less the keys that all of its sort have.
///
/// A factory reads it with [`parse`](Section::parse), makes its part, and [refuses](Section::refuse) what does not fit
/// together. All that is wrong is noted with its place, and told with all else that is wrong in the file.
pub struct Section<'a> {
    pub(crate) report: &'a Report<'a>,
    pub(crate) node: &'a Node,
    pub(crate) kind: String,
    pub(crate) name: String,
    /// ``integration `ops` ``.
    pub(crate) what: String,
    pub(crate) header: Span,
    pub(crate) common: &'static [&'static str],
    pub(crate) intervals: Intervals,
    parsed: Cell<bool>,
}

impl<'a> Section<'a> {
    pub(crate) fn new(report: &'a Report<'a>, node: &'a Node, common: &'static [&'static str], what: &str) -> Self {
        Self {
            report,
            node,
            kind: String::new(),
            name: String::new(),
            what: what.to_owned(),
            header: node.span.clone(),
            common,
            intervals: Intervals::default(),
            parsed: Cell::new(false),
        }
    }

    /// The kind under which the factory is registered.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The name of the integration or source; of a detector, its kind.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The longest interval at which a source of this configuration measures; `None` where none does.
    pub fn measure_interval(&self) -> Option<Duration> {
        self.intervals.measure
    }

    /// The longest interval at which a source of this configuration asks all nodes of a cluster for their views;
    /// `None` where none does.
    pub fn round_interval(&self) -> Option<Duration> {
        self.intervals.round
    }

    /// Reads the section as a `T`, by serde's derived `Deserialize`. Durations, sizes, rates and secrets are
    /// [`DurationConfig`](crate::DurationConfig), [`SizeConfig`](crate::SizeConfig), [`RateConfig`](crate::RateConfig)
    /// and [`SecretConfig`](crate::SecretConfig).
    ///
    /// A key that `T` does not have is a mistake without further ado, in tables within it too; only under
    /// `#[serde(flatten)]` serde does not tell which keys there are.
    ///
    /// # Errors
    /// When anything is unknown, missing, or not what its key takes. All of it is noted, and not the first alone.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        self.parsed.set(true);
        read(&self.scope(self.common), self.node, None)
    }

    /// Notes that the part cannot be made as the section says. Give back what it returns.
    ///
    /// Where `reason` begins with a key of the section, such as `interval is 0; it must be longer`, it is told at that
    /// key's value, else at the head of the section. It must not hold a secret.
    pub fn refuse(&self, reason: impl fmt::Display) -> Refused {
        let reason = reason.to_string();
        let key = reason.split([' ', ':']).next().unwrap_or_default();
        let span = self.span_of(key);
        self.report.note(Problem::new(ConfigErrorKind::Contradiction, span, format!("{reason} ({})", self.what)))
    }

    /// The same, told at the value of `key`, such as `url` or `open.above`; at the head of the section where that is
    /// not there.
    pub fn refuse_at(&self, key: &str, reason: impl fmt::Display) -> Refused {
        let span = self.span_of(key);
        self.report.note(Problem::new(ConfigErrorKind::InvalidValue, span, format!("{reason} ({})", self.what)))
    }

    /// Whether the section has a value for `key`, such as `open.above`.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    pub(crate) fn find(&self, path: &str) -> Option<&'a Node> {
        match &self.node.value {
            Value::Table(table) => table.find(path),
            _ => None,
        }
    }

    /// One of the keys that all of its sort have.
    pub(crate) fn common<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let node = self.find(key)?;
        read(&Scope { header: &node.span, ..self.scope(&[]) }, node, Some(key)).ok()
    }

    /// The section itself, where it is the single value of `key`.
    pub(crate) fn value<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        read(&self.scope(&[]), self.node, Some(key)).ok()
    }

    /// Where to point for `key`: its value, or the head of the section.
    pub(crate) fn span_of(&self, key: &str) -> &Span {
        self.find(key).map_or(&self.header, |node| &node.span)
    }

    /// The same, where it must be there.
    pub(crate) fn required<T: DeserializeOwned>(&self, key: &str, such_as: &str) -> Option<T> {
        if self.find(key).is_none() {
            let message = format!("`{key}` is missing in {}; give one, such as {such_as}", self.what);
            self.report.note(Problem::new(ConfigErrorKind::Missing, &self.header, message));
        }
        self.common(key)
    }

    /// Complains of keys that nobody asked for, where the factory asked for none.
    pub(crate) fn finish(&self) {
        if !self.parsed.get() {
            let _ = self.parse::<ReadNothing>();
        }
    }

    /// What a reader has to know.
    pub(crate) fn scope<'s>(&'s self, hidden: &'s [&'s str]) -> Scope<'s> {
        Scope {
            report: self.report,
            pass: RefCell::default(),
            what: &self.what,
            hidden,
            header: &self.header,
            failed: RefCell::new(None),
        }
    }
}

impl fmt::Debug for Section<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section").field("kind", &self.kind).field("name", &self.name).finish_non_exhaustive()
    }
}
