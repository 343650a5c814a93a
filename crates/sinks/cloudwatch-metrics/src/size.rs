//! How many bytes of CBOR a request takes, as the SDK writes it: structures without a length and with an end, everything
//! else with a length.

use aws_sdk_cloudwatch::types::MetricDatum;

const BEGIN_AND_END: usize = 2;
const NUMBER: usize = 9;

/// The bytes of `datum`.
pub(crate) fn of(datum: &MetricDatum) -> usize {
    let named = |name: &str, bytes: Option<usize>| bytes.map_or(0, |bytes| text(name) + bytes);
    let numbers = |numbers: Option<&Vec<f64>>| numbers.map(|numbers| head(numbers.len()) + NUMBER * numbers.len());
    let dimension = |name: Option<&str>, value: Option<&str>| {
        BEGIN_AND_END + named("Name", name.map(text)) + named("Value", value.map(text))
    };
    let dimensions = datum.dimensions.as_ref().map(|dimensions| {
        let each = dimensions.iter().map(|one| dimension(one.name(), one.value()));
        head(dimensions.len()) + each.sum::<usize>()
    });
    BEGIN_AND_END
        + named("MetricName", datum.metric_name().map(text))
        + named("Dimensions", dimensions)
        // A tag before the number.
        + named("Timestamp", datum.timestamp().map(|_| 1 + NUMBER))
        + named("Value", datum.value().map(|_| NUMBER))
        + named("Values", numbers(datum.values.as_ref()))
        + named("Counts", numbers(datum.counts.as_ref()))
        + named("Unit", datum.unit().map(|unit| text(unit.as_str())))
}

/// The bytes of a request to `namespace` beside its datums.
pub(crate) fn beside(namespace: &str) -> usize {
    // The head of a list of up to 1,000.
    BEGIN_AND_END + text("Namespace") + text(namespace) + text("MetricData") + 3
}

fn text(text: &str) -> usize {
    head(text.len()) + text.len()
}

/// What stands before so many bytes or items.
fn head(count: usize) -> usize {
    match count {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        _ => 5,
    }
}
