//! What means nothing opens nothing.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const HEALTHY: [&str; 3] = ["read-only-replica.node1", "read-only-replica.node2", "read-only-replica.node3"];

fn members(value: &mut Value) -> &mut Vec<Value> {
    value["members"].as_array_mut().expect("members")
}

/// Letters in upper case where a bit is set.
fn cased(text: &str, bits: u64) -> String {
    let letter = |(place, letter): (usize, char)| {
        if bits >> (place % 64) & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
    };
    text.chars().enumerate().map(letter).collect()
}

/// The same view in other words.
fn reworded(file: &str, order: &[usize], positions: &[i64], bits: u64) -> Gossip {
    let mut value: Value = serde_json::from_slice(&body(file)).expect("JSON");
    let list = members(&mut value);
    let mut turned: Vec<Value> = order.iter().map(|place| list[*place].clone()).collect();
    for (member, position) in turned.iter_mut().zip(positions) {
        for field in ["lastCommitPosition", "writerCheckpoint", "chaserCheckpoint"] {
            member[field] = json!(position);
        }
        member["timeStamp"] = json!(format!("2026-07-25T09:30:{:02}Z", position.unsigned_abs() % 60));
        for field in ["instanceId", "epochId", "httpEndPointIp", "internalHttpEndPointIp"] {
            member[field] = json!(cased(member[field].as_str().expect("text"), bits));
        }
        member["somethingNew"] = json!({ "of": position });
    }
    *list = turned;
    value["serverIp"] = json!(cased(value["serverIp"].as_str().expect("text"), !bits));
    Gossip::parse(&serde_json::to_vec(&value).expect("JSON")).expect("a view")
}

proptest! {
    #[test]
    fn order_positions_times_and_the_case_of_letters_never_open_anything(
        orders in prop::collection::vec(Just((0..4).collect::<Vec<usize>>()).prop_shuffle(), 6),
        positions in prop::collection::vec(prop::collection::vec(-1_i64..=i64::MAX, 4), 6),
        bits in prop::collection::vec(any::<u64>(), 6),
    ) {
        let mut play = Play::new(Some(3));
        for round in 0..2 {
            let answer = |node: usize| {
                let number = round * 3 + node;
                let name = format!("node{}.kdb.example.net:2113", node + 1);
                (name.into(), Ok(reworded(HEALTHY[node], &orders[number], &positions[number], bits[number])))
            };
            prop_assert_eq!(play.round((0..3).map(answer).collect()), []);
        }
    }
}

#[test]
fn each_field_that_is_compared_does_open_where_it_differs() {
    for (field, value) in [
        ("instanceId", json!("d19e7b54-0000-4f58-b7f0-6e21f8c4aa03")),
        ("state", json!("CatchingUp")),
        ("isAlive", json!(false)),
        ("isReadOnlyReplica", json!(true)),
        ("epochNumber", json!(11)),
        ("epochId", json!("8e1b6a52-3c0f-4b1c-9a7d-2f4f7b9f0c13")),
        ("epochPosition", json!(1)),
        ("nodePriority", json!(1)),
        ("httpEndPointPort", json!(2114)),
        ("internalHttpEndPointPort", json!(2114)),
        ("esVersion", json!("25.1.0")),
    ] {
        let changed = || {
            let mut all = answers(&["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"]);
            let mut told: Value = serde_json::from_slice(&body("healthy-3.node2")).expect("JSON");
            members(&mut told)[0][field] = value.clone();
            all[1].1 = Ok(Gossip::parse(told.to_string().as_bytes()).expect("a view"));
            all
        };
        let cause = Play::new(None).twice(changed).map(|symptom| symptom.cause).unwrap_or_default();
        assert!(cause.contains("The views differ"), "{field}: {cause}");
    }
}

#[test]
fn what_a_version_does_not_tell_is_not_compared() {
    // 22.10 tells neither versions nor internal addresses, 23.10 no internal addresses.
    for old in ["v22.10-healthy-3.node2", "v23.10-healthy-3.node2"] {
        let same_version = || {
            let mut all = answers(&["healthy-3.node1", old, "healthy-3.node3"]);
            if let Ok(gossip) = &mut all[1].1 {
                for entry in gossip.members.iter_mut().filter(|entry| entry.version.is_some()) {
                    entry.version = Some("26.1.0".to_owned());
                }
            }
            all
        };
        assert_eq!(Play::new(Some(3)).twice(same_version), None, "{old}");
    }
}
