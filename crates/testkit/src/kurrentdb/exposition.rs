//! Metrics in the text formats of the versions.

use std::fmt::Write as _;

use super::State;
use super::figures::Figures;
use super::node::Node;
use super::table::{Family, Kind, Scope, Series, Value, families};
use super::world::World;

/// The two formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Open,
}

/// The body of `GET /metrics` at a node.
pub(super) fn render(world: &World, index: usize, format: Format) -> String {
    let node = &world.nodes[index];
    let figures = Figures::of(world, node);
    let mut page = Page { major: node.version.major(), format, figures, text: String::with_capacity(64 * 1024) };
    let shown: Vec<&Family> = families().iter().filter(|family| is_shown(family, node)).collect();
    if format == Format::Open {
        page.header(&shown, &node.instance.to_string());
    }
    for family in shown {
        page.family(family);
    }
    page.text.push_str("# EOF\n");
    page.text
}

fn is_shown(family: &Family, node: &Node) -> bool {
    let major = node.version.major();
    (family.since..=family.until).contains(&major) && (!family.leader || node.state == State::Leader)
}

struct Page {
    major: u32,
    format: Format,
    figures: Figures,
    text: String,
}

impl Page {
    /// Who speaks, and each meter that is to come.
    fn header(&mut self, families: &[&Family], instance: &str) {
        let _ = write!(
            self.text,
            "# TYPE target info\n# HELP target Target metadata\ntarget_info{{service_name=\"kurrentdb\",\
             service_instance_id=\"{instance}\",telemetry_sdk_name=\"opentelemetry\",telemetry_sdk_language=\"dotnet\",\
             telemetry_sdk_version=\"1.15.3\"}} 1\n"
        );
        for scope in Scope::ALL.into_iter().filter(|scope| families.iter().any(|family| family.scope == *scope)) {
            let _ = write!(
                self.text,
                "# TYPE otel_scope_info info\n# HELP otel_scope_info Scope metadata\n\
                 otel_scope_info{{otel_scope_name=\"{}\"}} 1\n",
                scope.name()
            );
        }
    }

    fn family(&mut self, family: &Family) {
        let kind = if self.is_old() { family.old_kind } else { family.kind };
        let name = self.name(family);
        let total = if self.is_old() || kind != Kind::Counter { "" } else { "_total" };
        let told = if self.format == Format::Open { "" } else { total };
        let _ = writeln!(self.text, "# TYPE {name}{told} {kind}");
        if let Some(unit) = family.unit.filter(|_| !self.is_old()) {
            let _ = writeln!(self.text, "# UNIT {name}{told} {unit}");
        }
        if let Some(help) = family.help {
            let _ = writeln!(self.text, "# HELP {name}{told} {help}");
        }
        for series in &family.series {
            match &series.value {
                Value::Statuses => self.statuses(&name, family),
                Value::Histogram { sum, buckets } => self.histogram(&name, family, series, sum, buckets),
                value => {
                    let value = self.figures.value(value);
                    self.sample(&format!("{name}{total}"), family, series.labels, &value);
                }
            }
        }
    }

    fn statuses(&mut self, name: &str, family: &Family) {
        for (of, status, seconds) in self.figures.statuses.clone() {
            self.sample(name, family, &format!("name=\"{of}\",status=\"{status}\""), &seconds.to_string());
        }
    }

    fn histogram(&mut self, name: &str, family: &Family, series: &Series, sum: &str, buckets: &[(&str, &str)]) {
        let comma = if series.labels.is_empty() { "" } else { "," };
        for (bound, count) in buckets {
            let labels = format!("{}{comma}le=\"{bound}\"", series.labels);
            self.sample(&format!("{name}_bucket"), family, &labels, count);
        }
        self.sample(&format!("{name}_sum"), family, series.labels, sum);
        let count = buckets.last().map_or("0", |(_, count)| count);
        self.sample(&format!("{name}_count"), family, series.labels, count);
    }

    fn sample(&mut self, name: &str, family: &Family, labels: &str, value: &str) {
        let scope = if self.is_old() { String::new() } else { family.scope.labels() };
        let comma = if scope.is_empty() || labels.is_empty() { "" } else { "," };
        let labels = format!("{scope}{comma}{}", self.figures.fill(labels));
        let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
        let millis = self.figures.millis;
        let _ = match self.format {
            Format::Text => writeln!(self.text, "{name}{labels} {value} {millis}"),
            Format::Open => writeln!(self.text, "{name}{labels} {value} {}.{:03}", millis / 1_000, millis % 1_000),
        };
    }

    fn is_old(&self) -> bool {
        self.major < 25
    }

    /// The name of a family, without the `_total` of a counter.
    fn name(&self, family: &Family) -> String {
        if family.bare {
            return family.name.to_owned();
        }
        if !self.is_old() {
            return format!("kurrentdb_{}", family.name);
        }
        let name = match family.name {
            "proc_up_time_seconds" => "proc_up_time",
            "gc_allocated_bytes" => "gc_total_allocated",
            // The one that has always had it.
            "projection_events_processed_after_restart" => "projection_events_processed_after_restart_total",
            name => name,
        };
        format!("eventstore_{name}")
    }
}
