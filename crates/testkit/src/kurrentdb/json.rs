//! Gossip and `/info`, byte for byte in the server's order and spelling.

use chrono::{DateTime, Timelike as _, Utc};
use serde::Serialize;

use super::entry::Entry;
use super::node::{Node, Place};
use super::world::World;
use super::{State, Version};

/// How much of what is written the last commit is behind it.
pub(super) const LAST_COMMIT: i64 = 235;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Gossip<'a> {
    members: Vec<Member<'a>>,
    server_ip: &'a str,
    server_port: u16,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Member<'a> {
    instance_id: String,
    time_stamp: String,
    state: String,
    is_alive: bool,
    internal_tcp_ip: &'a str,
    internal_tcp_port: u16,
    internal_secure_tcp_port: u16,
    external_tcp_ip: &'a str,
    external_tcp_port: u16,
    external_secure_tcp_port: u16,
    internal_http_end_point_ip: &'a str,
    internal_http_end_point_port: u16,
    http_end_point_ip: &'a str,
    http_end_point_port: u16,
    last_commit_position: i64,
    writer_checkpoint: i64,
    chaser_checkpoint: i64,
    epoch_position: i64,
    epoch_number: i32,
    epoch_id: String,
    node_priority: i32,
    is_read_only_replica: bool,
    es_version: String,
}

/// The body of `GET /gossip` at a node.
pub(super) fn gossip(world: &World, index: usize) -> String {
    let node = &world.nodes[index];
    let known = node.view.iter().zip(&world.nodes).filter_map(|(entry, other)| Some((entry.as_ref()?, &other.place)));
    let mut members: Vec<_> = known.map(|(entry, place)| member(entry, place, world.settings.secure)).collect();
    let port = node.place.port;
    members.extend(node.strays.iter().map(|(host, entry)| stray(entry, host, port)));
    members.sort_by(|a, b| {
        let key =
            |member: &Member<'_>| (member.internal_http_end_point_port, member.internal_http_end_point_ip.to_owned());
        key(b).cmp(&key(a))
    });
    let (server_ip, server_port) = node.place.client();
    to_text(&Gossip { members, server_ip, server_port })
}

fn member<'a>(entry: &Entry, place: &'a Place, secure: bool) -> Member<'a> {
    let (client, client_port) = place.client();
    let bare = stray(entry, &place.host, place.port);
    if entry.is_placeholder() {
        return bare;
    }
    let (plain, tls) = if secure { (0, place.replication_port) } else { (place.replication_port, 0) };
    Member {
        internal_tcp_port: plain,
        internal_secure_tcp_port: tls,
        external_tcp_ip: client,
        external_tcp_port: 0,
        http_end_point_ip: client,
        http_end_point_port: client_port,
        last_commit_position: if entry.writer > LAST_COMMIT { entry.writer - LAST_COMMIT } else { -1 },
        ..bare
    }
}

/// An address of which nothing is known but what `entry` has.
fn stray<'a>(entry: &Entry, host: &'a str, port: u16) -> Member<'a> {
    Member {
        instance_id: entry.instance.to_string(),
        time_stamp: date(entry.stamp),
        state: entry.state.to_string(),
        is_alive: entry.alive,
        internal_tcp_ip: host,
        internal_tcp_port: port,
        internal_secure_tcp_port: 0,
        external_tcp_ip: host,
        external_tcp_port: port,
        external_secure_tcp_port: 0,
        internal_http_end_point_ip: host,
        internal_http_end_point_port: port,
        http_end_point_ip: host,
        http_end_point_port: port,
        last_commit_position: -1,
        writer_checkpoint: entry.writer,
        chaser_checkpoint: entry.writer,
        epoch_position: entry.epoch.position,
        epoch_number: entry.epoch.number,
        epoch_id: entry.epoch.id.to_string(),
        node_priority: 0,
        is_read_only_replica: entry.replica,
        es_version: entry.version.map_or_else(|| "unknown_version".to_owned(), |version| version.to_string()),
    }
}

/// The body of `GET /info` at a node.
pub(super) fn info(node: &Node) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Info {
        #[serde(skip_serializing_if = "Option::is_none")]
        db_version: Option<String>,
        es_version: String,
        state: String,
        features: Features,
        authentication: Authentication,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Features {
        projections: bool,
        user_management: bool,
        atom_pub: bool,
    }
    #[derive(Serialize)]
    struct Authentication {
        r#type: &'static str,
        properties: Option<()>,
    }
    let state = if node.is_up() { node.state } else { State::Initializing };
    to_text(&Info {
        db_version: (node.version >= Version::V25_0).then(|| node.version.to_string()),
        es_version: node.version.to_string(),
        state: state.to_string().to_lowercase(),
        features: Features { projections: true, user_management: true, atom_pub: false },
        authentication: Authentication { r#type: "internal", properties: None },
    })
}

fn to_text(value: &impl Serialize) -> String {
    // Maps with text for keys and no numbers but whole ones: there is nothing to fail.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// In steps of 100 ns, without the zeros at the end.
fn date(at: DateTime<Utc>) -> String {
    let fraction = format!("{:07}", at.nanosecond() / 100);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}Z", at.format("%Y-%m-%dT%H:%M:%S"))
}
