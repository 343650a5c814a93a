//! Samples through a router in scripted time, to a CloudWatch that throttles, fails and loses answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use common::{Direct, KEY, SECRET, over_by, whole};
use http::{Request, Response};
use tidegate_base::{Clock, Random};
use tidegate_event::{EventKind, Labels, Resource, Sample};
use tidegate_router::{Handle, Health, Integration, Router, Subscription};
use tidegate_store::{MemoryLog, MemoryState, Space, StateStore};
use tidegate_testkit::model::{CloudWatchSeries, CloudWatchService};
use tokio::time::{Instant, sleep};

mod common;

const SERIES: usize = 300;

/// A clock that goes with tokio's.
#[derive(Debug, Clone, Copy)]
struct Simulated(Instant);

impl Clock for Simulated {
    fn now(&self) -> DateTime<Utc> {
        let start = DateTime::from_timestamp(1_795_489_200, 0).expect("24 November 2026");
        start + TimeDelta::from_std(self.0.elapsed()).expect("a short simulation")
    }
}

/// A request, as it was answered.
#[derive(Debug, Clone)]
struct Call {
    at: Instant,
    said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Said {
    Well,
    /// With how long to wait.
    Throttled(Option<Duration>),
    Failed,
    /// It was taken, and the answer lost.
    Lost,
    /// Something in it is minded; with the number of a datum, or without a word on which.
    Refused(Option<usize>),
}

/// A router with one sink, its CloudWatch, and what that was asked.
struct Rig {
    clock: Simulated,
    model: CloudWatchService,
    calls: Arc<Mutex<Vec<Call>>>,
    state: Arc<MemoryState>,
    handle: Handle,
    running: tokio::task::JoinHandle<()>,
}

impl Rig {
    fn new(mood: impl FnMut(usize) -> Said + Send + 'static) -> Self {
        let clock = Simulated(Instant::now());
        let model = CloudWatchService::new(KEY, SECRET).with_clock(clock);
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let (inner, noted) = (model.clone(), Arc::clone(&calls));
        let mood: Mutex<Box<dyn FnMut(usize) -> Said + Send>> = Mutex::new(Box::new(mood));
        let answer = move |request: &Request<Bytes>| -> Option<Response<Bytes>> {
            let mut noted = noted.lock().expect("no panic");
            let said = (mood.lock().expect("no panic"))(noted.len());
            noted.push(Call { at: Instant::now(), said });
            match said {
                Said::Well => Some(inner.answer(request)),
                Said::Lost => {
                    inner.answer(request);
                    None
                }
                Said::Refused(which) => Some(CloudWatchService::refused(which)),
                Said::Failed => Some(CloudWatchService::failed(503)),
                Said::Throttled(wait) => {
                    let wait = wait.map(|wait| u64::try_from(wait.as_millis()).expect("a short wait"));
                    Some(CloudWatchService::throttled(wait))
                }
            }
        };
        let sink = over_by(Direct::new(answer), clock).build().expect("a sink");
        let state = Arc::new(MemoryState::new());
        let router = Router::builder()
            .with_stores(Arc::new(MemoryLog::new()), Arc::new(MemoryLog::new()), Arc::clone(&state))
            .with_integration(Integration::new("cw", sink, Subscription::new([EventKind::Metric])))
            .with_clock(clock)
            .with_random(Random::seeded(1))
            .build()
            .expect("a router");
        let handle = router.handle();
        let running = tokio::spawn(async move {
            router.run().await.expect("no error");
        });
        Self { clock, model, calls, state, handle, running }
    }

    /// Measures all series once in each 15 s, under a number each, until there are so many samples.
    async fn measure(&self, samples: usize) {
        for first in (0..samples).step_by(SERIES) {
            let at = self.clock.now();
            let some = (first..(first + SERIES).min(samples)).map(|number| sample(number, at));
            self.handle.publish(some).await.expect("taken");
            sleep(Duration::from_secs(15)).await;
        }
    }

