//! Keys, order, types, casing: all but the values is as in the fixtures.

use std::time::Duration;

use http::Request;
use http::header::{ACCEPT, AUTHORIZATION};
use tidegate_testkit::kurrentdb::{Cluster, ClusterBuilder, Version, basic};

use crate::SECOND;
use crate::view::PATIENCE;

/// A document's lines, each with its indentation, its key and the type of its value; a state or version by its words.
fn shape(document: &str) -> Vec<String> {
    let value = |value: &str| match value.trim_end_matches(',') {
        "true" | "false" => "bool",
        "null" => "null",
        value if value.parse::<i64>().is_ok() => "number",
        value if value.trim_matches('"') == "00000000-0000-0000-0000-000000000000" => "no guid",
        value if value.len() == 38 && value.split('-').count() == 5 => "guid",
        value if value.len() > 20 && value.ends_with("Z\"") && value.contains('T') => "date",
        value if value == "\"unknown_version\"" || value == "\"Manager\"" => "placeholder",
        value if value.starts_with('"') => "text",
        _ => "bracket",
    };
    let line = |line: &str| match line.split_once(": ") {
        Some((key, of)) => format!("{key}: {}{}", value(of), if of.ends_with(',') { "," } else { "" }),
        None => line.to_owned(),
    };
    document.lines().map(line).collect()
}

fn body(cluster: &Cluster, node: usize, path: &str) -> String {
    let response = cluster.get(node, path).within(PATIENCE).expect("an answer");
    assert_eq!(response.status(), 200, "{path}");
    String::from_utf8(response.body().to_vec()).expect("UTF-8")
}

#[track_caller]
fn same_gossip(cluster: &Cluster, node: usize, fixture: &str) {
    assert_eq!(shape(&body(cluster, node, "/gossip")), shape(fixture));
}

#[test]
fn healthy_clusters_of_every_version() {
    let v26 = include_str!("../fixtures/kurrentdb/healthy-3.node1.json");
    let v24 = include_str!("../fixtures/kurrentdb/v24.10-healthy-3.node1.json");
    for (version, fixture) in [(Version::V24_10, v24), (Version::V25_0, v26), (Version::V26_1, v26)] {
        let cluster = Cluster::builder().with_version(version).build();
        for node in 1..=3 {
            cluster.advance(SECOND * 3);
            same_gossip(&cluster, node, fixture);
        }
        assert!(body(&cluster, 2, "/gossip").contains(&format!("\"esVersion\": \"{version}\"")));
    }
}

