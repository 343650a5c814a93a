//! Which round is bad, and what is said of it.

use super::*;

/// Expected voters, answers, and the summary's end with the cause; empty: all is well.
type Case = (Option<u32>, Vec<NodeView>, &'static str, &'static str);

fn check(cases: Vec<Case>) {
    for (expected, nodes, headline, cause) in cases {
        let symptom = judge(expected, &nodes);
        let Some(symptom) = symptom else {
            assert_eq!("", cause, "all is well");
            continue;
        };
        assert_eq!(symptom.cause, cause);
        assert_eq!(symptom.summary, format!("No consensus in cluster orders: {headline}"));
        assert_eq!(symptom.severity, Severity::Critical);
    }
}

#[test]
fn a_cluster_that_agrees_is_well() {
    let replica = ["a Leader", "b Follower", "c Follower", "d ReadOnlyReplica"];
    let four = ["a", "b", "c", "d"].map(|node| sees(node, 1, &replica)).to_vec();
    check(vec![
        (None, healthy(), "", ""),
        (Some(3), healthy(), "", ""),
        (Some(3), agree(&["c Follower", "b Follower", "a Leader"]), "", ""),
        (Some(3), four, "", ""),
        (Some(3), agree(&["a Leader", "b Follower", "c CatchingUp"]), "", ""),
        (Some(3), agree(&["a Leader", "b Follower", "c Clone"]), "", ""),
        (Some(3), Vec::new(), "", ""),
    ]);
}

#[test]
fn leaders_too_many_or_none() {
    let split = vec![
        sees("a", 1, &["a Leader", "b -Follower", "c -Follower"]),
        sees("b", 2, &["a -Leader", "b Leader", "c Follower"]),
        sees("c", 2, &["a -Leader", "b Leader", "c Follower"]),
    ];
    let minority =
        vec![sees("a", 1, &THREE), sees("b", 1, &THREE), sees("c", 2, &["a -Leader", "b -Follower", "c Unknown"])];
    check(vec![
        (
            Some(3),
            split,
            "two leaders",
            "The cluster has two leaders: a, as a sees it; and b, as b and c see it. \
             Member a is dead, as b and c see it. Member b is dead, as a sees it. Member c is dead, as a sees it. \
             The views differ: one of b and c; one of a.",
        ),
        (
            None,
            agree(&["a Leader", "b Leader", "c Follower"]),
            "two leaders",
            "The cluster has two leaders: a, as every node that answered sees it; and b, as every node that answered \
             sees it.",
        ),
        (
            None,
            agree(&["a Follower", "b Follower", "c Follower"]),
            "no leader",
            "There is no leader, as every node that answered sees it.",
        ),
        (
            None,
            minority,
            "some nodes see no leader",
            "There is no leader, as c sees it. Member a is dead, as c sees it. Member b is dead, as c sees it. \
             Member c is in state Unknown, as c sees it. The views differ: one of a and b; one of c.",
        ),
    ]);
}

#[test]
fn a_node_that_cannot_be_asked() {
    let cases = [
        (ViewErrorKind::Refused, "could not be asked", "refuses the connection or is not reachable"),
        (ViewErrorKind::TimedOut, "could not be asked", "did not answer in time"),
        (ViewErrorKind::Tls, "could not be asked", "could not be asked because the certificates do not fit"),
        (ViewErrorKind::Unauthorized, "could not be asked", "wants other credentials"),
        (ViewErrorKind::Unavailable, "could not be asked", "answers that it is not available"),
        (ViewErrorKind::Malformed, "could not be asked", "answers with something that is no view"),
        (ViewErrorKind::ForeignCluster, "is of another cluster", "answers for another cluster"),
    ];
    for (kind, headline, words) in cases {
        let nodes = [sees("a", 1, &THREE), sees("b", 1, &THREE), fails("c", kind, "why it was so.")];
        let symptom = judge(Some(3), &nodes).expect("bad");
        assert_eq!(symptom.summary, format!("No consensus in cluster orders: node c {headline}"));
        assert_eq!(symptom.cause, format!("Node c {words}: why it was so."));
    }
    let all = ["a", "b", "c"].map(|node| fails(node, ViewErrorKind::Refused, "port 2113"));
    let symptom = judge(Some(3), &all).expect("bad");
    assert_eq!(symptom.cause.matches("refuses the connection").count(), 3);
}

