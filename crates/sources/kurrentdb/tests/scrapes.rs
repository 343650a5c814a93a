//! Metrics over real sockets, in paused time.

mod common;

use bytes::Bytes;
use common::{Three, Watch, seconds};
use http::{Request, Response};
use tidegate_base::Secret;
use tidegate_event::{Event, Signal};
use tidegate_source_kurrentdb::{KurrentDb, KurrentDbBuilder};
use tidegate_testkit::server::{Fault, Point, Server, text};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

const BODY: &str = concat!(
    "# TYPE kurrentdb_sys_load_avg gauge\n",
    "kurrentdb_sys_load_avg{period=\"1m\"} 9.5\n",
    "# TYPE kurrentdb_sys_disk_bytes gauge\n",
    "kurrentdb_sys_disk_bytes{kind=\"used\",disk=\"/data\"} 40\n",
    "kurrentdb_sys_disk_bytes{kind=\"total\",disk=\"/data\"} 100\n",
    "# TYPE kurrentdb_sys_mem_bytes gauge\n",
    "kurrentdb_sys_mem_bytes{kind=\"free\"} 100\n",
    "# TYPE kurrentdb_elections_count counter\n",
    "kurrentdb_elections_count_total 3\n",
    "# EOF\n",
);

fn page(_: &Request<Bytes>) -> Response<Bytes> {
    text(200, BODY)
}

fn builder(servers: &[&Server]) -> KurrentDbBuilder {
    KurrentDb::builder("orders").with_nodes(servers.iter().map(|server| server.url())).without_gossip()
}

/// Samples as `name@resource` and gaps as `! resource: why`, each address as `NODE`.
fn words(signals: &[Signal], server: &Server) -> Vec<String> {
    let word = |signal: &Signal| match signal {
        Signal::Event(Event::Metric(sample)) => format!("{} {}", sample.name, sample.resource),
        Signal::Gap { resource, why } => format!("! {resource}: {why}"),
        other => format!("{other:?}"),
    };
    signals.iter().map(|signal| word(signal).replace(&server.address().to_string(), "NODE")).collect()
}

/// What the first scrape says.
async fn first(source: KurrentDb, server: &Server) -> Vec<String> {
    words(&Watch::open(&source, None).await.intake().await.signals, server)
}

