//! Many clusters of three in one process: what share of a core they take, and how much memory.
//!
//! The nodes are played by another process. The floor asks for the same pages as often over the same connections, and reads
//! nothing of what it gets. `cargo bench -p tidegate-source-kurrentdb --bench clusters -- 1000 120`: clusters, seconds.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::{FuturesUnordered, SelectAll};
use tidegate_source::Source as _;
use tidegate_source_kurrentdb::{Connections, KurrentDb};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, interval_at, sleep, timeout_at};

const GOSSIP: &str = include_str!("../tests/fixtures/gossip/healthy-3.node1.json");
const METRICS: &str = include_str!("../tests/fixtures/metrics/v26.1-leader.prom");
/// Each metric line of the fixture so often, for the size that a real node's answer has.
const REPEATS: usize = 8;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    if words.first().is_some_and(|word| word == "serve") {
        return runtime.block_on(serve());
    }
    let number = |place: usize, usual: u64| words.get(place).and_then(|word| word.parse().ok()).unwrap_or(usual);
    let (clusters, seconds) = (number(0, 100), number(1, 60));
    let Some(what) = words.get(2) else {
        println!("{clusters} clusters of three for {seconds} s, metrics of {} bytes", metrics().len());
        // Each in a process of its own, so that neither has the other's memory.
        return ["floor", "source"].iter().for_each(|what| run_apart(clusters, seconds, what));
    };
    let (mut nodes, port) = play_nodes();
    runtime.block_on(measure(clusters, seconds, what, port));
    let _ = nodes.kill();
    let _ = nodes.wait();
}

fn run_apart(clusters: u64, seconds: u64, what: &str) {
    let program = std::env::current_exe().expect("this program");
    let args = [clusters.to_string(), seconds.to_string(), what.to_owned()];
    Command::new(program).args(args).status().expect("it runs");
}

fn play_nodes() -> (Child, u16) {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program).arg("serve").stdout(Stdio::piped()).spawn().expect("it runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a port");
    (child, line.trim().parse().expect("a port"))
}

/// A node's own address on this machine's loopback.
fn address(cluster: u64, node: u64, port: u16) -> String {
    let number = cluster * 3 + node;
    format!("127.{}.{}.{}:{port}", 1 + number / 40_000, number / 200 % 200, 1 + number % 200)
}

async fn measure(clusters: u64, seconds: u64, what: &str, port: u16) {
    let end = Instant::now() + Duration::from_secs(seconds);
    // Connections and first looks at everything are not what goes on for months.
    let begun = Instant::now() + Duration::from_secs(seconds / 3);
    let before = async {
        tokio::time::sleep_until(begun).await;
        cpu_seconds()
    };
    let work =
        async { if what == "floor" { floor(clusters, port, end).await } else { source(clusters, port, end).await } };
    let (before, taken) = tokio::join!(before, work);
    let core = (cpu_seconds() - before) / (seconds - seconds / 3) as f64;
    println!("{what:8} {:6.1} % of a core, {:4} MiB, {taken} answers", core * 100.0, resident_mib());
}

async fn source(clusters: u64, port: u16, end: Instant) -> u64 {
    let connections = Connections::new();
    let mut streams = SelectAll::new();
    for cluster in 0..clusters {
        let nodes = (0..3).map(|node| format!("http://{}", address(cluster, node, port)));
        let builder = KurrentDb::builder(format!("cluster-{cluster}")).with_nodes(nodes).with_physical_cores(4);
        let source = builder.with_connections(connections.clone()).build().expect("a source");
        streams.push(source.open(None).await.expect("open"));
    }
    let mut taken = 0;
    while let Ok(Some(intake)) = timeout_at(end, streams.next()).await {
        drop(intake.expect("no failure"));
        taken += 1;
    }
    taken
}

/// The same pages by plain requests, at the same intervals.
async fn floor(clusters: u64, port: u16, end: Instant) -> u64 {
    let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(1).build().expect("a client");
    let mut tasks = FuturesUnordered::new();
    for (cluster, node) in (0..clusters).flat_map(|cluster| (0..3).map(move |node| (cluster, node))) {
        for (path, seconds) in [("gossip", 30), ("metrics", 15)] {
            let url = format!("http://{}/{path}", address(cluster, node, port));
            let (http, share) = (http.clone(), cluster as f64 / clusters as f64);
            tasks.push(tokio::spawn(async move {
                let interval = Duration::from_secs(seconds);
                let mut ticks = interval_at(Instant::now() + interval.mul_f64(share), interval);
                let mut taken = 0_u64;
                while timeout_at(end, ticks.tick()).await.is_ok() {
                    let answer = http.get(&url).send().await.expect("an answer");
                    drop(answer.bytes().await.expect("a body"));
                    taken += 1;
                }
                taken
            }));
        }
    }
    let mut all = 0;
    while let Some(taken) = tasks.next().await {
        all += taken.expect("no panic");
    }
    all
}

fn metrics() -> String {
    let lines: Vec<&str> = METRICS.lines().filter(|line| *line != "# EOF").collect();
    let mut text = lines.join("\n");
    for copy in 1..REPEATS {
        for line in lines.iter().filter(|line| !line.starts_with('#')) {
            text.push('\n');
            text.push_str(&line.replacen('{', &format!("{{copy=\"{copy}\","), 1));
        }
    }
    text + "\n# EOF\n"
}

async fn serve() {
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    let page = |kind: &str, body: &str| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        (head + body).into_bytes()
    };
    let gossip: &'static [u8] = page("application/json", GOSSIP).leak();
    let metrics: &'static [u8] = page("text/plain; version=0.0.4", &metrics()).leak();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        tokio::spawn(answer(stream, gossip, metrics));
    }
}

/// Each request fits into one packet.
async fn answer(mut stream: TcpStream, gossip: &'static [u8], metrics: &'static [u8]) {
    let mut request = [0; 1024];
    while let Ok(1..) = stream.read(&mut request).await {
        let page = if request.starts_with(b"GET /gossip") { gossip } else { metrics };
        if stream.write_all(page).await.is_err() {
            return;
        }
    }
}

/// User and system time of this process; a tick is 10 ms.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks = |place: usize| fields[place].parse::<f64>().expect("ticks");
    (ticks(11) + ticks(12)) / 100.0
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("memory");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("kilobytes") / 1024
}
