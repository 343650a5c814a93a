//! What is learned from round to round: how many there should be, and who is who.

use super::*;

const HEALTHY: &[&str] = &["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"];
const TWO: &[&str] = &["dead-node-removed.node1", "dead-node-removed.node2"];

#[test]
fn how_many_there_should_be_is_learned_from_three_clean_rounds_and_kept() {
    let mut play = Play::new(None);
    for round in 0..3 {
        assert_eq!(play.assembly.learned(), None, "round {round}");
        let _ = play.round(answers(HEALTHY));
    }
    assert_eq!(play.assembly.learned(), Some(3));
    let symptom = play.twice(|| answers(TWO)).expect("bad");
    assert_eq!(symptom.summary, "No consensus in cluster orders: a member is missing");
    for _ in 0..9 {
        let _ = play.round(answers(TWO));
    }
    assert_eq!(play.assembly.learned(), Some(3), "fewer never count");
}

/// The same three nodes, of a cluster to which two more followers were added.
fn five() -> Vec<Answer> {
    let mut all = answers(HEALTHY);
    for gossip in all.iter_mut().filter_map(|(_, answer)| answer.as_mut().ok()) {
        let follower = gossip.members.iter().find(|entry| entry.state == "Follower").cloned().expect("a follower");
        for number in [4, 5] {
            let client = crate::endpoint::Endpoint::new(&format!("node{number}.kdb.example.net"), 2113);
            let instance = format!("{number}{number}{number}");
            let internal = follower.internal.as_ref().map(|_| client.clone());
            gossip.members.push(super::super::wire::Entry { instance, internal, client, ..follower.clone() });
        }
    }
    all
}

#[test]
fn a_cluster_that_has_grown_is_well_and_then_should_be_as_large() {
    let mut play = Play::new(None);
    for _ in 0..3 {
        let _ = play.round(answers(HEALTHY));
    }
    for round in 0..3 {
        assert_eq!(play.assembly.learned(), Some(3), "round {round}");
        assert_eq!(play.round(five()), [], "round {round}");
    }
    assert_eq!(play.assembly.learned(), Some(5));
    let symptom = play.twice(|| answers(HEALTHY)).expect("bad");
    assert!(symptom.cause.contains("3 voting members instead of 5"), "{}", symptom.cause);
}

#[test]
fn while_it_grows_nobody_is_told_that_members_are_too_many() {
    let mut play = Play::new(None);
    for _ in 0..3 {
        let _ = play.round(answers(HEALTHY));
    }
    let half = || {
        let mut all = five();
        all[2] = answers(HEALTHY).remove(2);
        all
    };
    let symptom = play.twice(half).expect("bad");
    assert!(symptom.summary.ends_with("the views differ"), "{}", symptom.summary);
}

#[test]
fn a_single_node_to_which_two_were_added_need_not_lead() {
    let mut play = Play::new(None);
    let follower = || {
        let mut all = answers(HEALTHY);
        all.retain(|(node, _)| &**node == "node2.kdb.example.net:2113");
        all
    };
    let alone = || {
        let mut all = follower();
        let Ok(gossip) = &mut all[0].1 else { panic!("it answers") };
        gossip.members.retain(|entry| Some(&entry.client) == gossip.server.as_ref());
        gossip.members[0].state = "Leader".to_owned();
        all
    };
    for _ in 0..3 {
        assert_eq!(play.round(alone()), []);
    }
    assert_eq!(play.assembly.learned(), Some(1));
    for round in 0..3 {
        assert_eq!(play.round(follower()), [], "round {round}");
    }
    assert_eq!(play.assembly.learned(), Some(3));
}

#[test]
fn a_bad_round_between_begins_the_count_anew() {
    let mut play = Play::new(None);
    for files in [HEALTHY, HEALTHY, &["healthy-3.node1", "-", "healthy-3.node3"], HEALTHY, HEALTHY] {
        let _ = play.round(answers(files));
    }
    assert_eq!(play.assembly.learned(), None);
}

#[test]
fn replicas_do_not_count_and_what_is_configured_goes_before_what_is_learned() {
    let files =
        ["read-only-replica.node1", "read-only-replica.node2", "read-only-replica.node3", "read-only-replica.node4"];
    let mut play = Play::new(Some(5));
    for _ in 0..3 {
        let _ = play.round(answers(&files));
    }
    let Assembled { views, judgement, .. } = play.assembly.round(at(99), answers(&files));
    assert_eq!(views.expected, Some(5));
    assert!(judgement.cause().contains("3 voting members instead of 5"), "{}", judgement.cause());
}

#[test]
fn a_member_is_called_by_the_name_under_which_it_is_asked() {
    let mut assembly = Assembly::new(Resource::new(), None, None);
    let rename = |mut all: Vec<Answer>| {
        all[0].0 = "10.1.1.1:443".into();
        all[1].0 = "10.1.1.2:443".into();
        all
    };
    let Assembled { views, .. } = assembly.round(at(0), rename(answers(&["advertised.node1", "advertised.node2"])));
    let view = views.nodes[0].view.as_ref().expect("answers");
    assert_eq!(view.own.as_deref(), Some("10.1.1.1:443"));
    let mut names: Vec<&str> = view.members.iter().map(|member| &*member.node).collect();
    names.sort_unstable();
    assert_eq!(names, ["10.1.1.1:443", "10.1.1.2:443", "kdb-3.public.example.net:443"]);
    // The name stays where its node does not answer.
    let Assembled { views, .. } = assembly.round(at(30), rename(answers(&["-", "advertised.node2"])));
    let view = views.nodes[1].view.as_ref().expect("answers");
    assert!(view.members.iter().any(|member| &*member.node == "10.1.1.1:443"));
}

#[test]
fn members_behind_one_address_are_told_apart_by_their_internal_ones() {
    let mut all = answers(&["advertised.node1", "advertised.node2"]);
    for (_, answer) in &mut all {
        let Ok(gossip) = answer else { continue };
        let gateway = crate::endpoint::Endpoint::new("kdb.example.net", 443);
        gossip.server = Some(gateway.clone());
        for entry in &mut gossip.members {
            entry.client = gateway.clone();
        }
    }
    let mut assembly = Assembly::new(Resource::new(), None, None);
    let Assembled { views, judgement, .. } = assembly.round(at(0), all);
    assert!(!judgement.is_bad(), "{}", judgement.cause());
    let view = views.nodes[0].view.as_ref().expect("answers");
    let mut names: Vec<&str> = view.members.iter().map(|member| &*member.node).collect();
    names.sort_unstable();
    assert_eq!(names, ["10.20.0.11:2113", "10.20.0.12:2113", "10.20.0.13:2113"]);
}
