//! The source, the real detector and a simulated cluster over sockets, in one scripted time.

mod common;

use std::time::Duration;

use common::{Watch, seconds};
use tidegate_base::{Random, Secret};
use tidegate_detect::{ClusterConsensus, Condition, Detector};
use tidegate_event::{Event, Signal};
use tidegate_source_kurrentdb::KurrentDb;
use tidegate_testkit::kurrentdb::{Cluster, Nodes};
use tokio::time::{Instant, sleep, timeout_at};

/// A cluster whose time is tokio's, and who watches it.
struct Scene {
    cluster: Cluster,
    _nodes: Nodes,
    watch: Watch,
    detector: ClusterConsensus,
    /// Sees how many samples and gaps there were.
    samples: usize,
    gaps: Vec<String>,
}

impl Scene {
    async fn start(cluster: Cluster) -> Self {
        let nodes = cluster.serve().await.expect("ports");
        let steps = cluster.clone();
        tokio::spawn(async move {
            loop {
                sleep(Duration::from_millis(100)).await;
                steps.advance(Duration::from_millis(100));
            }
        });
        let source = KurrentDb::builder("orders")
            .with_nodes(nodes.urls())
            .with_credentials("ops", Secret::literal("changeit"))
            .with_physical_cores(4)
            .with_physical_memory(64 << 30)
            .with_clock(cluster.clock())
            .build()
            .expect("a source");
        let watch = Watch::open(&source, None).await;
        let detector = ClusterConsensus::builder().build().expect("valid");
        Self { cluster, _nodes: nodes, watch, detector, samples: 0, gaps: Vec::new() }
    }

    /// What is found in so many seconds: `open: summary`, `cause: …` or `closed`.
    async fn run(&mut self, time: u64) -> Vec<String> {
        let end = Instant::now() + seconds(time);
        let mut found = Vec::new();
        while let Ok(intake) = timeout_at(end, self.watch.intake()).await {
            for signal in intake.signals {
                match &signal {
                    Signal::Event(Event::Metric(_)) => self.samples += 1,
                    Signal::Gap { why, .. } => self.gaps.push(why.clone()),
                    _ => {}
                }
                let mut findings = Vec::new();
                self.detector.observe(&signal, &mut findings);
                found.extend(findings.into_iter().map(|finding| match finding.condition {
                    Condition::Met(symptom) => format!("open: {} | {}", symptom.summary, symptom.cause),
                    Condition::Cleared { .. } => "closed".to_owned(),
                    Condition::Unknown { why } => format!("unknown: {why}"),
                }));
            }
        }
        found
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_well_opens_nothing_for_an_hour_and_is_measured() {
    let mut scene = Scene::start(Cluster::builder().insecure().build()).await;
    assert_eq!(scene.run(3_600).await, Vec::<String>::new());
    assert_eq!(scene.gaps, Vec::<String>::new());
    assert!(scene.samples > 3 * 240 * 10, "{}", scene.samples);
}

#[tokio::test(start_paused = true)]
async fn elections_and_catching_up_pass_without_an_alarm() {
    let mut scene = Scene::start(Cluster::builder().insecure().build()).await;
    for round in 0..20 {
        assert_eq!(scene.run(41).await, Vec::<String>::new(), "{round}");
        scene.cluster.elect();
    }
    scene.cluster.fall_behind(3, 64 << 20);
    assert_eq!(scene.run(300).await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_lasts_opens_within_forty_seconds_and_closes_when_it_is_over() {
    let mut scene = Scene::start(Cluster::builder().insecure().build()).await;
    assert_eq!(scene.run(120).await, Vec::<String>::new());

    scene.cluster.kill(2);
    let found = scene.run(40).await;
    assert!(
        found.first().is_some_and(|first| first.contains("could not be asked") || first.contains("leader")),
        "{found:?}"
    );
    assert!(found.concat().contains("is dead"), "{found:?}");
    scene.cluster.start(2);
    assert_eq!(scene.run(90).await.last().map(String::as_str), Some("closed"));

    let lonely = (1..=3).find(|node| !scene.cluster.leaders().contains(node)).expect("a follower");
    let others: Vec<usize> = (1..=3).filter(|node| *node != lonely).collect();
    scene.cluster.partition(&[&others, &[lonely]]);
    let found = scene.run(40).await;
    assert!(
        found.first().is_some_and(|first| first.contains("There is no leader") || first.contains("is dead")),
        "{found:?}"
    );
    scene.cluster.heal();
    assert_eq!(scene.run(90).await.last().map(String::as_str), Some("closed"));

    scene.cluster.hang(3);
    let found = scene.run(40).await;
    assert!(found.concat().contains("no complete answer within 5 s"), "{found:?}");
    scene.cluster.recover(3);
    assert_eq!(scene.run(90).await.last().map(String::as_str), Some("closed"));

    scene.gaps.clear();
    scene.cluster.unavailable(1);
    let found = scene.run(40).await;
    assert!(found.concat().contains("answers that it is not available: 503"), "{found:?}");
    assert!(scene.gaps.iter().any(|why| why.starts_with("/metrics answers 503")), "{:?}", scene.gaps);
}

#[tokio::test(start_paused = true)]
async fn a_node_of_another_cluster_is_told_so() {
    let other = Cluster::builder().insecure().with_random(Random::seeded(7)).build();
    let mut scene = Scene::start(Cluster::builder().insecure().build()).await;
    assert_eq!(scene.run(60).await, Vec::<String>::new());
    scene.cluster.divert(2, &other, 2);
    let found = scene.run(40).await;
    assert!(found.concat().contains("answers for another cluster"), "{found:?}");
}