#[test]
fn members_dead_or_missing() {
    let two = || ["a", "b"].map(|node| sees(node, 1, &THREE[..2])).to_vec();
    check(vec![
        (Some(3), broken(), "member c is dead", "Member c is dead, as every node that answered sees it."),
        (Some(3), two(), "a member is missing", "2 voting members instead of 3, as every node that answered sees it."),
        (
            Some(3),
            [two(), vec![fails("c", ViewErrorKind::Refused, "port 2113")]].concat(),
            "node c could not be asked",
            "Node c refuses the connection or is not reachable: port 2113. \
             2 voting members instead of 3, as every node that answered sees it; missing: c.",
        ),
        (
            Some(3),
            agree(&["a Leader", "b Follower", "c Follower", "d Follower"]),
            "more members than expected",
            "4 voting members instead of 3, as every node that answered sees it.",
        ),
    ]);
}

#[test]
fn members_that_are_not_settled() {
    check(vec![
        (
            None,
            agree(&["a Leader", "b PreReplica", "c ShuttingDown"]),
            "member b is PreReplica",
            "Member b is in state PreReplica, as every node that answered sees it. \
             Member c is in state ShuttingDown, as every node that answered sees it.",
        ),
        (
            None,
            agree(&["a Leader", "b Follower", "c Follower", "d ReadOnlyLeaderless"]),
            "member d is ReadOnlyLeaderless",
            "Member d is in state ReadOnlyLeaderless, as every node that answered sees it.",
        ),
    ]);
    let symptom = judge(Some(3), &agree(&["a Leader", "b CatchingUp", "c -Follower"])).expect("bad");
    let cause = "Member c is dead, as every node that answered sees it. \
                 b is catching up, which may take hours and is no fault.";
    assert_eq!(symptom.cause, cause, "catching up is mentioned beside what is wrong");
}

#[test]
fn views_that_differ_or_lack_the_node_itself() {
    let others = ["b Leader", "c Follower"];
    check(vec![
        (
            None,
            vec![sees("a", 1, &THREE), sees("b", 2, &THREE), sees("c", 1, &THREE)],
            "the views differ",
            "The views differ: one of a and c; one of b.",
        ),
        (None, agree(&others), "node a does not see itself", "Node a is not among the members that it sees."),
        (
            None,
            vec![sees("a", 1, &THREE), sees("b", 1, &THREE), sees("c", 2, &[])],
            "node c knows only seeds",
            "Node c knows only seeds: it has not found any other member yet.",
        ),
    ]);
}

#[test]
fn of_a_cluster_of_one_only_its_answer_and_its_leadership_count() {
    let one = |state: &str| vec![sees("a", 1, &[&format!("a {state}")])];
    // Its own entry goes by another name: of three nodes that would be a fault.
    let renamed = vec![sees("localhost", 1, &["a Leader"])];
    let refused = vec![fails("a", ViewErrorKind::Refused, "port 2113")];
    let not_leading = "Node a is the only one of its cluster and does not lead: its state is Unknown.";
    let seeds = "Node a knows only seeds: it has not found any other member yet.";
    let not_asked = "Node a refuses the connection or is not reachable: port 2113.";
    check(vec![
        (Some(1), one("Leader"), "", ""),
        (None, one("Leader"), "", ""),
        (None, renamed, "", ""),
        (Some(1), one("Unknown"), "node a does not lead", not_leading),
        (None, one("Unknown"), "node a does not lead", not_leading),
        (Some(1), vec![sees("a", 1, &[])], "node a knows only seeds", seeds),
        (
            Some(1),
            vec![sees("a", 1, &["a Follower", "b Leader", "c Follower"])],
            "more members than expected",
            "3 voting members instead of 1, as a sees it.",
        ),
        (Some(1), refused, "node a could not be asked", not_asked),
        (Some(3), one("Leader"), "a member is missing", "1 voting member instead of 3, as a sees it."),
    ]);
}

#[test]
fn the_evidence_counts() {
    let nodes = [
        sees("a", 1, &["a Leader", "b CatchingUp", "c Follower"]),
        sees("b", 2, &["a Follower", "b Leader", "c Follower"]),
        fails("c", ViewErrorKind::TimedOut, "10 s"),
    ];
    let symptom = judge(Some(3), &nodes).expect("bad");
    let evidence: Vec<_> = symptom.evidence.iter().map(|r| (&*r.name, r.value, r.limit)).collect();
    let expected = [
        ("tidegate.consensus.nodes_asked", 3.0, None),
        ("tidegate.consensus.nodes_answered", 2.0, None),
        ("tidegate.consensus.distinct_views", 2.0, Some(1.0)),
        ("tidegate.consensus.leaders", 2.0, Some(1.0)),
        ("tidegate.consensus.members_catching_up", 1.0, None),
        ("a sees a as Leader, b as CatchingUp, c as Follower", 3.0, None),
        ("b sees a as Follower, b as Leader, c as Follower", 3.0, None),
    ];
    assert_eq!(evidence, expected);
    let dead = judge(Some(3), &broken()).expect("bad").evidence;
    assert_eq!(
        dead.last().map(|r| (&*r.name, r.value)),
        Some(("a, b and c see a as Leader, b as Follower, c as Follower (dead)", 2.0))
    );
}

