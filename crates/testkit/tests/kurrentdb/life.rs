//! What the cluster does by itself and under faults.

use std::time::Duration;

use chrono::TimeDelta;
use http::Request;
use http::header::AUTHORIZATION;
use tidegate_base::Random;
use tidegate_testkit::kurrentdb::{Cluster, Reply, State, Version, basic};

use crate::SECOND;
use crate::view::{PATIENCE, gossip, view};

const HEALTHY: &str = "1 Leader, 2 Follower, 3 Follower";

/// Advances until `is_so`, a tenth of a second at a time; how long that took.
#[track_caller]
fn until(cluster: &Cluster, most: Duration, is_so: impl Fn() -> bool) -> Duration {
    let begun = cluster.now();
    while !is_so() {
        let passed = (cluster.now() - begun).to_std().expect("forward");
        assert!(passed < most, "not within {most:?}: {cluster:?}");
        cluster.advance(Duration::from_millis(100));
    }
    (cluster.now() - begun).to_std().expect("forward")
}

fn agree(cluster: &Cluster, nodes: &[usize], wanted: &str) -> bool {
    nodes.iter().all(|node| view(cluster, *node) == wanted)
}

#[test]
fn what_is_healthy_stays_so_and_only_positions_and_stamps_move() {
    let cluster = Cluster::builder().with_replicas(1).build();
    let before = gossip(&cluster, 1).expect("an answer");
    for _ in 0..600 {
        cluster.advance(SECOND);
        assert!(agree(&cluster, &[1, 2, 3, 4], &format!("{HEALTHY}, 4 ReadOnlyReplica")));
    }
    let after = gossip(&cluster, 1).expect("an answer");
    let member = |gossip: &serde_json::Value, index: usize| gossip["members"][index].clone();
    for index in 0..4 {
        let (mut before, mut after) = (member(&before, index), member(&after, index));
        for moving in ["timeStamp", "lastCommitPosition", "writerCheckpoint", "chaserCheckpoint"] {
            assert_ne!(before[moving], after[moving], "{moving}");
            (before[moving], after[moving]) = (0.into(), 0.into());
        }
        assert_eq!(before, after);
    }
    assert_eq!(cluster.written(1), 118_951_690 + 600 * 4_090, "409 bytes each tenth of a second");
}

#[test]
fn the_same_seed_gives_the_same_course_and_another_one_another() {
    let course = |seed| {
        let cluster = Cluster::builder().with_random(Random::seeded(seed)).build();
        cluster.kill(1);
        cluster.advance(SECOND * 7);
        cluster.get(2, "/gossip").within(PATIENCE).expect("an answer").into_body()
    };
    assert_eq!(course(1), course(1));
    assert_ne!(course(1), course(2));
}

#[test]
fn a_killed_follower_is_dead_to_the_others_within_seconds_and_forgotten_after_half_an_hour() {
    let cluster = Cluster::builder().build();
    cluster.kill(3);
    let found = until(&cluster, SECOND * 10, || agree(&cluster, &[1, 2], "1 Leader, 2 Follower, 3 Follower dead"));
    assert!(found <= SECOND * 8, "{found:?}");
    cluster.advance(SECOND * 1_780);
    assert!(agree(&cluster, &[1, 2], "1 Leader, 2 Follower, 3 Follower dead"));
    cluster.advance(SECOND * 40);
    assert!(agree(&cluster, &[1, 2], "1 Leader, 2 Follower"));
    cluster.start(3);
    until(&cluster, SECOND * 15, || agree(&cluster, &[1, 2, 3], HEALTHY));
}

#[test]
fn who_is_forgotten_is_not_forgotten_everywhere_at_once() {
    let cluster = Cluster::builder().build();
    cluster.skew(2, TimeDelta::seconds(5));
    cluster.advance(SECOND * 10);
    cluster.kill(3);
    cluster.advance(SECOND * 1_785);
    let differs = |cluster: &Cluster| view(cluster, 1) != view(cluster, 2);
    let mut steps_apart = 0;
    for _ in 0..400 {
        cluster.advance(Duration::from_millis(100));
        steps_apart += u32::from(differs(&cluster));
    }
    assert!(steps_apart > 0 && !differs(&cluster), "{steps_apart}");
}

