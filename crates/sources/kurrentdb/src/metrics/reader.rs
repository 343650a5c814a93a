use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use tidegate_event::{Name, Sample};
use tidegate_exposition::{Format, Limits, Sample as Told, Samples};

use super::catalogue::{self, Metric};
use super::disks::Disks;
use super::filter::Filter;
use super::standard::{self, Standard};
use super::statuses::Statuses;
use super::{MetricsError, MetricsErrorKind, ReaderOptions, Scrape, Untold};

/// Four times what any metric of the server has; a sample with more is none.
const MOST_LABELS: usize = 32;

/// Reads what one node tells on `/metrics`, one answer after the other.
#[derive(Debug, Clone)]
pub struct Reader {
    options: ReaderOptions,
    filter: Filter,
    /// The only thing that is remembered: which volume is not a stale one.
    disks: Disks,
}

impl Reader {
    /// The largest answer that is read. A server with hundreds of subscriptions and projections tells 1 MB.
    pub const MOST_BYTES: usize = 16 << 20;

    /// A reader of the node that `options` name.
    pub fn new(options: ReaderOptions) -> Self {
        Self { filter: Filter::new(&options), disks: Disks::default(), options }
    }

    /// What is known to stay untold before the server was asked, for whoever checks a configuration.
    pub fn untold(&self) -> Vec<Untold> {
        let is_missing = self.options.is_standard && self.options.physical_cores.is_none();
        is_missing.then(standard::no_cores).into_iter().collect()
    }

    /// What `body` says, which is of the type `content_type` (empty where the answer has none). `at` is our clock's time of
    /// the question, and that of every sample. A line that is no sample costs no other, and is counted.
    ///
    /// # Errors
    /// When the type is of something else than metrics, the body is larger than [`MOST_BYTES`](Self::MOST_BYTES), or
    /// nothing in it is a sample.
    pub fn read(&mut self, body: &[u8], content_type: &str, at: DateTime<Utc>) -> Result<Scrape, MetricsError> {
        let format = format(content_type)?;
        if body.len() > Self::MOST_BYTES {
            let context = format!("found {} bytes, wanted at most {}", body.len(), Self::MOST_BYTES);
            return Err(MetricsError::new(MetricsErrorKind::TooLarge, context));
        }
        let mut pass = Pass::new(&self.options, &self.filter, at);
        let mut samples = Samples::new(body, format).with_limits(Limits::default().with_labels(MOST_LABELS));
        for item in &mut samples {
            match item {
                Ok(sample) => pass.take(&sample),
                Err(fault) => {
                    pass.scrape.faults += 1;
                    pass.scrape.first_fault.get_or_insert(fault);
                }
            }
        }
        pass.scrape.is_cut = !samples.has_ended();
        if pass.read == 0 {
            return Err(nothing(pass.scrape));
        }
        let (mut scrape, standard) = pass.finish();
        if self.options.is_standard {
            let made = standard.finish(&self.options, &mut self.disks, at);
            scrape.samples.extend(made.samples);
            scrape.untold = made.untold;
        }
        Ok(scrape)
    }
}

fn format(content_type: &str) -> Result<Format, MetricsError> {
    if content_type.trim().is_empty() {
        return Ok(Format::Text);
    }
    Format::of_content_type(content_type).ok_or_else(|| {
        let found: String = content_type.chars().take(80).collect();
        let context = format!("found content type {found:?}, wanted text/plain or application/openmetrics-text");
        MetricsError::new(MetricsErrorKind::ContentType, context)
    })
}

/// Why there is not one sample.
fn nothing(scrape: Scrape) -> MetricsError {
    match scrape.first_fault {
        Some(fault) => {
            MetricsError::new(MetricsErrorKind::Malformed, format!("no line of it is a sample; the first is {fault}"))
        }
        None => MetricsError::new(
            MetricsErrorKind::Empty,
            "the server keeps none: its metricsconfig.json has no Meters, or ExpectedScrapeIntervalSeconds is 0",
        ),
    }
}

/// One way through a body.
struct Pass<'a, 'b> {
    options: &'b ReaderOptions,
    filter: &'b Filter,
    at: DateTime<Utc>,
    scrape: Scrape,
    standard: Standard,
    statuses: Statuses<'a>,
    /// How many samples there were, whatever became of them.
    read: usize,
    /// The sample before: how the server names it, how it is called here, and whether it passes.
    before: (&'a str, Name, bool),
    /// Names and values of labels, which repeat.
    texts: HashMap<&'a str, Name>,
}

impl<'a, 'b> Pass<'a, 'b> {
    fn new(options: &'b ReaderOptions, filter: &'b Filter, at: DateTime<Utc>) -> Self {
        Self {
            options,
            filter,
            at,
            scrape: Scrape::default(),
            standard: Standard::default(),
            statuses: Statuses::default(),
            read: 0,
            before: ("", "".into(), false),
            texts: HashMap::new(),
        }
    }

    fn take(&mut self, told: &Told<'a>) {
        self.read += 1;
        if catalogue::is_no_measurement(told) {
            return;
        }
        let metric = Metric::of(told);
        if self.standard.observe(&metric, told) {
            return;
        }
        if metric.is_own && metric.name == "statuses" {
            self.statuses.observe(told);
        }
        if self.before.0 != told.name {
            let name = format!("kurrentdb.{}", metric.name);
            let passes = self.filter.takes(&name, told.part);
            self.before = (told.name, name.into(), passes);
        }
        if !self.before.2 {
            return;
        }
        if !told.value.is_finite() {
            self.scrape.not_finite += 1;
        } else if self.scrape.samples.len() >= self.options.most_samples {
            self.scrape.over += 1;
        } else {
            self.pass(&metric, told);
        }
    }

    fn pass(&mut self, metric: &Metric<'a>, told: &Told<'a>) {
        let unit = self.text(Cow::Borrowed(catalogue::unit(metric, told)));
        let Ok(sample) = Sample::new(self.before.1.clone(), self.options.node.clone(), told.value, unit, self.at)
        else {
            return;
        };
        // By whom it was measured inside of the server is the same for all of a name.
        let labels = told.labels.iter().filter(|(name, _)| !name.starts_with("otel_scope_"));
        let labels = labels.map(|(name, value)| (self.text(Cow::Borrowed(name)), self.text(value)));
        let sample = sample.with_labels(labels.collect());
        let kind = catalogue::kind(metric, told);
        self.scrape.samples.push(kind.into_iter().fold(sample, Sample::with_kind));
    }

    fn text(&mut self, text: Cow<'a, str>) -> Name {
        match text {
            Cow::Borrowed(text) => self.texts.entry(text).or_insert_with(|| text.into()).clone(),
            Cow::Owned(text) => text.into(),
        }
    }

    fn finish(mut self) -> (Scrape, Standard) {
        self.scrape.statuses = self.statuses.into_statuses();
        (self.scrape, self.standard)
    }
}