#[tokio::test(start_paused = true)]
async fn a_node_is_measured_by_standard_samples_and_others() {
    let server = Server::start(page).await;
    let source = builder(&[&server]).with_physical_cores(4).with_physical_memory(1_000).build().expect("a source");
    assert_eq!(source.untold(), Vec::<String>::new());
    let node = "node NODE of cluster orders";
    let said = first(source, &server).await;
    for sample in ["system.load.1m", "system.cpu.physical.count", "system.memory.total", "kurrentdb.elections_count"] {
        assert!(said.contains(&format!("{sample} {node}")), "{sample}: {said:?}");
    }
    assert!(said.contains(&format!("system.filesystem.used /data on {node}")), "{said:?}");
    assert!(!said.iter().any(|word| word.starts_with('!')), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn what_it_does_not_tell_is_said_once_and_before_it_is_asked() {
    let server = Server::start(page).await;
    let source = builder(&[&server]).build().expect("a source");
    let untold = source.untold().join("\n").replace(&server.address().to_string(), "NODE");
    assert!(untold.starts_with("core-load is unknown: KurrentDB does not tell how many cores"), "{untold}");
    assert!(untold.ends_with("(node NODE of cluster orders)"), "{untold}");
    let mut watch = Watch::open(&source, None).await;
    let gaps = |said: Vec<String>| said.into_iter().filter(|word| word.starts_with('!')).collect::<Vec<_>>();
    let said = gaps(words(&watch.intake().await.signals, &server));
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().any(|word| word.starts_with("! cpu on node NODE of cluster orders: ")), "{said:?}");
    assert!(said.iter().any(|word| word.starts_with("! memory on node NODE of cluster orders: ")), "{said:?}");
    assert_eq!(gaps(words(&watch.intake().await.signals, &server)), Vec::<String>::new(), "once");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_the_host_source_measures_is_left_to_it() {
    let server = Server::start(page).await;
    let name = server.address().to_string();
    let source = builder(&[&server]).build().expect("a source").yielding([name]);
    assert_eq!(source.untold(), Vec::<String>::new());
    assert_eq!(first(source.clone(), &server).await, ["kurrentdb.elections_count node NODE of cluster orders"]);
    server.script([Fault::status(500)]);
    let said = first(source, &server).await;
    let gap = "! metrics on node NODE of cluster orders: /metrics answers 500 Internal Server Error";
    assert_eq!(said, [gap], "the rest of the node is measured all the same");
}

#[tokio::test(start_paused = true)]
async fn each_failure_is_a_gap_with_its_reason() {
    for (fault, known, why) in [
        (Fault::status(401), false, "/metrics answers 401, it wants a user; set `credentials`"),
        (Fault::status(401), true, "/metrics answers 401, it does not take the `credentials`"),
        (Fault::status(403), true, "/metrics answers 403, the user of the `credentials` may not read metrics there"),
        (
            Fault::status(404),
            true,
            "/metrics answers 404; `DisableStatsOnHttp` is set there, or this is no node of KurrentDB",
        ),
        (Fault::status(408), false, "/metrics answers 408, its main queue is blocked, or it has not started"),
        (
            Fault::status(503),
            true,
            "/metrics answers 503, it cannot check credentials yet; it is starting, or has no leader",
        ),
        (Fault::status(302), true, "/metrics answers 302, a redirect, which is not followed"),
        (Fault::Hang(Point::HalfBody), true, "/metrics: no complete answer within 10 s"),
        (Fault::Slow(std::time::Duration::from_secs(2)), true, "/metrics: no complete answer within 10 s"),
        (
            Fault::ContentType("text/html".to_owned()),
            true,
            "/metrics: not metrics: found content type \"text/html\", wanted text/plain or application/openmetrics-text",
        ),
    ] {
        let server = Server::start(page).await;
        server.script([fault]);
        let mut builder = builder(&[&server]);
        if known {
            builder = builder.with_credentials("ops", Secret::literal("s3cret"));
        }
        let said = first(builder.build().expect("a source"), &server).await;
        assert_eq!(said, [format!("! metrics on node NODE of cluster orders: {why}")]);
        let shown = server.received()[0].request.headers().contains_key("authorization");
        assert_eq!(shown, known);
    }
}

#[tokio::test(start_paused = true)]
async fn each_node_has_its_own_time_and_one_that_hangs_delays_none() {
    let (well, hanging) = (Server::start(page).await, Server::start(page).await);
    let hanging = hanging.with_fault(Fault::Hang(Point::Request));
    let source = builder(&[&well, &hanging]).build().expect("a source");
    let mut watch = Watch::open(&source, None).await;
    let mut times = Vec::new();
    let began = Instant::now();
    while times.len() < 5 {
        let intake = watch.intake().await;
        if intake.signals.iter().any(|signal| matches!(signal, Signal::Event(_))) {
            times.push(began.elapsed().as_secs_f64());
        }
    }
    assert!(times[0] <= 15.0, "{times:?}");
    for pair in times.windows(2) {
        assert!((pair[1] - pair[0] - 15.0).abs() < 0.1, "no drift: {times:?}");
    }
    let at = |server: &Server| server.received()[0].at.duration_since(began).as_secs_f64();
    let apart = (at(&well) - at(&hanging)).abs();
    assert!((apart - 7.5).abs() < 0.1, "spread over the interval: {apart}");
}

/// The address of a node whose answer to anything never ends: a piece of it comes every second.
async fn endless() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
                let mut sent = socket.write_all(head.as_bytes()).await;
                while sent.is_ok() {
                    sent = socket.write_all(b"4\r\na 1\n\r\n").await;
                    sleep(seconds(1)).await;
                }
            });
        }
    });
    address.to_string()
}

