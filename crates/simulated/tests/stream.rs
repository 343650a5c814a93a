//! What the source hands in, and what else can be asked.

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use tidegate_event::{Event, Signal};
use tidegate_simulated::{Cluster, ClusterBuilder, SimulatedErrorKind};
use tidegate_source::Source;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn cluster(settings: impl FnOnce(ClusterBuilder) -> ClusterBuilder) -> Cluster {
    settings(Cluster::builder()).build().expect("valid settings")
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn it_hands_in_views_and_the_standard_samples_of_every_node_and_nothing_more() {
    let cluster = cluster(|one| one.with_speed(120.0));
    let mut intakes = cluster.open(None).await.expect("it opens");
    let (mut names, mut views, mut last) = (Vec::new(), None, None);
    while names.len() < 60 || views.is_none() {
        let intake = intakes.next().await.expect("it goes on").expect("it never fails");
        assert!(intake.cursor.is_none(), "it has none");
        for signal in intake.signals {
            match signal {
                Signal::Event(Event::Metric(sample)) => {
                    let node = sample.resource.node.clone().expect("of a node");
                    let part = sample.resource.part.as_ref().map(|part| format!(" of {part}")).unwrap_or_default();
                    names.push((node.to_string(), format!("{}{part}", sample.name)));
                    assert!(last.is_none_or(|last| last <= sample.at + Duration::from_millis(100)));
                    last = Some(sample.at);
                }
                Signal::Views(round) => views = Some(round),
                other => panic!("{other:?}"),
            }
        }
    }
    let expected = [
        "system.cpu.physical.count",
        "system.filesystem.size of /var/lib/kurrentdb",
        "system.filesystem.used of /var/lib/kurrentdb",
        "system.load.15m",
        "system.load.1m",
        "system.load.5m",
        "system.memory.available",
        "system.memory.total",
        "system.memory.used",
    ];
    for address in cluster.addresses() {
        let of_node = names.iter().filter(|(node, _)| *node == address.to_string());
        let mut told: Vec<&str> = of_node.map(|(_, name)| name.as_str()).collect();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told, expected, "{address}");
    }
    let views = views.expect("a round");
    assert_eq!((views.expected, views.nodes.len()), (Some(3), 3));
    let digests: Vec<_> = views.nodes.iter().map(|node| node.view.as_ref().expect("an answer").digest).collect();
    assert!(digests.iter().all(|digest| *digest == digests[0]), "they agree");
}

#[tokio::test]
async fn anybody_may_ask_the_nodes_while_it_is_told_and_nobody_answers_after() {
    let cluster = cluster(|one| one);
    let intakes = cluster.open(None).await.expect("it opens");
    for address in cluster.addresses() {
        let gossip = get(*address, "/gossip").await;
        assert!(gossip.contains(&format!("\"serverPort\": {}", address.port())), "{gossip}");
        assert!(get(*address, "/metrics").await.contains("kurrentdb_sys_load_avg{"));
    }
    drop(intakes);
    let asked = tokio::time::timeout(Duration::from_millis(200), async {
        let mut stream = TcpStream::connect(cluster.addresses()[0]).await?;
        stream.write_all(b"GET /gossip HTTP/1.1\r\n\r\n").await?;
        stream.read_u8().await
    });
    assert!(!matches!(asked.await, Ok(Ok(_))), "somebody answered");
}

#[tokio::test]
async fn opened_again_it_tells_the_story_from_the_beginning() {
    let cluster = cluster(|one| one.with_speed(120.0));
    let progress = cluster.progress();
    assert_eq!(progress.now(), None, "not before it is opened");
    for _ in 0..2 {
        let mut intakes = cluster.open(None).await.expect("it opens");
        let moment = progress.now().expect("it was opened");
        assert!(moment.elapsed < Duration::from_millis(100) && !moment.is_over(), "{moment:?}");
        assert_eq!(&*moment.scene.title, "All three nodes are well");
        while progress.now().expect("it was opened").story < Duration::from_secs(45) {
            intakes.next().await.expect("it goes on").expect("it never fails");
        }
        let scene = progress.now().expect("it was opened").scene;
        assert_eq!(&*scene.title, format!("The load of {} rises", cluster.addresses()[0]));
    }
}

#[test]
fn two_at_once_have_ports_of_their_own() {
    let (one, two) = (cluster(|one| one), cluster(|one| one));
    let all: Vec<_> = one.addresses().iter().chain(two.addresses()).collect();
    let mut ports: Vec<u16> = all.iter().map(|address| address.port()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 6);
    assert!(all.iter().all(|address| address.ip().is_loopback()));
}

#[test]
fn settings_that_make_no_sense_are_refused_in_clear_words() {
    for (speed, found) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf"), (120.5, "120.5")] {
        let error = Cluster::builder().with_speed(speed).build().expect_err("no speed");
        assert_eq!(error.kind(), SimulatedErrorKind::InvalidSpeed);
        assert_eq!(error.to_string(), format!("speed is {found}; it must be at least 0.1 and at most 120, such as 24"));
    }
    let error = Cluster::builder().with_cluster("").build().expect_err("no name");
    assert_eq!(error.kind(), SimulatedErrorKind::Missing);
    assert_eq!(error.to_string(), "cluster is empty; name one, or leave it out");
}

#[test]
fn everything_can_be_handed_to_another_thread() {
    fn is_send<T: Send + std::fmt::Debug>() {}
    fn is_send_and_sync<T: Send + Sync + std::fmt::Debug>() {}
    is_send_and_sync::<Cluster>();
    is_send_and_sync::<tidegate_simulated::Progress>();
    is_send::<tidegate_simulated::Hurried<Box<dyn tidegate_detect::Detector>>>();
    is_send::<ClusterBuilder>();
}
