//! What is put: datums, and which deliveries are in each.

use std::collections::HashMap;

use aws_sdk_cloudwatch::primitives::DateTime as Time;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use chrono::{DateTime, TimeDelta, Utc};
use foldhash::fast::RandomState;
use tidegate_event::{Labels, Resource, Sample};
use tidegate_sink::Reason;

use crate::labels::Chosen;
use crate::name::{NAME, PLACES, VALUE, label, legal};
use crate::origin::Origin;
use crate::size;
use crate::unit::word;

/// The most unique values of a datum.
const VALUES: usize = 150;
/// The most dimensions of a datum.
const DIMENSIONS: usize = 30;
/// How old a datum may be: two weeks, less what a request may take.
const OLDEST: TimeDelta = TimeDelta::minutes(2 * 7 * 24 * 60 - 1);
/// How far ahead it may be.
const NEWEST: TimeDelta = TimeDelta::hours(2);
/// The largest magnitude: 2^360.
const LARGEST: f64 = f64::from_bits((1023 + 360) << 52);

/// Datums that go together, and the places in the batch of the deliveries that they are made of.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) origin: Origin,
    pub(crate) datums: Vec<MetricDatum>,
    pub(crate) places: Vec<usize>,
    /// The bytes that the datums take in a request.
    pub(crate) bytes: usize,
}

impl Piece {
    pub(crate) fn new(origin: Origin, datums: Vec<MetricDatum>, places: Vec<usize>) -> Self {
        let bytes = datums.iter().map(size::of).sum();
        Self { origin, datums, places, bytes }
    }
}

/// One metric of CloudWatch within one minute.
#[derive(PartialEq, Eq, Hash)]
struct Series<'a> {
    name: &'a str,
    resource: &'a Resource,
    labels: &'a Labels,
    unit: &'a str,
    /// In seconds of the epoch.
    minute: i64,
}

/// Puts samples together by series and minute, in the order in which a series comes first.
#[derive(Default)]
pub(crate) struct Grouping<'a> {
    groups: HashMap<Series<'a>, usize, RandomState>,
    values: Vec<(Series<'a>, Vec<(f64, usize)>)>,
}

impl<'a> Grouping<'a> {
    /// Takes the sample at `place` of the batch.
    ///
    /// # Errors
    /// When CloudWatch would never take it.
    pub(crate) fn add(&mut self, sample: &'a Sample, place: usize, now: DateTime<Utc>) -> Result<(), Reason> {
        check(sample, now)?;
        let series = || Series {
            name: &sample.name,
            resource: &sample.resource,
            labels: &sample.labels,
            unit: &sample.unit,
            minute: minute(sample.at),
        };
        let next = self.values.len();
        let group = *self.groups.entry(series()).or_insert(next);
        if group == next {
            self.values.push((series(), Vec::new()));
        }
        // A zero that is negative is the same value, and would be told as another.
        self.values[group].1.push((sample.value() + 0.0, place));
        Ok(())
    }

    /// The datums. What has too many dimensions is refused: `refuse` is told where it stands, and why.
    pub(crate) fn pieces(self, chosen: &Chosen, mut refuse: impl FnMut(usize, Reason)) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(self.values.len());
        for (series, values) in self.values {
            match dimensions(series.resource, chosen.of(series.labels)) {
                Ok(dimensions) => series.put(dimensions, values, &mut pieces),
                Err(reason) => values.into_iter().for_each(|(_, place)| refuse(place, reason.clone())),
            }
        }
        pieces
    }
}

impl Series<'_> {
    fn put(&self, dimensions: Vec<Dimension>, mut values: Vec<(f64, usize)>, pieces: &mut Vec<Piece>) {
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let datum = Header {
            name: legal(self.name, NAME).into_owned(),
            dimensions,
            seconds: self.minute,
            unit: word(self.unit),
        };
        let origin = Origin::of(self.name);
        let (mut unique, mut counts, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (value, place) in values {
            if unique.last().is_none_or(|last: &f64| last.to_bits() != value.to_bits()) {
                if unique.len() == VALUES {
                    let put = datum.clone().with_values(std::mem::take(&mut unique), std::mem::take(&mut counts));
                    pieces.push(Piece::new(origin, vec![put], std::mem::take(&mut places)));
                }
                unique.push(value);
                counts.push(0.0);
            }
            if let Some(count) = counts.last_mut() {
                *count += 1.0;
            }
            places.push(place);
        }
        pieces.push(Piece::new(origin, vec![datum.with_values(unique, counts)], places));
    }
}

/// A datum less its values.
#[derive(Clone)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) dimensions: Vec<Dimension>,
    /// Of the epoch.
    pub(crate) seconds: i64,
    pub(crate) unit: StandardUnit,
}

impl Header {
    /// The datum with these values, as short as it can be said.
    pub(crate) fn with_values(self, values: Vec<f64>, counts: Vec<f64>) -> MetricDatum {
        let datum = MetricDatum::builder()
            .metric_name(self.name)
            .set_dimensions((!self.dimensions.is_empty()).then_some(self.dimensions))
            .timestamp(Time::from_secs(self.seconds))
            .unit(self.unit);
        let once = counts.iter().all(|count| *count <= 1.0);
        match values[..] {
            [value] if once => datum.value(value),
            _ if once => datum.set_values(Some(values)),
            _ => datum.set_values(Some(values)).set_counts(Some(counts)),
        }
        .build()
    }
}

/// The dimensions of what is at `resource` and has `labels`. What is empty is the same as what is not there.
pub(crate) fn dimensions<'a>(
    resource: &Resource,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<Dimension>, Reason> {
    let Resource { cluster, node, part } = resource;
    let places = PLACES.into_iter().zip([cluster, node, part]);
    let places = places.filter_map(|(name, value)| Some((name.into(), value.as_deref()?)));
    let all = places.chain(labels.map(|(name, value)| (label(name), value)));
    let dimensions: Vec<Dimension> = all
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| Dimension::builder().name(name).value(legal(value, VALUE)).build())
        .collect();
    if dimensions.len() > DIMENSIONS {
        let count = dimensions.len();
        return Err(Reason::new(format!(
            "it has {count} dimensions, and CloudWatch takes {DIMENSIONS}; choose the labels that count by `labels`"
        )));
    }
    Ok(dimensions)
}

/// The beginning of the minute of `at`, in seconds of the epoch: CloudWatch adds up by the minute.
pub(crate) fn minute(at: DateTime<Utc>) -> i64 {
    let seconds = at.timestamp();
    seconds - seconds.rem_euclid(60)
}

/// Whether CloudWatch takes this name, time and value at all.
fn check(sample: &Sample, now: DateTime<Utc>) -> Result<(), Reason> {
    if sample.name.is_empty() {
        return Err(Reason::new("the metric has no name"));
    }
    let (at, now_seconds) = (minute(sample.at), now.timestamp());
    if at < now_seconds - OLDEST.num_seconds() {
        return Err(Reason::new(format!("it is of {}, and CloudWatch takes nothing older than two weeks", sample.at)));
    }
    if at > now_seconds + NEWEST.num_seconds() {
        return Err(Reason::new(format!(
            "it is of {}, and CloudWatch takes nothing from over two hours ahead; compare the clocks",
            sample.at
        )));
    }
    if sample.value().abs() > LARGEST {
        return Err(Reason::new(format!("its value is {:e}, and CloudWatch takes up to 2^360", sample.value())));
    }
    Ok(())
}
