//! The table of situations: what each of them means when it lasts, and that one that passes opens nothing.

use super::*;

const HEALTHY: &[&str] = &["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"];

/// The situation, how many voters are expected, what each node answers, the headline if it lasts (empty: all is well),
/// and what the cause says.
type Case = (&'static str, Option<u32>, &'static [&'static str], &'static str, &'static [&'static str]);

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("healthy", Some(3), HEALTHY, "", &[]),
    ("healthy 24.10", Some(3), &["v24.10-healthy-3.node1", "v24.10-healthy-3.node2", "v24.10-healthy-3.node3"], "", &[]),
    ("healthy 23.10", Some(3), &["v23.10-healthy-3.node1", "v23.10-healthy-3.node2", "v23.10-healthy-3.node3"], "", &[]),
    ("healthy 22.10", Some(3), &["v22.10-healthy-3.node1", "v22.10-healthy-3.node2", "v22.10-healthy-3.node3"], "", &[]),
    ("dead, noticed", Some(3), &["dead-node.node1", "dead-node.node2", "-"], "node node3.kdb.example.net:2113 could not be asked", &[
        "Node node3.kdb.example.net:2113 refuses the connection or is not reachable: connection refused.",
        "Member node3.kdb.example.net:2113 is dead, as every node that answered sees it.",
    ]),
    ("dead, just noticed by one", Some(3), &["dead-node-detecting.node1", "dead-node-detecting.node2", "-"], "node node3.kdb.example.net:2113 could not be asked", &[
        "Member node3.kdb.example.net:2113 is dead, as node1.kdb.example.net:2113 sees it.",
        "The views differ: one of node1.kdb.example.net:2113; one of node2.kdb.example.net:2113.",
    ]),
    ("dead and removed, still asked", None, &["dead-node-removed.node1", "dead-node-removed.node2", "-"], "node node3.kdb.example.net:2113 could not be asked", &["connection refused"]),
    ("dead and removed, size known", Some(3), &["dead-node-removed.node1", "dead-node-removed.node2"], "a member is missing", &["2 voting members instead of 3"]),
    ("split brain", Some(3), &["split-brain.node1", "split-brain.node2", "split-brain.node3"], "two leaders", &[
        "The cluster has two leaders: node1.kdb.example.net:2113, as node1.kdb.example.net:2113 and node2.kdb.example.net:2113 see it; \
         and node3.kdb.example.net:2113, as node3.kdb.example.net:2113 sees it.",
        "node1.kdb.example.net:2113 has epoch 12 (8e1b6a52 at 118402311) as node3.kdb.example.net:2113 sees it, \
         13 (c2d95f4b at 118951002) as node1.kdb.example.net:2113 and node2.kdb.example.net:2113 see it.",
    ]),
    ("split brain in one view", None, &["-", "split-brain-one-view.node2", "-"], "two leaders", &["node1.kdb.example.net:2113, as node2.kdb.example.net:2113 sees it; and node3.kdb.example.net:2113"]),
    ("partition", Some(3), &["partition.node1", "partition.node2", "partition.node3"], "some nodes see no leader", &[
        "There is no leader, as node3.kdb.example.net:2113 sees it.",
        "Member node3.kdb.example.net:2113 is dead, as node1.kdb.example.net:2113 and node2.kdb.example.net:2113 see it.",
        "Member node1.kdb.example.net:2113 is dead, as node3.kdb.example.net:2113 sees it.",
    ]),
    ("election", Some(3), &["-", "election.node2", "election.node3"], "no leader", &[
        "There is no leader, as every node that answered sees it.",
        "Member node2.kdb.example.net:2113 is in state Unknown, as every node that answered sees it.",
    ]),
    ("election done", Some(3), &["-", "election-done.node2", "election-done.node3"], "some nodes see no leader", &["Member node2.kdb.example.net:2113 is in state PreLeader, as node2.kdb.example.net:2113 sees it."]),
    ("leader resigning", Some(3), &["resigning-leader.node1", "resigning-leader.node2", "resigning-leader.node3"], "some nodes see no leader", &[
        "Member node1.kdb.example.net:2113 is in state ResigningLeader, as node1.kdb.example.net:2113 and node2.kdb.example.net:2113 see it.",
    ]),
    ("catching up", Some(3), &["catching-up.node1", "catching-up.node2", "catching-up.node3"], "", &[]),
    ("restarting", Some(3), &["healthy-3.node1", "healthy-3.node2", "-"], "node node3.kdb.example.net:2113 could not be asked", &["connection refused"]),
    ("knows only seeds", Some(3), &["healthy-3.node1", "healthy-3.node2", "starting-placeholders.node3"], "some nodes see no leader", &[
        "Node node3.kdb.example.net:2113 knows only seeds",
        "Member node3.kdb.example.net:2113 is in state Initializing, as node3.kdb.example.net:2113 sees it.",
    ]),
    ("knows only seeds, 23.10", Some(3), &["v23.10-healthy-3.node1", "v23.10-healthy-3.node2", "v23.10-starting-placeholders.node3"], "some nodes see no leader", &["knows only seeds"]),
    ("first start, empty", Some(3), &["starting-empty-db.node1", "-", "-"], "no leader", &["Node node1.kdb.example.net:2113 knows only seeds", "is in state Unknown"]),
    ("lingering placeholders", Some(3), &["lingering-placeholders.node1", "lingering-placeholders.node2", "lingering-placeholders.node3"], "", &[]),
    ("restarted, new instance", Some(3), &["restarted-new-instance.node1", "restarted-new-instance.node2", "restarted-new-instance.node3"], "member node2.kdb.example.net:2113 is dead", &[
        "node2.kdb.example.net:2113 has instance b4c6d2a8 as node3.kdb.example.net:2113 sees it, \
         e0f2b1a4 as node1.kdb.example.net:2113 and node2.kdb.example.net:2113 see it.",
    ]),
    ("read-only replica", Some(3), &["read-only-replica.node1", "read-only-replica.node2", "read-only-replica.node3", "read-only-replica.node4"], "", &[]),
    ("read-only without leader", Some(3), &["-", "election.node2", "election.node3", "read-only-leaderless.node4"], "no leader", &["Member node4.kdb.example.net:2113 is in state ReadOnlyLeaderless"]),
    ("upgrade", Some(3), &["mixed-versions.node1", "mixed-versions.node2", "mixed-versions.node3"], "", &[]),
    ("upgrade, a node down", Some(3), &["mixed-versions.node1", "mixed-versions.node2", "-"], "node node3.kdb.example.net:2113 could not be asked", &[
        "Several versions run, as during an upgrade: 25.1.4 on node1.kdb.example.net:2113; 26.1.0 on node2.kdb.example.net:2113 and node3.kdb.example.net:2113.",
    ]),
    ("upgrade, one knows no versions", Some(3), &["mixed-versions-old-peer.node1", "healthy-3.node2", "healthy-3.node3"], "", &[]),
    ("stale epoch", Some(3), &["healthy-3.node1", "healthy-3.node2", "stale-epoch.node3"], "the views differ", &[
        "node3.kdb.example.net:2113 has epoch 11 (5ab3f9d1 at 117000544) as node3.kdb.example.net:2113 sees it, 12 (8e1b6a52 at 118402311) as",
    ]),
    ("single", None, &["single-node.node1"], "", &[]),
    ("single, size known", Some(1), &["single-node.node1"], "", &[]),
    ("single, down", Some(1), &["-"], "node node1.kdb.example.net:2113 could not be asked", &["connection refused"]),
    ("single, not leading", None, &["starting-empty-db.node1"], "node node1.kdb.example.net:2113 does not lead", &["its state is Unknown"]),
    ("another cluster", Some(3), &["healthy-3.node1", "wrong-cluster.node2", "healthy-3.node3"], "node node2.kdb.example.net:2113 is of another cluster", &[
        "Node node2.kdb.example.net:2113 answers for another cluster: it sees the members stage3.kdb.example.net:2113, \
         stage2.kdb.example.net:2113, stage1.kdb.example.net:2113 with leader stage3.kdb.example.net:2113, \
         and shares none with the other nodes.",
    ]),
    ("advertised", Some(3), &["advertised.node1", "advertised.node2"], "", &[]),
    ("ports of one machine", Some(3), &["dev-cluster-ports.node1"], "", &[]),
];