#[test]
fn a_killed_leader_is_replaced_and_the_others_are_unknown_meanwhile() {
    let cluster = Cluster::builder().build();
    cluster.kill(1);
    cluster.advance(Duration::from_millis(200));
    assert!(agree(&cluster, &[2, 3], "1 Leader dead, 2 Unknown, 3 Unknown") || view(&cluster, 2).contains("2 Unknown"));
    until(&cluster, SECOND * 3, || (2..=3).any(|node| cluster.state(node) == Some(State::PreLeader)));
    let winner = (2..=3).find(|node| cluster.state(*node) == Some(State::PreLeader)).expect("one");
    let other = 5 - winner;
    assert!(view(&cluster, other).contains(&format!("{winner} Leader")), "{}", view(&cluster, other));
    assert!(view(&cluster, winner).contains("1 Unknown dead"), "{}", view(&cluster, winner));
    until(&cluster, SECOND * 10, || {
        let mut members = ["1 Unknown dead".to_owned(), format!("{winner} Leader"), format!("{other} Follower")];
        members.sort();
        agree(&cluster, &[2, 3], &members.join(", "))
    });
    let epochs = gossip(&cluster, 2).expect("an answer")["members"].clone();
    let epoch = |host: usize| {
        let member =
            epochs.as_array().expect("members").iter().find(|member| {
                member["httpEndPointIp"].as_str().is_some_and(|ip| ip.starts_with(&format!("node{host}.")))
            });
        member.expect("the member")["epochNumber"].clone()
    };
    assert_eq!((epoch(1), epoch(2), epoch(3)), (12.into(), 13.into(), 13.into()));
}

#[test]
fn who_resigns_is_not_elected_again_at_once() {
    let cluster = Cluster::builder().build();
    cluster.elect();
    assert!(view(&cluster, 1).contains("1 ResigningLeader"), "{}", view(&cluster, 1));
    assert_eq!(view(&cluster, 3), HEALTHY, "it has not heard of it");
    let took = until(&cluster, SECOND * 4, || cluster.leaders().iter().any(|leader| *leader != 1));
    assert!(took >= SECOND, "{took:?}");
    until(&cluster, SECOND * 10, || (1..=3).all(|node| view(&cluster, node) == view(&cluster, 1)));
    assert_eq!(cluster.state(1), Some(State::Follower));
}

#[test]
fn without_a_quorum_nobody_leads() {
    let cluster = Cluster::builder().build();
    cluster.kill(2);
    cluster.kill(3);
    cluster.advance(SECOND * 4);
    assert_eq!(cluster.leaders(), [1], "it does not know it yet");
    cluster.advance(SECOND * 30);
    assert_eq!((cluster.leaders(), cluster.state(1)), (vec![], Some(State::Unknown)));
    cluster.start(2);
    until(&cluster, SECOND * 15, || cluster.leaders().len() == 1);
}

#[test]
fn a_follower_that_is_cut_off_sees_nobody_alive_and_comes_back() {
    let cluster = Cluster::builder().build();
    cluster.partition(&[&[1, 2], &[3]]);
    until(&cluster, SECOND * 20, || {
        agree(&cluster, &[1, 2], "1 Leader, 2 Follower, 3 Follower dead")
            && agree(&cluster, &[3], "1 Leader dead, 2 Follower dead, 3 Unknown")
    });
    cluster.advance(SECOND * 40);
    cluster.heal();
    let took = until(&cluster, SECOND * 15, || agree(&cluster, &[1, 2, 3], HEALTHY));
    assert!(took > Duration::ZERO);
}

