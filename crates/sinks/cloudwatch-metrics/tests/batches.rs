//! What is put: grouped by series and minute, and cut by every limit.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use common::{cloudwatch, deliver, is_accepted, is_rejected, over, sample, to, whole};
use tidegate_event::{Event, Labels, Resource, Sample};
use tidegate_sink::{Delivery, Outcome, Sink};
use tidegate_testkit::model::{CloudWatchSeries, CloudWatchService};
use tidegate_testkit::sample::{self as samples, Episode};

mod common;

fn deliveries(samples: impl IntoIterator<Item = Sample>) -> Vec<Delivery> {
    samples.into_iter().map(samples::delivery).collect()
}

async fn put(model: &CloudWatchService, samples: impl IntoIterator<Item = Sample>) -> Vec<Outcome> {
    let outcomes = to(model).deliver(&deliveries(samples)).await.expect("outcomes");
    assert_eq!(model.complaints(), [""; 0]);
    outcomes
}

/// A sample of so long after the others begin.
fn metric_at(name: &str, value: f64, by: TimeDelta) -> Sample {
    let mut sample = samples::metric(name, value);
    sample.at += by;
    sample
}

fn values(series: &CloudWatchSeries) -> Vec<(f64, f64)> {
    series.points.iter().map(|point| (point.value, point.count)).collect()
}

#[tokio::test]
async fn ten_thousand_samples_of_300_series_arrive_once_each() {
    let model = cloudwatch();
    let outcomes = put(&model, (0..10_000).map(|number| sample(number, 300))).await;
    assert!(outcomes.iter().all(is_accepted));
    let series = model.series();
    assert_eq!(series.len(), 300);
    for (which, series) in series.iter().enumerate() {
        let mut arrived: Vec<f64> = series.points.iter().map(|point| point.value).collect();
        arrived.sort_by(f64::total_cmp);
        let first = whole(arrived[0]);
        let right: Vec<f64> = (first..10_000).step_by(300).map(|number| number as f64).collect();
        assert_eq!(arrived, right, "series {which}");
        assert!(series.points.iter().all(|point| (point.count - 1.0).abs() < 1e-9));
    }
    let shape: Vec<_> = model.requests().into_iter().map(|request| (request.namespace, request.datums)).collect();
    let namespaces = ["tidegate", "tidegate/KurrentDB", "tidegate/host"];
    assert_eq!(shape, namespaces.map(|namespace| (namespace.to_owned(), 100)), "a request for each namespace");
}

#[tokio::test]
async fn equal_values_of_a_minute_are_counted() {
    let model = cloudwatch();
    let at = |seconds, value| metric_at("m", value, TimeDelta::seconds(seconds));
    put(&model, [at(1, 2.0), at(59, 1.0), at(0, 2.0), at(60, 2.0), at(2, -0.0), at(3, 0.0)]).await;
    let [series] = &model.series()[..] else { panic!("{:?}", model.series()) };
    let of = |minute| {
        let start = samples::at() + TimeDelta::minutes(minute);
        series
            .points
            .iter()
            .filter(|point| point.at == start)
            .map(|point| (point.value, point.count))
            .collect::<Vec<_>>()
    };
    assert_eq!((of(0), of(1)), (vec![(0.0, 2.0), (1.0, 1.0), (2.0, 2.0)], vec![(2.0, 1.0)]));
    assert_eq!(model.requests()[0].datums, 2);
}

#[tokio::test]
async fn more_values_than_a_datum_has_are_in_several() {
    let model = cloudwatch();
    let samples = (0..10_000).map(|number| samples::metric("m", f64::from(number % 400)));
    assert!(put(&model, samples).await.iter().all(is_accepted));
    let [series] = &model.series()[..] else { panic!("{:?}", model.series()) };
    assert_eq!((values(series).len(), model.requests()[0].datums), (400, 3));
    assert!(values(series).iter().all(|(_, count)| (count - 25.0).abs() < 1e-9));
}

