//! A thousand clusters of three nodes, asked by one program: gossip twice a minute, metrics each 15 s, the standard detectors.
//!
//! Run: `cargo bench -p tidegate --features source-kurrentdb --bench clusters`; two minutes. The nodes are a process of
//! their own, this program once more, on one socket for all of 127.0.0.0/8 (Linux); each answers 53 KB of metrics as 26.1
//! writes them. The target: under one core and under 300 MB, and no schedule that drifts.

#[path = "common/spent.rs"]
mod spent;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use spent::{processor, resident};
use tidegate::detect;
use tidegate::router::Router;
use tidegate::sources::kurrentdb::{Connections, KurrentDb};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::time::Instant;

const CLUSTERS: u16 = 1_000;
const METRICS: &str = include_str!("../../sources/kurrentdb/tests/fixtures/metrics/v26.1-leader.prom");
const INTERVAL: Duration = Duration::from_secs(15);
const SETTLE: Duration = Duration::from_secs(35);
const MEASURED: Duration = Duration::from_secs(90);

fn address(cluster: u16, node: u8) -> Ipv4Addr {
    let [high, low] = cluster.to_be_bytes();
    Ipv4Addr::new(127, high + 1, low, node)
}

/// When each node was asked for its metrics.
type Asked = Arc<Mutex<HashMap<Ipv4Addr, Vec<Instant>>>>;

/// The nodes: they answer until nobody asks any more, and tell how steadily they were asked.
async fn serve() {
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("bound").port());
    let asked = Asked::default();
    let noted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&noted)));
        }
    });
    // Until the other process ends.
    let _ = tokio::task::spawn_blocking(|| std::io::Read::read(&mut std::io::stdin(), &mut [0])).await;
    let asked = asked.lock().expect("no panic");
    let (mut worst, mut drift) = (Duration::ZERO, Duration::ZERO);
    for times in asked.values().filter(|times| times.len() > 2) {
        for pair in times.windows(2) {
            worst = worst.max((pair[1] - pair[0]).abs_diff(INTERVAL));
        }
        let intervals = u32::try_from(times.len() - 1).expect("few");
        drift = drift.max((times[times.len() - 1] - times[0]).abs_diff(INTERVAL * intervals));
    }
    println!("{} nodes asked; a gap was off by {worst:?} at the most, a whole run by {drift:?}", asked.len());
}

async fn answer(mut stream: TcpStream, asked: Asked) -> Option<()> {
    let SocketAddr::V4(own) = stream.local_addr().ok()? else { return None };
    let mut request = Vec::new();
    loop {
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut request).await.ok()? == 0 {
                return None;
            }
        }
        let (kind, body) = if request.starts_with(b"GET /gossip") {
            ("application/json; charset=utf-8", gossip(*own.ip(), own.port()))
        } else {
            asked.lock().expect("no panic").entry(*own.ip()).or_default().push(Instant::now());
            ("text/plain; charset=utf-8; version=0.0.4", METRICS.to_owned())
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).await.ok()?;
        request.clear();
    }
}

/// What a node sees: three members, itself among them, the first leading.
fn gossip(own: Ipv4Addr, port: u16) -> String {
    let [_, high, low, _] = own.octets();
    let member = |node: u8| {
        let ip = Ipv4Addr::new(127, high, low, node);
        let state = if node == 1 { "Leader" } else { "Follower" };
        let id = format!("{high:02x}{low:02x}0000-0000-4000-8000-{node:012}");
        format!(
            r#"{{"instanceId":"{id}","timeStamp":"2026-11-24T03:00:00.0000000Z","state":"{state}","isAlive":true,
            "internalTcpIp":"{ip}","internalTcpPort":0,"internalSecureTcpPort":1112,"externalTcpIp":"{ip}","externalTcpPort":0,
            "externalSecureTcpPort":0,"internalHttpEndPointIp":"{ip}","internalHttpEndPointPort":{port},"httpEndPointIp":"{ip}",
            "httpEndPointPort":{port},"lastCommitPosition":48201,"writerCheckpoint":48301,"chaserCheckpoint":48301,
            "epochPosition":4711,"epochNumber":12,"epochId":"{high:02x}{low:02x}0000-0000-4000-8000-0000000000ff",
            "nodePriority":0,"isReadOnlyReplica":false,"esVersion":"26.1.0"}}"#
        )
    };
    format!(r#"{{"members":[{},{},{}],"serverIp":"{own}","serverPort":{port}}}"#, member(1), member(2), member(3))
}

async fn watch(port: u16) {
    let connections = Connections::new();
    let mut router = Router::builder().with_detectors(detect::standard());
    for cluster in 0..CLUSTERS {
        let nodes = (1..=3).map(|node| format!("http://{}:{port}", address(cluster, node)));
        let source = KurrentDb::builder(format!("c{cluster}")).with_name(format!("c{cluster}")).with_nodes(nodes);
        let source =
            source.with_http_allowed().with_expected_nodes(3).with_physical_cores(4).with_physical_memory(64 << 30);
        let source = source.with_connections(connections.clone()).build().expect("a source");
        let resources = source.resources();
        router = router.with_polled_source(source, resources);
    }
    let router = router.build().expect("a router");
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    tokio::time::sleep(SETTLE).await;
    let before = processor();
    tokio::time::sleep(MEASURED).await;
    let share = (processor() - before) / MEASURED.as_secs_f64();
    println!("processor: {share:.2} of a core; memory at the most {:.0} MB", resident());
    let snapshot = handle.snapshot().await.expect("it runs");
    let away = snapshot.sources.iter().filter(|source| source.away.is_some()).count();
    println!("issues open: {}; sources away: {away}", snapshot.issues.len());
    handle.stop();
    running.await.expect("no panic").expect("no error");
}

fn main() {
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if std::env::args().any(|argument| argument == "--nodes") {
        return runtime.block_on(serve());
    }
    let this = std::env::current_exe().expect("a path");
    let mut nodes =
        Command::new(this).arg("--nodes").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the nodes");
    let mut said = std::io::BufReader::new(nodes.stdout.take().expect("piped"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).expect("a port");
    runtime.block_on(watch(line.trim().parse().expect("a port")));
    drop(nodes.stdin.take());
    std::io::copy(&mut said, &mut std::io::stdout()).expect("what they tell");
    nodes.wait().expect("they end");
}
