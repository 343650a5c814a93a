//! One name, unit and kind for what all versions of the server tell.

use tidegate_event::SampleKind;
use tidegate_exposition::{Kind, Part, Sample};

/// What the names of the server's own metrics begin with.
const CURRENT: &str = "kurrentdb_";
const LEGACY: &str = "eventstore_";

/// What was called differently before 25.0, beside the prefix and `_total`.
const RENAMED: [(&str, &str); 2] =
    [("proc_up_time", "proc_up_time_seconds"), ("gc_total_allocated", "gc_allocated_bytes")];

/// In percent, which no name says.
const PERCENT: [&str; 4] = ["sys_cpu", "proc_cpu", "gc_time_in_gc", "gc_heap_fragmentation"];

/// Levels that the servers before 25.0 call counters: positions and numbers that may fall, by how they begin.
const LEVELS: [&str; 5] = [
    "statuses",
    "persistent_sub_last_known_",
    "persistent_sub_checkpointed_",
    "persistent_sub_park_",
    "persistent_sub_parked_message_replays",
];

/// Which metric a sample is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Metric<'a> {
    /// Its name without prefix and `_total`.
    pub(crate) name: &'a str,
    /// Whether it is the server's own, under either prefix.
    pub(crate) is_own: bool,
    /// Whether it is the server's own, under the prefix of before 25.0.
    pub(crate) is_legacy: bool,
}

impl<'a> Metric<'a> {
    pub(crate) fn of(sample: &Sample<'a>) -> Self {
        let legacy = sample.name.strip_prefix(LEGACY);
        let own = legacy.or_else(|| sample.name.strip_prefix(CURRENT));
        let name = own.unwrap_or(sample.name);
        let name = if sample.part == Part::Value { name.strip_suffix("_total").unwrap_or(name) } else { name };
        let renamed = RENAMED.iter().find(|(old, _)| own.is_some() && *old == name);
        Self { name: renamed.map_or(name, |(_, new)| new), is_own: own.is_some(), is_legacy: legacy.is_some() }
    }
}

/// The unit of the sample, in the terms of the Unified Code for Units of Measure.
pub(crate) fn unit(metric: &Metric<'_>, sample: &Sample<'_>) -> &'static str {
    let name = match sample.part {
        Part::Count | Part::Bucket => return "1",
        Part::Created => return "s",
        Part::Sum => sample.family.name,
        _ => metric.name,
    };
    if metric.is_own && PERCENT.contains(&name) {
        return "%";
    }
    if name.ends_with("_seconds") || (metric.is_own && name == "statuses") {
        return "s";
    }
    if name.ends_with("_bytes") {
        return "By";
    }
    match sample.family.unit {
        Some("seconds") => "s",
        Some("milliseconds") => "ms",
        Some("microseconds") => "us",
        Some("bytes") => "By",
        Some("percent") => "%",
        // What is counted is in the name: `io_events`. Older servers tell no units, and a name has one unit.
        _ => "1",
    }
}

/// Whether it is a counter; `None` where neither type nor name tells.
pub(crate) fn kind(metric: &Metric<'_>, sample: &Sample<'_>) -> Option<SampleKind> {
    if metric.is_own && LEVELS.iter().any(|level| metric.name.starts_with(level)) {
        return Some(SampleKind::Gauge);
    }
    match (sample.family.kind, sample.part) {
        (Kind::Counter | Kind::Histogram, _) | (Kind::Summary, Part::Sum | Part::Count) => Some(SampleKind::Counter),
        (Kind::Unknown, _) => sample.name.ends_with("_total").then_some(SampleKind::Counter),
        _ => Some(SampleKind::Gauge),
    }
}

/// Whether it says something about the server rather than how much there is of anything.
pub(crate) fn is_no_measurement(sample: &Sample<'_>) -> bool {
    sample.family.kind == Kind::Info || sample.part == Part::Created
}

#[cfg(test)]
mod tests {
    use tidegate_exposition::{Format, Samples};

    use super::*;

    /// Name, unit and kind of the only sample of `body`.
    fn read(body: &str) -> (String, &'static str, Option<SampleKind>) {
        let samples = Samples::new(body.as_bytes(), Format::OpenMetrics);
        let sample = samples.map(|item| item.expect("a sample")).next().expect("a sample");
        let metric = Metric::of(&sample);
        (metric.name.to_owned(), unit(&metric, &sample), kind(&metric, &sample))
    }

    #[test]
    fn one_name_unit_and_kind_serve_all_versions() {
        use SampleKind::{Counter, Gauge};
        for (typed, name, wanted) in [
            ("counter", "eventstore_io_bytes", ("io_bytes", "By", Some(Counter))),
            ("counter", "kurrentdb_io_bytes_total", ("io_bytes", "By", Some(Counter))),
            ("counter", "eventstore_proc_up_time", ("proc_up_time_seconds", "s", Some(Counter))),
            ("counter", "kurrentdb_proc_up_time_seconds_total", ("proc_up_time_seconds", "s", Some(Counter))),
            ("counter", "eventstore_gc_total_allocated", ("gc_allocated_bytes", "By", Some(Counter))),
            ("counter", "kurrentdb_gc_allocated_bytes_total", ("gc_allocated_bytes", "By", Some(Counter))),
            ("counter", "eventstore_statuses", ("statuses", "s", Some(Gauge))),
            ("gauge", "kurrentdb_statuses", ("statuses", "s", Some(Gauge))),
            (
                "counter",
                "eventstore_persistent_sub_last_known_event_number",
                ("persistent_sub_last_known_event_number", "1", Some(Gauge)),
            ),
            (
                "counter",
                "eventstore_persistent_sub_items_processed",
                ("persistent_sub_items_processed", "1", Some(Counter)),
            ),
            ("gauge", "eventstore_gc_time_in_gc", ("gc_time_in_gc", "%", Some(Gauge))),
            ("gauge", "kestrel_active_connections", ("kestrel_active_connections", "1", Some(Gauge))),
            ("gauge", "proc_cpu", ("proc_cpu", "1", Some(Gauge))),
            ("odd", "kurrent_sink_written_total", ("kurrent_sink_written", "1", Some(Counter))),
            ("odd", "kurrent_sink_waiting", ("kurrent_sink_waiting", "1", None)),
        ] {
            let (found, unit, kind) = read(&format!("# TYPE {name} {typed}\n{name} 1\n"));
            assert_eq!((&*found, unit, kind), wanted, "{name}");
        }
    }

    #[test]
    fn the_parts_of_a_histogram_have_units_of_their_own() {
        let head = "# TYPE kurrentdb_x_seconds histogram\n# UNIT kurrentdb_x_seconds seconds\n";
        for (sample, wanted) in [
            ("kurrentdb_x_seconds_sum 1\n", ("x_seconds_sum", "s")),
            ("kurrentdb_x_seconds_count 1\n", ("x_seconds_count", "1")),
            ("kurrentdb_x_seconds_bucket{le=\"1\"} 1\n", ("x_seconds_bucket", "1")),
        ] {
            let (name, unit, kind) = read(&format!("{head}{sample}"));
            assert_eq!((&*name, unit, kind), (wanted.0, wanted.1, Some(SampleKind::Counter)));
        }
    }
}