#[test]
fn a_leader_that_is_cut_off_leads_on_beside_the_new_one_for_seconds() {
    let cluster = Cluster::builder().build();
    cluster.partition(&[&[1]]);
    until(&cluster, SECOND * 6, || cluster.leaders().len() == 2);
    assert!(view(&cluster, 1).contains("1 Leader, 2 Follower dead, 3 Follower dead"), "{}", view(&cluster, 1));
    until(&cluster, SECOND * 4, || cluster.state(1) == Some(State::Unknown));
    let (ahead, led) = (cluster.written(1), cluster.leaders()[0]);
    cluster.heal();
    until(&cluster, SECOND * 15, || cluster.state(1) == Some(State::Follower));
    assert!(cluster.leaders() == [led] && cluster.written(1) >= ahead.min(cluster.written(led) - 1_024));
}

#[test]
fn a_restarted_node_refuses_hangs_and_comes_back_as_another_instance() {
    let cluster = Cluster::builder().build();
    let instance = |node: usize| gossip(&cluster, node).map(|gossip| gossip["members"][1]["instanceId"].clone());
    let before = instance(2).expect("an answer");
    cluster.restart(2);
    assert!(view(&cluster, 2).contains("2 ShuttingDown"), "{}", view(&cluster, 2));
    cluster.advance(SECOND);
    assert!(cluster.get(2, "/gossip").is_refused());
    cluster.advance(SECOND);
    let Reply::Answer { after, response } = cluster.get(2, "/gossip") else { panic!("it is answered late") };
    assert!(after > SECOND * 10 && response.status() == 408);
    let with_credentials = Request::get("/gossip").header(AUTHORIZATION, basic("admin", "changeit"));
    let reply = cluster.ask(2, &with_credentials.body(bytes::Bytes::new()).expect("a request"));
    let response = reply.within(PATIENCE).expect("an answer");
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].as_bytes()), (503, &b"5"[..]));
    assert_eq!(cluster.get(2, "/health/live").within(PATIENCE).expect("an answer").status(), 503);
    until(&cluster, SECOND * 10, || agree(&cluster, &[1, 2, 3], HEALTHY));
    assert!(instance(1) == instance(2) && instance(1) == instance(3) && instance(1) != Some(before));
}

#[test]
fn a_node_that_is_far_behind_catches_up_first() {
    let cluster = Cluster::builder().build();
    cluster.kill(3);
    cluster.fall_behind(3, 118_000_000);
    cluster.advance(SECOND * 30);
    cluster.start(3);
    until(&cluster, SECOND * 10, || agree(&cluster, &[1, 2, 3], "1 Leader, 2 Follower, 3 CatchingUp"));
    until(&cluster, SECOND * 10, || agree(&cluster, &[1, 2, 3], HEALTHY));
}

#[test]
fn a_stalled_follower_falls_behind_and_says_that_it_follows() {
    let cluster = Cluster::builder().with_write_rate(1_000_000.0).build();
    cluster.stall(2);
    cluster.advance(SECOND * 60);
    assert!(agree(&cluster, &[1, 2, 3], HEALTHY));
    assert!(cluster.written(1) - cluster.written(2) > 50_000_000);
    assert!(cluster.written(1) - cluster.written(3) < 1_024);
    cluster.recover(2);
    cluster.advance(SECOND);
    assert!(cluster.written(1) - cluster.written(2) < 1_024);
}

#[test]
fn a_node_that_stands_still_is_dead_to_the_others_and_a_blocked_or_unavailable_one_is_not() {
    let cluster = Cluster::builder().build();
    cluster.hang(3);
    assert!(matches!(cluster.get(3, "/gossip"), Reply::Hangs));
    until(&cluster, SECOND * 10, || agree(&cluster, &[1, 2], "1 Leader, 2 Follower, 3 Follower dead"));
    cluster.recover(3);
    until(&cluster, SECOND * 10, || agree(&cluster, &[1, 2, 3], HEALTHY));

    cluster.block(2);
    cluster.unavailable(3);
    cluster.advance(SECOND * 30);
    assert_eq!(view(&cluster, 1), HEALTHY);
    assert!(cluster.get(2, "/gossip").within(PATIENCE).is_none());
    assert_eq!(cluster.get(2, "/info").within(PATIENCE).expect("an answer").status(), 200);
    assert_eq!(cluster.get(3, "/gossip").within(PATIENCE).expect("an answer").status(), 503);
}

