//! Lines through a router in scripted time, to a CloudWatch Logs that throttles, fails and loses answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use common::{Direct, GROUP, KEY, SECRET, aws, messages, node};
use http::{Request, Response};
use tidegate_base::{Clock, Random};
use tidegate_event::{EventKind, LogRecord};
use tidegate_router::{Handle, Health, Integration, Router, Subscription};
use tidegate_sink::Sink as _;
use tidegate_sink_cloudwatch_logs::CloudWatchLogs;
use tidegate_store::{MemoryLog, MemoryState, Space, StateStore};
use tidegate_testkit::model::LogsService;
use tokio::time::{Instant, sleep};

mod common;

const LINES: usize = 10_000;
const NODES: usize = 30;

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
    /// Something in it is minded, nobody says what.
    Refused,
}

/// What is said to the call of a number.
type Mood = dyn FnMut(usize, &Request<Bytes>) -> Said + Send;

/// A router with one sink, its CloudWatch Logs, and what that was asked.
struct Rig {
    clock: Simulated,
    model: LogsService,
    calls: Arc<Mutex<Vec<Call>>>,
    state: Arc<MemoryState>,
    handle: Handle,
    running: tokio::task::JoinHandle<()>,
}

impl Rig {
    fn new(mood: impl FnMut(usize, &Request<Bytes>) -> Said + Send + 'static) -> Self {
        let clock = Simulated(Instant::now());
        let model = LogsService::new(KEY, SECRET).with_clock(clock);
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let (inner, noted) = (model.clone(), Arc::clone(&calls));
        let mood: Mutex<Box<Mood>> = Mutex::new(Box::new(mood));
        let answer = move |request: &Request<Bytes>| -> Option<Response<Bytes>> {
            let mut noted = noted.lock().expect("no panic");
            let said = (mood.lock().expect("no panic"))(noted.len(), request);
            noted.push(Call { at: Instant::now(), said });
            match said {
                Said::Well => Some(inner.answer(request)),
                Said::Lost => {
                    inner.answer(request);
                    None
                }
                Said::Refused => Some(common::error("InvalidParameterException")),
                Said::Failed => Some(common::said(503, r#"{"__type":"ServiceUnavailableException"}"#)),
                Said::Throttled(wait) => {
                    let wait = wait.map(|wait| u64::try_from(wait.as_millis()).expect("a short wait"));
                    Some(LogsService::throttled(wait))
                }
            }
        };
        // Each answer takes a while, so that the calls of several streams are under way at once.
        let client = Direct::new(answer).with_delay(Duration::from_millis(20));
        let sink = CloudWatchLogs::builder(aws(clock).with_http_client(client).build().expect("a connection"), GROUP)
            .with_create_group();
        let state = Arc::new(MemoryState::new());
        let router = Router::builder()
            .with_stores(Arc::new(MemoryLog::new()), Arc::new(MemoryLog::new()), Arc::clone(&state))
            .with_integration(Integration::new(
                "logs",
                sink.build().expect("a sink"),
                Subscription::new([EventKind::Log]),
            ))
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

    /// Writes `lines` lines, some hundred a second; the `old` ones among them are of three weeks ago.
    async fn write(&self, lines: usize, old: &[usize]) {
        for first in (0..lines).step_by(400) {
            let now = self.clock.now();
            let some = (first..(first + 400).min(lines)).map(|number| {
                let at = if old.contains(&number) { now - TimeDelta::weeks(3) } else { now };
                LogRecord::new(node(number % NODES), format!("line {number}"), at)
            });
            self.handle.publish(some).await.expect("taken");
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn end(self) -> (LogsService, Vec<Call>, usize) {
        sleep(Duration::from_hours(3)).await;
        self.handle.stop();
        self.running.await.expect("no panic");
        assert_eq!(self.model.complaints(), [""; 0]);
        let letters = self.state.load(Space::DeadLetter, "").await.expect("a state").len();
        let calls = self.calls.lock().expect("no panic").clone();
        (self.model, calls, letters)
    }
}

/// The numbers of the lines of each stream, as they came.
fn arrived(model: &LogsService) -> BTreeMap<String, Vec<usize>> {
    let number =
        |message: String| message.strip_prefix("line ").and_then(|number| number.parse().ok()).expect("a line");
    let numbers = |name: &str| messages(model, name).into_iter().map(number).collect();
    model.streams().into_iter().map(|stream| (stream.name.clone(), numbers(&stream.name))).collect()
}

fn assert_once_in_order(arrived: &BTreeMap<String, Vec<usize>>, want: usize, seed: u64) {
    assert_eq!(arrived.len(), NODES, "seed {seed}");
    let all: BTreeSet<usize> = arrived.values().flatten().copied().collect();
    let count: usize = arrived.values().map(Vec::len).sum();
    assert_eq!((all.len(), count), (want, want), "seed {seed}: none lost, none twice");
    for (name, numbers) in arrived {
        assert!(numbers.is_sorted(), "seed {seed}: {name} is in disorder: {numbers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_lines_of_thirty_nodes_arrive_once_each_in_order() {
    let rig = Rig::new(|_, _| Said::Well);
    rig.write(LINES, &[]).await;
    let (model, calls, letters) = rig.end().await;
    assert_once_in_order(&arrived(&model), LINES, 0);
    assert_eq!(letters, 0);
    // 25 seconds; in each a call for each node, beside making what was not there.
    assert!(calls.len() < 27 * NODES + 3 * NODES, "{} calls", calls.len());
}

#[tokio::test(start_paused = true)]
async fn of_lines_too_old_exactly_those_become_dead_letters() {
    let rig = Rig::new(|_, _| Said::Well);
    rig.write(LINES, &[5, 4_000, 9_999]).await;
    let (model, _, letters) = rig.end().await;
    assert_eq!(letters, 3);
    let arrived = arrived(&model);
    assert_once_in_order(&arrived, LINES - 3, 0);
    assert!(arrived.values().flatten().all(|number| ![5, 4_000, 9_999].contains(number)));
}

#[tokio::test(start_paused = true)]
async fn throttled_half_of_the_time_everything_arrives_once_in_order_and_each_wait_is_obeyed() {
    for seed in 0..4 {
        let mut random = Random::seeded(seed);
        let rig = Rig::new(move |_, _| match random.below(4) {
            0 => Said::Throttled(None),
            1 => Said::Throttled(Some(Duration::from_millis(500 + random.below(20_000)))),
            _ => Said::Well,
        });
        rig.write(LINES, &[]).await;
        let (model, calls, letters) = rig.end().await;
        assert_once_in_order(&arrived(&model), LINES, seed);
        assert_eq!(letters, 0, "seed {seed}");
        let throttled = calls.iter().filter(|call| matches!(call.said, Said::Throttled(_))).count();
        assert!(throttled * 5 > calls.len() * 2, "seed {seed}: {throttled} of {}", calls.len());
        for (place, call) in calls.iter().enumerate() {
            let Said::Throttled(Some(wait)) = call.said else { continue };
            // What was under way with it had begun before.
            let later = calls[place + 1..].iter().filter(|other| other.at - call.at > Duration::from_millis(25));
            assert!(later.take(1).all(|next| next.at - call.at >= wait), "seed {seed}: {call:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_it_throttles_without_a_word_the_gaps_grow() {
    let until = 14;
    let rig = Rig::new(move |number, _| if number < until { Said::Throttled(None) } else { Said::Well });
    rig.write(60, &[]).await;
    let (model, calls, _) = rig.end().await;
    assert_eq!(arrived(&model).values().map(Vec::len).sum::<usize>(), 60);
    let gaps: Vec<Duration> = calls[..until].windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    let waits: Vec<Duration> = gaps.into_iter().filter(|gap| *gap > Duration::from_millis(25)).collect();
    let sum = |waits: &[Duration]| waits.iter().sum::<Duration>();
    let third = waits.len() / 3;
    assert!(third > 1 && sum(&waits[..third]) * 4 < sum(&waits[third..2 * third]), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn through_failures_and_lost_answers_none_is_lost_and_what_comes_twice_has_one_id() {
    for seed in 0..4 {
        let mut random = Random::seeded(seed);
        let rig = Rig::new(move |_, _| match random.below(10) {
            0 => Said::Failed,
            1 => Said::Lost,
            _ => Said::Well,
        });
        rig.write(LINES, &[]).await;
        let (model, calls, letters) = rig.end().await;
        let arrived = arrived(&model);
        let all: BTreeSet<usize> = arrived.values().flatten().copied().collect();
        assert_eq!((all.len(), letters), (LINES, 0), "seed {seed}");
        let events = model.streams().into_iter().flat_map(|stream| stream.events);
        let distinct: BTreeSet<String> = events.map(|event| event.message).collect();
        assert_eq!(distinct.len(), LINES, "seed {seed}: a repeated line is the same to the letter");
        assert!(calls.iter().any(|call| call.said == Said::Lost));
    }
}

fn is_put(request: &Request<Bytes>) -> bool {
    request.headers()["x-amz-target"].to_str().is_ok_and(|target| target.ends_with("PutLogEvents"))
}

#[tokio::test(start_paused = true)]
async fn ten_lines_that_are_minded_among_ten_thousand_are_lost_alone_and_hold_up_nothing() {
    let minded = |number: usize| number % 1_000 == 123;
    let rig = Rig::new(move |_, request| {
        let body = String::from_utf8_lossy(request.body());
        let any = (0..LINES).filter(|number| minded(*number)).any(|number| body.contains(&format!("line {number}\\")));
        if is_put(request) && any { Said::Refused } else { Said::Well }
    });
    rig.write(LINES, &[]).await;
    sleep(Duration::from_mins(1)).await;
    let health = rig.handle.snapshot().await.expect("a snapshot").integrations.remove(0).health;
    assert_eq!(health, Health::Working);
    let (model, _, letters) = rig.end().await;
    assert_eq!(letters, 10);
    assert_once_in_order(&arrived(&model), LINES - 10, 0);
}

#[tokio::test(start_paused = true)]
async fn while_everything_is_refused_nothing_is_lost_and_it_waits_until_that_is_over() {
    let begun = Instant::now();
    let refused = Duration::from_mins(20);
    let rig = Rig::new(
        move |_, request| if is_put(request) && begun.elapsed() < refused { Said::Refused } else { Said::Well },
    );
    rig.write(1_000, &[]).await;
    let mut since = BTreeSet::new();
    for _ in 0..15 {
        sleep(Duration::from_mins(1)).await;
        let health = rig.handle.snapshot().await.expect("a snapshot").integrations.remove(0).health;
        let Health::Paused { since: from, why } = health else { panic!("{health:?}") };
        assert!(why.contains("whatever is sent is refused") && why.contains("InvalidParameterException"), "{why}");
        since.insert(from);
    }
    assert_eq!(since.len(), 1, "one pause");
    let asked = rig.calls.lock().expect("no panic").iter().filter(|call| call.said == Said::Refused).count();
    assert!(asked < 18 * 130, "{asked} calls");
    let (model, _, letters) = rig.end().await;
    assert_eq!(letters, 0);
    assert_once_in_order(&arrived(&model), 1_000, 0);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_takes_too_long_leaves_the_rest_for_the_next() {
    let clock = Simulated(Instant::now());
    let client = Direct::new(|_| Some(common::said(200, "{}"))).with_delay(Duration::from_secs(10));
    let sink = CloudWatchLogs::builder(aws(clock).with_http_client(client).build().expect("a connection"), GROUP)
        .with_streams(1);
    let sink = sink.build().expect("a sink");
    let lines = (0..NODES).map(|number| LogRecord::new(node(number), "line", clock.now()));
    let batch: Vec<_> = lines.map(tidegate_testkit::sample::delivery).collect();
    let outcomes = sink.deliver(&batch).await.expect("outcomes");
    assert!(clock.0.elapsed() <= Duration::from_secs(71), "{:?}", clock.0.elapsed());
    let taken = outcomes.iter().filter(|outcome| common::is_accepted(outcome)).count();
    let left = outcomes.iter().filter(|outcome| matches!(outcome, tidegate_sink::Outcome::Untouched)).count();
    assert_eq!((taken, left), (7, 23), "{:?}", outcomes[0]);
}