#[test]
fn each_situation_that_lasts_has_its_verdict_and_its_cause() {
    for (name, expected, files, headline, causes) in CASES {
        let symptom = Play::new(*expected).twice(|| answers(files));
        let summary = symptom.as_ref().map(|symptom| symptom.summary.as_str());
        let right = (!headline.is_empty()).then(|| format!("No consensus in cluster orders: {headline}"));
        assert_eq!(summary, right.as_deref(), "{name}: {symptom:?}");
        let cause = symptom.map(|symptom| symptom.cause).unwrap_or_default();
        for part in *causes {
            assert!(cause.contains(part), "{name}: {cause}");
        }
        // Whose own entry is found is told by the address that clients know, whatever the URL.
        assert!(!cause.contains("is not among the members"), "{name}: {cause}");
    }
}

#[test]
fn each_situation_that_passes_opens_nothing_and_one_that_was_open_closes() {
    let three = CASES.iter().filter(|(_, expected, files, ..)| *expected == Some(3) && files.len() == 3);
    for (name, expected, files, headline, _) in three {
        let mut play = Play::new(*expected);
        assert_eq!(play.round(answers(HEALTHY)), [], "{name}");
        assert_eq!(play.round(answers(files)), [], "{name}");
        assert_eq!(play.round(answers(HEALTHY)), [], "{name} has passed");
        if !headline.is_empty() {
            let _ = play.round(answers(files));
            assert_eq!(play.round(answers(files)).len(), 1, "{name} lasts");
            let closed = play.round(answers(HEALTHY));
            assert!(matches!(closed[0].condition, Condition::Cleared { .. }), "{name}: {closed:?}");
        }
    }
}

