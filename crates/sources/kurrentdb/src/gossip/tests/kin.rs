//! Which answers are of one cluster.

use super::*;

/// The answers, with each `from` in them replaced.
fn with(files: &[&str], changes: &[(&str, &str)]) -> Vec<Answer> {
    let mut all = answers(files);
    for (file, (_, answer)) in files.iter().zip(&mut all).filter(|(file, _)| **file != "-") {
        let text = String::from_utf8(body(file)).expect("UTF-8");
        let text = changes.iter().fold(text, |text, (from, to)| text.replace(from, to));
        *answer = Ok(Gossip::parse(text.as_bytes()).expect("a view"));
    }
    all
}

fn foreign(symptom: Option<&Symptom>) -> Vec<String> {
    let cause = symptom.map(|symptom| symptom.cause.clone()).unwrap_or_default();
    let marks = cause.split(" answers for another cluster").map(|text| text.rsplit("Node ").next().unwrap_or(""));
    let marks: Vec<String> = marks.map(str::to_owned).collect();
    marks[..marks.len() - 1].to_vec()
}

const STRANGE: &str = "node2.kdb.example.net:2113";

#[test]
fn the_cluster_that_was_known_is_ours_even_where_most_answer_for_another() {
    let files = ["healthy-3.node1", "wrong-cluster.node2", "wrong-cluster.node2"];
    let mut fresh = Play::new(Some(3));
    let symptom = fresh.twice(|| answers(&files));
    assert_eq!(foreign(symptom.as_ref()), ["node1.kdb.example.net:2113"], "the most nodes, as nothing is known");
    let mut play = Play::new(Some(3));
    let _ = play.round(answers(&["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"]));
    let symptom = play.twice(|| answers(&files));
    assert_eq!(foreign(symptom.as_ref()), [STRANGE, "node3.kdb.example.net:2113"]);
}

#[test]
fn a_cluster_that_was_set_up_anew_is_taken_for_ours() {
    let mut play = Play::new(None);
    let _ = play.round(answers(&["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"]));
    let anew = || answers(&["wrong-cluster.node2"]);
    assert_eq!(foreign(play.twice(anew).as_ref()), Vec::<String>::new());
}

#[test]
fn the_halves_of_a_cluster_that_lost_each_other_long_ago_are_one_cluster_while_it_is_remembered() {
    let mut play = Play::new(Some(3));
    let _ = play.round(answers(&["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"]));
    // Half an hour later neither half lists the other's nodes, and each has a leader of its own reign.
    let halves = || {
        let mut all = answers(&["split-brain.node1", "split-brain.node2", "split-brain.node3"]);
        for (number, (_, answer)) in all.iter_mut().enumerate() {
            let third = |client: &str| client.starts_with("node3");
            let Ok(gossip) = answer else { continue };
            gossip.members.retain(|entry| third(entry.client.host()) == (number == 2));
        }
        all
    };
    let symptom = play.twice(halves).expect("bad");
    assert_eq!(foreign(Some(&symptom)), Vec::<String>::new());
    assert!(symptom.summary.ends_with("two leaders"), "{}", symptom.summary);
}

#[test]
fn a_reign_of_the_same_number_that_began_elsewhere_is_of_another_cluster() {
    let reign = ("\"epochNumber\": 4", "\"epochNumber\": 12");
    // Still looking for a leader: only the reign tells.
    let looking = ("\"state\": \"Leader\"", "\"state\": \"Unknown\"");
    let strange = |changes: &'static [(&'static str, &'static str)]| {
        move || {
            let mut all = answers(&["healthy-3.node1", "-", "healthy-3.node3"]);
            all[1].1 = with(&["wrong-cluster.node2"], changes).remove(0).1;
            all
        }
    };
    let both: &'static [_] = Box::leak(Box::new([reign, looking]));
    assert_eq!(foreign(Play::new(None).twice(strange(both)).as_ref()), [STRANGE]);
    let unknown: &'static [_] = Box::leak(Box::new([looking]));
    assert_eq!(foreign(Play::new(None).twice(strange(unknown)).as_ref()), Vec::<String>::new(), "nobody can tell");
}

