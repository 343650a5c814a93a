//! What a node's gossip says, as a test reads it.

use std::time::Duration;

use serde_json::Value;
use tidegate_testkit::kurrentdb::Cluster;

/// How long a test waits for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The body of what a node answers; `None`: no answer in time, or none of 200.
pub(crate) fn gossip(cluster: &Cluster, node: usize) -> Option<Value> {
    let response = cluster.get(node, "/gossip").within(PATIENCE)?;
    (response.status() == 200).then(|| serde_json::from_slice(response.body()).expect("JSON"))
}

/// `1 Leader, 2 Follower, 3 Follower dead`: the members that a node sees, without placeholders.
pub(crate) fn view(cluster: &Cluster, node: usize) -> String {
    let Some(gossip) = gossip(cluster, node) else { return "no answer".to_owned() };
    let mut members: Vec<String> = gossip["members"]
        .as_array()
        .expect("members")
        .iter()
        .filter(|member| member["state"] != "Manager")
        .map(|member| {
            let host = member["internalHttpEndPointIp"].as_str().expect("a host");
            let number = host.trim_start_matches("node").split('.').next().expect("a number");
            let dead = if member["isAlive"] == true { "" } else { " dead" };
            format!("{number} {}{dead}", member["state"].as_str().expect("a state"))
        })
        .collect();
    members.sort();
    members.join(", ")
}
