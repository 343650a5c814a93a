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
    nodes: Nodes,
    watch: Watch,
    detector: ClusterConsensus,
    /// Sees how many samples and gaps there were.
    samples: usize,
    gaps: Vec<String>,
    is_open: bool,
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
        Self { cluster, nodes, watch, detector, samples: 0, gaps: Vec::new(), is_open: false }
    }

    /// What is found in so many seconds: `open: summary | cause`, `still: …` where that changes, or
    /// `closed`.
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
                found.extend(findings.into_iter().map(|finding| self.words(finding.condition)));
            }
        }
        found
    }

    fn words(&mut self, condition: Condition) -> String {
        let was_open = self.is_open;
        match condition {
            Condition::Met(symptom) => {
                self.is_open = true;
                format!("{}: {} | {}", if was_open { "still" } else { "open" }, symptom.summary, symptom.cause)
            }
            Condition::Cleared { .. } => {
                self.is_open = false;
                "closed".to_owned()
            }
            Condition::Unknown { why } => format!("unknown: {why}"),
        }
    }
}

fn count(found: &[String], start: &str) -> usize {
    found.iter().filter(|words| words.starts_with(start)).count()
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
async fn a_partition_of_a_minute_opens_once_by_its_cause_and_closes_once() {
    let mut scene = Scene::start(Cluster::builder().insecure().build()).await;
    assert_eq!(scene.run(120).await, Vec::<String>::new());
    let lonely = (1..=3).find(|node| !scene.cluster.leaders().contains(node)).expect("a follower");
    let others = [lonely % 3 + 1, (lonely + 1) % 3 + 1];
    scene.cluster.partition(&[&others, &[lonely]]);
    let mut found = scene.run(40).await;
    assert_eq!(count(&found, "open: "), 1, "{found:#?}");
    let cause = found[0].clone();
    found.extend(scene.run(20).await);
    scene.cluster.heal();
    found.extend(scene.run(90).await);
    assert_eq!(found.last().map(String::as_str), Some("closed"));
    found.extend(scene.run(600).await);
    assert_eq!((count(&found, "open: "), count(&found, "closed")), (1, 1), "{found:#?}");

    let urls = scene.nodes.urls();
    let name = |number: usize| urls[number - 1].trim_start_matches("http://").to_owned();
    let (lonely, mut others) = (name(lonely), others.map(name));
    others.sort();
    let [a, b] = others;
    let mut dead = [
        format!("Member {lonely} is dead, as {a} and {b} see it."),
        format!("Member {a} is dead, as {lonely} sees it."),
        format!("Member {b} is dead, as {lonely} sees it."),
    ];
    dead.sort();
    let expected = format!(
        "open: No consensus in cluster orders: some nodes see no leader | There is no leader, as {lonely} sees it. {} \
         Member {lonely} is in state Unknown, as {lonely} sees it. The views differ: one of {a} and {b}; one of {lonely}.",
        dead.join(" ")
    );
    assert_eq!(cause, expected);
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