/// The node at `odd` is measured beside one that is well, for ten minutes: what each scrape of it says, and that those of
/// the other keep their time.
async fn beside_a_well_one(odd: &str) -> Vec<String> {
    let well = Server::start(page).await;
    let builder = KurrentDb::builder("orders").with_nodes([well.url(), format!("http://{odd}")]).without_gossip();
    let source = builder.with_physical_cores(4).with_physical_memory(1_000).build().expect("a source");
    let mut watch = Watch::open(&source, None).await;
    let (began, mut said) = (Instant::now(), Vec::new());
    while began.elapsed() < seconds(600) {
        let signals = watch.intake().await.signals;
        let words = words(&signals, &well);
        if signals.iter().any(|signal| matches!(signal, Signal::Event(_))) {
            assert!(words.iter().all(|word| word.contains("NODE") && !word.starts_with('!')), "{words:?}");
        } else {
            said.push(words.join(" + ").replace(odd, "ODD"));
        }
    }
    let times: Vec<f64> = well.received().iter().map(|received| (received.at - began).as_secs_f64()).collect();
    assert!(times.len() >= 39, "{times:?}");
    for pair in times.windows(2) {
        assert!((pair[1] - pair[0] - 15.0).abs() < 0.1, "in time: {times:?}");
    }
    said
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_ends_or_is_too_large_is_one_gap_and_delays_no_other_node() {
    let said = beside_a_well_one(&endless().await).await;
    assert!((38..=41).contains(&said.len()), "{}", said.len());
    for gap in said {
        assert_eq!(gap, "! metrics on node ODD of cluster orders: /metrics: no complete answer within 10 s");
    }
    let large = Bytes::from("kurrentdb_elections_count_total 3\n".repeat(20_000_000 / 34));
    let server = Server::start(move |_| text(200, large.clone())).await;
    let said = beside_a_well_one(&server.address().to_string()).await;
    assert!((38..=41).contains(&said.len()), "{}", said.len());
    for gap in said {
        assert_eq!(gap, "! metrics on node ODD of cluster orders: /metrics: the answer has more than 16 MiB");
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_that_are_found_are_measured_too() {
    let three = Three::start().await;
    for pages in &three.pages {
        pages.set("/metrics", text(200, BODY));
    }
    let source = KurrentDb::builder("orders").with_nodes([three.servers[0].url()]).with_discover(true);
    let mut watch = Watch::open(&source.build().expect("a source"), None).await;
    let began = Instant::now();
    while began.elapsed().as_secs() < 60 {
        let _ = watch.intake().await;
    }
    for server in &three.servers {
        let scrapes = server.received().iter().filter(|received| received.request.uri().path() == "/metrics").count();
        assert!((2..=6).contains(&scrapes), "{scrapes}");
    }
}

/// Whether each node was shown the credentials, where the second and the third give themselves an address that is not
/// of this machine as far as anybody can tell: `0.0.0.0`, which leads here all the same. Each wants to know who asks.
async fn shown(three: &Three, builder: KurrentDbBuilder) -> Vec<bool> {
    let servers: Vec<&Server> = three.servers.iter().collect();
    let told = String::from_utf8(common::body("healthy-3.node1", &servers).to_vec()).expect("UTF-8");
    let away = |text: String, server: &&Server| {
        let port = server.address().port();
        text.replace(
            &format!("\"httpEndPointIp\":\"127.0.0.1\",\"httpEndPointPort\":{port}"),
            &format!("\"httpEndPointIp\":\"0.0.0.0\",\"httpEndPointPort\":{port}"),
        )
    };
    let told = servers[1..].iter().fold(told, away);
    assert_eq!(told.matches("0.0.0.0").count(), 2, "{told}");
    three.pages[0].set("/gossip", common::json(told.into()));
    three.pages[1..].iter().for_each(|pages| pages.set("/gossip", text(401, "")));
    three.pages.iter().for_each(|pages| pages.set("/metrics", text(401, "")));
    let builder = builder.with_nodes([three.servers[0].url()]).with_discover(true);
    let builder = builder.with_credentials("ops", Secret::literal("s3cret"));
    let mut watch = Watch::open(&builder.build().expect("a source"), None).await;
    let (began, mut why) = (Instant::now(), String::new());
    while began.elapsed().as_secs() < 90 {
        why += &words(&watch.intake().await.signals, &three.servers[0]).concat();
    }
    let is_said = why.matches("not shown the `credentials` over plain http").count() > 0;
    let of = |server: &Server| {
        let received = server.received();
        let paths: Vec<&str> = received.iter().map(|received| received.request.uri().path()).collect();
        assert!(paths.contains(&"/gossip") && paths.contains(&"/metrics"), "{paths:?}");
        received.iter().any(|received| received.request.headers().contains_key("authorization"))
    };
    let shown: Vec<bool> = three.servers.iter().map(of).collect();
    assert_eq!(is_said, shown.contains(&false), "{why}");
    shown
}

#[tokio::test(start_paused = true)]
async fn nodes_that_are_found_elsewhere_are_not_shown_credentials_over_plain_http_unless_that_is_allowed() {
    let builder = || KurrentDb::builder("orders");
    assert_eq!(shown(&Three::start().await, builder()).await, [true, false, false]);
    assert_eq!(shown(&Three::start().await, builder().with_http_allowed()).await, [true, true, true]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_lost_and_found_again_is_asked_and_measured_once_in_each_interval() {
    let three = Three::start().await;
    three.pages.iter().for_each(|pages| pages.set("/metrics", text(200, BODY)));
    let nodes = [three.servers[0].url(), three.servers[1].url()];
    let builder = three.builder().with_nodes(nodes).with_discover(true);
    let mut watch = Watch::open(&builder.with_metrics_interval(seconds(60)).build().expect("a source"), None).await;
    let began = Instant::now();
    while watch.views().await.nodes.len() < 3 || began.elapsed() < seconds(90) {}
    // Lost in a regular round, and back 6 s later, before its metrics were due again.
    three.play(&["dead-node-removed.node1", "dead-node-removed.node2", "dead-node-removed.node1"]);
    three.pages[2].set("/gossip", text(503, ""));
    let _ = watch.views().await;
    three.play(&["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"]);
    assert_eq!(watch.views().await.nodes.len(), 2, "it has left");
    let again = Instant::now();
    while again.elapsed() < seconds(600) {
        assert_eq!(watch.views().await.nodes.len(), 3, "it is asked again");
    }
    let received = three.servers[2].received();
    let later = received.iter().filter(|received| received.at >= again);
    let scrapes = later.filter(|received| received.request.uri().path() == "/metrics").count();
    assert!((9..=11).contains(&scrapes), "{scrapes} in ten minutes");
}
