//! Which metrics there are: `metrics.txt`, read once.
//!
//! A family is a line `family <kind> <name>` with `unit=`, `scope=`, the major versions that it is `since=` and `until=`,
//! `leader` where only the leader has it, `once=` for its kind before 25.0, and at the end `help=`. A name after a `/`
//! stands as it is, others get the version's prefix. Its series follow: labels, value and, of a histogram, the buckets
//! with their counts, between tabs. A value with `+` grows by so much a second, one with `@` is what the node measures.

use std::fmt;
use std::sync::LazyLock;

pub(super) struct Family {
    pub(super) kind: Kind,
    pub(super) old_kind: Kind,
    pub(super) name: &'static str,
    pub(super) bare: bool,
    pub(super) unit: Option<&'static str>,
    pub(super) scope: Scope,
    pub(super) since: u32,
    pub(super) until: u32,
    pub(super) leader: bool,
    pub(super) help: Option<&'static str>,
    pub(super) series: Vec<Series>,
}

pub(super) struct Series {
    pub(super) labels: &'static str,
    pub(super) value: Value,
}

pub(super) enum Value {
    Fixed(&'static str),
    Growing { base: f64, rate: f64, whole: bool },
    Live(&'static str),
    Statuses,
    Histogram { sum: &'static str, buckets: Vec<(&'static str, &'static str)> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    fn named(name: &str) -> Self {
        match name {
            "counter" => Self::Counter,
            "histogram" => Self::Histogram,
            _ => Self::Gauge,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        })
    }
}

/// The meter of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Hosting,
    Kestrel,
    Core,
    Projections,
    Indexes,
}

impl Scope {
    pub(super) const ALL: [Self; 5] = [Self::Hosting, Self::Kestrel, Self::Core, Self::Projections, Self::Indexes];

    fn named(name: &str) -> Self {
        match name {
            "hosting" => Self::Hosting,
            "kestrel" => Self::Kestrel,
            "projections" => Self::Projections,
            "indexes" => Self::Indexes,
            _ => Self::Core,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hosting => "Microsoft.AspNetCore.Hosting",
            Self::Kestrel => "Microsoft.AspNetCore.Server.Kestrel",
            Self::Core => "KurrentDB.Core",
            Self::Projections => "KurrentDB.Projections.Core",
            Self::Indexes => "KurrentDB.SecondaryIndexes",
        }
    }

    pub(super) fn labels(self) -> String {
        let version = match self {
            Self::Hosting | Self::Kestrel => "",
            Self::Core | Self::Projections | Self::Indexes => ",otel_scope_version=\"1.0.0\"",
        };
        format!("otel_scope_name=\"{}\"{version}", self.name())
    }
}

pub(super) fn families() -> &'static [Family] {
    static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| read(include_str!("metrics.txt")));
    &FAMILIES
}

fn read(table: &'static str) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for line in table.lines() {
        if let Some(head) = line.strip_prefix("family ") {
            families.push(family(head));
        } else if let (Some(family), Some(series)) = (families.last_mut(), line.strip_prefix('\t')) {
            family.series.push(read_series(series));
        }
    }
    families
}

fn family(line: &'static str) -> Family {
    let (line, help) = line.split_once(" help=").map_or((line, None), |(line, help)| (line, Some(help)));
    let words: Vec<&'static str> = line.split(' ').collect();
    let setting = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let major = |name: &str, otherwise| setting(name).and_then(|major| major.parse().ok()).unwrap_or(otherwise);
    let (kind, name) = (Kind::named(words[0]), words[1]);
    Family {
        kind,
        old_kind: setting("once").map_or(kind, Kind::named),
        name: name.trim_start_matches('/'),
        bare: name.starts_with('/'),
        unit: setting("unit"),
        scope: Scope::named(setting("scope").unwrap_or_default()),
        since: major("since", 0),
        until: major("until", u32::MAX),
        leader: words.contains(&"leader"),
        help,
        series: Vec::new(),
    }
}

fn read_series(line: &'static str) -> Series {
    let mut parts = line.split('\t');
    let (labels, value) = (parts.next().unwrap_or_default(), parts.next());
    let value = match (value, parts.next()) {
        (None, _) => Value::Statuses,
        (Some(sum), Some(buckets)) => {
            let buckets = buckets.split(' ').filter_map(|bucket| bucket.rsplit_once(':')).collect();
            Value::Histogram { sum, buckets }
        }
        (Some(value), None) => read_value(value),
    };
    Series { labels, value }
}

fn read_value(value: &'static str) -> Value {
    if let Some(name) = value.strip_prefix('@') {
        return Value::Live(name);
    }
    match value.split_once('+').map(|(base, rate)| (base, base.parse(), rate.parse())) {
        Some((text, Ok(base), Ok(rate))) => Value::Growing { base, rate, whole: !text.contains('.') },
        _ => Value::Fixed(value),
    }
}
