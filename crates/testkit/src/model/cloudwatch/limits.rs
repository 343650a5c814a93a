//! What `PutMetricData` takes, by the model of its API.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::cbor::Value;

/// The most datums of a request.
const DATUMS: usize = 1_000;
/// The most unique values of a datum.
const VALUES: usize = 150;
/// The most dimensions of a datum.
const DIMENSIONS: usize = 30;
/// How old a datum may be, and how far ahead.
const OLDEST: TimeDelta = TimeDelta::weeks(2);
const NEWEST: TimeDelta = TimeDelta::hours(2);

/// The words for units.
const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// What is wrong with a request: code and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong(pub(super) &'static str, pub(super) String);

fn value<T>(message: String) -> Result<T, Wrong> {
    Err(Wrong("InvalidParameterValue", message))
}

fn missing<T>(parameter: &str) -> Result<T, Wrong> {
    Err(Wrong("MissingParameter", format!("The parameter {parameter} is required.")))
}

fn combination<T>(message: String) -> Result<T, Wrong> {
    Err(Wrong("InvalidParameterCombination", message))
}

/// A datum that is taken.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Datum {
    pub(super) name: String,
    pub(super) dimensions: BTreeMap<String, String>,
    pub(super) unit: String,
    pub(super) at: DateTime<Utc>,
    /// Each value, and how often it was there.
    pub(super) values: Vec<(f64, f64)>,
}

/// The namespace and the datums of the request that says `body`. One that says `refused` as its name is refused like a
/// value that is none.
pub(super) fn datums(body: &Value, refused: Option<&str>, now: DateTime<Utc>) -> Result<(String, Vec<Datum>), Wrong> {
    if let Some(unknown) = body.names().find(|name| !["Namespace", "MetricData"].contains(name)) {
        return value(format!("The parameter {unknown} is not known here."));
    }
    let Some(namespace) = body.get("Namespace").and_then(Value::text) else { return missing("Namespace") };
    if !is_legal(namespace, 255) || namespace.starts_with(':') || namespace.starts_with("AWS/") {
        return value(format!("The value {namespace} for parameter Namespace is invalid."));
    }
    let Some(data) = body.get("MetricData").and_then(Value::list).filter(|data| !data.is_empty()) else {
        return missing("MetricData");
    };
    if data.len() > DATUMS {
        return value("The collection MetricData must not have a size greater than 1000.".to_owned());
    }
    let datums = data.iter().enumerate().map(|(index, datum)| {
        let place = format!("MetricData.member.{}", index + 1);
        let datum = self::datum(datum, &place, now)?;
        if refused == Some(&*datum.name) {
            return value(format!("The value \u{fffd} for parameter {place}.Value is invalid."));
        }
        Ok(datum)
    });
    Ok((namespace.to_owned(), datums.collect::<Result<_, _>>()?))
}

fn datum(datum: &Value, place: &str, now: DateTime<Utc>) -> Result<Datum, Wrong> {
    const NAMES: [&str; 8] =
        ["MetricName", "Dimensions", "Timestamp", "Value", "Values", "Counts", "Unit", "StorageResolution"];
    if let Some(unknown) = datum.names().find(|name| !NAMES.contains(name)) {
        return value(format!("The parameter {place}.{unknown} is not known here."));
    }
    let Some(name) = datum.get("MetricName").and_then(Value::text).filter(|name| !name.is_empty()) else {
        return missing(&format!("{place}.MetricName"));
    };
    if !is_legal(name, 255) {
        return value(format!("The value {name} for parameter {place}.MetricName is invalid."));
    }
    let unit = datum.get("Unit").and_then(Value::text).unwrap_or("None");
    if !UNITS.contains(&unit) {
        return value(format!("The value {unit} for parameter {place}.Unit is invalid."));
    }
    if let Some(resolution) = datum.get("StorageResolution").and_then(Value::number)
        && ![1.0, 60.0].contains(&resolution)
    {
        return value(format!("The value {resolution} for parameter {place}.StorageResolution is invalid."));
    }
    let at = match datum.get("Timestamp").map(Value::time) {
        Some(Some(at)) => at,
        None => now,
        Some(None) => return value(format!("The value for parameter {place}.Timestamp is invalid.")),
    };
    if at < now - OLDEST {
        let message = "must specify a time no more than two weeks in the past.";
        return value(format!("The parameter {place}.Timestamp {message}"));
    }
    if at > now + NEWEST {
        let message = "must specify a time no more than two hours in the future.";
        return value(format!("The parameter {place}.Timestamp {message}"));
    }
    let dimensions = dimensions(datum, place)?;
    Ok(Datum { name: name.to_owned(), dimensions, unit: unit.to_owned(), at, values: values(datum, place)? })
}