/// A view with details: `a Leader, epoch 12, version 26.1.0`.
fn detailed(node: &str, digest: u128, members: &[&str]) -> NodeView {
    let bare: Vec<&str> = members.iter().map(|text| text.split(", ").next().expect("a member")).collect();
    let mut seen = sees(node, digest, &bare);
    let view = seen.view.as_mut().expect("answers");
    for (member, text) in view.members.iter_mut().zip(members) {
        let pairs = text.split(", ").skip(1).filter_map(|pair| pair.split_once(' '));
        member.details = pairs.map(|(name, value)| Detail { name: name.into(), value: value.into() }).collect();
    }
    seen
}

#[test]
fn what_differs_is_named_with_who_sees_it() {
    let usual = ["a Leader, epoch 12", "b Follower, epoch 12"];
    let behind = ["a Leader, epoch 12", "b Follower, epoch 11"];
    let other = ["a Leader", "b CatchingUp"];
    let views = |b: &[&str]| vec![detailed("a", 1, &usual), detailed("b", 2, b)];
    let start = "The views differ: one of a; one of b.";
    for (nodes, clause) in [
        (views(&behind), "b has epoch 11 as b sees it, 12 as a sees it."),
        (
            vec![sees("a", 1, &usual.map(|text| text.split(", ").next().expect("a member"))), sees("b", 2, &other)],
            "b has state CatchingUp as b sees it, Follower as a sees it.",
        ),
        (views(&["a Leader, epoch 12", "b Follower, epoch 12", "c Follower"]), "c is not seen by a."),
        (
            views(&["a Leader, epoch 12", "b ReadOnlyReplica, epoch 12"]),
            "b has state Follower as a sees it, ReadOnlyReplica as b sees it. \
             b has kind read-only replica as b sees it, voting member as a sees it.",
        ),
        (views(&["a Leader", "b Follower, epoch 12"]), "a has epoch 12 as a sees it, none as b sees it."),
    ] {
        let cause = judge(None, &nodes).expect("bad").cause;
        let told = cause.strip_suffix(" b is catching up, which may take hours and is no fault.").unwrap_or(&cause);
        assert_eq!(told, format!("{start} {clause}"));
    }
}

#[test]
fn of_many_differences_the_first_are_told() {
    let names: Vec<String> = (0..9).map(|number| format!("m{number} Follower")).collect();
    let mut members = vec!["a Leader", "b Follower"];
    members.extend(names.iter().map(String::as_str));
    let cause = judge(None, &[sees("a", 1, &members), sees("b", 2, &members[..2])]).expect("bad").cause;
    assert_eq!(cause.matches("is not seen by b").count(), 6, "{cause}");
    assert!(cause.ends_with("They differ in 3 more points."), "{cause}");
}

#[test]
fn several_versions_are_a_hint_and_no_fault() {
    let versions = ["a Leader, version 25.1.4", "b Follower, version 26.1.0", "c Follower"];
    let all = ["a", "b", "c"].map(|node| detailed(node, 1, &versions));
    assert_eq!(judge(Some(3), &all), None);
    let [a, b, _] = all;
    let cause = judge(Some(3), &[a, b, fails("c", ViewErrorKind::Refused, "port 2113")]).expect("bad").cause;
    assert!(cause.ends_with("Several versions run, as during an upgrade: 25.1.4 on a; 26.1.0 on b."), "{cause}");
}

#[test]
fn who_sees_only_itself_beside_seeds_knows_only_seeds() {
    let seeing = |node: &str, digest, seeds, members: &[&str]| {
        let mut seen = sees(node, digest, members);
        seen.view.as_mut().expect("answers").seeds = seeds;
        seen
    };
    let starting = vec![sees("a", 1, &THREE), sees("b", 1, &THREE), seeing("c", 2, 2, &["c Initializing"])];
    let cause = judge(Some(3), &starting).expect("bad").cause;
    assert!(cause.contains("Node c knows only seeds: it has not found any other member yet."), "{cause}");
    let lingering = ["a", "b", "c"].map(|node| seeing(node, 1, 2, &THREE));
    assert_eq!(judge(Some(3), &lingering), None, "seeds by other addresses");
}
