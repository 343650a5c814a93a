use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::limits::Datum;

/// One metric of CloudWatch: what has the same namespace, name, dimensions and unit.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudWatchSeries {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// The unit: `None` where none was given.
    pub unit: String,
    /// All that came, in the order in which it came.
    pub points: Vec<CloudWatchPoint>,
}

/// A value, and how often it came at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CloudWatchPoint {
    /// The time that it is of.
    pub at: DateTime<Utc>,
    /// The value.
    pub value: f64,
    /// How often it is counted.
    pub count: f64,
}

impl CloudWatchSeries {
    /// How many values there are.
    pub fn sample_count(&self) -> f64 {
        self.points.iter().map(|point| point.count).sum()
    }

    /// The largest value of each minute: the statistic `Maximum` by the minute.
    pub fn maximum(&self) -> BTreeMap<DateTime<Utc>, f64> {
        let mut maximum = BTreeMap::new();
        for point in &self.points {
            let second = point.at.timestamp();
            let minute = DateTime::from_timestamp(second - second.rem_euclid(60), 0).unwrap_or(point.at);
            let most = maximum.entry(minute).or_insert(point.value);
            *most = f64::max(*most, point.value);
        }
        maximum
    }

    pub(super) fn is_of(&self, namespace: &str, datum: &Datum) -> bool {
        self.namespace == namespace
            && self.name == datum.name
            && self.unit == datum.unit
            && self.dimensions == datum.dimensions
    }

    pub(super) fn new(namespace: &str, datum: &Datum) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: datum.name.clone(),
            dimensions: datum.dimensions.clone(),
            unit: datum.unit.clone(),
            points: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, datum: &Datum) {
        let at = datum.at;
        self.points.extend(datum.values.iter().map(|&(value, count)| CloudWatchPoint { at, value, count }));
    }
}