#[tokio::test]
async fn a_request_is_cut_at_a_thousand_datums() {
    let model = cloudwatch();
    let samples = (0..2_001).map(|number| samples::metric(&format!("m{number}"), 1.0));
    assert!(put(&model, samples).await.iter().all(is_accepted));
    let datums: Vec<usize> = model.requests().iter().map(|request| request.datums).collect();
    assert_eq!((datums, model.series().len()), (vec![1_000, 1_000, 1], 2_001));
}

#[tokio::test]
async fn a_request_is_cut_just_below_900_kb() {
    let model = cloudwatch();
    let wide = |number: usize| {
        let labels =
            (0..27).map(|label| (format!("label{label}"), format!("{number:0width$}", width = 40 * (label % 9))));
        let values = (0..3).map(move |value| samples::metric("m", f64::from(value)));
        let labels: Labels = labels.collect();
        values.map(move |sample| sample.with_labels(labels.clone()))
    };
    assert!(put(&model, (0..600).flat_map(wide)).await.iter().all(is_accepted));
    let bytes: Vec<usize> = model.requests().iter().map(|request| request.bytes).collect();
    let (last, full) = bytes.split_last().expect("a request");
    assert!(full.len() > 2 && *last <= 900_000, "{bytes:?}");
    // Less than one more datum of some 5,500 bytes below it: the sizes are reckoned as they are.
    assert!(full.iter().all(|bytes| (893_000..=900_000).contains(bytes)), "{bytes:?}");
    let packed: usize = model.requests().iter().map(|request| request.sent_bytes).sum();
    assert!(packed * 10 < bytes.iter().sum(), "they are sent compressed: {packed}");
}

#[tokio::test]
async fn what_cloudwatch_never_takes_is_rejected_by_itself() {
    let model = cloudwatch();
    let at = |by| metric_at("m", 1.0, by);
    let odd = [
        (at(-TimeDelta::weeks(2)), "older than two weeks"),
        (at(TimeDelta::hours(2) + TimeDelta::minutes(1)), "two hours ahead"),
        (samples::metric("m", 2_f64.powi(361)), "up to 2^360"),
        (samples::metric("m", -f64::MAX), "up to 2^360"),
        (samples::metric("", 1.0), "no name"),
        (samples::metric("m", 1.0).with_labels((0..29).map(|n| (format!("l{n}"), "v")).collect()), "31 dimensions"),
    ];
    let good = [
        at(TimeDelta::minutes(2) - TimeDelta::weeks(2)),
        at(TimeDelta::hours(2)),
        samples::metric("m", 2_f64.powi(360)),
    ];
    let batch = odd.iter().map(|(sample, _)| sample.clone()).chain(good);
    let outcomes = put(&model, batch).await;
    for ((_, why), outcome) in odd.iter().zip(&outcomes) {
        let Outcome::Rejected(reason) = outcome else { panic!("{why}: {outcome:?}") };
        assert!(reason.message.contains(why), "{reason}");
    }
    assert!(outcomes[odd.len()..].iter().all(is_accepted), "{outcomes:?}");
}

#[tokio::test]
async fn a_datum_that_is_refused_is_rejected_alone() {
    let model = cloudwatch().with_refused("odd");
    let samples = (0..100).map(|number| samples::metric(if number % 20 == 7 { "odd" } else { "m" }, f64::from(number)));
    let outcomes = put(&model, samples.chain([samples::metric("n", 1.0)])).await;
    let rejected: Vec<usize> = (0..101).filter(|place| is_rejected(&outcomes[*place])).collect();
    assert_eq!(rejected, [7, 27, 47, 67, 87]);
    assert_eq!(outcomes.iter().filter(|outcome| is_accepted(outcome)).count(), 96);
    assert_eq!(model.requests().iter().map(|request| request.datums).collect::<Vec<_>>(), [3, 2]);
}