fn dimensions(datum: &Value, place: &str) -> Result<BTreeMap<String, String>, Wrong> {
    let given = datum.get("Dimensions").and_then(Value::list).unwrap_or_default();
    if given.len() > DIMENSIONS {
        return value(format!("The collection {place}.Dimensions must not have a size greater than {DIMENSIONS}."));
    }
    let mut dimensions = BTreeMap::new();
    for (index, dimension) in given.iter().enumerate() {
        let place = format!("{place}.Dimensions.member.{}", index + 1);
        let text = |name: &str| dimension.get(name).and_then(Value::text).unwrap_or_default().to_owned();
        let (name, said) = (text("Name"), text("Value"));
        if !is_legal(&name, 255) || name.starts_with(':') {
            return value(format!("The value {name} for parameter {place}.Name is invalid."));
        }
        if !is_legal(&said, 1_024) {
            return value(format!("The value {said} for parameter {place}.Value is invalid."));
        }
        if dimensions.insert(name, said).is_some() {
            return value(format!("The parameter {place}.Name is there twice."));
        }
    }
    Ok(dimensions)
}

fn values(datum: &Value, place: &str) -> Result<Vec<(f64, f64)>, Wrong> {
    let numbers = |name: &str| {
        let list = datum.get(name).and_then(Value::list)?;
        Some(list.iter().map(|value| value.number().unwrap_or(f64::NAN)).collect::<Vec<_>>())
    };
    let (single, values, counts) = (datum.get("Value").and_then(Value::number), numbers("Values"), numbers("Counts"));
    let values = match (single, values) {
        (Some(_), Some(_)) => {
            return combination(format!(
                "The parameters {place}.Value and {place}.Values are mutually exclusive and you have specified both."
            ));
        }
        (Some(single), None) => vec![single],
        (None, Some(values)) if !values.is_empty() => values,
        (None, _) => return missing(&format!("{place}.Value")),
    };
    if values.len() > VALUES {
        return value(format!("The collection {place}.Values must not have a size greater than {VALUES}."));
    }
    if let Some(odd) = values.iter().find(|value| !is_in_range(**value)) {
        let field = if single.is_some() { "Value" } else { "Values" };
        return value(format!("The value {odd} for parameter {place}.{field} is invalid."));
    }
    let counts = counts.unwrap_or_else(|| vec![1.0; values.len()]);
    if counts.len() != values.len() {
        return combination(format!("The parameters {place}.Values and {place}.Counts must have the same size."));
    }
    if let Some(odd) = counts.iter().find(|count| !is_in_range(**count) || **count <= 0.0) {
        return value(format!("The value {odd} for parameter {place}.Counts is invalid."));
    }
    let mut unique: Vec<u64> = values.iter().map(|value| (value + 0.0).to_bits()).collect();
    unique.sort_unstable();
    unique.dedup();
    if unique.len() != values.len() {
        return value(format!("The collection {place}.Values has a value more than once."));
    }
    Ok(values.into_iter().zip(counts).collect())
}

fn is_in_range(value: f64) -> bool {
    value.is_finite() && value.abs() <= 2_f64.powi(360)
}

/// ASCII without control characters, not blank, and not too long.
fn is_legal(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.trim().is_empty()
}
