//! From a tree to the parts that it asks for.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;
use tidegate_detect::Detector;
use tidegate_event::Resource;

use crate::document::Document;
use crate::report::{Problem, Report};
use crate::section::Intervals;
use crate::tree::{Node, Span, Table, Value};
use crate::{ConfigErrorKind, ConfigErrors, ConfiguredSource, Plan, Registry, Section};
use tidegate_event::text::nearest;

mod intake;
mod integration;
mod storage;

/// The keys of the file as a whole.
const KEYS: [&str; 8] =
    ["state_dir", "journal_size", "bulk_size", "status", "intake", "source", "detector", "integration"];
/// The keys that every `[[source]]` may have.
const SOURCE: &[&str] = &["type", "name"];
/// The keys that every `[detector.kind]` may have.
const DETECTOR: &[&str] = &["enabled"];

/// Whether `key` is one that every table of some sort may have. None of those holds a secret.
pub(crate) fn is_common(key: &str) -> bool {
    [SOURCE, DETECTOR, integration::COMMON].iter().any(|keys| keys.contains(&key))
}

#[derive(Deserialize)]
struct StatusKeys {
    listen: String,
}

pub(crate) fn build(document: &Document, root: &Node, registry: &Registry) -> Result<Plan, ConfigErrors> {
    let nothing = Table::default();
    let table = if let Value::Table(table) = &root.value { table } else { &nothing };
    let report = Report::new(document);
    let builder = Builder { report: &report, registry, root: table };
    builder.check_keys();
    let storage = builder.storage();
    let status = builder.status();
    let intake_token = builder.intake_token();
    let (sources, intervals) = builder.sources();
    let detectors = builder.detectors(intervals);
    let integrations = builder.integrations();
    report.finish(table)?;
    Ok(Plan { sources, detectors, integrations, status, intake_token, storage })
}

struct Builder<'a> {
    report: &'a Report<'a>,
    registry: &'a Registry,
    root: &'a Table,
}

impl<'a> Builder<'a> {
    fn check_keys(&self) {
        for (key, _) in &self.root.entries {
            let name = key.name.as_str();
            if !KEYS.contains(&name) {
                let meant = nearest(name, KEYS).map(|name| format!("; did you mean `{name}`?"));
                let message = format!("unknown key `{}`{}", name.escape_debug(), meant.unwrap_or_default());
                let problem = Problem::new(ConfigErrorKind::UnknownKey, &key.span, message);
                self.report.note(problem.with_help(format!("known keys: {}", KEYS.join(", "))));
            }
        }
    }

    fn status(&self) -> Option<SocketAddr> {
        let node = self.root.get("status")?;
        let section = Section::new(self.report, node, &[], "`status`");
        let keys: StatusKeys = section.parse().ok()?;
        let address = keys.listen.parse();
        if address.is_err() {
            let message = "listen is no address; write an IP address and a port, such as \"127.0.0.1:2115\"";
            section.refuse_at("listen", message);
        }
        address.ok()
    }