#[tokio::test]
async fn several_that_are_refused_do_not_hold_up_the_others() {
    let model = cloudwatch().with_refused("odd");
    let node = |number: usize| Resource::new().with_node(format!("n{number}"));
    let samples = (0..5).map(|number| {
        let mut sample = samples::metric("odd", 1.0);
        sample.resource = node(number);
        sample
    });
    let mut batch = deliveries(samples.chain([samples::metric("m", 1.0)]));
    let sink = to(&model);
    let mut rejected = Vec::new();
    for calls in 1.. {
        let outcomes = sink.deliver(&batch).await.expect("outcomes");
        rejected.push(outcomes.iter().filter(|outcome| is_rejected(outcome)).count());
        let mut left = outcomes.iter().map(|outcome| matches!(outcome, Outcome::Untouched));
        batch.retain(|_| left.next().expect("an outcome"));
        if batch.is_empty() {
            break;
        }
        assert!(calls < 5, "{rejected:?}");
    }
    assert_eq!((rejected, whole(model.sample_count())), (vec![5], 1));
}

#[tokio::test]
async fn a_series_is_told_by_what_it_is() {
    let model = cloudwatch();
    let place = Resource::new().with_cluster("Zürich").with_node("10.0.0.2:2113").with_part("/var");
    let labels = Labels::from_iter([("kind", "used"), ("cluster", "x"), ("empty", "")]);
    let sample = Sample::new("system.filesystem.used", place, 1.0, "By", samples::at()).expect("finite");
    put(&model, [sample.with_labels(labels)]).await;
    let [series] = &model.series()[..] else { panic!("{:?}", model.series()) };
    let dimensions = [
        ("cluster", "Z%C3%BCrich"),
        ("kind", "used"),
        ("label.cluster", "x"),
        ("node", "10.0.0.2:2113"),
        ("part", "/var"),
    ];
    let dimensions: BTreeMap<String, String> =
        dimensions.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(
        (&*series.namespace, &*series.name, &*series.unit),
        ("tidegate/host", "system.filesystem.used", "Bytes")
    );
    assert_eq!(series.dimensions, dimensions);
}

#[tokio::test]
async fn only_chosen_labels_are_dimensions() {
    let model = cloudwatch();
    let inner = model.clone();
    let client = common::Direct::new(move |request| Some(inner.answer(request)));
    let sink = over(client).with_labels(["period"]).with_namespace("Databases").build().expect("a sink");
    let outcomes = sink.deliver(&deliveries([sample(0, 3), sample(1, 3)])).await.expect("outcomes");
    assert!(outcomes.iter().all(is_accepted), "{outcomes:?}");
    for series in model.series() {
        assert_eq!(series.dimensions.keys().collect::<Vec<_>>(), ["cluster", "node", "period"]);
        assert!(series.namespace.starts_with("Databases/"), "{}", series.namespace);
    }
}

#[tokio::test]
async fn an_issue_is_one_while_it_is_open_and_zero_after() {
    let model = cloudwatch();
    let sink = to(&model);
    let disk = Episode::new("disk-usage");
    let Outcome::Accepted(Some(receipt)) = deliver(&sink, &samples::delivery(disk.open())).await else {
        panic!("no receipt")
    };
    let closed = samples::delivery(disk.close()).with_prior(receipt).with_maybe_applied();
    assert!(is_accepted(&deliver(&sink, &closed).await));
    let [series] = &model.series()[..] else { panic!("{:?}", model.series()) };
    assert_eq!((&*series.namespace, &*series.name), ("tidegate", "issue.disk-usage"));
    // What an alarm by the maximum sees, minute by minute.
    assert_eq!(series.maximum().into_values().collect::<Vec<_>>(), [1.0, 1.0, 0.0]);
}

#[tokio::test]
async fn what_is_no_metric_is_rejected() {
    let model = cloudwatch();
    let events: [Event; 2] = [samples::log("line").into(), samples::notification("n").into()];
    let outcomes = to(&model).deliver(&events.map(samples::delivery)).await.expect("outcomes");
    assert!(outcomes.iter().all(is_rejected) && model.requests().is_empty(), "{outcomes:?}");
}
