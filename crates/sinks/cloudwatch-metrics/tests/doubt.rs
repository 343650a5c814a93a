//! What may have been put already: gauges are put again, counters are not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use common::{Direct, at, cloudwatch, is_accepted, is_rejected, kind, over, whole};
use tidegate_sink::SinkErrorKind::{Throttled, Unavailable, Unconfirmed};
use tidegate_sink::{Delivery, Outcome, Sink};
use tidegate_sink_cloudwatch_metrics::{CloudWatchMetrics, OnUnconfirmed};
use tidegate_testkit::model::CloudWatchService;
use tidegate_testkit::sample;
use tidegate_testkit::server::{Fault, Point, Server};

mod common;

const GAUGE: &str = "kurrentdb_sys_cpu";
const COUNTER: &str = "kurrentdb_io_bytes_total";

/// How CloudWatch is.
#[derive(Clone, Default)]
struct Mood(Arc<AtomicU8>);

const WELL: u8 = 0;
const LOSES: u8 = 1;
const FAILS: u8 = 2;
const THROTTLES: u8 = 3;

impl Mood {
    fn set(&self, mood: u8) {
        self.0.store(mood, Ordering::SeqCst);
    }
}

fn rig(on_unconfirmed: OnUnconfirmed) -> (CloudWatchMetrics, CloudWatchService, Mood) {
    let (model, mood) = (cloudwatch(), Mood::default());
    let (inner, now) = (model.clone(), mood.clone());
    let client = Direct::new(move |request| match now.0.load(Ordering::SeqCst) {
        LOSES => {
            inner.answer(request);
            None
        }
        FAILS => Some(CloudWatchService::failed(500)),
        THROTTLES => Some(CloudWatchService::throttled(None)),
        _ => Some(inner.answer(request)),
    });
    (over(client).with_on_unconfirmed(on_unconfirmed).build().expect("a sink"), model, mood)
}

fn batch() -> Vec<Delivery> {
    [GAUGE, COUNTER].map(|name| sample::delivery(sample::metric(name, 1.0))).into()
}

async fn told(sink: &CloudWatchMetrics, batch: &[Delivery]) -> Vec<Outcome> {
    sink.deliver(batch).await.expect("outcomes")
}

fn counts(model: &CloudWatchService) -> [usize; 2] {
    let series = model.series();
    let count =
        |name: &str| series.iter().find(|series| series.name == name).map_or(0, |series| whole(series.sample_count()));
    [count(GAUGE), count(COUNTER)]
}

#[tokio::test]
async fn a_gauge_is_put_again_and_a_counter_is_given_up_once_cloudwatch_answers() {
    let (sink, model, mood) = rig(OnUnconfirmed::Auto);
    let batch = batch();
    mood.set(LOSES);
    assert!(told(&sink, &batch).await.iter().all(|outcome| kind(outcome) == Some(Unconfirmed)));
    mood.set(FAILS);
    assert!(told(&sink, &batch).await.iter().all(|outcome| kind(outcome) == Some(Unavailable)), "both wait");
    mood.set(THROTTLES);
    assert!(told(&sink, &batch).await.iter().all(|outcome| kind(outcome) == Some(Throttled)), "still in doubt");
    mood.set(WELL);
    let outcomes = told(&sink, &batch).await;
    assert!(is_accepted(&outcomes[0]) && is_rejected(&outcomes[1]), "{outcomes:?}");
    assert_eq!(counts(&model), [2, 1], "the counter came once");
    assert!(told(&sink, &batch).await.iter().all(is_accepted), "asked for again it is another matter");
}

#[tokio::test]
async fn what_was_surely_not_put_is_put_again() {
    let (sink, model, mood) = rig(OnUnconfirmed::Auto);
    mood.set(THROTTLES);
    assert!(told(&sink, &batch()).await.iter().all(|outcome| kind(outcome) == Some(Throttled)));
    mood.set(WELL);
    assert!(told(&sink, &batch()).await.iter().all(is_accepted));
    assert_eq!(counts(&model), [1, 1]);
}

#[tokio::test]
async fn counters_alone_are_given_up_once_cloudwatch_answers_too() {
    let (sink, _, mood) = rig(OnUnconfirmed::Auto);
    let counter = &batch()[1..];
    mood.set(LOSES);
    assert_eq!(kind(&told(&sink, counter).await[0]), Some(Unconfirmed));
    assert!(kind(&told(&sink, counter).await[0]).is_some(), "it is asked whether it is there, and is not");
    mood.set(WELL);
    assert!(is_rejected(&told(&sink, counter).await[0]));
}

#[tokio::test]
async fn all_is_put_again_or_nothing_where_it_is_set_so() {
    for (setting, right) in [(OnUnconfirmed::Repeat, [2, 2]), (OnUnconfirmed::Drop, [1, 1])] {
        let (sink, model, mood) = rig(setting);
        mood.set(LOSES);
        told(&sink, &batch()).await;
        mood.set(WELL);
        let outcomes = told(&sink, &batch()).await;
        assert_eq!(outcomes.iter().all(is_accepted), setting == OnUnconfirmed::Repeat, "{outcomes:?}");
        assert_eq!(counts(&model), right);
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_its_counters_in_doubt() {
    let model = cloudwatch();
    let inner = model.clone();
    let server = Server::start(move |request| inner.answer(request)).await;
    server.script([Fault::Hang(Point::Applied)]);
    let (sink, batch) = (at(&server.url()), batch());
    tokio::select! {
        outcomes = sink.deliver(&batch) => panic!("{outcomes:?}"),
        () = server.wait_for(1) => {}
    }
    let outcomes = told(&sink, &batch).await;
    assert!(is_accepted(&outcomes[0]) && is_rejected(&outcomes[1]), "{outcomes:?}");
    assert_eq!(counts(&model), [2, 1]);
}

#[tokio::test]
async fn a_call_that_is_dropped_behind_what_was_taken_does_not_put_that_twice() {
    let model = cloudwatch();
    let inner = model.clone();
    let server = Server::start(move |request| inner.answer(request)).await;
    let sink = at(&server.url());
    // Two namespaces: two requests, of which the second hangs.
    let batch = [COUNTER, "system.network.bytes_total"].map(|name| sample::delivery(sample::metric(name, 1.0)));
    server.script([Fault::None, Fault::Hang(Point::Applied)]);
    tokio::select! {
        outcomes = sink.deliver(&batch) => panic!("{outcomes:?}"),
        () = server.wait_for(2) => {}
    }
    let outcomes = told(&sink, &batch).await;
    assert!(outcomes.iter().all(is_rejected), "{outcomes:?}");
    let sums: Vec<usize> = model.series().iter().map(|series| whole(series.sample_count())).collect();
    assert_eq!(sums, [1, 1]);
}

#[tokio::test]
async fn an_issue_is_told_again_whatever_is_set() {
    let (sink, model, mood) = rig(OnUnconfirmed::Drop);
    let open = [sample::delivery(sample::issue())];
    mood.set(LOSES);
    assert_eq!(kind(&told(&sink, &open).await[0]), Some(Unconfirmed));
    mood.set(WELL);
    assert!(is_accepted(&told(&sink, &[open[0].clone().with_maybe_applied()]).await[0]));
    assert_eq!(model.series().len(), 1);
}