#[test]
fn every_fixture_is_in_the_table() {
    let folder = format!("{}/tests/fixtures/gossip", env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(folder).expect("the fixtures") {
        let name = entry.expect("a file").file_name().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".json").expect("JSON");
        assert!(CASES.iter().any(|(_, _, files, ..)| files.contains(&stem)), "{stem}");
    }
}

#[test]
fn evidence_tells_who_sees_whom_as_what() {
    let files = ["split-brain.node1", "split-brain.node2", "split-brain.node3"];
    let evidence = Play::new(Some(3)).twice(|| answers(&files)).expect("bad").evidence;
    let words: Vec<&str> = evidence.iter().map(|reading| &*reading.name).collect();
    let node = |number: u32| format!("node{number}.kdb.example.net:2113");
    let (one, two, three) = (node(1), node(2), node(3));
    for line in [
        format!("{one} and {two} see {one} as Leader, {two} as Follower, {three} as Leader (dead)"),
        format!("{three} sees {one} as Follower (dead), {two} as Follower (dead), {three} as Leader"),
    ] {
        assert!(words.contains(&&*line), "{words:#?}");
    }
}

#[test]
fn how_far_a_member_has_written_is_told_where_it_is_known() {
    let mut assembly = Assembly::new(Resource::new(), None, None);
    let Assembled { views, .. } = assembly.round(at(0), answers(&["catching-up.node1", "starting-empty-db.node1"]));
    let written = |number: usize, node: &str| {
        let view = views.nodes[number].view.as_ref().expect("answers");
        view.members.iter().find(|member| member.node.starts_with(node)).expect("a member").written
    };
    assert_eq!(written(0, "node3"), Some(61_301_020));
    assert_eq!(written(1, "node1"), Some(0));
}
