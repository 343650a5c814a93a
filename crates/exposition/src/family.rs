/// What the comments before a sample say of its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Family<'a> {
    /// Its name: in OpenMetrics without the `_total` of a counter's sample, and in both formats without what tells the
    /// parts of a histogram apart.
    pub name: &'a str,
    /// Of which type it is.
    pub kind: Kind,
    /// The unit of the line `# UNIT`, such as `seconds`, where there is one.
    pub unit: Option<&'a str>,
    /// The text of the line `# HELP`, escapes as they stand there, where there is one.
    pub help: Option<&'a str>,
}

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Kind {
    /// It says none, or one that no format has.
    #[default]
    Unknown,
    /// A sum that only grows.
    Counter,
    /// A level.
    Gauge,
    /// How many observations were at most how large, in buckets that only grow.
    Histogram,
    /// The same with buckets that rise and fall.
    GaugeHistogram,
    /// Quantiles.
    Summary,
    /// 1, with labels that say something.
    Info,
    /// A sample for each state, 1 for those that hold.
    StateSet,
}

/// Which part of its family a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The value itself, or a quantile of a summary.
    Value,
    /// `_bucket` of a histogram: how many observations were at most as large as its label `le` says.
    Bucket,
    /// `_sum` of a histogram or summary.
    Sum,
    /// `_count` of a histogram or summary.
    Count,
    /// `_created`: when what counts began, in seconds since 1970.
    Created,
}

impl<'a> Family<'a> {
    pub(crate) fn new(name: &'a str) -> Self {
        Self { name, kind: Kind::Unknown, unit: None, help: None }
    }

    /// Which part of it the sample `name` is; `None` when it is of another.
    pub(crate) fn part(&self, name: &str) -> Option<Part> {
        let suffix = name.strip_prefix(self.name)?;
        if suffix.is_empty() {
            return Some(Part::Value);
        }
        match (self.kind, suffix) {
            (Kind::Counter, "_total") | (Kind::Info, "_info") => Some(Part::Value),
            (Kind::Histogram | Kind::GaugeHistogram, "_bucket") => Some(Part::Bucket),
            (Kind::Histogram | Kind::Summary, "_sum") | (Kind::GaugeHistogram, "_gsum") => Some(Part::Sum),
            (Kind::Histogram | Kind::Summary, "_count") | (Kind::GaugeHistogram, "_gcount") => Some(Part::Count),
            (Kind::Counter | Kind::Histogram | Kind::Summary, "_created") => Some(Part::Created),
            _ => None,
        }
    }
}

impl Kind {
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "counter" => Self::Counter,
            "gauge" => Self::Gauge,
            "histogram" => Self::Histogram,
            "gaugehistogram" => Self::GaugeHistogram,
            "summary" => Self::Summary,
            "info" => Self::Info,
            "stateset" => Self::StateSet,
            _ => Self::Unknown,
        }
    }
}