    async fn end(self) -> (CloudWatchService, Vec<Call>, usize) {
        sleep(Duration::from_hours(2)).await;
        self.handle.stop();
        self.running.await.expect("no panic");
        assert_eq!(self.model.complaints(), [""; 0]);
        let letters = self.state.load(Space::DeadLetter, "").await.expect("a state").len();
        let calls = self.calls.lock().expect("no panic").clone();
        (self.model, calls, letters)
    }
}

/// A third are counters.
fn sample(number: usize, at: DateTime<Utc>) -> Sample {
    let which = number % SERIES;
    let name = ["system.load.1m", "kurrentdb_io_bytes_total", "tidegate.core_load"][which % 3];
    let node = Resource::new().with_cluster("orders").with_node(format!("10.0.0.{}:2113", which / 3));
    let value = f64::from(u32::try_from(number).expect("a small number"));
    Sample::new(name, node, value, "1", at).expect("finite").with_labels(Labels::from_iter([("period", "1m")]))
}

/// How often each number came.
fn arrived(series: &[CloudWatchSeries]) -> BTreeMap<usize, f64> {
    let mut arrived = BTreeMap::new();
    for point in series.iter().flat_map(|series| &series.points) {
        let number = whole(point.value);
        *arrived.entry(number).or_insert(0.0) += point.count;
    }
    arrived
}

fn is_once(count: f64) -> bool {
    (count - 1.0).abs() < 1e-9
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_samples_arrive_once_each_in_few_requests() {
    let rig = Rig::new(|_| Said::Well);
    rig.measure(10_000).await;
    let (model, calls, letters) = rig.end().await;
    let arrived = arrived(&model.series());
    assert_eq!((arrived.len(), model.series().len(), letters), (10_000, SERIES, 0));
    assert!(arrived.values().all(|count| is_once(*count)));
    assert!(model.requests().iter().all(|request| request.status == 200));
    // 34 rounds in 8.5 minutes, of three namespaces.
    assert!((24..=33).contains(&calls.len()), "{} requests", calls.len());
    let largest = model.requests().iter().map(|request| request.datums).max();
    assert!(largest.is_some_and(|datums| (100..=1_000).contains(&datums)), "{largest:?}");
}

#[tokio::test(start_paused = true)]
async fn throttled_half_of_the_time_everything_arrives_once_and_each_wait_is_obeyed() {
    for seed in 0..10 {
        let mut random = Random::seeded(seed);
        let rig = Rig::new(move |_| match random.below(4) {
            0 => Said::Throttled(None),
            1 => Said::Throttled(Some(Duration::from_millis(500 + random.below(90_000)))),
            _ => Said::Well,
        });
        rig.measure(10_000).await;
        let (model, calls, letters) = rig.end().await;
        let arrived = arrived(&model.series());
        assert_eq!((arrived.len(), letters), (10_000, 0), "seed {seed}");
        assert!(arrived.values().all(|count| is_once(*count)), "seed {seed}");
        let throttled = calls.iter().filter(|call| matches!(call.said, Said::Throttled(_))).count();
        assert!(throttled * 3 > calls.len(), "seed {seed}: {throttled} of {}", calls.len());
        for pair in calls.windows(2) {
            if let Said::Throttled(Some(wait)) = pair[0].said {
                assert!(pair[1].at - pair[0].at >= wait, "seed {seed}: {pair:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_it_throttles_without_a_word_the_gaps_grow() {
    let rig = Rig::new(|number| if number < 14 { Said::Throttled(None) } else { Said::Well });
    rig.measure(600).await;
    let (model, calls, _) = rig.end().await;
    assert_eq!(arrived(&model.series()).len(), 600);
    let gaps: Vec<Duration> = calls.windows(2).take(14).map(|pair| pair[1].at - pair[0].at).collect();
    for (number, gap) in gaps.iter().enumerate() {
        // A random wait under a ceiling that doubles from a second to five minutes.
        let ceiling = Duration::from_secs(1 << number.min(9)).min(Duration::from_mins(5));
        assert!(*gap <= ceiling + Duration::from_millis(5), "gap {number} is {gap:?}: {gaps:?}");
    }
    let sum = |gaps: &[Duration]| gaps.iter().sum::<Duration>();
    assert!(sum(&gaps[..5]) * 4 < sum(&gaps[5..9]) && sum(&gaps[5..9]) < sum(&gaps[9..14]), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn through_whatever_fails_gauges_arrive_and_counters_count_once_or_are_dead_letters() {
    let mut all_letters = 0;
    for seed in 0..10 {
        let mut random = Random::seeded(seed);
        let rig = Rig::new(move |_| match random.below(8) {
            0 => Said::Lost,
            1 => Said::Failed,
            2 => Said::Throttled(None),
            3 => Said::Throttled(Some(Duration::from_millis(random.below(90_000)))),
            _ => Said::Well,
        });
        rig.measure(6_000).await;
        let (model, calls, letters) = rig.end().await;
        assert!(calls.iter().any(|call| call.said == Said::Lost), "seed {seed}");
        let arrived = arrived(&model.series());
        let is_counter = |number: usize| number % 3 == 1; // 300 is a multiple of it
        let (mut gauges, mut counters) = (0, 0);
        for (number, count) in &arrived {
            if is_counter(*number) {
                assert!(is_once(*count), "seed {seed}: the counter {number} came {count} times");
                counters += 1;
            } else {
                gauges += 1;
            }
        }
        assert_eq!(gauges, 4_000, "seed {seed}: a gauge is lost");
        // Those whose answer was lost are both there and among the letters.
        assert!(counters <= 2_000 && counters + letters >= 2_000, "seed {seed}: {counters} and {letters}");
        all_letters += letters;
    }
    assert!((1..10_000).contains(&all_letters), "{all_letters} of 20,000 counters given up");
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_as_one_though_counters_are_given_up() {
    let rig = Rig::new(|number| if number < 12 { Said::Failed } else { Said::Well });
    rig.measure(3_000).await;
    let calls = rig.calls.lock().expect("no panic").clone();
    let gaps: Vec<Duration> = calls.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    assert!(gaps.len() < 20, "no more than a lane that waits: {gaps:?}");
    let (model, _, letters) = rig.end().await;
    let arrived = arrived(&model.series());
    let counters = arrived.keys().filter(|number| **number % 3 == 1).count();
    assert_eq!((arrived.len() - counters, counters + letters), (2_000, 1_000));
}

#[tokio::test(start_paused = true)]
async fn while_everything_is_refused_nothing_is_lost_and_it_waits_until_that_is_over() {
    for which in [None, Some(1)] {
        let begun = Instant::now();
        let rig = Rig::new(
            move |_| {
                if begun.elapsed() < Duration::from_mins(20) { Said::Refused(which) } else { Said::Well }
            },
        );
        rig.measure(3_000).await;
        let mut since = BTreeSet::new();
        for _ in 0..10 {
            sleep(Duration::from_mins(1)).await;
            let health = rig.handle.snapshot().await.expect("a snapshot").integrations.remove(0).health;
            let Health::Paused { since: from, why } = health else { panic!("{health:?}") };
            assert!(why.contains("whatever is sent is refused"), "{why}");
            since.insert(from);
        }
        assert_eq!(since.len(), 1, "one pause");
        let asked = rig.calls.lock().expect("no panic").len();
        assert!(asked < 14 * 130, "{asked} calls");
        let (model, _, letters) = rig.end().await;
        assert_eq!((arrived(&model.series()).len(), letters), (3_000, 0), "{which:?}");
    }
}