    /// The tables of a list that the file writes as `[[word]]`.
    fn tables(&self, word: &str) -> Vec<&'a Node> {
        let wrong = |span: &Span, found: &str| {
            let message = format!("found {found}; each {word} is a table of its own, under `[[{word}]]`");
            self.report.note(Problem::new(ConfigErrorKind::InvalidValue, span, message));
        };
        match self.root.get(word) {
            None => Vec::new(),
            Some(Node { value: Value::List(nodes), .. }) => {
                let is_table = |node: &&Node| matches!(node.value, Value::Table(_));
                for node in nodes.iter().filter(|node| !is_table(node)) {
                    wrong(&node.span, node.value.noun());
                }
                nodes.iter().filter(is_table).collect()
            }
            Some(node) => {
                wrong(&node.span, if matches!(node.value, Value::Table(_)) { "one table" } else { node.value.noun() });
                Vec::new()
            }
        }
    }

    fn sources(&self) -> (Vec<ConfiguredSource>, Intervals) {
        let (mut sources, mut intervals, mut names) = (Vec::new(), Intervals::default(), Names::new("source"));
        let mut clusters = BTreeMap::new();
        for node in self.tables("source") {
            let Some(source) = self.source(node, &mut names) else { continue };
            self.check_rounds(node, &source, &mut clusters);
            intervals.measure = intervals.measure.max(source.measure_interval);
            intervals.round = intervals.round.max(source.round_interval);
            sources.push(source);
        }
        let measured: Vec<Resource> = sources.iter().flat_map(|source| source.measured.clone()).collect();
        (sources.into_iter().map(|source| source.beside(&measured)).collect(), intervals)
    }

    /// Notes where two sources ask for the views of one cluster, which would be taken for each other's.
    fn check_rounds(&self, node: &Node, source: &ConfiguredSource, clusters: &mut BTreeMap<Resource, usize>) {
        let Some(cluster) = source.resources.first().filter(|_| source.round_interval.is_some()) else { return };
        let (line, _) = self.report.document.line(node.span.start);
        if let Some(first) = clusters.get(cluster) {
            let message =
                format!("two sources ask the nodes of {cluster} for their views; one source asks all of them");
            let problem = Problem::new(ConfigErrorKind::Duplicate, &node.span, message);
            self.report.note(problem.with_help(format!("the other begins in line {first}")));
        } else {
            clusters.insert(cluster.clone(), line + 1);
        }
    }

    fn source(&self, node: &Node, names: &mut Names) -> Option<ConfiguredSource> {
        let mut section = Section::new(self.report, node, SOURCE, "this source");
        let kind = section.required::<String>("type", "\"host\"");
        let name = if section.has("name") { section.common::<String>("name") } else { kind.clone() };
        if let Some(name) = name {
            section.what = format!("source `{}`", name.escape_debug());
            names.check(&section, &name);
            section.name = name;
        }
        let word = kind?;
        let kind = self.registry.resolve(&word);
        let Some(factory) = self.registry.sources.get(kind) else {
            self.unknown_kind("source", &word, self.registry.sources.keys(), &section, "type");
            return None;
        };
        kind.clone_into(&mut section.kind);
        let source = factory(&section).ok();
        section.finish();
        source
    }

    fn detectors(&self, intervals: Intervals) -> Vec<Box<dyn Detector>> {
        let empty = Node { span: 0..0, value: Value::Table(Table::default()) };
        let table = match self.root.get("detector") {
            None => None,
            Some(Node { value: Value::Table(table), .. }) => Some(table),
            Some(node) => {
                let message = format!("found {}; each detector is a table `[detector.kind]`", node.value.noun());
                self.report.note(Problem::new(ConfigErrorKind::InvalidValue, &node.span, message));
                None
            }
        };
        for (key, _) in table.into_iter().flat_map(|table| &table.entries) {
            if !self.registry.detectors.contains_key(&key.name) {
                let known = self.registry.detectors.keys();
                self.report.note(unknown_kind("detector", &key.name, known, &key.span));
            }
        }
        let mut detectors = Vec::new();
        for (kind, entry) in &self.registry.detectors {
            let given = table.and_then(|table| table.get(kind));
            if given.is_none() && !entry.by_default {
                continue;
            }
            let node = given.unwrap_or(&empty);
            let mut section = Section::new(self.report, node, DETECTOR, &format!("detector `{kind}`"));
            section.intervals = intervals;
            kind.clone_into(&mut section.kind);
            kind.clone_into(&mut section.name);
            if !matches!(node.value, Value::Table(_)) {
                let message = format!("found {}; a detector is a table `[detector.{kind}]`", node.value.noun());
                self.report.note(Problem::new(ConfigErrorKind::InvalidValue, &node.span, message));
                continue;
            }
            let enabled = section.common::<bool>("enabled").unwrap_or(true);
            let detector = (entry.make)(&section);
            section.finish();
            detectors.extend(detector.ok().filter(|_| enabled));
        }
        detectors
    }

    fn unknown_kind<'k>(
        &self,
        what: &str,
        found: &str,
        known: impl Iterator<Item = &'k String> + Clone,
        section: &Section<'_>,
        key: &str,
    ) {
        let span = section.span_of(key);
        self.report.note(unknown_kind(what, found, known, span));
    }
}

fn unknown_kind<'k>(what: &str, found: &str, known: impl Iterator<Item = &'k String> + Clone, span: &Span) -> Problem {
    let meant = nearest(found, known.clone().map(String::as_str)).map(|name| format!("; did you mean `{name}`?"));
    let message = format!("unknown {what} `{}`{}", found.escape_debug(), meant.unwrap_or_default());
    let known: Vec<_> = known.map(String::as_str).collect();
    let help = if known.is_empty() { "none is built in".to_owned() } else { format!("known: {}", known.join(", ")) };
    Problem::new(ConfigErrorKind::UnknownKind, span, message).with_help(help)
}

/// The names of one sort of part, each with the line that it is in.
struct Names {
    what: &'static str,
    known: BTreeMap<String, usize>,
}

impl Names {
    fn new(what: &'static str) -> Self {
        Self { what, known: BTreeMap::new() }
    }

    /// Notes where `name`, of `section`, is not fit for one, or is another's.
    fn check(&mut self, section: &Section<'_>, name: &str) {
        let span = section.span_of("name");
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
        if name.is_empty() || name.len() > 128 || !name.chars().all(plain) {
            let message = format!("this is no {} name; use 1 to 128 of A-Z a-z 0-9 . _ -", self.what);
            section.report.note(Problem::new(ConfigErrorKind::InvalidValue, span, message));
            return;
        }
        let (line, _) = section.report.document.line(span.start);
        if let Some(first) = self.known.get(name) {
            let what = self.what;
            let message = format!("two {what}s are named `{name}`; give this one another `name`");
            let problem = Problem::new(ConfigErrorKind::Duplicate, span, message);
            section.report.note(problem.with_help(format!("the other is in line {first}")));
        } else {
            self.known.insert(name.to_owned(), line + 1);
        }
    }
}