#[test]
fn a_node_that_starts_on_an_old_reign_is_of_the_cluster() {
    // A new process, which no other member lists yet, with the reign from before it went down.
    let starting = [("d19e7b54", "aaaaaaaa")];
    let mut play = Play::new(Some(3));
    let _ = play.round(answers(&["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"]));
    let anew = || {
        let mut all = answers(&["split-brain.node1", "split-brain.node2", "-"]);
        all[2].1 = with(&["starting-placeholders.node3"], &starting).remove(0).1;
        all
    };
    assert_eq!(foreign(play.twice(anew).as_ref()), Vec::<String>::new());
}

const ALL: [&str; 3] = ["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"];
/// The second answers for another cluster; the others, for ours or not at all.
const BESIDE: [&str; 3] = ["healthy-3.node1", "wrong-cluster.node2", "healthy-3.node3"];
const ONLY: [&str; 3] = ["-", "wrong-cluster.node2", "-"];

/// Who answers for another cluster in a round of such answers.
fn marked(play: &mut Play, answers: Vec<Answer>) -> Vec<String> {
    let Assembled { views, .. } = play.assembly.round(at(0), answers);
    let is_foreign =
        |view: &Result<_, ViewError>| matches!(view, Err(error) if error.kind == ViewErrorKind::ForeignCluster);
    views.nodes.iter().filter(|node| is_foreign(&node.view)).map(|node| node.node.to_string()).collect()
}

#[test]
fn a_stranger_does_not_become_ours_while_ours_is_silent() {
    for beside in [ALL, BESIDE] {
        let mut play = Play::new(Some(3));
        let _ = marked(&mut play, answers(&beside));
        for round in 1..5 {
            assert_eq!(marked(&mut play, answers(&ONLY)), [STRANGE], "{round}");
        }
        assert_eq!(marked(&mut play, answers(&BESIDE)), [STRANGE], "ours is ours");
        assert_eq!(marked(&mut play, answers(&ALL)), Vec::<String>::new());
    }
}

#[test]
fn a_node_that_was_a_stranger_beside_ours_stays_one_however_long_ours_is_silent() {
    for first in [ALL, BESIDE] {
        let mut play = Play::new(Some(3));
        let _ = marked(&mut play, answers(&first));
        let _ = marked(&mut play, answers(if first == ALL { &BESIDE } else { &ALL }));
        for round in 0..50 {
            assert_eq!(marked(&mut play, answers(&ONLY)), [STRANGE], "{round}");
            assert_eq!(marked(&mut play, answers(&["-", "-", "-"])), Vec::<String>::new(), "{round}");
        }
        assert_eq!(marked(&mut play, answers(&BESIDE)), [STRANGE]);
    }
}

#[test]
fn a_cluster_that_was_set_up_anew_is_ours_after_five_rounds_where_not_all_of_it_answers() {
    let mut play = Play::new(Some(3));
    let _ = marked(&mut play, answers(&ALL));
    for round in 1..5 {
        assert_eq!(marked(&mut play, answers(&ONLY)), [STRANGE], "{round}");
    }
    assert_eq!(marked(&mut play, answers(&ONLY)), Vec::<String>::new());
    assert_eq!(marked(&mut play, answers(&BESIDE)).len(), 2, "the old one is the stranger now");
}

#[test]
fn what_has_no_leader_or_no_reign_never_becomes_ours() {
    let looking: &[(&str, &str)] = &[("\"state\": \"Leader\"", "\"state\": \"Unknown\"")];
    let mut play = Play::new(Some(3));
    let _ = marked(&mut play, answers(&ALL));
    for _ in 0..9 {
        let _ = marked(&mut play, with(&["wrong-cluster.node2"], looking));
    }
    assert_eq!(marked(&mut play, answers(&BESIDE)), [STRANGE]);
    // Nor is it what a cluster is known by at first.
    let mut play = Play::new(Some(3));
    let _ = marked(&mut play, with(&["wrong-cluster.node2"], looking));
    assert_eq!(marked(&mut play, answers(&BESIDE)), [STRANGE]);
}
