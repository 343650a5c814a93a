//! The integrations.

use tidegate_event::{EventKind, LogLevel, Severity};
use tidegate_router::{Integration, Policy, Subscription};
use tidegate_sink::{EventKinds, Sink};

use super::{Builder, Names};
use crate::rated::Rated;
use crate::report::Problem;
use crate::tree::{Node, Span, Value};
use crate::{ConfigErrorKind, DurationConfig, PlannedIntegration, RateConfig, Section};
use tidegate_event::text::nearest;

/// The keys that every `[[integration]]` may have, none of which holds a secret. What else there is, is its sink's.
pub(super) const COMMON: &[&str] = &[
    "name",
    "description",
    "source",
    "sink",
    "cluster_ids",
    "min_severity",
    "min_level",
    "muted",
    "update_interval",
    "rate",
    "linger",
];

/// The words of `source`.
const WORDS: [(&str, EventKind); 4] = [
    ("issues", EventKind::Issue),
    ("notifications", EventKind::Notification),
    ("logs", EventKind::Log),
    ("metrics", EventKind::Metric),
];

impl Builder<'_> {
    pub(super) fn integrations(&self) -> Vec<PlannedIntegration> {
        let nodes = self.tables("integration");
        if nodes.is_empty() && self.root.get("integration").is_none_or(is_empty_list) {
            let file = &self.report.document.name;
            let message = format!("no integration in {file}, so that nobody would be told; add one");
            let problem = Problem::of_file(ConfigErrorKind::Missing, message);
            let known: Vec<_> = self.registry.sinks.keys().map(String::as_str).collect();
            let help = format!("an `[[integration]]` has a `name` and a `sink`, one of: {}", known.join(", "));
            self.report.note(problem.with_help(help));
        }
        let mut names = Names::new("integration");
        nodes.into_iter().filter_map(|node| self.integration(node, &mut names)).collect()
    }

    fn integration(&self, node: &Node, names: &mut Names) -> Option<PlannedIntegration> {
        let mut section = Section::new(self.report, node, COMMON, "this integration");
        let name = section.required::<String>("name", "\"ops\"");
        if let Some(name) = name {
            section.what = format!("integration `{}`", name.escape_debug());
            names.check(&section, &name);
            section.name = name;
        }
        let word = section.required::<String>("sink", "\"console\"");
        let (subscription, policy) = (subscription(&section), policy(&section));
        let words = section.find("source").map(|node| words(&section, node));
        let rate = section.common::<RateConfig>("rate");
        let description = section.common("description");

        let word = word?;
        let kind = self.registry.resolve(&word);
        let Some(factory) = self.registry.sinks.get(kind) else {
            self.unknown_kind("sink", &word, self.registry.sinks.keys(), &section, "sink");
            return None;
        };
        kind.clone_into(&mut section.kind);
        let sink = factory(&section);
        section.finish();
        let mut sink = sink.ok()?;
        let kinds = kinds(&section, words.as_deref(), sink.profile().kinds());
        if let Some(rate) = rate {
            sink = Box::new(Rated::new(sink, rate.get()));
        }
        let subscription = subscription(kinds);
        let integration = Integration::new(section.name.as_str(), sink, subscription).with_policy(policy);
        Some(PlannedIntegration { integration, kind: section.kind, description })
    }
}

fn is_empty_list(node: &Node) -> bool {
    matches!(&node.value, Value::List(nodes) if nodes.is_empty())
}

/// The subscription to some kinds, with what else the section says.
fn subscription(section: &Section<'_>) -> impl FnOnce(EventKinds) -> Subscription + use<> {
    let clusters = section.common::<Vec<String>>("cluster_ids").unwrap_or_default();
    let severity = section.common::<Severity>("min_severity");
    let level = section.common::<LogLevel>("min_level");
    let muted = section.common("muted").unwrap_or_default();
    move |kinds| {
        let mut subscription = Subscription::new(kinds).with_clusters(clusters).with_mute(muted);
        if let Some(severity) = severity {
            subscription = subscription.with_min_severity(severity);
        }
        if let Some(level) = level {
            subscription = subscription.with_min_level(level);
        }
        subscription
    }
}

fn policy(section: &Section<'_>) -> Policy {
    let mut policy = Policy::new();
    if let Some(interval) = section.common::<DurationConfig>("update_interval") {
        policy = policy.with_update_interval(interval.get());
    }
    if let Some(linger) = section.common::<DurationConfig>("linger") {
        policy = policy.with_linger(linger.get());
    }
    policy
}

/// The kinds that `source` names, one word or a list of them, each with its place.
fn words<'a>(section: &Section<'a>, node: &'a Node) -> Vec<(EventKind, &'a Span)> {
    let nodes = match &node.value {
        Value::List(nodes) => nodes.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let expected = WORDS.map(|(word, _)| word).join(", ");
    let wrong = |span: &Span, found: &str| {
        let message = format!("`source` of {}: {found}; expected some of {expected}", section.what);
        section.report.note(Problem::new(ConfigErrorKind::InvalidValue, span, message));
    };
    if nodes.is_empty() {
        wrong(&node.span, "found none");
    }
    let mut kinds = Vec::new();
    for node in nodes {
        section.report.publish(&node.span);
        let Value::Text(text) = &node.value else {
            wrong(&node.span, &format!("found {}", node.value.noun()));
            continue;
        };
        if let Some((_, kind)) = WORDS.into_iter().find(|(word, _)| word == text) {
            kinds.push((kind, &node.span));
        } else {
            let meant = nearest(text, WORDS.map(|(word, _)| word));
            let meant = meant.map(|word| format!(" (did you mean `{word}`?)")).unwrap_or_default();
            wrong(&node.span, &format!("`{}` is none{meant}", text.escape_debug()));
        }
    }
    kinds
}

/// What is told: the kinds that were named, all of which the sink must take. Where none were: issues and
/// notifications, or all that the sink takes where it takes neither.
fn kinds(section: &Section<'_>, named: Option<&[(EventKind, &Span)]>, taken: EventKinds) -> EventKinds {
    let Some(named) = named else {
        let usual = taken.intersection(EventKinds::from([EventKind::Issue, EventKind::Notification]));
        return if usual.is_empty() { taken } else { usual };
    };
    let word = |kind| WORDS.into_iter().find(|(_, known)| *known == kind).map_or("", |(word, _)| word);
    for (kind, span) in named.iter().filter(|(kind, _)| !taken.contains(*kind)) {
        let all: Vec<_> = taken.iter().map(word).collect();
        let (sink, what) = (&section.kind, &section.what);
        let message = format!("the sink `{sink}` of {what} takes no {}; it takes {}", word(*kind), all.join(", "));
        section.report.note(Problem::new(ConfigErrorKind::Contradiction, span, message));
    }
    named.iter().map(|(kind, _)| *kind).collect()
}