#[test]
fn a_slow_node_is_dead_to_the_others_only_beyond_their_patience() {
    let cluster = Cluster::builder().build();
    cluster.slow(3, SECOND * 2);
    cluster.advance(SECOND * 30);
    assert_eq!(view(&cluster, 1), HEALTHY);
    assert!(cluster.get(3, "/gossip").within(SECOND).is_none());
    cluster.slow(3, SECOND * 3);
    cluster.advance(SECOND * 30);
    assert_eq!(view(&cluster, 2), "1 Leader, 2 Follower, 3 Follower dead");
}

#[test]
fn stamps_are_by_the_clock_of_who_says_it() {
    let cluster = Cluster::builder().build();
    cluster.skew(2, TimeDelta::minutes(-7));
    cluster.advance(SECOND * 20);
    let gossip = gossip(&cluster, 1).expect("an answer");
    let stamp = |index: usize| {
        let text = gossip["members"][index]["timeStamp"].as_str().expect("a date");
        chrono::DateTime::parse_from_rfc3339(text).expect("a date").to_utc()
    };
    assert!((cluster.now() - stamp(1) - TimeDelta::minutes(7)).abs() < TimeDelta::seconds(10));
    assert!((cluster.now() - stamp(2)).abs() < TimeDelta::seconds(10));
    assert_eq!(view(&cluster, 3), HEALTHY);
}

#[test]
fn a_cold_cluster_finds_itself_and_a_single_node_leads() {
    let three = Cluster::builder().cold().build();
    until(&three, SECOND * 15, || three.leaders().len() == 1);
    until(&three, SECOND * 15, || (1..=3).all(|node| view(&three, node) == view(&three, 1)));
    assert!(view(&three, 1).contains("Follower"));
    let one = Cluster::builder().with_nodes(1).cold().build();
    until(&one, SECOND * 10, || view(&one, 1) == "1 Leader");
}

#[test]
fn read_only_replicas_follow_and_wait_without_a_leader() {
    let cluster = Cluster::builder().with_replicas(1).build();
    cluster.kill(1);
    cluster.kill(2);
    until(&cluster, SECOND * 10, || view(&cluster, 4).contains("4 ReadOnlyLeaderless"));
    assert!(view(&cluster, 4).contains("1 Leader dead"), "{}", view(&cluster, 4));
    cluster.start(1);
    until(&cluster, SECOND * 30, || cluster.state(4) == Some(State::ReadOnlyReplica));
}

#[test]
fn a_rolling_upgrade_shows_both_versions() {
    let cluster = Cluster::builder().with_version(Version::V24_10).build();
    cluster.upgrade(3, Version::V26_1);
    cluster.restart(3);
    until(&cluster, SECOND * 15, || agree(&cluster, &[1, 2, 3], HEALTHY));
    let versions: Vec<_> = gossip(&cluster, 1).expect("an answer")["members"]
        .as_array()
        .expect("members")
        .iter()
        .map(|member| member["esVersion"].clone())
        .collect();
    assert_eq!(versions, ["26.1.0", "24.10.6", "24.10.6"]);
}

#[test]
fn another_cluster_answers_behind_a_wrong_address() {
    let (cluster, other) = (Cluster::builder().build(), Cluster::builder().with_random(Random::seeded(9)).build());
    cluster.divert(2, &other, 3);
    let (ours, theirs) = (gossip(&cluster, 1).expect("an answer"), gossip(&cluster, 2).expect("an answer"));
    assert_ne!(ours["members"][0]["instanceId"], theirs["members"][0]["instanceId"]);
    assert_eq!(theirs["serverIp"], "node3.kdb.example.net");
}

#[test]
fn seeds_from_dns_stay_beside_the_members_after_a_restart() {
    let cluster = Cluster::builder().with_dns_seeds(["10.20.0.11", "10.20.0.12"]).build();
    cluster.restart(2);
    until(&cluster, SECOND * 15, || agree(&cluster, &[1, 2, 3], HEALTHY));
    let members = gossip(&cluster, 2).expect("an answer")["members"].as_array().expect("members").len();
    assert_eq!(members, 5);
}
