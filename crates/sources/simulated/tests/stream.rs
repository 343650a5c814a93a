//! What the source hands in, and when.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{FutureExt, StreamExt};
use tidegate_base::{Clock, Random};
use tidegate_detect::Ratios;
use tidegate_event::{Event, Sample, Signal};
use tidegate_source::Source;
use tidegate_source_simulated::{Cluster, SimulatedErrorKind};

mod common;
use common::{TokioClock, cluster};

/// All that is handed in, each signal with when it was, in milliseconds.
async fn signals(cluster: &Cluster, clock: TokioClock) -> Vec<(i64, Signal)> {
    let begun = clock.now();
    let mut intakes = cluster.open(None).await.expect("it opens");
    let mut signals = Vec::new();
    while let Some(intake) = intakes.next().await {
        let intake = intake.expect("it never fails");
        assert!(intake.cursor.is_none(), "it has none");
        let now = (clock.now() - begun).num_milliseconds();
        signals.extend(intake.signals.into_iter().map(|signal| (now, signal)));
    }
    signals
}

fn samples(signals: &[(i64, Signal)]) -> impl Iterator<Item = &Sample> {
    signals.iter().filter_map(|(_, signal)| match signal {
        Signal::Event(Event::Metric(sample)) => Some(sample),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn each_node_sends_the_standard_samples_of_the_host_source_every_ten_seconds_of_the_story() {
    let (cluster, clock) = cluster(|one| one);
    let signals = signals(&cluster, clock).await;
    let of = |node: &str| {
        let of_node = samples(&signals).filter(|sample| sample.resource.node.as_deref() == Some(node));
        let name = |sample: &Sample| {
            let part = sample.resource.part.as_ref().map(|part| format!(" of {part}")).unwrap_or_default();
            format!("{} {}{part}", sample.name, sample.unit)
        };
        of_node.map(name).collect::<Vec<_>>()
    };
    let expected = [
        "system.cpu.physical.count 1",
        "system.load.1m 1",
        "system.load.5m 1",
        "system.load.15m 1",
        "system.memory.total By",
        "system.memory.used By",
        "system.memory.available By",
        "system.filesystem.size By of /",
        "system.filesystem.used By of /",
        "system.filesystem.size By of /var/lib/kurrentdb",
        "system.filesystem.used By of /var/lib/kurrentdb",
    ];
    for node in ["10.0.0.1:2113", "10.0.0.2:2113", "10.0.0.3:2113"] {
        let names = of(node);
        assert_eq!(names.len(), 91 * expected.len());
        assert!(names.chunks(expected.len()).all(|round| round == expected), "{node}");
    }
}

#[tokio::test(start_paused = true)]
async fn figures_are_plausible_and_move() {
    let (cluster, clock) = cluster(|one| one);
    let signals = signals(&cluster, clock).await;
    let mut ratios = Vec::new();
    let mut made = Ratios::standard();
    for (_, signal) in &signals {
        made.observe(signal, &mut ratios);
    }
    let limits = [("core_load", 0.2, 3.0), ("disk_usage", 0.3, 0.95), ("memory_usage", 0.6, 0.95)];
    for (name, low, high) in limits {
        let of_name: Vec<_> = ratios.iter().filter(|ratio| ratio.name.ends_with(name)).collect();
        assert!(of_name.iter().all(|ratio| (low..high).contains(&ratio.value())), "{name}");
        let distinct: BTreeSet<_> = of_name.iter().map(|ratio| ratio.value().to_bits()).collect();
        assert!(distinct.len() * 3 > of_name.len(), "{name} stands still");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_said_is_stamped_with_now_and_in_order() {
    let (cluster, clock) = cluster(|one| one);
    let begun = clock.now();
    let signals = signals(&cluster, clock).await;
    let mut last = 0;
    for (now, signal) in &signals {
        let at = match signal {
            Signal::Event(event) => event.at(),
            Signal::Views(views) => views.at,
            other => panic!("{other:?} is not of the story"),
        };
        let at = (at - begun).num_milliseconds();
        assert!((0..=5).contains(&(now - at)) && at >= last, "{signal:?} at {now} ms, after {last}");
        last = at;
    }
    assert_eq!(last, 37_500, "all is said when the story is over");
}

#[tokio::test(start_paused = true)]
async fn a_sleep_that_ends_late_leaves_nothing_out_and_changes_nothing() {
    let (cluster, clock) = cluster(|one| one);
    let in_time = signals(&cluster, clock).await;

    let begun = clock.now();
    let mut intakes = cluster.open(None).await.expect("it opens");
    let first = intakes.next().await.expect("the first").expect("it never fails");
    tokio::time::advance(Duration::from_secs(20)).await;
    let mut late: Vec<(i64, Signal)> = first.signals.into_iter().map(|signal| (0, signal)).collect();
    while let Some(Some(intake)) = intakes.next().now_or_never() {
        late.extend(intake.expect("it never fails").signals.into_iter().map(|signal| (0, signal)));
    }
    // By how far into its own telling each is stamped, and its value.
    let figures = |begun: DateTime<Utc>, signals: &[(i64, Signal)]| {
        samples(signals).map(|sample| (sample.at - begun, sample.value())).collect::<Vec<_>>()
    };
    let (late, in_time) = (figures(begun, &late), figures(common::start(), &in_time));
    assert_eq!(late.last().expect("some").0, TimeDelta::seconds(20), "all that is due is said at once");
    assert_eq!(late[..], in_time[..late.len()]);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_figures_and_another_seed_others() {
    let figures = async |seed| {
        let (cluster, clock) = cluster(|one| one.with_random(Random::seeded(seed)));
        let signals = signals(&cluster, clock).await;
        samples(&signals).map(Sample::value).collect::<Vec<_>>()
    };
    assert_eq!(figures(1).await, figures(1).await);
    assert_ne!(figures(1).await, figures(2).await);
}

#[tokio::test(start_paused = true)]
async fn opened_again_it_tells_the_story_from_the_beginning_with_a_notification_of_its_own() {
    let (cluster, clock) = cluster(|one| one);
    let id = |signals: &[(i64, Signal)]| {
        signals.iter().find_map(|(_, signal)| match signal {
            Signal::Event(Event::Notification(notification)) => Some(notification.id.clone()),
            _ => None,
        })
    };
    let (first, second) = (signals(&cluster, clock).await, signals(&cluster, clock).await);
    assert_eq!(first.len(), second.len());
    assert!(id(&first).is_some() && id(&first) != id(&second), "the second would be taken for the first");
}

#[tokio::test(start_paused = true)]
async fn progress_tells_what_happens_now() {
    let (cluster, _) = cluster(|one| one);
    let progress = cluster.progress();
    assert_eq!(progress.now(), None, "not before it is opened");
    let _intakes = cluster.open(None).await.expect("it opens");
    let mut titles = Vec::new();
    for second in 0..=38 {
        let moment = progress.now().expect("it was opened");
        assert_eq!(moment.elapsed, Duration::from_millis(second * 1_000).min(moment.total));
        assert_eq!((moment.total, moment.story), (cluster.duration(), moment.elapsed * 24));
        assert_eq!(moment.is_over(), second == 38);
        titles.push(moment.scene.title);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    titles.dedup();
    let scenes: Vec<_> = cluster.scenes().iter().map(|scene| scene.title).collect();
    assert_eq!(titles, scenes);
}

#[test]
fn settings_that_make_no_sense_are_refused_in_clear_words() {
    for (speed, found) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf"), (1_000.5, "1000.5")] {
        let error = Cluster::builder().with_speed(speed).build().expect_err("no speed");
        assert_eq!(error.kind(), SimulatedErrorKind::InvalidSpeed);
        assert_eq!(error.to_string(), format!("speed is {found}; it must be above 0 and at most 1000, such as 24"));
    }
    let error = Cluster::builder().with_cluster("").build().expect_err("no name");
    assert_eq!(error.kind(), SimulatedErrorKind::Missing);
    assert_eq!(error.to_string(), "cluster is empty; name one, or leave it out");
    assert!(Cluster::builder().with_speed(f64::MIN_POSITIVE).build().is_ok(), "slow, but it is told");
}

#[test]
fn everything_can_be_handed_to_another_thread() {
    fn is_send<T: Send + std::fmt::Debug>() {}
    fn is_send_and_sync<T: Send + Sync + std::fmt::Debug>() {}
    is_send_and_sync::<Cluster>();
    is_send_and_sync::<tidegate_source_simulated::Progress>();
    is_send::<tidegate_source_simulated::Hurried<Box<dyn tidegate_detect::Detector>>>();
    is_send::<tidegate_source_simulated::ClusterBuilder>();
}