#[test]
fn ports_and_numbers_stand_where_the_server_has_them() {
    let text = body(&Cluster::builder().build(), 1, "/gossip");
    for line in [
        "\"state\": \"Leader\"",
        "\"internalTcpPort\": 0",
        "\"internalSecureTcpPort\": 1112",
        "\"epochNumber\": 12",
        "\"writerCheckpoint\": 118951690",
        "\"lastCommitPosition\": 118951455",
        "\"serverIp\": \"node1.kdb.example.net\"",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}

#[test]
fn placeholders_of_a_node_that_starts() {
    let cluster = Cluster::builder().with_boot(SECOND, SECOND).build();
    cluster.partition(&[&[1], &[2], &[3]]);
    cluster.restart(3);
    cluster.advance(Duration::from_millis(2_700));
    let fixture = include_str!("../fixtures/kurrentdb/starting-placeholders.node3.json");
    same_gossip(&cluster, 3, fixture);
    assert!(body(&cluster, 3, "/gossip").contains("\"state\": \"Initializing\""));
}

#[test]
fn the_first_start_over_an_empty_database() {
    let cluster = Cluster::builder().cold().build();
    cluster.partition(&[&[1], &[2], &[3]]);
    cluster.advance(SECOND * 5);
    same_gossip(&cluster, 1, include_str!("../fixtures/kurrentdb/starting-empty-db.node1.json"));
}

#[test]
fn seeds_by_address_that_never_become_members() {
    let cluster = Cluster::builder().with_dns_seeds(["10.20.0.11", "10.20.0.12"]).build();
    same_gossip(&cluster, 1, include_str!("../fixtures/kurrentdb/lingering-placeholders.node1.json"));
}

#[test]
fn read_only_replicas_and_single_nodes_and_advertised_addresses() {
    let replica = Cluster::builder().with_replicas(1).build();
    same_gossip(&replica, 4, include_str!("../fixtures/kurrentdb/read-only-replica.node4.json"));
    let single = Cluster::builder().with_nodes(1).insecure().build();
    same_gossip(&single, 1, include_str!("../fixtures/kurrentdb/single-node.node1.json"));
    assert!(body(&single, 1, "/gossip").contains("\"internalTcpPort\": 1112"));
    let advertised = Cluster::builder().with_advertised("kdb", "public.example.net").build();
    same_gossip(&advertised, 1, include_str!("../fixtures/kurrentdb/advertised.node1.json"));
    let text = body(&advertised, 1, "/gossip");
    assert!(text.contains("\"serverIp\": \"kdb-1.public.example.net\",\n  \"serverPort\": 443"), "{text}");
}

#[test]
fn info_of_old_and_new_versions() {
    let text = body(&Cluster::builder().build(), 1, "/info");
    let fixture = include_str!("../fixtures/kurrentdb/info-v26.1.json");
    assert_eq!(text.trim_end(), fixture.trim_end());
    let old = body(&Cluster::builder().with_version(Version::V24_10).build(), 2, "/info");
    assert!(!old.contains("dbVersion") && old.contains("\"state\": \"follower\""), "{old}");
}

/// A page's lines without values, stamps, roles, and what belongs to a machine.
fn metric_shape(page: &str) -> Vec<String> {
    let line = |line: &str| {
        if line.starts_with('#') {
            return line.to_owned();
        }
        let (series, rest) = line.rsplit_once("} ").map_or_else(
            || line.split_once(' ').map(|(name, rest)| (name.to_owned(), rest)).expect("a value"),
            |(series, rest)| (format!("{series}}}"), rest),
        );
        let mut words = rest.split(' ');
        assert!(words.next().is_some_and(|value| value.parse::<f64>().is_ok()), "{line}");
        let stamp = words.next().map_or("", |stamp| if stamp.contains('.') { " seconds" } else { " milliseconds" });
        let mut series = series;
        for label in ["service_instance_id", "server_address"] {
            if let Some((before, after)) = series.split_once(&format!("{label}=\"")) {
                let (_, after) = after.split_once('"').expect("the end of a label");
                series = format!("{before}{label}=\"\"{after}");
            }
        }
        format!("{series}{stamp}")
    };
    let is_role = |line: &&str| line.contains("statuses{") && line.contains("name=\"Node\"");
    page.lines().filter(|line| !is_role(line)).map(line).collect()
}

fn metrics(builder: ClusterBuilder, node: usize, accept: &str) -> (String, String) {
    let request = Request::get("/metrics").header(ACCEPT, accept).header(AUTHORIZATION, basic("admin", "changeit"));
    let response = builder.build().ask(node, &request.body(bytes::Bytes::new()).expect("a request"));
    let response = response.within(PATIENCE).expect("an answer");
    assert_eq!(response.status(), 200);
    let content_type = response.headers()["content-type"].to_str().expect("text").to_owned();
    (content_type, String::from_utf8(response.body().to_vec()).expect("UTF-8"))
}

const TEXT: &str = "text/plain; charset=utf-8; version=0.0.4";
const OPEN: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[test]
fn metrics_of_every_version_and_format() {
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
    for (version, node, accept, content_type, fixture) in [
        (Version::V24_10, 1, prometheus, TEXT, include_str!("../fixtures/kurrentdb/v24.10-leader.prom")),
        (Version::V25_0, 1, "*/*", TEXT, include_str!("../fixtures/kurrentdb/v25.0-leader.prom")),
        (Version::V26_1, 1, "text/plain", TEXT, include_str!("../fixtures/kurrentdb/v26.1-leader.prom")),
        (Version::V26_1, 2, "text/plain", TEXT, include_str!("../fixtures/kurrentdb/v26.1-follower.prom")),
        (Version::V26_1, 1, prometheus, OPEN, include_str!("../fixtures/kurrentdb/v26.1-leader.openmetrics.prom")),
    ] {
        let (told, page) = metrics(Cluster::builder().with_version(version), node, accept);
        assert_eq!(told, content_type, "{version} for {accept}");
        let (ours, theirs) = (metric_shape(&page), metric_shape(fixture));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "{version} {accept}");
        }
        assert_eq!(ours.len(), theirs.len(), "{version} {accept}");
    }
}
