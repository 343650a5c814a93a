//! Bodies, good and bad.

use serde_json::{Value, json};

use super::*;

fn changed(path: &str, value: Value) -> Result<Gossip, String> {
    let mut told: Value = serde_json::from_slice(&body("healthy-3.node1")).expect("JSON");
    *told.pointer_mut(path).expect("a place") = value;
    Gossip::parse(told.to_string().as_bytes())
}

#[test]
fn a_body_that_is_no_view_is_refused_by_what_is_wrong() {
    for (body, words) in [
        ("", "the answer is empty; expected JSON"),
        (
            "\n<html></html>",
            "the answer is not JSON (it looks like HTML or XML: is this the address of a node?): expected value at line 2 column 1",
        ),
        ("{\"members\": [", "the answer is not JSON: EOF while parsing a list at line 1 column 13"),
        ("[]", "the answer is a list; expected an object"),
        ("{}", "members is missing in the answer; expected a list"),
        ("{\"members\": {}}", "members in the answer is an object; expected a list"),
        ("{\"members\": [7]}", "members[0] is a number; expected an object"),
        ("{\"members\": [{}]}", "members[0].instanceId is missing in the answer; expected text"),
    ] {
        assert_eq!(Gossip::parse(body.as_bytes()).expect_err(body), words);
    }
    for (path, value, words) in [
        ("/members/1/state", json!(null), "members[1].state is missing in the answer; expected text"),
        ("/members/1/isAlive", json!("yes"), "members[1].isAlive in the answer is text; expected true or false"),
        ("/members/2/httpEndPointIp", json!(""), "members[2].httpEndPointIp in the answer is empty; expected text"),
        (
            "/members/2/httpEndPointPort",
            json!(70_000),
            "members[2].httpEndPointPort in the answer is 70000; expected a port, 0 to 65535",
        ),
        (
            "/members/0/epochNumber",
            json!(1.5),
            "members[0].epochNumber in the answer is a number; expected a whole number",
        ),
        (
            "/members/0/state",
            json!("x".repeat(256)),
            "members[0].state in the answer has 256 bytes; expected at most 255",
        ),
        ("/serverPort", json!("2113"), "serverPort in the answer is text; expected a whole number"),
    ] {
        assert_eq!(changed(path, value).expect_err(path), words);
    }
}

#[test]
fn what_is_new_or_not_told_is_no_mistake() {
    for (path, value) in [
        ("/members/0/esVersion", json!(null)),
        ("/members/0/timeStamp", json!({ "of": "another shape" })),
        ("/members/0/state", json!("Hibernating")),
        ("/members/0/internalTcpPort", json!("none")),
        ("/members/0/epochId", json!(null)),
        ("/serverIp", json!(null)),
    ] {
        changed(path, value).expect(path);
    }
    assert_eq!(gossip("v22.10-healthy-3.node1").members[0].version, None);
    let seeds = gossip("starting-placeholders.node3");
    assert_eq!((seeds.seeds, seeds.members.len()), (2, 1));
    assert_eq!(gossip("single-node.node1").members[0].written, Some(9_360));
}

#[test]
fn a_state_that_nobody_knows_is_named_when_it_lasts() {
    let hibernating = || {
        let files = ["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"];
        let mut all = answers(&files);
        for (_, answer) in &mut all {
            let Ok(gossip) = answer else { continue };
            gossip.members[0].state = "Hibernating".to_owned();
        }
        all
    };
    let cause = Play::new(Some(3)).twice(hibernating).expect("bad").cause;
    assert_eq!(
        cause,
        "Member node3.kdb.example.net:2113 is in state Hibernating, as every node that answered sees it."
    );
}
