//! What the standard detectors and the ledger make of the story.

use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt;
use tidegate_base::{Clock, Random};
use tidegate_detect::Detector;
use tidegate_event::Resource;
use tidegate_source::Source;

mod common;
use common::{EXPECTED, cluster, play, start};

#[tokio::test(start_paused = true)]
async fn the_same_issues_open_and_close_at_every_speed_and_with_every_seed() {
    for speed in [0.5, 1.0, 7.3, 24.0, 60.0, 250.0, 1_000.0] {
        for seed in 0..40 {
            let (cluster, clock) = cluster(|one| one.with_speed(speed).with_random(Random::seeded(seed)));
            let told = play(&cluster, clock, None).await;
            assert_eq!(told.news(), EXPECTED, "speed {speed}, seed {seed}");
            assert_eq!((told.open, told.notifications.len()), (0, 1), "speed {speed}, seed {seed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn issues_are_of_the_nodes_of_the_story() {
    let (cluster, clock) = cluster(|one| one.with_cluster("orders"));
    let told = play(&cluster, clock, None).await;
    let mut places: Vec<String> =
        told.issues.iter().map(|issue| format!("{}: {}", issue.key.kind(), issue.key.resource())).collect();
    places.sort_unstable();
    places.dedup();
    let expected = [
        "cluster-consensus: cluster orders",
        "core-load: node 10.0.0.1:2113 of cluster orders",
        "disk-usage: /var/lib/kurrentdb on node 10.0.0.2:2113 of cluster orders",
        "memory-usage: node 10.0.0.3:2113 of cluster orders",
    ];
    assert_eq!(places, expected);
    let resources = cluster.resources();
    let named = |resource: &Resource| resources.iter().any(|name| name.covers(resource));
    assert!(told.issues.iter().all(|issue| named(issue.key.resource())), "{resources:?}");
}

#[tokio::test(start_paused = true)]
async fn each_opens_and_closes_when_the_front_page_says() {
    let (cluster, clock) = cluster(|one| one);
    let told = play(&cluster, clock, None).await;
    let table = [
        ("core-load warning", 100.0),
        ("disk-usage warning", 300.0),
        ("memory-usage warning", 340.0),
        ("disk-usage critical", 420.0),
        ("core-load closed", 540.0),
        ("disk-usage closed", 600.0),
        ("cluster-consensus critical", 696.0),
        ("cluster-consensus closed", 780.0),
        ("memory-usage closed", 820.0),
    ];
    for (words, expected) in table {
        let second = told.seconds(&cluster, words);
        assert!((second - expected).abs() < 0.1, "{words} at {second} s, not at {expected} s");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_found_is_stamped_with_our_time() {
    let (cluster, clock) = cluster(|one| one);
    let told = play(&cluster, clock, None).await;
    let end = start() + TimeDelta::from_std(cluster.duration()).expect("short");
    assert_eq!(cluster.duration(), Duration::from_millis(37_500));
    for issue in &told.issues {
        assert!(start() <= issue.opened_at && issue.opened_at <= issue.at && issue.at <= end, "{issue:?}");
    }
    let times: Vec<_> = told.issues.iter().map(|issue| issue.at).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_program_that_is_held_up_tells_the_same_story() {
    for long in [Duration::from_millis(4_200), Duration::from_hours(1)] {
        for after in 1..37 {
            let (cluster, clock) = cluster(|one| one);
            let told = play(&cluster, clock, Some((after, long))).await;
            assert_eq!(told.news(), EXPECTED, "held up for {long:?} after {after} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_hurry_it_is_over_before_anything_is_consistent() {
    let (cluster, clock) = cluster(|one| one);
    let mut detector = tidegate_detect::Threshold::disk_usage().build().expect("valid");
    let mut intakes = cluster.open(None).await.expect("it opens");
    let mut findings = Vec::new();
    while let Some(intake) = intakes.next().await {
        for signal in intake.expect("it never fails").signals {
            detector.observe(&signal, &mut findings);
        }
        detector.tick(clock.now(), &mut findings);
    }
    assert_eq!(findings, [], "2 minutes of ours never passed");
}

#[tokio::test(start_paused = true)]
async fn people_read_sentences_with_plausible_figures() {
    let (cluster, clock) = cluster(|one| one);
    let told = play(&cluster, clock, None).await;
    let issues = told.issues.iter().map(|issue| format!("{} {}", issue.summary, issue.cause));
    let notifications = told.notifications.iter().map(|one| format!("{} {}", one.severity, one.message));
    let read: Vec<String> = issues.chain(notifications).collect();
    let expected = [
        "Load over 2.0 a core on node 10.0.0.1:2113 of cluster simulated Load 8.08 on 4 physical cores (2.02 a core, \
         limit 2.0) on node 10.0.0.1:2113 of cluster simulated.",
        "Disk over 80 % full at /var/lib/kurrentdb on node 10.0.0.2:2113 of cluster simulated 426.1 GiB of 500.0 GiB \
         used (85.2 %, limit 80 %) at /var/lib/kurrentdb on node 10.0.0.2:2113 of cluster simulated.",
        "Memory over 90 % used on node 10.0.0.3:2113 of cluster simulated 14.4 GiB of 16.0 GiB used (90.1 %, limit \
         90 %) on node 10.0.0.3:2113 of cluster simulated.",
        "Disk at least 90 % full at /var/lib/kurrentdb on node 10.0.0.2:2113 of cluster simulated 451.3 GiB of 500.0 \
         GiB used (90.3 %, limit 80 %, critical from 90 %) at /var/lib/kurrentdb on node 10.0.0.2:2113 of cluster \
         simulated.",
        "Load over 2.0 a core on node 10.0.0.1:2113 of cluster simulated Load 2.26 on 4 physical cores (0.6 a core, \
         limit 2.0) on node 10.0.0.1:2113 of cluster simulated. Below 2.0 for 5 min.",
        "Disk at least 90 % full at /var/lib/kurrentdb on node 10.0.0.2:2113 of cluster simulated 356.5 GiB of 500.0 \
         GiB used (71.3 %, limit 80 %) at /var/lib/kurrentdb on node 10.0.0.2:2113 of cluster simulated.",
        "No consensus in cluster simulated: some nodes see no leader There is no leader, as 10.0.0.3:2113 sees it. \
         Member 10.0.0.1:2113 is dead, as 10.0.0.3:2113 sees it. Member 10.0.0.2:2113 is dead, as 10.0.0.3:2113 sees \
         it. Member 10.0.0.3:2113 is dead, as 10.0.0.1:2113 and 10.0.0.2:2113 see it. Member 10.0.0.3:2113 is in \
         state Unknown, as 10.0.0.3:2113 sees it. The views differ: one of 10.0.0.1:2113 and 10.0.0.2:2113; one of \
         10.0.0.3:2113.",
        "No consensus in cluster simulated: some nodes see no leader All 3 nodes answered with the same view; the \
         leader is 10.0.0.1:2113. 10.0.0.3:2113 is catching up, which may take hours and is no fault.",
        "Memory over 90 % used on node 10.0.0.3:2113 of cluster simulated 11.7 GiB of 16.0 GiB used (73.3 %, limit \
         90 %) on node 10.0.0.3:2113 of cluster simulated. Below 90 % for 5 min.",
        "error Cluster volumes failed to provision: the volume of 10.0.0.2:2113 stays at 500 GiB, as none of 1 TiB is \
         to be had in its zone.",
    ];
    assert_eq!(read, expected);
}
